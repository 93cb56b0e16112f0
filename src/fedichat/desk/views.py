"""What people are shown: everything a card, a thread or a list needs, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedichat.desk.base import Cause, DeskBase, read, the_ticket, ticket_of
from fedichat.domain.effects import ShowCard, ShowFollowUp, ShowPreview
from fedichat.domain.history import Entry
from fedichat.domain.mention import Mention
from fedichat.domain.names import EventId, Place, TicketId
from fedichat.domain.post import Post
from fedichat.domain.ticket import Ticket
from fedichat.store import inbox, outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said as Said


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket as its card shows it. `event` is the card in the room, if it is there already.

    `mentions` is empty once the words were removed after the retention time.
    """

    ticket: Ticket
    mentions: Sequence[Mention]
    earlier_tickets: int
    published: Sequence[Post]
    event: EventId | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A later message of a conversation, and the card in whose thread it belongs."""

    mention: Mention
    ticket: Ticket
    thread: EventId | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as its preview shows it. `event` is the message that shows `revision`, if it is there already."""

    post: Post
    ticket: Ticket
    question: Mention | None
    revision: int
    event: EventId | None
    buttons: Sequence[Reaction]
    thread: EventId | None
    four_eyes: bool

    @property
    def is_current(self) -> bool:
        """Whether this is the newest revision of the post."""
        return self.revision == self.post.revision


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in a list: with the beginning of what was asked."""

    ticket: Ticket
    author_name: str
    text: str


class Views(DeskBase):
    """Reading only."""

    @read
    async def card(self, tx: Transaction, effect: ShowCard) -> Card | None:
        """The card of a ticket in a place; None when the ticket is forgotten."""
        ticket = await tickets.find_ticket(tx, effect.ticket)
        return await _card(tx, ticket, effect.place) if ticket else None

    @read
    async def show(self, tx: Transaction, cause: Cause, number: TicketId) -> tuple[Card, Sequence[Entry]]:
        """A ticket with its history, for the room that asks."""
        ticket = await the_ticket(tx, number, cause.place)
        return await _card(tx, ticket, ticket.place), await tickets.history_of(tx, number)

    @read
    async def follow_up(self, tx: Transaction, effect: ShowFollowUp) -> FollowUp | None:
        """A later message; None when it is forgotten."""
        ticket = await tickets.find_ticket(tx, effect.ticket)
        mention = await tickets.find_mention(tx, ticket.account, effect.status) if ticket else None
        if ticket is None or mention is None:
            return None
        return FollowUp(mention, ticket, await outbox.card_of(tx, ticket.id, effect.place))

    @read
    async def preview(self, tx: Transaction, effect: ShowPreview) -> Preview | None:
        """A post as it stands, and the message that shows that revision; None when it is forgotten."""
        post = await posts.find_post(tx, effect.post)
        if post is None:
            return None
        ticket = await ticket_of(tx, post)
        said = await outbox.preview_of(tx, post.id, effect.revision)
        question = post.in_reply_to and await tickets.find_mention(tx, post.account, post.in_reply_to)
        return Preview(
            post=post,
            ticket=ticket,
            question=question or None,
            revision=effect.revision,
            event=said.event if said else None,
            buttons=await inbox.own_reactions(tx, said.event) if said else (),
            thread=await outbox.card_of(tx, ticket.id, effect.place),
            four_eyes=self.rules.four_eyes,
        )

    @read
    async def queue(self, tx: Transaction, place: Place, limit: int) -> tuple[Sequence[Line], int]:
        """The open tickets that a place may see, the oldest first, and how many there are in all."""
        found, total = await tickets.queue(tx, self.seen_from(place), limit)
        lines = []
        asked = await tickets.questions_of(tx, found)
        for ticket in found:
            mention = asked.get(ticket.id)
            author = mention.status.author.shown_name if mention else ticket.author
            lines.append(Line(ticket, author, mention.status.text if mention else ""))
        return lines, total

    @read
    async def what_was_said(self, tx: Transaction, event: EventId) -> Said | None:
        """What a message of the bot is about."""
        return await outbox.what_was_said(tx, event)

    @read
    async def thread_of(self, tx: Transaction, ticket: TicketId, place: Place) -> EventId | None:
        """The card that is the root of a ticket's thread in that room."""
        return await outbox.card_of(tx, ticket, place)

    @read
    async def history(self, tx: Transaction, ticket: TicketId) -> Sequence[Entry]:
        """What happened to a ticket, in order."""
        return await tickets.history_of(tx, ticket)


async def _card(tx: Transaction, ticket: Ticket, place: Place) -> Card:
    return Card(
        ticket=ticket,
        mentions=await tickets.mentions_of(tx, ticket.id),
        earlier_tickets=await tickets.count_of_author(tx, ticket),
        published=[post for post in await posts.posts_of(tx, ticket.id) if post.published_as],
        event=await outbox.card_of(tx, ticket.id, place),
    )
