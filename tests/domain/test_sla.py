"""What is promised for a ticket, and of what somebody is reminded when."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.names import SUPERVISORS, Place
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import (
    Priority,
    Promise,
    Ticket,
    TicketState,
    answered,
    claimed,
    interim_sent,
    reopened,
)
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.duration import parse_duration
from fedichat.domain.time.sla import Policy, Promises, ReminderKind, said_now
from tests.factories import ANNA, TEAM, a_ticket

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(BERLIN, ((Span(time(8), time(16)),),) * 5 + ((), ()))
TWO_DAYS, FOUR_HOURS = parse_duration("2 working days"), parse_duration("4 working hours")
USUAL = Policy(TWO_DAYS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


MONDAY = at("2026-11-23 10:00")


def asked(moment: datetime = MONDAY, **fields: object) -> Ticket:
    ticket = replace(a_ticket(opened_at=moment, changed_at=moment), promise=Promise(asked_at=moment))
    return replace(ticket, **fields)  # type: ignore[arg-type]


def promises(*policies: Policy) -> Promises:
    return Promises(CALENDAR, policies or (USUAL,), supervised=True)


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({}, False),
        ({"priority": Priority.URGENT}, False),
        ({"priority": Priority.URGENT, "labels": ("tls",)}, False),
        ({"priority": Priority.URGENT, "labels": ("presse", "tls")}, True),
        ({"priority": Priority.HIGH, "labels": ("wahl",)}, True),
        ({"priority": Priority.HIGH, "labels": ("wahl",), "account": "other"}, False),
        ({"priority": Priority.HIGH, "labels": ("wahl",), "visibility": Visibility.DIRECT}, False),
    ],
)
def test_a_policy_covers_a_ticket_for_which_every_condition_holds(fields: dict[str, object], *, covered: bool) -> None:
    policy = Policy(
        FOUR_HOURS,
        accounts=frozenset({"bsi"}),
        priorities=frozenset({Priority.URGENT, Priority.HIGH}),
        labels=frozenset({"presse", "wahl"}),
        visibilities=frozenset({Visibility.PUBLIC}),
    )
    assert policy.covers(asked(MONDAY, **fields)) is covered


def test_of_several_policies_the_first_one_counts() -> None:
    urgent = Policy(FOUR_HOURS, priorities=frozenset({Priority.URGENT}))
    public = Policy(parse_duration("1 working day"), visibilities=frozenset({Visibility.PUBLIC}))
    both = promises(urgent, public, USUAL)
    assert both.policy_for(asked(priority=Priority.URGENT)) is urgent
    assert both.policy_for(asked()) is public
    assert both.policy_for(asked(visibility=Visibility.DIRECT)) is USUAL


def test_nothing_is_due_where_nothing_is_promised() -> None:
    ticket = Promises(CALENDAR).kept_for(asked())
    assert (ticket.promise.due_at, ticket.promise.resolve_by, ticket.promise.look_at) == (None, None, None)


def test_what_is_promised_comes_out_the_same_the_second_time() -> None:
    policy = Policy(TWO_DAYS, parse_duration("5 working days"), parse_duration("3 working days"))
    once = promises(policy).kept_for(interim_sent(asked(), at("2026-11-24 10:00")))
    assert (once.promise.due_at, once.promise.resolve_by) == (at("2026-11-27 10:00"), at("2026-11-30 10:00"))
    assert promises(policy).kept_for(once) == once


def test_an_interim_reply_never_brings_the_due_time_forward() -> None:
    policy = Policy(TWO_DAYS, interim_extends=parse_duration("1 hour"))
    assert promises(policy).kept_for(interim_sent(asked(), at("2026-11-23 11:00"))).promise.due_at == at(
        "2026-11-25 10:00"
    )


def test_an_interim_reply_to_an_earlier_question_gives_no_time_for_the_next_one() -> None:
    policy = Policy(TWO_DAYS, interim_extends=parse_duration("9 working days"))
    before = interim_sent(asked(), at("2026-11-24 10:00"))
    again = replace(before, promise=replace(before.promise, asked_at=at("2026-11-25 10:00")))
    assert promises(policy).kept_for(again).promise.due_at == at("2026-11-27 10:00")


def test_the_first_response_keeps_its_own_promise_and_its_time() -> None:
    before = promises().kept_for(asked())
    done = promises().first_response(before, answered(before, before.status, at("2026-11-24 09:00")))
    assert (done.promise.first_due_at, done.promise.first_response_at) == (
        at("2026-11-25 10:00"),
        at("2026-11-24 09:00"),
    )
    assert done.promise.first_response_seconds == 7 * 3600
    later = promises().kept_for(reopened(done, at("2026-12-01 09:00")))
    assert (later.promise.due_at, later.promise.first_due_at) == (at("2026-12-03 09:00"), done.promise.first_due_at)
    again = promises().first_response(later, answered(later, later.status, at("2026-12-02 09:00")))
    assert again.promise.first_response_seconds == done.promise.first_response_seconds


def test_reminders_are_shares_of_the_working_time_each_with_the_moment_that_it_is_about() -> None:
    ticket = promises().kept_for(asked())
    found = promises().reminders(ticket, (), None)
    due = at("2026-11-25 10:00")
    assert [(one.kind, one.percent, one.at, one.place) for one in found] == [
        (ReminderKind.SHARE, 50, at("2026-11-24 10:00"), TEAM),
        (ReminderKind.SHARE, 80, at("2026-11-24 14:48"), TEAM),
        (ReminderKind.INTERIM, 90, at("2026-11-25 08:24"), TEAM),
        (ReminderKind.OVERDUE, 0, due, TEAM),
        (ReminderKind.OVERDUE, 0, due, SUPERVISORS),
    ]
    assert {one.promise for one in found} == {due}
    assert ticket.promise.look_at == found[0].at


def test_what_is_promised_by_the_clock_on_the_wall_is_reminded_of_when_somebody_is_there() -> None:
    plain = promises(Policy(parse_duration("2 hours")))
    ticket = plain.kept_for(asked(at("2026-11-27 20:00")))
    assert ticket.promise.due_at == at("2026-11-27 22:00")
    assert {one.at for one in plain.reminders(ticket, (), None)} == {at("2026-11-30 08:00")}


def test_the_supervisors_hear_of_breaches_at_full_five_minutes_while_the_office_is_open() -> None:
    def heard(received: datetime) -> dict[Place, datetime]:
        found = promises().reminders(promises().kept_for(asked(received)), (), None)
        return {one.place: one.at for one in found if one.kind is ReminderKind.OVERDUE}

    assert heard(at("2026-11-23 10:01")) == {TEAM: at("2026-11-25 10:01"), SUPERVISORS: at("2026-11-25 10:05")}
    assert heard(at("2026-11-23 10:05")) == {TEAM: at("2026-11-25 10:05"), SUPERVISORS: at("2026-11-25 10:05")}
    almost_closed = at("2026-11-25 15:57")
    assert heard(at("2026-11-23 15:57")) == {TEAM: almost_closed, SUPERVISORS: almost_closed}


def test_what_is_due_when_the_office_closes_is_overdue_when_it_opens() -> None:
    ticket = promises(Policy(parse_duration("6 working hours"))).kept_for(asked())
    assert ticket.promise.due_at == at("2026-11-23 16:00")
    late = [one for one in promises().reminders(ticket, (), None) if one.kind is ReminderKind.OVERDUE]
    assert {one.at for one in late} == {at("2026-11-24 08:00")}


def test_of_reminders_that_are_due_together_the_last_one_says_all() -> None:
    forgetful = replace(promises(), forgotten_after=parse_duration("1 working day"))
    ticket = forgetful.kept_for(claimed(asked(), ANNA, MONDAY))
    all_due = forgetful.reminders(ticket, (), MONDAY)
    said = [(one.kind, one.place) for one in said_now(all_due)]
    assert said == [
        (ReminderKind.OVERDUE, TEAM),
        (ReminderKind.FORGOTTEN, TEAM),
        (ReminderKind.OVERDUE, SUPERVISORS),
    ]


@pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.IGNORED, TicketState.CLOSED])
def test_nobody_is_reminded_of_what_is_dealt_with(state: TicketState) -> None:
    ticket = replace(promises().kept_for(asked()), state=state)
    assert promises().reminders(ticket, (), MONDAY) == []


def test_what_is_late_already_waits_a_little_for_company() -> None:
    late = promises().kept_for(replace(asked(), changed_at=at("2026-12-01 09:00")))
    assert late.promise.look_at == at("2026-12-01 09:05")


def test_the_time_left_is_working_time_and_less_than_nothing_afterwards() -> None:
    friday, monday = at("2026-11-27 15:00"), at("2026-11-30 09:00")
    assert promises().standing(monday, friday).left == timedelta(hours=2)
    over = promises().standing(friday, monday)
    assert (over.left, over.is_over) == (timedelta(hours=-2), True)
