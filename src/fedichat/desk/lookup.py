"""What several use cases look up, and the parts of a change that they share."""

from collections.abc import Sequence
from dataclasses import replace

from fedichat.domain.history import Entry, Step, as_departments_see
from fedichat.domain.names import (
    EventId,
    Place,
    PostId,
    TicketId,
    UserId,
    is_department,
)
from fedichat.domain.posts.post import Post
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import entries, escalations, finding, outbox, plan, posts, tickets
from fedichat.store.database import Transaction


def the_ticket(tx: Transaction, number: TicketId, place: Place) -> Ticket:
    """That ticket, as seen from a place. Refuses a number that does not exist or that belongs to another room."""
    ticket = tickets.find_ticket(tx, number)
    if ticket is None or not may_see(tx, ticket, place):
        # The same words for both: what is asked in private is not even confirmed to exist elsewhere.
        raise Refusal("There is no ticket #{ticket} in this room. `{prefix}queue` shows the open ones.", ticket=number)
    return ticket


def may_see(tx: Transaction, ticket: Ticket, place: Place) -> bool:
    """Whether a ticket is shown in that place: `finding.seen_from` decides."""
    return finding.may_see(tx, ticket.id, place)


def as_seen_in(place: Place, ticket: Ticket) -> Ticket:
    """The ticket as it is shown in that place: how and why the team sorts it is nothing for a department."""
    return replace(ticket, reason="", labels=(), snoozed_until=None) if is_department(place) else ticket


def seen_in(place: Place, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The steps that are shown in that place."""
    return as_departments_see(entries) if is_department(place) else entries


def departments_of(tx: Transaction, ticket: TicketId) -> Sequence[Place]:
    """The departments whose rooms take part in the ticket's conversation now."""
    return [one.department for one in escalations.of_ticket(tx, ticket) if one.ended_at is None]


def departments_to_tell(tx: Transaction, ticket: Ticket, said: Post) -> Sequence[Place]:
    """The departments that are shown what was answered: all that were asked, but for those it was taken back from.

    In private, what was drafted after a department's part was over is not for it.
    """
    is_direct = ticket.visibility is Visibility.DIRECT
    return [
        one.department
        for one in escalations.of_ticket(tx, ticket.id)
        if one.recalled_by is None and not (is_direct and one.ended_at is not None and one.ended_at < said.created_at)
    ]


def the_post(tx: Transaction, number: PostId, place: Place) -> Post:
    """That post, as seen from a place."""
    post = posts.find_post(tx, number)
    if post is None or not _is_shown(tx, post, place):
        raise Refusal("There is no post P{post} in this room.", post=number)
    return post


def _is_shown(tx: Transaction, post: Post, place: Place) -> bool:
    if post.ticket is None:
        return plan.seen_from(post, place)
    if is_department(place) and not post.stands:
        return False  # drafts are the team's
    return finding.may_see(tx, post.ticket, place)


def writer_of(tx: Transaction, post: Post) -> UserId:
    """Whose words the post has: its author's, or those of whoever changed them last."""
    worded = (Step.DRAFTED, Step.REVISED)
    past = entries.history_of_post(tx, post.id)
    writers = [entry.actor for entry in past if entry.step in worded and entry.actor is not None]
    return writers[-1] if writers else post.author


def ticket_of(tx: Transaction, post: Post) -> Ticket:
    """The ticket that a post belongs to. Raises LookupError for what is planned."""
    ticket = tickets.find_ticket(tx, post.ticket) if post.ticket is not None else None
    if ticket is None:
        raise LookupError(post.ticket)
    return ticket


def ticket_with(tx: Transaction, post: Post) -> Ticket | None:
    """The ticket that a post belongs to; None for what is planned."""
    return None if post.ticket is None else ticket_of(tx, post)


def thread_of(tx: Transaction, post: Post, place: Place) -> EventId | None:
    """The root of the thread in which a post is talked about: its ticket's card, or its own first preview."""
    if post.ticket is not None:
        return outbox.card_of(tx, post.ticket, place)
    return outbox.thread_of_post(tx, post.bundle or post.id, place)


def rooms_ever(tx: Transaction, ticket: Ticket) -> list[Place]:
    """The rooms that have taken part at some time."""
    return [ticket.place, *(one.department for one in escalations.of_ticket(tx, ticket.id))]
