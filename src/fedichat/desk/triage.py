"""Who works on a ticket, and whether anybody needs to."""

from fedichat.desk.base import Cause, DeskBase, entry, keep, preview, take_up, the_ticket, write
from fedichat.domain import ticket as rules
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, React, ShowCard, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import TicketId, localpart
from fedichat.domain.post import PostState, withdrawn
from fedichat.domain.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.i18n import mark
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction

DONE = "👍"
"""How the bot acknowledges what needs no words."""


class Triage(DeskBase):
    """Claim, release, ignore, reopen, note."""

    @write
    async def claim(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """The ticket becomes `cause.actor`'s. Of two who ask, the first gets it."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        ticket = rules.claimed(await the_ticket(tx, number, cause.place), cause.actor, now)
        await keep(
            tx,
            Change(ticket, entries=(entry(ticket, Step.CLAIMED, cause, now),), effects=_shown(ticket, cause)),
        )

    @write
    async def release(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """The ticket goes back to the queue; whoever had it is told when somebody else did that."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_ticket(tx, number, cause.place)
        ticket = rules.released(before, now)
        told: tuple[Effect, ...] = ()
        if before.claimant and before.claimant != cause.actor:
            message = mark("{who} has released #{ticket}; it was with {claimant}.")
            fields: dict[str, str | int] = {
                "who": localpart(cause.actor),
                "ticket": number,
                "claimant": localpart(before.claimant),
            }
            told = (Tell(ticket.place, message, fields, ticket=number, meant=(before.claimant,)),)
        effects = (*_shown(ticket, cause), *told)
        await keep(tx, Change(ticket, entries=(entry(ticket, Step.RELEASED, cause, now),), effects=effects))

    @write
    async def release_own(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """Somebody took their 👀 back: the ticket goes back to the queue, if it was theirs and still is open."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_ticket(tx, number, cause.place)
        if before.claimant == cause.actor and before.state.is_open:
            ticket = rules.released(before, now)
            released = entry(ticket, Step.RELEASED, cause, now)
            await keep(tx, Change(ticket, entries=(released,), effects=(ShowCard(ticket.place, ticket.id),)))

    @write
    async def ignore(self, tx: Transaction, cause: Cause, number: TicketId, reason: str) -> None:
        """The ticket is closed without an answer; a draft that lies there is withdrawn."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        ticket = rules.ignored(await the_ticket(tx, number, cause.place), cause.actor, reason, now)
        await _drop_draft(tx, ticket)
        change = Change(
            ticket, entries=(entry(ticket, Step.IGNORED, cause, now, reason),), effects=_shown(ticket, cause)
        )
        await keep(tx, change)

    @write
    async def reopen(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """A closed ticket is open again."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        ticket = rules.reopened(await the_ticket(tx, number, cause.place), now)
        change = Change(ticket, entries=(entry(ticket, Step.REOPENED, cause, now),), effects=_shown(ticket, cause))
        await keep(tx, change)

    @write
    async def note(self, tx: Transaction, cause: Cause, number: TicketId, text: str) -> None:
        """Something to remember about the ticket, for the office only."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        ticket = await the_ticket(tx, number, cause.place)
        await tickets.add_entries(tx, [entry(ticket, Step.NOTED, cause, now, text)])
        await outbox.add_effects(tx, _acknowledged(cause))


def _shown(ticket: Ticket, cause: Cause) -> tuple[Effect, ...]:
    return ShowCard(ticket.place, ticket.id), *_acknowledged(cause)


def _acknowledged(cause: Cause) -> tuple[Effect, ...]:
    return (React(cause.place, cause.answer_to, DONE),) if cause.answer_to else ()


async def _drop_draft(tx: Transaction, ticket: Ticket) -> None:
    post = await posts.pending_post(tx, ticket.id)
    if post is None:
        return
    if post.state is PostState.PUBLISHING:
        raise Refusal("An answer to #{ticket} is on its way to the server; wait a moment.", ticket=ticket.id)
    await keep(tx, Change(post=withdrawn(post), effects=(preview(post),)))
