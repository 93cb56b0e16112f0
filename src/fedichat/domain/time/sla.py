"""What the office promises, when it falls due, and when somebody is to be reminded of it.

The clock of a ticket runs from the citizen's message (`Ticket.asked_at`) until the answer; a follow-up starts it anew.
A reminder belongs to a promise: where the due moment moves, there are new ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from fedichat.domain.names import SUPERVISORS, Place, TicketId
from fedichat.domain.tickets.escalation import Escalation
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.domain.time.calendar import Calendar
from fedichat.domain.time.duration import Duration

GATHERING = timedelta(minutes=5)
"""How long what is late already waits for company: mentions that arrive together make one message."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised for the tickets that it covers; an empty condition covers all. Shares are in percent."""

    first_response: Duration
    resolution: Duration | None = None
    interim_extends: Duration | None = None
    remind_at: tuple[int, ...] = (50, 80)
    offer_interim_at: int | None = 90
    accounts: frozenset[str] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    labels: frozenset[str] = frozenset()
    visibilities: frozenset[Visibility] = frozenset()

    def covers(self, ticket: Ticket) -> bool:
        """Whether every condition holds; of labels, one is enough."""
        return (
            (not self.accounts or ticket.account in self.accounts)
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.labels or not self.labels.isdisjoint(ticket.labels))
            and (not self.visibilities or ticket.visibility in self.visibilities)
        )


class ReminderKind(StrEnum):
    """What somebody is reminded of."""

    SHARE = "share"
    """So many percent of the time are over."""
    INTERIM = "interim"
    """The same, and an interim reply is offered."""
    OVERDUE = "overdue"
    UNSETTLED = "unsettled"
    """The answer itself is overdue, interim replies or not."""
    PROPOSAL = "proposal"
    """A department was to propose something by then."""
    FORGOTTEN = "forgotten"
    """Nobody has done anything for long."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something to be said in a place from `at` on, once. `promise` is the moment that it is about.

    `department` is the one whose promise it is; None for the office's.
    """

    ticket: TicketId
    place: Place
    kind: ReminderKind
    promise: datetime
    at: datetime
    percent: int = 0
    department: Place | None = None

    @property
    def name(self) -> str:
        """What tells it from the others of that ticket, place and promise."""
        return " ".join(filter(None, (self.kind.value, str(self.percent or ""), self.department or "")))


@dataclass(frozen=True, slots=True)
class Due:
    """How a promise stands at a moment. `left` is working time, less than nothing when it is over."""

    at: datetime
    left: timedelta
    now: datetime

    @property
    def is_over(self) -> bool:
        """Whether it was not kept in time."""
        return self.at <= self.now


