"""Finding tickets: what is open, what was there before, by words, one's own, a person's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fedichat.desk.lookup import as_seen_in, seen_in, the_ticket
from fedichat.desk.office import Service, read
from fedichat.domain.cause import Cause
from fedichat.domain.history import Entry
from fedichat.domain.names import Place, TicketId, is_department
from fedichat.domain.tickets.escalation import name_of
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.sla import Due
from fedichat.errors import Refusal
from fedichat.store import entries, finding, tickets
from fedichat.store.database import Transaction
from fedichat.store.finding import Wanted as Wanted


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in a list: with the beginning of what was asked, and when it is due."""

    ticket: Ticket
    author_name: str
    text: str
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """The first of the open tickets, how many there are in all, and how many more are snoozed.

    `department` is the name for people of the one that was asked for.
    """

    lines: Sequence[Line]
    total: int
    snoozed: int
    department: str = ""


class Lists(Service):
    """Reading only. Every list has only what the place that asks may see."""

    @read
    def queue(self, tx: Transaction, place: Place, limit: int, wanted: Wanted | None = None) -> Queue:
        """The open tickets of a place: what is due first, of these the most urgent, of these the oldest."""
        wanted, is_home = wanted or Wanted(), not is_department(place)
        if not is_home and (wanted.label or wanted.snoozed or wanted.overdue_at):
            raise Refusal(
                "How the team sorts its tickets is not shown here. `{prefix}queue` lists what is asked of you."
            )
        found = finding.queue(tx, place, wanted, limit)
        total = finding.count_queue(tx, place, wanted)
        is_all = wanted.snoozed or not is_home
        asleep = 0 if is_all else finding.count_queue(tx, place, replace(wanted, snoozed=True))
        name = name_of(wanted.department, self.settings.departments) if wanted.department else ""
        return Queue(self._lines(tx, found, place), total, asleep, name)

    @read
    def mine(self, tx: Transaction, cause: Cause, limit: int) -> Sequence[Line]:
        """The open tickets that `cause.actor` has."""
        return self._lines(tx, finding.of_claimant(tx, cause.actor, cause.place, limit), cause.place)

    @read
    def search(self, tx: Transaction, cause: Cause, words: str, limit: int) -> Sequence[Line]:
        """The tickets with all these words, the newest first."""
        return self._lines(tx, finding.with_words(tx, words, cause.place, limit), cause.place)

    @read
    def of_author(self, tx: Transaction, cause: Cause, author: str, limit: int) -> tuple[Sequence[Line], int]:
        """The tickets that a citizen opened, the newest first, and how many in all; `name@` for any server."""
        found, total = finding.of_author(tx, self.settings.accounts, author, cause.place, limit)
        return self._lines(tx, found, cause.place), total

    def _lines(self, tx: Transaction, found: Sequence[Ticket], place: Place) -> list[Line]:
        lines, is_home = [], not is_department(place)
        asked = tickets.questions_of(tx, found)
        for ticket in found:
            mention = asked.get(ticket.id)
            author = mention.status.author.shown_name if mention else ticket.author
            due = self.due_of(ticket) if is_home else None
            lines.append(Line(as_seen_in(place, ticket), author, mention.status.text if mention else "", due))
        return lines

    @read
    def ticket(self, tx: Transaction, cause: Cause, number: TicketId) -> Ticket:
        """That ticket, for the room that asks."""
        return the_ticket(tx, number, cause.place)

    @read
    def steps(self, tx: Transaction, cause: Cause, number: TicketId) -> Sequence[Entry]:
        """What happened to a ticket, for the room that asks."""
        the_ticket(tx, number, cause.place)
        return seen_in(cause.place, entries.history_of(tx, number))
