"""Everyday order: priority, labels, snooze, merge."""

from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.duty.roster import on_duty
from fedichat.desk.lookup import departments_of, the_ticket
from fedichat.desk.office import Service, command, keep, timed
from fedichat.domain.cause import Cause
from fedichat.domain.names import TicketId
from fedichat.domain.tickets import sorting as decide
from fedichat.domain.tickets.merging import Half, merge
from fedichat.domain.tickets.ticket import Priority, Ticket
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import escalations, posts, tickets, timers
from fedichat.store.database import Transaction


def snooze_of(ticket: TicketId) -> Timer:
    """The timer that brings a snoozed ticket back."""
    return Timer(TimerKind.SNOOZE, str(ticket))


class Sorting(Service):
    """How soon, about what, when, and which are one."""

    @command
    def prioritize(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, priority: Priority) -> None:
        """The ticket gets that priority, and its place in the queue."""
        before = the_ticket(tx, number, cause.place)
        keep(tx, decide.prioritize(before, priority, cause, now, self.settings.promises))

    @command
    def label(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        number: TicketId,
        added: Sequence[str],
        removed: Sequence[str],
    ) -> None:
        """The ticket gets and loses labels."""
        before = the_ticket(tx, number, cause.place)
        keep(tx, decide.label(before, added, removed, cause, now, self.settings.promises))

    @command
    def snooze(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, until: datetime) -> None:
        """The ticket is out of the queue until then."""
        keep(tx, decide.snooze(the_ticket(tx, number, cause.place), until, cause, now))
        timers.set_timer(tx, snooze_of(number), until)

    @command
    def wake(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket is back in the queue before its time."""
        keep(tx, decide.wake(the_ticket(tx, number, cause.place), cause, now))
        timers.clear_timer(tx, snooze_of(number))

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """The time of a snoozed ticket is over: it is back in the queue, and whoever has it hears so."""
        ticket = tickets.find_ticket(tx, TicketId(timer.number))
        if ticket is not None:
            keep(tx, decide.come_back(ticket, on_duty(tx, self.settings, now), now))

    @command
    def merge(self, tx: Transaction, cause: Cause, now: datetime, source: TicketId, target: TicketId) -> None:
        """What was asked in `source` goes on in `target`: its words move there, and `source` is closed."""
        both = [the_ticket(tx, number, cause.place) for number in (source, target)]
        one, other = _halves(tx, both)
        merger = merge(one, other, self.settings.departments, cause, now, self.settings.promises)
        keep(tx, merger.drafts)
        escalations.end_all(tx, source, now)
        timers.clear_timer(tx, snooze_of(source))
        timers.clear_timer(tx, snooze_of(target))
        tickets.move(tx, source, target)
        keep(tx, merger.source)
        keep(tx, merger.target)


def _halves(tx: Transaction, both: Sequence[Ticket]) -> list[Half]:
    questions = tickets.questions_of(tx, both)
    return [
        Half(
            ticket,
            questions[ticket.id].status.created_at if ticket.id in questions else ticket.opened_at,
            tickets.statuses_of(tx, ticket.id),
            departments_of(tx, ticket.id),
            posts.pending_of(tx, ticket.id),
        )
        for ticket in both
    ]
