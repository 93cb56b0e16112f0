"""What follows when departments are asked, propose, and talk: what is shown where, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.change import Change
from fedichat.domain.effects import Ask, React, ShowFollowUp, ShowPreview, ShowProposal, ShowRemark, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets import departments, proposing
from fedichat.domain.tickets.departments import Written
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.media import Mirroring
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.remark import Remark, SharedFile, heard, redacted
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Refusal
from tests.domain.decisions import SEEN, TYPED, told
from tests.factories import ANNA, BEN, MINUTE, NOW, TEAM, a_post, a_status, a_ticket

CRYPTO, NET = Place("department/crypto"), Place("department/net")
NAMES = {"crypto": "Cryptography", "net": "Networks"}
NUMBER = TicketId(42)
TICKET = a_ticket()
PRIVATE = replace(TICKET, visibility=Visibility.DIRECT)
WAITING = replace(TICKET, state=TicketState.WAITING)
ASKED = Escalation(NUMBER, CRYPTO, "Is it?", BEN, NOW - 60 * MINUTE)
ENDED = replace(ASKED, ended_at=NOW - 30 * MINUTE)
RECALLED = replace(ENDED, recalled_by=BEN)
STATUSES = [a_status(), a_status(id=StatusId("s2")), a_status(id=StatusId("s3"))]
FURTHER = "{who} asks further: {question}"
AGAIN = "{who} asks for help with #{ticket} again."
DAY = timedelta(days=1)


# --- asking ---


def first(
    ticket: Ticket, department: str | None, question: str = "", *asked: Place, sure: bool = False, public: bool = False
) -> Ask | None:
    return departments.question_first(
        ticket, department, question, asked, NAMES, TYPED, sure=sure, is_for_anybody=lambda _: public
    )


@pytest.mark.parametrize(
    ("asked", "choices"),
    [
        ([], ["escalate #42 crypto", "escalate #42 net", ""]),
        ([CRYPTO], ["escalate #42 net", ""]),
    ],
)
def test_without_a_department_those_that_are_not_asked_yet_are_offered(
    asked: Sequence[Place], choices: list[str]
) -> None:
    ask = first(TICKET, None, "", *asked)
    assert ask is not None
    assert list(ask.choices.values()) == choices


@pytest.mark.parametrize(
    ("ticket", "asked", "sure", "is_asked"),
    [
        (TICKET, [], False, False),
        (PRIVATE, [], False, True),
        (PRIVATE, [], True, False),
        (PRIVATE, [CRYPTO], False, False),
    ],
)
def test_a_private_ticket_is_put_to_a_department_once_somebody_knows_who_would_read_it(
    ticket: Ticket, asked: Sequence[Place], *, sure: bool, is_asked: bool
) -> None:
    ask = first(ticket, "Cryptography", "Is it?", *asked, sure=sure)
    assert (ask is not None) == is_asked
    if ask is not None:
        assert ask.readers == CRYPTO
        assert ask.choices == {"✅": "escalate #42 --sure crypto Is it?", "❌": ""}


@pytest.mark.parametrize(
    ("ticket", "department", "asked", "public", "why"),
    [
        (PRIVATE, "crypto", [], True, "anybody can get into the room of Cryptography"),
        (TICKET, "crypto", [CRYPTO], False, "Cryptography has #42 already"),
        (TICKET, None, [CRYPTO, NET], False, "Every department has #42 already"),
        (replace(TICKET, state=TicketState.IGNORED), "crypto", [], False, "is ignored"),
    ],
)
def test_what_would_be_read_by_anybody_or_asks_nothing_new_is_refused(
    ticket: Ticket, department: str | None, asked: Sequence[Place], *, public: bool, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        first(ticket, department, "", *asked, sure=True, public=public)


def escalate(known: Escalation | None, question: str = "And now?", *shown: StatusId) -> Change:
    written = Written(STATUSES, shown)
    return departments.escalate(TICKET, CRYPTO, question, known, written, NAMES, Mirroring(), TYPED, NOW, NO_PROMISES)


@pytest.mark.parametrize(
    ("known", "question", "asked", "said", "missed"),
    [
        (None, "And now?", "And now?", [], ["s2", "s3"]),
        (ASKED, "And now?", "Is it?\nAnd now?", [((), FURTHER)], []),
        (ENDED, "And now?", "And now?", [((), FURTHER)], ["s2", "s3"]),
        (RECALLED, "", "", [((), AGAIN)], ["s2", "s3"]),
    ],
)
def test_a_department_is_shown_what_it_has_not_seen_and_told_what_is_new(
    known: Escalation | None, question: str, asked: str, said: list[object], missed: list[str]
) -> None:
    change = escalate(known, question)
    assert change.ticket is not None
    assert change.ticket.state is TicketState.WAITING
    assert [(one.department, one.question, one.asked_by, one.is_open) for one in change.asked] == [
        (CRYPTO, asked, ANNA, True)
    ]
    assert [(one.step, one.text, one.said) for one in change.entries] == [(Step.ESCALATED, question, "Cryptography")]
    assert told(change) == said
    assert [one.status for one in change.effects if isinstance(one, ShowFollowUp)] == missed
    assert change.effects[0] == SEEN


def test_what_a_department_has_in_its_room_is_not_shown_there_twice() -> None:
    change = escalate(ENDED, "And now?", StatusId("s1"), StatusId("s2"))
    assert [one.status for one in change.effects if isinstance(one, ShowFollowUp)] == ["s3"]


def test_a_department_that_has_proposed_something_is_asked_for_the_new_question_from_now_on() -> None:
    (asked,) = escalate(replace(ASKED, proposed_at=NOW - MINUTE)).asked
    assert (asked.asked_at, asked.proposed_at) == (NOW, None)
    (still,) = escalate(ASKED).asked
    assert still.asked_at == ASKED.asked_at


# --- taking back ---


@pytest.mark.parametrize(
    ("department", "ended", "state", "said"),
    [
        (None, [CRYPTO, NET], TicketState.NEW, "Cryptography, Networks"),
        ("networks", [NET], TicketState.WAITING, "Networks"),
    ],
)
def test_whom_a_ticket_is_taken_back_from_hears_so(
    department: str | None, ended: list[Place], state: TicketState, said: str
) -> None:
    both = [ASKED, replace(ASKED, department=NET)]
    change = departments.recall(WAITING, both, department, NAMES, TYPED, NOW, NO_PROMISES)
    assert change.ticket is not None
    assert change.ticket.state is state
    assert [(one.department, one.ended_at, one.recalled_by) for one in change.asked] == [
        (place, NOW, ANNA) for place in ended
    ]
    assert [(one.step, one.said) for one in change.entries] == [(Step.RECALLED, said)]
    assert [one.place for one in change.effects if isinstance(one, Tell)] == ended
    assert change.effects[-1] == SEEN


@pytest.mark.parametrize(
    ("asked", "why"), [([], "is with no department"), ([ASKED], "is not with Networks, but with Cryptography")]
)
def test_nothing_is_taken_back_from_who_was_not_asked(asked: Sequence[Escalation], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        departments.recall(WAITING, asked, "net", NAMES, TYPED, NOW, NO_PROMISES)


# --- proposing ---

PROPOSAL = Proposal(NUMBER, 2, CRYPTO, BEN, "Yes.", EventId("$proposed"), NOW)


def propose(proposal: Proposal, asked: Escalation | None = ASKED) -> Change:
    return proposing.propose(TICKET, proposal, a_status(), asked, [TEAM, CRYPTO, NET], TYPED, NOW)


@pytest.mark.parametrize(
    ("place", "effects"),
    [
        (
            CRYPTO,
            (
                ShowProposal(TEAM, NUMBER, 2),
                ShowProposal(NET, NUMBER, 2),
                React(CRYPTO, EventId("$proposed"), "💡2"),
            ),
        ),
        (TEAM, tuple(ShowProposal(place, NUMBER, 2) for place in (TEAM, CRYPTO, NET))),
    ],
)
def test_a_proposal_is_shown_in_every_room_but_where_the_expert_made_it(
    place: Place, effects: tuple[object, ...]
) -> None:
    change = propose(replace(PROPOSAL, place=place))
    assert change.effects == effects
    assert (change.ticket, change.on_card_of) == (None, TICKET)
    assert [(one.step, one.said, one.text) for one in change.entries] == [(Step.PROPOSED, "2 (ben)", "")]


def test_a_department_keeps_its_promise_with_its_first_proposal() -> None:
    assert [one.proposed_at for one in propose(PROPOSAL).asked] == [NOW]
    assert propose(PROPOSAL, replace(ASKED, proposed_at=NOW - MINUTE)).asked == ()
    assert propose(PROPOSAL, None).asked == ()


@pytest.mark.parametrize(("asked", "why"), [(ENDED, "is dealt with"), (RECALLED, "ben has taken #42 back")])
def test_who_is_not_asked_any_more_hears_why_no_proposal_is_needed(asked: Escalation, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        proposing.must_be_asked(NUMBER, asked)
    proposing.must_be_asked(NUMBER, ASKED)
    with pytest.raises(Refusal, match="is dealt with"):
        proposing.must_be_undecided(replace(TICKET, state=TicketState.ANSWERED))


def reword(text: str, state: PostState = PostState.DRAFT, proposal: int = 2, *, others: bool = False) -> Change:
    draft = a_post(id=PostId(3), state=state, confirmed_by=BEN, proposal=proposal)
    kept = replace(ASKED, proposed_at=NOW - MINUTE)
    made = [NOW - MINUTE] if others else [NOW - DAY]
    return proposing.reword(TICKET, PROPOSAL, text, kept, made, [TEAM, CRYPTO], [draft], TYPED, NOW)


@pytest.mark.parametrize(("text", "sign"), [("No.", "✏️"), ("", "🗑")])
def test_a_proposal_that_is_not_what_it_was_is_shown_and_its_words_are_in_no_history(text: str, sign: str) -> None:
    change = reword(text)
    assert [(one.step, one.said) for one in change.entries] == [(Step.PROPOSED, f"2 (ben) {sign}")]
    assert change.effects[0] == ShowProposal(TEAM, NUMBER, 2)
    assert change.on_card_of == (None if text else TICKET)


@pytest.mark.parametrize(
    ("state", "proposal", "held_back", "is_told"),
    [
        (PostState.DRAFT, 2, [], True),
        (PostState.CONFIRMED, 2, [PostState.DRAFT], True),
        (PostState.PUBLISHING, 2, [], False),
        (PostState.CONFIRMED, 1, [], False),
    ],
)
def test_a_draft_made_of_it_needs_a_fresh_look(
    state: PostState, proposal: int, held_back: list[PostState], *, is_told: bool
) -> None:
    change = reword("No.", state, proposal)
    assert [post.state for post in change.posts] == held_back
    assert [one.step for one in change.entries] == [Step.UNCONFIRMED] * len(held_back) + [Step.PROPOSED]
    assert [meant for meant, _ in told(change)] == ([(BEN,)] if is_told else [])
    assert len([one for one in change.effects if isinstance(one, ShowPreview)]) == len(held_back)


def test_a_promise_that_was_kept_with_what_was_taken_back_is_due_again_unless_another_keeps_it() -> None:
    assert [one.proposed_at for one in reword("").asked] == [None]
    assert reword("", others=True).asked == ()
    assert reword("No.").asked == ()


# --- talking ---

REMARK = Remark(EventId("$remark"), NUMBER, TEAM, ANNA, "Look.", NOW)
FILE = SharedFile("map.png", "image/png", "mxc://example.org/map")


def test_a_remark_is_shown_in_the_other_rooms_and_its_own_hears_the_number_of_a_file() -> None:
    shown = ShowRemark(CRYPTO, NUMBER, REMARK.event)
    assert heard(REMARK, [CRYPTO]).effects == (shown,)
    with_file = replace(REMARK, file=FILE, file_number=1)
    assert heard(with_file, [CRYPTO]).effects == (shown, React(TEAM, REMARK.event, "📎1"))
    assert heard(replace(with_file, ticket=None), [CRYPTO]).effects == (React(TEAM, REMARK.event, "📎1"),)


def test_nothing_is_kept_of_a_remark_that_was_taken_away_but_that_it_was_there() -> None:
    gone = redacted(replace(REMARK, file=FILE, file_number=1))
    assert (gone.text, gone.file, gone.is_gone, gone.event) == ("", None, True, REMARK.event)
