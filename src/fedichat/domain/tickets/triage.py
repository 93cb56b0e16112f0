"""Who works on a ticket, and whether anybody needs to: what follows from each decision."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry, preview
from fedichat.domain.effects import Tell
from fedichat.domain.history import Step
from fedichat.domain.names import UserId, localpart
from fedichat.domain.phrase import Field, Marked, mark
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.posts.states import withdrawn
from fedichat.domain.tickets import ticket as states
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.sla import Promises
from fedichat.errors import Refusal


def claim(before: Ticket, cause: Cause, now: datetime, promises: Promises) -> Change:
    """The ticket becomes that of whoever asks. Refuses one that somebody else has."""
    ticket = promises.kept_for(states.claimed(before, cause.actor, now))
    return Change(ticket, entries=(entry(ticket, Step.CLAIMED, cause, now),), effects=acknowledged(cause))


def take_over(before: Ticket, cause: Cause, now: datetime, promises: Promises) -> Change:
    """The ticket becomes that of whoever asks; whoever had it is told."""
    ticket = promises.kept_for(states.taken_over(before, cause.actor, now))
    if before.claimant is None:
        return Change(ticket, entries=(entry(ticket, Step.CLAIMED, cause, now),), effects=acknowledged(cause))
    told = _told(ticket, mark("{who} has taken #{ticket} over from you."), before.claimant, cause)
    done = entry(ticket, Step.TAKEN_OVER, cause, now, said=localpart(before.claimant))
    return Change(ticket, entries=(done,), effects=(*acknowledged(cause), told))


def assign(before: Ticket, to: UserId, cause: Cause, now: datetime, promises: Promises) -> Change:
    """The ticket becomes `to`'s; they are told, and whoever had it."""
    ticket = promises.kept_for(states.assigned(before, to, now))
    told: list[Tell] = []
    if to != cause.actor:
        told.append(_told(ticket, mark("{who} has assigned #{ticket} to you."), to, cause))
    if before.claimant is not None and before.claimant != cause.actor:
        message = mark("{who} has assigned #{ticket} to {claimant}; it was with you.")
        told.append(_told(ticket, message, before.claimant, cause, claimant=localpart(to)))
    done = entry(ticket, Step.ASSIGNED, cause, now, said=localpart(to))
    return Change(ticket, entries=(done,), effects=(*acknowledged(cause), *told))


def release(before: Ticket, cause: Cause, now: datetime) -> Change:
    """The ticket goes back to the queue; whoever had it is told when somebody else did that."""
    ticket = states.released(before, now)
    told: tuple[Tell, ...] = ()
    if before.claimant is not None and before.claimant != cause.actor:
        told = (_told(ticket, mark("{who} has released #{ticket}; it was with you."), before.claimant, cause),)
    done = entry(ticket, Step.RELEASED, cause, now)
    return Change(ticket, entries=(done,), effects=(*acknowledged(cause), *told))


def release_own(before: Ticket, cause: Cause, now: datetime) -> Change:
    """Somebody took their 👀 back: the ticket goes back to the queue, if it is theirs and still open."""
    if before.claimant != cause.actor or not before.state.is_open:
        return Change()
    ticket = states.released(before, now)
    return Change(ticket, entries=(entry(ticket, Step.RELEASED, cause, now),))


def ignore(before: Ticket, pending: Sequence[Post], reason: str, cause: Cause, now: datetime) -> Change:
    """The ticket is closed without an answer, and its `pending` drafts are withdrawn."""
    ticket = states.ignored(before, cause.actor, reason, now)
    dropped = drop_drafts(ticket, pending, cause, now)
    done = entry(ticket, Step.IGNORED, cause, now, reason)
    effects = (*dropped.effects, *acknowledged(cause))
    return Change(ticket, dropped.posts, (*dropped.entries, done), effects)


def reopen(before: Ticket, cause: Cause, now: datetime, promises: Promises) -> Change:
    """A closed ticket is open again."""
    ticket = promises.kept_for(states.reopened(before, now))
    return Change(ticket, entries=(entry(ticket, Step.REOPENED, cause, now),), effects=acknowledged(cause))


def note(ticket: Ticket, text: str, cause: Cause, now: datetime) -> Change:
    """Something to remember about the ticket, for the office only. It follows the message that made it."""
    noted = replace(entry(ticket, Step.NOTED, cause, now, text), source=cause.event)
    return Change(entries=(noted,), effects=acknowledged(cause))


def drop_drafts(ticket: Ticket, pending: Sequence[Post], cause: Cause, now: datetime) -> Change:
    """The `pending` drafts of a ticket that needs none any more. Refuses while one is on its way out."""
    if any(post.state is PostState.PUBLISHING for post in pending):
        raise Refusal("An answer to #{ticket} is on its way to the server; wait a moment.", ticket=ticket.id)
    return Change(
        posts=tuple(withdrawn(post) for post in pending),
        entries=tuple(entry(ticket, Step.WITHDRAWN, cause, now, post=post.id) for post in pending),
        effects=tuple(preview(post) for post in pending),
    )


def _told(ticket: Ticket, message: Marked, person: UserId, cause: Cause, **fields: Field) -> Tell:
    given: dict[str, Field] = {"who": localpart(cause.actor), "ticket": ticket.id}
    return Tell(ticket.place, message, given | fields, ticket=ticket.id, meant=(person,))
