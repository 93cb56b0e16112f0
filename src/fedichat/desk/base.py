"""What every use case stands on: one transaction for each, and what caused it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from fedichat.domain.change import Change
from fedichat.domain.effects import ShowPreview
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import SUPERVISORS, EventId, Place, PostId, TicketId, UserId, team_place
from fedichat.domain.post import Post
from fedichat.domain.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.ports import Clock
from fedichat.store import inbox, outbox, posts, tickets
from fedichat.store.database import Database, Transaction

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound="DeskBase")


@dataclass(frozen=True, slots=True)
class Cause:
    """The chat event that asks for something: who, where and when. Its outcome is kept with it, so it counts once.

    `answer_to` is the message that an answer belongs under; None for a tap on an emoji, answered in the thread.
    """

    event: EventId
    actor: UserId
    place: Place
    at: datetime
    thread: EventId | None = None
    answer_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the office has decided, as far as the desk's decisions depend on it. Durations in days and seconds."""

    accounts: tuple[str, ...] = ()
    direct_rooms: frozenset[str] = frozenset()
    """The accounts that have a room of their own for direct mentions."""
    four_eyes: bool = False
    undo_seconds: float = 10
    text_days: int = 90
    history_days: int = 730


class DeskBase:
    """The transaction, the clock, and how a change is kept."""

    def __init__(self, database: Database, clock: Clock, rules: Rules, nudge: Callable[[], None]) -> None:
        """`nudge` is called after every commit: something may be there to be carried out."""
        self.database = database
        self.clock = clock
        self.rules = rules
        self._nudge = nudge

    def seen_from(self, place: Place) -> list[Place]:
        """The places whose tickets are shown in that place: its own; for the supervisors those of all teams."""
        return [team_place(account) for account in self.rules.accounts] if place == SUPERVISORS else [place]

    def committed(self) -> None:
        """Tell delivery and the timekeeper that there may be something for them."""
        self._nudge()


def write(
    method: Callable[Concatenate[D, Transaction, P], Awaitable[T]],
) -> Callable[Concatenate[D, P], Coroutine[Any, Any, T]]:
    """Make a method of the desk one transaction that writes: all of it is kept, or nothing."""

    async def whole(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = await self.database.write(lambda tx: method(self, tx, *args, **kwargs))
        self.committed()
        return result

    update_wrapper(whole, method)
    return whole


def read(
    method: Callable[Concatenate[D, Transaction, P], Awaitable[T]],
) -> Callable[Concatenate[D, P], Coroutine[Any, Any, T]]:
    """Make a method of the desk one view of the data, which changes nothing."""

    async def whole(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.database.read(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


async def keep(tx: Transaction, change: Change) -> None:
    """Keep a change with everything that follows from it."""
    if change.ticket is not None:
        await tickets.save_ticket(tx, change.ticket)
    if change.post is not None:
        await posts.save_post(tx, change.post)
    await tickets.add_entries(tx, change.entries)
    await outbox.add_effects(tx, change.effects)


async def take_up(tx: Transaction, cause: Cause, now: datetime) -> None:
    """The event has its outcome in this transaction. Raises AlreadyHandled when it had one before."""
    await inbox.see_event(tx, cause.event, now)


async def the_ticket(tx: Transaction, number: TicketId, place: Place) -> Ticket:
    """That ticket, as seen from a place. Refuses a number that does not exist or that belongs to another room."""
    ticket = await tickets.find_ticket(tx, number)
    if ticket is None or not may_see(ticket, place):
        # The same words for both: what is asked in private is not even confirmed to exist elsewhere.
        raise Refusal("There is no ticket #{ticket} in this room. `{prefix}queue` shows the open ones.", ticket=number)
    return ticket


def may_see(ticket: Ticket, place: Place) -> bool:
    """Whether a ticket is shown and worked on in that place: in its own room; by supervisors unless it is direct."""
    return ticket.place == place or (place == SUPERVISORS and not ticket.place.startswith("direct/"))


async def the_post(tx: Transaction, number: PostId, place: Place) -> Post:
    """That post, as seen from a place."""
    post = await posts.find_post(tx, number)
    if post is None or not may_see(await ticket_of(tx, post), place):
        raise Refusal("There is no post P{post} in this room.", post=number)
    return post


async def ticket_of(tx: Transaction, post: Post) -> Ticket:
    """The ticket that a post belongs to."""
    ticket = await tickets.find_ticket(tx, post.ticket)
    if ticket is None:
        raise LookupError(post.ticket)
    return ticket


def preview(post: Post) -> ShowPreview:
    """Show the post as it is now."""
    return ShowPreview(post.place, post.id, post.revision)


def entry(
    ticket: Ticket, step: Step, cause: Cause | None, now: datetime, text: str = "", post: PostId | None = None
) -> Entry:
    """A line of the ticket's history."""
    return Entry(ticket=ticket.id, at=now, step=step, actor=cause.actor if cause else None, text=text, post=post)
