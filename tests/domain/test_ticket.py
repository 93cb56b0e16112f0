"""What can be done with a ticket in each of its states, and what the answer is where it cannot."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedichat.domain.names import TicketId, UserId
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.mention import Author, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Refusal
from tests.factories import ANNA, BEN, DIRECT, NOW, TEAM, a_mention, a_status, a_ticket

NEW = a_ticket()
ANNAS = a_ticket(state=TicketState.CLAIMED, claimant=ANNA)
WAITING = a_ticket(state=TicketState.WAITING, claimant=ANNA)
ANSWERED = a_ticket(state=TicketState.ANSWERED, claimant=ANNA)
IGNORED = a_ticket(state=TicketState.IGNORED, claimant=ANNA, reason="polemic")
DELETED = a_ticket(state=TicketState.CLOSED)
MERGED = replace(a_ticket(state=TicketState.CLOSED), merged_into=TicketId(7))
FREE_BUT_ANSWERED = a_ticket(state=TicketState.ANSWERED)

Action = Callable[[Ticket, UserId], Ticket]

ACTIONS: dict[str, Action] = {
    "claim": lambda ticket, who: rules.claimed(ticket, who, NOW),
    "take over": lambda ticket, who: rules.taken_over(ticket, who, NOW),
    "assign": lambda ticket, who: rules.assigned(ticket, who, NOW),
    "release": lambda ticket, who: rules.released(ticket, NOW),
    "ignore": lambda ticket, who: rules.ignored(ticket, who, "spam", NOW),
    "reopen": lambda ticket, who: rules.reopened(ticket, NOW),
    "answer": lambda ticket, who: rules.taken_for_answer(ticket, who, NOW),
}


def test_an_answer_that_was_on_its_way_when_the_question_was_deleted_leaves_the_ticket_closed() -> None:
    assert rules.answered(DELETED, DELETED.status, NOW).state is TicketState.CLOSED


Outcome = tuple[TicketState, UserId | None] | str
"""The state and the claimant afterwards, or what the refusal says."""

CASES: list[tuple[str, Ticket, UserId, Outcome]] = [
    ("claim", NEW, ANNA, (TicketState.CLAIMED, ANNA)),
    ("claim", ANNAS, ANNA, "with you already"),
    ("claim", ANNAS, BEN, "is with anna"),
    ("claim", WAITING, ANNA, "with you already"),
    ("claim", WAITING, BEN, "is with anna"),
    ("claim", ANSWERED, ANNA, "is answered"),
    ("claim", IGNORED, BEN, "is ignored"),
    ("claim", DELETED, ANNA, "has deleted"),
    ("claim", MERGED, ANNA, "go on there, with `!show 7`"),
    ("take over", NEW, BEN, (TicketState.CLAIMED, BEN)),
    ("take over", ANNAS, BEN, (TicketState.CLAIMED, BEN)),
    ("take over", ANNAS, ANNA, "with you already"),
    ("take over", WAITING, BEN, (TicketState.WAITING, BEN)),
    ("take over", ANSWERED, BEN, "is answered"),
    ("take over", IGNORED, BEN, "is ignored"),
    ("take over", MERGED, BEN, "was merged into #7"),
    ("assign", NEW, BEN, (TicketState.CLAIMED, BEN)),
    ("assign", ANNAS, BEN, (TicketState.CLAIMED, BEN)),
    ("assign", ANNAS, ANNA, "with anna already"),
    ("assign", WAITING, BEN, (TicketState.WAITING, BEN)),
    ("assign", ANSWERED, BEN, "is answered"),
    ("assign", IGNORED, BEN, "is ignored"),
    ("assign", DELETED, BEN, "has deleted"),
    ("release", MERGED, ANNA, "was merged into #7"),
    ("ignore", DELETED, ANNA, "has deleted"),
    ("reopen", DELETED, ANNA, "has deleted"),
    ("reopen", MERGED, ANNA, "was merged into #7"),
    ("answer", DELETED, ANNA, "has deleted"),
    ("answer", MERGED, ANNA, "was merged into #7"),
    ("release", NEW, ANNA, "nothing to release"),
    ("release", ANNAS, ANNA, (TicketState.NEW, None)),
    ("release", ANNAS, BEN, (TicketState.NEW, None)),
    ("release", WAITING, ANNA, (TicketState.WAITING, None)),
    ("release", ANSWERED, ANNA, "is answered"),
    ("release", IGNORED, ANNA, "is ignored"),
    ("ignore", NEW, ANNA, (TicketState.IGNORED, None)),
    ("ignore", ANNAS, ANNA, (TicketState.IGNORED, ANNA)),
    ("ignore", ANNAS, BEN, "is with anna"),
    ("ignore", WAITING, ANNA, (TicketState.IGNORED, ANNA)),
    ("ignore", WAITING, BEN, "is with anna"),
    ("ignore", ANSWERED, ANNA, "is answered"),
    ("ignore", IGNORED, BEN, "ignored already"),
    ("reopen", NEW, ANNA, "open already"),
    ("reopen", ANNAS, ANNA, "open already"),
    ("reopen", WAITING, ANNA, "open already"),
    ("reopen", ANSWERED, BEN, (TicketState.CLAIMED, ANNA)),
    ("reopen", FREE_BUT_ANSWERED, BEN, (TicketState.NEW, None)),
    ("reopen", IGNORED, BEN, (TicketState.CLAIMED, ANNA)),
    ("answer", NEW, ANNA, (TicketState.CLAIMED, ANNA)),
    ("answer", ANNAS, ANNA, (TicketState.CLAIMED, ANNA)),
    ("answer", ANNAS, BEN, "is with anna"),
    ("answer", WAITING, ANNA, (TicketState.WAITING, ANNA)),
    ("answer", WAITING, BEN, "is with anna"),
    ("answer", ANSWERED, BEN, (TicketState.ANSWERED, ANNA)),
    ("answer", IGNORED, ANNA, "!reopen 42"),
]


@pytest.mark.parametrize(("action", "ticket", "who", "outcome"), CASES)
def test_a_ticket_goes_where_the_action_leads_or_says_why_not(
    action: str, ticket: Ticket, who: UserId, outcome: Outcome
) -> None:
    if isinstance(outcome, str):
        with pytest.raises(Refusal, match=outcome) as refused:
            ACTIONS[action](ticket, who)
        assert "#42" in str(refused.value)
    else:
        after = ACTIONS[action](ticket, who)
        assert (after.state, after.claimant) == outcome
        assert after.opened_at == ticket.opened_at
        assert after.changed_at == (ticket.changed_at if after == ticket else NOW)


def test_every_action_was_tried_in_every_state() -> None:
    tried = {(action, ticket.state) for action, ticket, _, _ in CASES}
    assert tried == {(action, state) for action in ACTIONS for state in TicketState}


def test_the_reason_is_kept_while_the_ticket_is_ignored_and_goes_when_it_is_reopened() -> None:
    ignored = rules.ignored(NEW, ANNA, "spam", NOW)
    assert ignored.reason == "spam"
    assert rules.reopened(ignored, NOW).reason == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NEW, TicketState.NEW),
        (ANNAS, TicketState.CLAIMED),
        (WAITING, TicketState.WAITING),
        (ANSWERED, TicketState.CLAIMED),
        (FREE_BUT_ANSWERED, TicketState.NEW),
        (IGNORED, TicketState.IGNORED),
    ],
)
def test_a_follow_up_opens_what_was_answered_and_leaves_alone_what_was_ignored(
    before: Ticket, after: TicketState
) -> None:
    again = rules.followed_up(before, a_status(id=StatusId("s2")), NOW)
    assert (again.state, again.status, again.changed_at) == (after, "s2", NOW)
    assert again.claimant == before.claimant


def test_a_bystander_who_asks_too_does_not_join_somebody_elses_ticket() -> None:
    bystander = a_status(id=StatusId("s2"), author=Author("kim@elsewhere.example"))
    assert not rules.can_join(NEW, bystander)


def test_who_writes_after_the_retention_time_asks_anew() -> None:
    assert not rules.can_join(a_ticket(author=""), a_status())


@pytest.mark.parametrize("question", Visibility)
@pytest.mark.parametrize("later", Visibility)
def test_a_conversation_is_as_private_as_the_most_private_thing_said_in_it(
    question: Visibility, later: Visibility
) -> None:
    ticket = rules.followed_up(a_ticket(visibility=question), a_status(visibility=later), NOW)
    assert ticket.visibility.narrowness == max(question.narrowness, later.narrowness)


@pytest.mark.parametrize("ticket", Visibility)
@pytest.mark.parametrize("reply", Visibility)
def test_what_is_said_in_private_never_joins_what_is_public_nor_the_reverse(
    ticket: Visibility, reply: Visibility
) -> None:
    joins = rules.can_join(a_ticket(visibility=ticket), a_status(visibility=reply))
    assert joins == ((ticket is Visibility.DIRECT) == (reply is Visibility.DIRECT))


@pytest.mark.parametrize("status", Visibility)
@pytest.mark.parametrize("above", Visibility)
def test_nothing_private_is_shown_above_what_is_not(status: Visibility, above: Visibility) -> None:
    shown = rules.shown_above(a_status(visibility=status), [a_status(visibility=above)])
    assert bool(shown) == (above is not Visibility.DIRECT or status is Visibility.DIRECT)


def test_a_department_is_shown_nothing_private_above_what_was_put_to_it() -> None:
    above = tuple(a_status(visibility=visibility) for visibility in Visibility)
    mention = replace(a_mention(status=a_status(visibility=Visibility.DIRECT)), earlier=above)
    shown = rules.shown_to_department(mention)
    assert [one.visibility for one in shown.earlier] == [Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE]


@pytest.mark.parametrize(
    ("visibility", "has_direct_room", "place"),
    [
        (Visibility.PUBLIC, True, TEAM),
        (Visibility.UNLISTED, True, TEAM),
        (Visibility.PRIVATE, True, TEAM),
        (Visibility.DIRECT, True, DIRECT),
        (Visibility.DIRECT, False, TEAM),
        (Visibility.PUBLIC, False, TEAM),
    ],
)
def test_direct_messages_are_shown_in_the_direct_room_only_if_there_is_one(
    visibility: Visibility, has_direct_room: bool, place: str
) -> None:
    assert rules.place_for("bsi", visibility, has_direct_room=has_direct_room) == place


@pytest.mark.parametrize(
    ("ticket", "to", "state"),
    [
        (ANNAS, StatusId("s1"), TicketState.ANSWERED),
        (ANNAS, None, TicketState.ANSWERED),
        (ANNAS, StatusId("an older one"), TicketState.CLAIMED),
        (replace(IGNORED), StatusId("s1"), TicketState.ANSWERED),
    ],
)
def test_a_ticket_stays_open_when_the_citizen_has_written_again_meanwhile(
    ticket: Ticket, to: StatusId | None, state: TicketState
) -> None:
    assert rules.answered(ticket, to, NOW).state is state


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        (TicketState.NEW, True),
        (TicketState.CLAIMED, True),
        (TicketState.WAITING, True),
        (TicketState.ANSWERED, False),
        (TicketState.IGNORED, False),
    ],
)
def test_the_queue_has_what_still_needs_somebody(state: TicketState, is_open: bool) -> None:
    assert state.is_open is is_open
