"""Who works on a ticket, and whether anybody needs to."""

from datetime import datetime

from fedichat.desk.lookup import the_ticket
from fedichat.desk.office import Service, command, keep, read
from fedichat.domain.cause import Cause
from fedichat.domain.history import Entry
from fedichat.domain.names import EventId, TicketId, UserId
from fedichat.domain.tickets import triage as decide
from fedichat.store import entries, escalations, posts
from fedichat.store.database import Transaction


class Triage(Service):
    """Claim, take over, assign, release, ignore, reopen, note."""

    @command
    def claim(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket becomes `cause.actor`'s. Of two who ask, the first gets it."""
        keep(tx, decide.claim(the_ticket(tx, number, cause.place), cause, now, self.settings.promises))

    @command
    def take_over(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket becomes `cause.actor`'s, whoever had it; they are told."""
        keep(tx, decide.take_over(the_ticket(tx, number, cause.place), cause, now, self.settings.promises))

    @command
    def assign(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, to: UserId) -> None:
        """The ticket becomes `to`'s; they are told, and whoever had it."""
        keep(tx, decide.assign(the_ticket(tx, number, cause.place), to, cause, now, self.settings.promises))

    @command
    def release(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket goes back to the queue; whoever had it is told when somebody else did that."""
        keep(tx, decide.release(the_ticket(tx, number, cause.place), cause, now))

    @command
    def release_own(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """Somebody took their 👀 back: the ticket goes back to the queue, if it was theirs and still is open."""
        keep(tx, decide.release_own(the_ticket(tx, number, cause.place), cause, now))

    @command
    def ignore(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, reason: str) -> None:
        """The ticket is closed without an answer: its draft is withdrawn, no department is asked any more."""
        ticket = the_ticket(tx, number, cause.place)
        keep(tx, decide.ignore(ticket, posts.pending_of(tx, number), reason, cause, now))
        escalations.end_all(tx, number, now)

    @command
    def reopen(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """A closed ticket is open again."""
        keep(tx, decide.reopen(the_ticket(tx, number, cause.place), cause, now, self.settings.promises))

    @command
    def note(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, text: str) -> None:
        """Something to remember about the ticket, for the office only. It follows the message that made it."""
        keep(tx, decide.note(the_ticket(tx, number, cause.place), text, cause, now))

    @read
    def note_from(self, tx: Transaction, source: EventId) -> Entry | None:
        """The note that was made by that message."""
        return entries.entry_from(tx, source)

    @command
    def reword_note(self, tx: Transaction, _cause: Cause, _now: datetime, source: EventId, text: str) -> None:
        """The message that made a note says something else now, or was deleted (`text` is empty): so does the note."""
        noted = entries.entry_from(tx, source)
        if noted is not None and noted.text:  # once the words are gone, no way leads back
            entries.reword_entry(tx, source, text)