@dataclass(frozen=True, slots=True)
class Promises:
    """All that the office promises. Of `policies`, the first one that covers a ticket counts.

    `departments` are the times in which departments propose, `supervised`: there is a room that hears of breaches.
    """

    calendar: Calendar
    policies: tuple[Policy, ...] = ()
    departments: Mapping[Place, Duration] = field(default_factory=dict[Place, Duration])
    forgotten_after: Duration | None = None
    supervised: bool = False

    def policy_for(self, ticket: Ticket) -> Policy | None:
        """What is promised for a ticket, if anything is."""
        return next((policy for policy in self.policies if policy.covers(ticket)), None)

    def kept_for(self, ticket: Ticket) -> Ticket:
        """The ticket with its due moments as they follow from what it is and when it was asked.

        To be called for whatever starts or moves the clock; the same ticket comes out the second time.
        """
        policy = self.policy_for(ticket)
        if ticket.promise.asked_at is None or policy is None:
            is_promised = (
                policy is not None or ticket.promise.asked_at is None or ticket.promise.first_response_at is not None
            )
            first_due = ticket.promise.first_due_at if is_promised else None
            ticket = replace(
                ticket, promise=replace(ticket.promise, due_at=None, resolve_by=None, first_due_at=first_due)
            )
            return replace(ticket, promise=replace(ticket.promise, look_at=self._look_at(ticket)))
        promised = self.calendar.due(ticket.promise.asked_at, policy.first_response)
        settled = self.calendar.due(ticket.promise.asked_at, policy.resolution) if policy.resolution else None
        due = promised
        if policy.interim_extends and (interim := interim_of(ticket)):
            due = max(promised, self.calendar.due(interim, policy.interim_extends))
        first_due = promised if ticket.promise.first_response_at is None else ticket.promise.first_due_at
        due = min(due, settled) if settled else due
        ticket = replace(
            ticket, promise=replace(ticket.promise, due_at=due, resolve_by=settled, first_due_at=first_due)
        )
        return replace(ticket, promise=replace(ticket.promise, look_at=self._look_at(ticket)))

    def first_response(self, before: Ticket, ticket: Ticket) -> Ticket:
        """The ticket with the time that its citizen waited for the first response, if that has just gone out."""
        if before.promise.first_response_at is not None or ticket.promise.first_response_at is None:
            return ticket
        waited = self.calendar.working_time(
            before.promise.asked_at or before.opened_at, ticket.promise.first_response_at
        )
        return replace(ticket, promise=replace(ticket.promise, first_response_seconds=int(waited.total_seconds())))

    def department_due(self, department: Place, asked_at: datetime) -> datetime | None:
        """When a department that is asked then is to have proposed something."""
        within = self.departments.get(department)
        return self.calendar.due(asked_at, within) if within else None

    def standing(self, at: datetime, now: datetime) -> Due:
        """How a promise for that moment stands now."""
        return Due(at, self.calendar.working_time(now, at) - self.calendar.working_time(at, now), now)

    def reminders(
        self, ticket: Ticket, escalations: Sequence[Escalation], last_step: datetime | None
    ) -> list[Reminder]:
        """All reminders of the promises as they stand, in order, also those whose moment is over.

        `last_step` is when somebody last did something with the ticket.
        """
        if not ticket.state.is_open:
            return []
        found = [*self._of_ticket(ticket), *self._forgotten(ticket, last_step)]
        for escalation in escalations:
            found += self._of_department(ticket, escalation)
        order = list(ReminderKind)
        return sorted(found, key=lambda one: (one.at, order.index(one.kind), one.percent))

    def next_reminder(self, ticket: Ticket, now: datetime) -> datetime | None:
        """When the next reminder comes that is still to come, those of departments aside."""
        return min((one.at for one in self.reminders(ticket, (), ticket.changed_at) if one.at > now), default=None)

    def _look_at(self, ticket: Ticket) -> datetime | None:
        """When the clock has something to see to; at once where departments take part, which are not known here."""
        if ticket.state is TicketState.WAITING:
            return ticket.changed_at
        first = min((one.at for one in self.reminders(ticket, (), ticket.changed_at)), default=None)
        if first is None or first > ticket.changed_at:
            return first
        return ticket.changed_at + GATHERING

    def _of_ticket(self, ticket: Ticket) -> Iterator[Reminder]:
        policy = self.policy_for(ticket)
        if policy is None or ticket.promise.due_at is None or ticket.promise.asked_at is None:
            return
        due, start = ticket.promise.due_at, interim_of(ticket) or ticket.promise.asked_at
        for percent in policy.remind_at:
            at = self._share(start, due, percent)
            yield Reminder(ticket.id, ticket.place, ReminderKind.SHARE, due, at, percent)
        if policy.offer_interim_at:
            at = self._share(start, due, policy.offer_interim_at)
            yield Reminder(ticket.id, ticket.place, ReminderKind.INTERIM, due, at, policy.offer_interim_at)
        yield from self._breach(ticket, ReminderKind.OVERDUE, due)
        if ticket.promise.resolve_by is not None and ticket.promise.resolve_by != due:
            yield from self._breach(ticket, ReminderKind.UNSETTLED, ticket.promise.resolve_by)

    def _breach(self, ticket: Ticket, kind: ReminderKind, promise: datetime) -> Iterator[Reminder]:
        at = self.calendar.next_opening(promise)
        yield Reminder(ticket.id, ticket.place, kind, promise, at)
        if self.supervised:
            yield Reminder(ticket.id, SUPERVISORS, kind, promise, self._gathered(at))

    def _gathered(self, at: datetime) -> datetime:
        """The next full five minutes, where the office is still open then.

        Hundreds may ask within an hour; two days later the supervisors hear of all that in a few messages.
        """
        full = at + -(at - _EPOCH) % GATHERING
        return full if self.calendar.is_open(full) else at

    def _of_department(self, ticket: Ticket, escalation: Escalation) -> Iterator[Reminder]:
        due, policy = escalation.due_at, self.policy_for(ticket)
        if due is None or not escalation.is_open or escalation.proposed_at is not None:
            return
        for percent in policy.remind_at if policy else ():
            at = self._share(escalation.asked_at, due, percent)
            yield self._from_department(ticket, escalation, escalation.department, due, at, percent)
        at = self.calendar.next_opening(due)
        for place in (escalation.department, ticket.place):
            yield self._from_department(ticket, escalation, place, due, at)

    @staticmethod
    def _from_department(
        ticket: Ticket, escalation: Escalation, place: Place, due: datetime, at: datetime, percent: int = 0
    ) -> Reminder:
        return Reminder(ticket.id, place, ReminderKind.PROPOSAL, due, at, percent, escalation.department)

    def _forgotten(self, ticket: Ticket, last_step: datetime | None) -> Iterator[Reminder]:
        """A claim without a step. Who waits for a department has not forgotten it, nor has who snoozed it.

        What was answered counts from when the citizen has written again.
        """
        if self.forgotten_after is None or ticket.state is not TicketState.CLAIMED or last_step is None:
            return
        since = max(last_step, ticket.snoozed_until or last_step, ticket.promise.asked_at or last_step)
        at = self.calendar.next_opening(self.calendar.due(since, self.forgotten_after))
        yield Reminder(ticket.id, ticket.place, ReminderKind.FORGOTTEN, since, at)

    def _share(self, start: datetime, due: datetime, percent: int) -> datetime:
        """When that much of the working time is over; of the plain time, where the office is closed all the while."""
        total = self.calendar.working_time(start, due)
        if total:
            return self.calendar.worked(start, total * percent / 100)
        return self.calendar.next_opening(start + (due - start) * percent / 100)


def interim_of(ticket: Ticket) -> datetime | None:
    """When the last interim reply to what is asked now went out, if one did."""
    if (
        ticket.promise.interim_at is None
        or ticket.promise.asked_at is None
        or ticket.promise.interim_at < ticket.promise.asked_at
    ):
        return None
    return ticket.promise.interim_at


def said_now(reminders: Sequence[Reminder]) -> list[Reminder]:
    """What is said of reminders that are due together: of one place and promise, only the last one, for it says all."""
    last: dict[tuple[TicketId, Place, Place | None, bool], Reminder] = {}
    for one in reminders:
        last[one.ticket, one.place, one.department, one.kind is ReminderKind.FORGOTTEN] = one
    return list(last.values())
