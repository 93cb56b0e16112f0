"""Departments are asked, talk, and propose. What people say in one room of a ticket is shown in its others.

The rooms of a ticket are its team's (or direct) room and those of the departments that are asked now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fedichat.desk.lookup import departments_of, the_ticket
from fedichat.desk.office import Service, command, keep
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change
from fedichat.domain.names import Place, TicketId, department_place
from fedichat.domain.tickets import departments as decide
from fedichat.domain.tickets.departments import Written
from fedichat.domain.tickets.escalation import Escalation, find_department, name_of
from fedichat.domain.tickets.ticket import Ticket
from fedichat.store import escalations, outbox, tickets
from fedichat.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Consulted:
    """How a ticket stands with departments, as one of its rooms is shown it.

    `waiting_for` are the names of those that are asked now, `proposals` is how many there are, `asked` what the
    department whose room it is was asked. `proposals_due` are the names of those that have still to propose something
    by a promised moment, with that.
    """

    waiting_for: Sequence[str] = ()
    proposals: int = 0
    asked: Escalation | None = None
    proposals_due: Sequence[tuple[str, datetime]] = ()

    @property
    def is_taken_back(self) -> bool:
        """Whether the department whose room it is need not know any more."""
        return self.asked is not None and self.asked.recalled_by is not None

    @property
    def is_over(self) -> bool:
        """Whether the department whose room it is is not asked any more."""
        return self.asked is not None and not self.asked.is_open


class Escalations(Service):
    """Escalating, taking back, talking across rooms, proposing."""

    @command
    def escalate(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        number: TicketId,
        department: str | None,
        question: str,
        *,
        sure: bool,
        is_for_anybody: Callable[[Place], bool] = lambda _: False,
    ) -> None:
        """Put the ticket to a department. Without one, those that there are are offered to be tapped.

        Unless somebody is `sure`, a private ticket is only put there after it was said who would read it; and not at
        all where that cannot be told, because anybody can read that room.
        """
        ticket, names = the_ticket(tx, number, cause.place), self.settings.departments
        there = departments_of(tx, number)
        first = decide.question_first(
            ticket, department, question, there, names, cause, sure=sure, is_for_anybody=is_for_anybody
        )
        if first is not None:
            keep(tx, Change(effects=(first,)))
            return
        place = self.department_named(department or "")
        known = escalations.find(tx, number, place)
        written = _written(tx, number, place, known)
        mirroring, promises = self.settings.mirroring, self.settings.promises
        keep(tx, decide.escalate(ticket, place, question, known, written, names, mirroring, cause, now, promises))

    @command
    def recall(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, department: str | None) -> None:
        """Take the ticket back from a department, or from all: they hear no more of it."""
        before = the_ticket(tx, number, cause.place)
        asked = [one for one in escalations.of_ticket(tx, number) if one.is_open]
        names, promises = self.settings.departments, self.settings.promises
        change = decide.recall(before, asked, department, names, cause, now, promises)
        for ended in change.asked:
            outbox.take_back_from(tx, number, ended.department)
        keep(tx, change)

    def department_name(self, place: Place) -> str:
        """A department's name for people; empty for a room that is none's."""
        return name_of(place, self.settings.departments)

    def department_named(self, typed: str) -> Place:
        """The room of the department of that name; refuses an unknown one, the nearest suggested."""
        return department_place(find_department(typed, self.settings.departments))


def consulted(tx: Transaction, ticket: Ticket, place: Place, departments: Mapping[str, str]) -> Consulted:
    """How the ticket stands with departments, for that room; `departments` as in `Settings`."""
    all_asked = escalations.of_ticket(tx, ticket.id)
    proposals = escalations.standing_proposals(tx, ticket.id)
    return Consulted(
        waiting_for=[name_of(one.department, departments) for one in all_asked if one.is_open],
        proposals=len(proposals),
        asked=next((one for one in all_asked if one.department == place), None),
        proposals_due=[
            (name_of(one.department, departments), one.due_at)
            for one in all_asked
            if one.is_open and one.due_at is not None and one.proposed_at is None
        ],
    )


def _written(tx: Transaction, number: TicketId, place: Place, known: Escalation | None) -> Written:
    """What was written in the ticket, and what of it a department that was asked before has in its room."""
    statuses = [mention.status for mention in tickets.mentions_of(tx, number)]
    if known is None or known.is_open:
        return Written(statuses)
    # When it was written says nothing: it may have come when the department was not asked any more.
    own = tickets.and_merged_into_it(tx, number)
    quoted = [one for status in statuses for one in outbox.quotations_of(tx, own, status.id)]
    return Written(statuses, {one.status for one in quoted if one.place == place and one.status is not None})
