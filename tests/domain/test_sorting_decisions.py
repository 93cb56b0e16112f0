"""What follows from each decision about order: the ticket's state, its history, and what is said to whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedichat.desk.settings import NO_PROMISES
from fedichat.domain.change import Change
from fedichat.domain.history import Step
from fedichat.domain.names import TicketId, UserId
from fedichat.domain.tickets import sorting
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.errors import Refusal
from tests.domain.decisions import SEEN, TAPPED, TYPED, told
from tests.factories import ANNA, BEN, NOW, a_ticket

NEW = replace(a_ticket(id=TicketId(7)), labels=("tls",))
TOMORROW = NOW + timedelta(days=1)
SNOOZED = replace(NEW, snoozed_until=NOW)
BACK = "#{ticket} is back in the queue: the time for which it was snoozed is over."

HIGH = sorting.prioritize(NEW, Priority.HIGH, TYPED, NOW, NO_PROMISES)
LABELLED = sorting.label(NEW, ["vpn"], ["tls"], TYPED, NOW, NO_PROMISES)
SLEEPS = sorting.snooze(NEW, TOMORROW, TYPED, NOW)
AWAKE = sorting.wake(SNOOZED, TYPED, NOW)


@pytest.mark.parametrize(
    ("change", "changed", "step", "text"),
    [
        (HIGH, replace(NEW, priority=Priority.HIGH), Step.PRIORITIZED, "high"),
        (LABELLED, replace(NEW, labels=("vpn",)), Step.LABELLED, "+vpn -tls"),
        (SLEEPS, replace(NEW, snoozed_until=TOMORROW), Step.SNOOZED, TOMORROW.isoformat()),
        (AWAKE, NEW, Step.WOKEN, ""),
    ],
)
def test_sorting_changes_the_ticket_leaves_one_step_and_is_acknowledged(
    change: Change, changed: Ticket, step: Step, text: str
) -> None:
    assert change.ticket == replace(changed, changed_at=NOW)
    assert [(one.step, one.actor, one.text) for one in change.entries] == [(step, ANNA, text)]
    assert change.effects == (SEEN,)


@pytest.mark.parametrize(
    "change",
    [
        sorting.prioritize(NEW, Priority.NORMAL, TYPED, NOW, NO_PROMISES),
        sorting.label(NEW, ["tls"], [], TYPED, NOW, NO_PROMISES),
    ],
)
def test_what_is_as_it_was_is_acknowledged_and_leaves_no_step(change: Change) -> None:
    assert change == Change(effects=(SEEN,))


def test_who_taps_sees_the_card_change() -> None:
    assert sorting.prioritize(NEW, Priority.HIGH, TAPPED, NOW, NO_PROMISES).effects == ()


@pytest.mark.parametrize(
    ("before", "on_duty", "meant"),
    [
        (SNOOZED, None, ()),
        (SNOOZED, BEN, (BEN,)),
        (replace(SNOOZED, state=TicketState.CLAIMED, claimant=ANNA), BEN, (ANNA,)),
    ],
)
def test_a_ticket_that_comes_back_wakes_whoever_has_it_or_is_on_duty(
    before: Ticket, on_duty: UserId | None, meant: tuple[UserId, ...]
) -> None:
    change = sorting.come_back(before, on_duty, NOW)
    assert change.ticket == replace(before, snoozed_until=None, changed_at=NOW)
    assert [(one.step, one.actor) for one in change.entries] == [(Step.WOKEN, None)]
    assert told(change) == [(meant, BACK)]


@pytest.mark.parametrize("before", [NEW, replace(SNOOZED, state=TicketState.ANSWERED)])
def test_what_was_woken_or_closed_meanwhile_does_not_come_back(before: Ticket) -> None:
    assert sorting.come_back(before, BEN, NOW) == Change()


def test_what_is_closed_is_not_snoozed() -> None:
    with pytest.raises(Refusal, match="is ignored"):
        sorting.snooze(replace(NEW, state=TicketState.IGNORED), TOMORROW, TYPED, NOW)
