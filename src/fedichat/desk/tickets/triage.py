"""Who works on a ticket, and whether anybody needs to."""

from dataclasses import replace
from datetime import datetime

from fedichat.desk.lookup import cards_of, entry, preview, the_ticket, told_about
from fedichat.desk.office import Cause, Service, command, keep, read
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, Field, React, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, TicketId, UserId, localpart
from fedichat.domain.posts.post import Post, PostState, more_private, withdrawn
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.text.i18n import Marked, mark

DONE = "👍"
"""How the bot acknowledges what needs no words."""


class Triage(Service):
    """Claim, take over, assign, release, ignore, reopen, note."""

    @command
    def claim(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket becomes `cause.actor`'s. Of two who ask, the first gets it."""
        ticket = self.promised(rules.claimed(the_ticket(tx, number, cause.place), cause.actor, now))
        claimed = entry(ticket, Step.CLAIMED, cause, now)
        keep(tx, Change(ticket, entries=(claimed,), effects=shown(tx, ticket, cause)))

    @command
    def take_over(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket becomes `cause.actor`'s, whoever had it; they are told."""
        before = the_ticket(tx, number, cause.place)
        ticket = self.promised(rules.taken_over(before, cause.actor, now))
        told: tuple[Effect, ...] = ()
        done = entry(ticket, Step.CLAIMED, cause, now)
        if before.claimant is not None:
            done = entry(ticket, Step.TAKEN_OVER, cause, now, said=localpart(before.claimant))
            message = mark("{who} has taken #{ticket} over from you.")
            told = (_told(ticket, message, before.claimant, cause),)
        keep(tx, Change(ticket, entries=(done,), effects=(*shown(tx, ticket, cause), *told)))

    @command
    def assign(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, to: UserId) -> None:
        """The ticket becomes `to`'s; they are told, and whoever had it."""
        before = the_ticket(tx, number, cause.place)
        ticket = self.promised(rules.assigned(before, to, now))
        told: list[Effect] = []
        if to != cause.actor:
            told.append(_told(ticket, mark("{who} has assigned #{ticket} to you."), to, cause))
        if before.claimant not in (None, cause.actor):
            message = mark("{who} has assigned #{ticket} to {claimant}; it was with you.")
            told.append(_told(ticket, message, before.claimant, cause, claimant=localpart(to)))
        done = entry(ticket, Step.ASSIGNED, cause, now, said=localpart(to))
        keep(tx, Change(ticket, entries=(done,), effects=(*shown(tx, ticket, cause), *told)))

    @command
    def release(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket goes back to the queue; whoever had it is told when somebody else did that."""
        before = the_ticket(tx, number, cause.place)
        ticket = rules.released(before, now)
        told: tuple[Effect, ...] = ()
        if before.claimant not in (None, cause.actor):
            told = (_told(ticket, mark("{who} has released #{ticket}; it was with you."), before.claimant, cause),)
        effects = (*shown(tx, ticket, cause), *told)
        keep(tx, Change(ticket, entries=(entry(ticket, Step.RELEASED, cause, now),), effects=effects))

    @command
    def release_own(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """Somebody took their 👀 back: the ticket goes back to the queue, if it was theirs and still is open."""
        before = the_ticket(tx, number, cause.place)
        if before.claimant == cause.actor and before.state.is_open:
            ticket = rules.released(before, now)
            released = entry(ticket, Step.RELEASED, cause, now)
            keep(tx, Change(ticket, entries=(released,), effects=cards_of(tx, ticket)))

    @command
    def ignore(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, reason: str) -> None:
        """The ticket is closed without an answer: its draft is withdrawn, no department is asked any more."""
        ticket = rules.ignored(the_ticket(tx, number, cause.place), cause.actor, reason, now)
        drop_draft(tx, ticket, cause, now)
        escalations.end_all(tx, ticket.id, now)
        done = entry(ticket, Step.IGNORED, cause, now, reason)
        keep(tx, Change(ticket, entries=(done,), effects=shown(tx, ticket, cause)))

    @command
    def reopen(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """A closed ticket is open again."""
        ticket = self.promised(rules.reopened(the_ticket(tx, number, cause.place), now))
        done = entry(ticket, Step.REOPENED, cause, now)
        keep(tx, Change(ticket, entries=(done,), effects=shown(tx, ticket, cause)))

    @command
    def note(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, text: str) -> None:
        """Something to remember about the ticket, for the office only. It follows the message that made it."""
        ticket = the_ticket(tx, number, cause.place)
        noted = replace(entry(ticket, Step.NOTED, cause, now, text), source=cause.event)
        tickets.add_entries(tx, [noted])
        outbox.add_effects(tx, acknowledged(cause))

    @read
    def note_from(self, tx: Transaction, source: EventId) -> Entry | None:
        """The note that was made by that message."""
        return tickets.entry_from(tx, source)

    @command
    def reword_note(self, tx: Transaction, _cause: Cause, _now: datetime, source: EventId, text: str) -> None:
        """The message that made a note says something else now, or was deleted (`text` is empty): so does the note."""
        noted = tickets.entry_from(tx, source)
        if noted is not None and noted.text:  # once the words are gone, no way leads back
            tickets.reword_entry(tx, source, text)


def shown(tx: Transaction, ticket: Ticket, cause: Cause) -> tuple[Effect, ...]:
    """What every change of a ticket leads to: its cards show it, and whoever asked for it sees that it is done."""
    return *cards_of(tx, ticket), *acknowledged(cause)


def acknowledged(cause: Cause) -> tuple[Effect, ...]:
    """A reaction to the command; who tapped on an emoji sees the card change, and needs none."""
    return (React(cause.place, cause.answer_to, DONE),) if cause.answer_to else ()


def drop_draft(tx: Transaction, ticket: Ticket, cause: Cause, now: datetime) -> None:
    """Withdraw the drafts of a ticket that needs none any more. Refuses while one is on its way out."""
    pending = posts.pending_of(tx, ticket.id)
    if any(post.state is PostState.PUBLISHING for post in pending):
        raise Refusal("An answer to #{ticket} is on its way to the server; wait a moment.", ticket=ticket.id)
    for post in pending:
        dropped = entry(ticket, Step.WITHDRAWN, cause, now, post=post.id)
        keep(tx, Change(post=withdrawn(post), entries=(dropped,), effects=(preview(post),)))


def narrow_draft(tx: Transaction, ticket: Ticket, now: datetime) -> tuple[Effect, ...]:
    """The ticket may have become more private: what waits as an answer is seen by no more people, and asks anew.

    Keeps it as that, with its history, and returns what must be shown. What is on its way already stays as it is.
    """
    shown: list[Effect] = []
    for before in posts.pending_of(tx, ticket.id):
        waits = before.state is not PostState.PUBLISHING and before.answers_question and not before.out
        if waits and before.visibility.wider_than(ticket.visibility):
            shown += _narrowed(tx, ticket, before, now)
    return tuple(shown)


def _narrowed(tx: Transaction, ticket: Ticket, before: Post, now: datetime) -> tuple[Effect, ...]:
    post = more_private(before, ticket.visibility)
    outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
    keep(tx, Change(post=post, entries=(outdated,)))
    message = mark(
        "P{post} would be seen by more people than #{ticket} by now, and has been narrowed. See the new preview, and "
        "confirm that."
    )
    meant = (before.confirmed_by,) if before.confirmed_by else ()
    return preview(before), told_about(post, message, meant=meant, ticket=ticket.id), preview(post)


def _told(ticket: Ticket, message: Marked, person: UserId | None, cause: Cause, **fields: Field) -> Tell:
    given: dict[str, Field] = {"who": localpart(cause.actor), "ticket": ticket.id}
    return Tell(ticket.place, message, given | fields, ticket=ticket.id, meant=(person,) if person else ())
