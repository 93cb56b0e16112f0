"""What follows from each decision about who works on a ticket: its state, its history, and what is said to whom."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change
from fedichat.domain.effects import ShowPreview
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, TicketId, UserId
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets import triage
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.errors import Refusal
from tests.domain.decisions import SEEN, TAPPED, TYPED, told
from tests.factories import ANNA, BEN, NOW, TEAM, a_post, a_ticket

CARLA = UserId("@carla:example.org")

NEW = a_ticket(id=TicketId(7), place=TEAM)
BENS = replace(NEW, state=TicketState.CLAIMED, claimant=BEN)
ANNAS = replace(BENS, claimant=ANNA)
IGNORED = replace(NEW, state=TicketState.IGNORED, reason="spam")

Decision = Callable[[Ticket, Cause], Change]


def claim(ticket: Ticket, cause: Cause) -> Change:
    return triage.claim(ticket, cause, NOW, NO_PROMISES)


def take_over(ticket: Ticket, cause: Cause) -> Change:
    return triage.take_over(ticket, cause, NOW, NO_PROMISES)


def to_carla(ticket: Ticket, cause: Cause) -> Change:
    return triage.assign(ticket, CARLA, cause, NOW, NO_PROMISES)


def to_anna(ticket: Ticket, cause: Cause) -> Change:
    return triage.assign(ticket, ANNA, cause, NOW, NO_PROMISES)


def release(ticket: Ticket, cause: Cause) -> Change:
    return triage.release(ticket, cause, NOW)


def release_own(ticket: Ticket, cause: Cause) -> Change:
    return triage.release_own(ticket, cause, NOW)


def ignore(ticket: Ticket, cause: Cause) -> Change:
    return triage.ignore(ticket, (), "spam", cause, NOW)


def reopen(ticket: Ticket, cause: Cause) -> Change:
    return triage.reopen(ticket, cause, NOW, NO_PROMISES)


@pytest.mark.parametrize(
    ("decide", "before", "state", "claimant", "step", "said"),
    [
        (claim, NEW, TicketState.CLAIMED, ANNA, Step.CLAIMED, []),
        (take_over, NEW, TicketState.CLAIMED, ANNA, Step.CLAIMED, []),
        (
            take_over,
            BENS,
            TicketState.CLAIMED,
            ANNA,
            Step.TAKEN_OVER,
            [((BEN,), "{who} has taken #{ticket} over from you.")],
        ),
        (
            to_carla,
            NEW,
            TicketState.CLAIMED,
            CARLA,
            Step.ASSIGNED,
            [((CARLA,), "{who} has assigned #{ticket} to you.")],
        ),
        (
            to_carla,
            BENS,
            TicketState.CLAIMED,
            CARLA,
            Step.ASSIGNED,
            [
                ((CARLA,), "{who} has assigned #{ticket} to you."),
                ((BEN,), "{who} has assigned #{ticket} to {claimant}; it was with you."),
            ],
        ),
        (to_anna, NEW, TicketState.CLAIMED, ANNA, Step.ASSIGNED, []),
        (release, ANNAS, TicketState.NEW, None, Step.RELEASED, []),
        (
            release,
            BENS,
            TicketState.NEW,
            None,
            Step.RELEASED,
            [((BEN,), "{who} has released #{ticket}; it was with you.")],
        ),
        (ignore, NEW, TicketState.IGNORED, None, Step.IGNORED, []),
        (reopen, IGNORED, TicketState.NEW, None, Step.REOPENED, []),
    ],
)
def test_a_decision_changes_the_ticket_leaves_one_step_and_tells_whom_it_concerns(
    decide: Decision,
    before: Ticket,
    state: TicketState,
    claimant: UserId | None,
    step: Step,
    said: list[tuple[tuple[UserId, ...], str]],
) -> None:
    change = decide(before, TYPED)
    assert change.ticket is not None
    assert (change.ticket.state, change.ticket.claimant) == (state, claimant)
    assert [(one.step, one.actor, one.at) for one in change.entries] == [(step, ANNA, NOW)]
    assert told(change) == said
    assert SEEN in change.effects
    assert SEEN not in decide(before, TAPPED).effects, "who taps sees the card change"


@pytest.mark.parametrize("before", [NEW, BENS, IGNORED])
def test_taking_back_one_s_eyes_releases_only_one_s_own_open_ticket(before: Ticket) -> None:
    assert release_own(before, TYPED) == Change()
    released = release_own(ANNAS, TYPED)
    assert released.ticket is not None
    assert (released.ticket.state, released.effects) == (TicketState.NEW, ())


def test_what_somebody_else_has_cannot_be_claimed() -> None:
    with pytest.raises(Refusal):
        claim(BENS, TYPED)


def test_ignoring_withdraws_what_waits_and_is_refused_while_something_is_on_its_way() -> None:
    waits = a_post(id=PostId(3), ticket=NEW.id, place=TEAM, state=PostState.DRAFT)
    change = triage.ignore(NEW, [waits], "spam", TYPED, NOW)
    assert [(one.id, one.state) for one in change.posts] == [(PostId(3), PostState.WITHDRAWN)]
    assert [(one.step, one.post) for one in change.entries] == [(Step.WITHDRAWN, PostId(3)), (Step.IGNORED, None)]
    assert change.effects == (ShowPreview(TEAM, PostId(3), 1), SEEN)
    with pytest.raises(Refusal, match="on its way"):
        triage.ignore(NEW, [replace(waits, state=PostState.PUBLISHING)], "spam", TYPED, NOW)


def test_a_note_changes_nothing_else_and_follows_its_message() -> None:
    change = triage.note(BENS, "Called back.", TYPED, NOW)
    assert (change.ticket, change.posts) == (None, ())
    assert [(one.step, one.text, one.source) for one in change.entries] == [(Step.NOTED, "Called back.", "$said")]
