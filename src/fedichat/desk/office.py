"""What every use case needs: the database, the clock, and the three ways into a transaction."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from fedichat.desk.settings import Settings
from fedichat.domain.cause import Cause, Tap
from fedichat.domain.change import Change
from fedichat.domain.effects import Discard, Publish, ShowCard, ShowSettled
from fedichat.domain.names import (
    UserId,
    localpart,
)
from fedichat.domain.posts.states import unused_uploads
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.sla import Due
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import NotProven, Refusal
from fedichat.ports import Clock, Fediverse
from fedichat.store import asking, entries, escalations, inbox, outbox, posts, tickets, timers
from fedichat.store.database import Database, Transaction
from fedichat.store.news import News, begun, ended
from fedichat.store.outbox import Waiting

P = ParamSpec("P")

T = TypeVar("T")

S = TypeVar("S", bound="Service")

_QUICK = timedelta(seconds=2)
_GATHERING = timedelta(seconds=0.4)
LATE = timedelta(seconds=45)

"""How long after its moment a post's thread hears that it is not out: within a minute, with the time to say so."""


AT_ONCE = 20
"""How many effects of a lane are taken out of the outbox at once."""


class HandOver(Protocol):
    """Delivery, as far as the office hands effects over to it."""

    def claim(self, lane: str) -> bool:
        """Whether nobody works in the lane, so that it is the caller's now. Called in the database's thread."""

    def take_over(self, lane: str, batch: Sequence[Waiting]) -> None:
        """Carry these out, the next ones of a lane that was claimed."""

    def give_back(self, lane: str) -> None:
        """The lane was claimed for nothing."""


class Office:
    """What the services share: the database, the clock, the settings, and the instances of the accounts."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        fediverses: Mapping[str, Fediverse],
        nudge: Callable[[News], None],
    ) -> None:
        """`fediverses` by account name; `nudge` is called after every commit with what it leaves to do."""
        self.database = database
        self.clock = clock
        self.settings = settings
        self.fediverses = fediverses
        self.nudge = nudge
        self.hand_over: HandOver | None = None
        """Takes effects over in memory; without it, all wait in the outbox to be found there."""
        self._writing: set[asyncio.Task[object]] = set()

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, and have done what it leaves to do.

        What it records for a lane in which nobody works is marked as begun in the same transaction and handed over, so
        that nobody has to look for it. That happens even where whoever waits for the transaction is cancelled.
        """
        writing = asyncio.ensure_future(self._write(work))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        return await asyncio.shield(writing)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        handed: dict[str, Sequence[Waiting]] = {}

        def whole(tx: Transaction) -> tuple[T, News]:
            news = begun(tx)
            result = work(tx)
            for lane in sorted(news.lanes):
                if self.hand_over is not None and self.hand_over.claim(lane):
                    handed[lane] = ()
                    handed[lane] = outbox.take(tx, lane, self.clock.now(), AT_ONCE)
            ended(tx)
            return result, news

        try:
            result, news = await self.database.write(whole)
        except BaseException:
            # What was not committed is not to be done; what was, all the same, is found in the outbox.
            self._give_back(handed)
            raise
        for lane, batch in handed.items():
            if self.hand_over is not None and batch:
                self.hand_over.take_over(lane, batch)
        self._give_back(lane for lane, batch in handed.items() if not batch)
        news.lanes -= handed.keys()
        self.nudge(news)
        return result

    def _give_back(self, lanes: Iterable[str]) -> None:
        for lane in [*lanes]:
            if self.hand_over is not None:
                self.hand_over.give_back(lane)


class Service:
    """A part of the desk. Its public methods are use cases: one transaction each."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def settings(self) -> Settings:
        """What the office has decided."""
        return self.office.settings

    @property
    def clock(self) -> Clock:
        """The office's clock."""
        return self.office.clock

    def promised(self, ticket: Ticket) -> Ticket:
        """The ticket with its due moments, after something that starts or moves its clock."""
        return self.settings.promises.kept_for(ticket)

    def due_of(self, ticket: Ticket) -> Due | None:
        """What is promised for a ticket, and how far it is from being kept; None where nothing is promised."""
        due_at = ticket.promise.due_at
        return self.settings.promises.standing(due_at, self.clock.now()) if due_at else None


def command(
    method: Callable[Concatenate[S, Transaction, Cause, datetime, P], T],
) -> Callable[Concatenate[S, Cause, P], Coroutine[Any, Any, T]]:
    """Make a method what a chat event asks for: one transaction that keeps all of it, and the event's outcome with it.

    The method is given the transaction, the cause, and the present moment. An event that has had its outcome raises
    AlreadyHandled; one that somebody else may have caused raises NotProven.
    """

    async def whole(self: S, cause: Cause, /, *args: P.args, **kwargs: P.kwargs) -> T:
        def work(tx: Transaction) -> T:
            now = self.office.clock.now()
            take_up(tx, cause, now)
            return method(self, tx, cause, now, *args, **kwargs)

        return await self.office.write(work)

    update_wrapper(whole, method)
    return whole


def write(
    method: Callable[Concatenate[S, Transaction, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make a method one transaction that writes: all of it is kept, or nothing."""

    async def whole(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.office.write(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


def timed(
    method: Callable[[S, Transaction, Timer, datetime], None],
) -> Callable[[S, Timer], Coroutine[Any, Any, None]]:
    """Make a method what happens when a timer fires: one transaction, in which the timer is cleared.

    The method is given the transaction, the timer, and the present moment; it may set the timer again. Nothing happens
    where the timer was moved or cleared after it was looked at.
    """

    async def whole(self: S, timer: Timer) -> None:
        def work(tx: Transaction) -> None:
            now = self.office.clock.now()
            if timers.take_due(tx, timer, now):
                method(self, tx, timer, now)

        await self.office.write(work)

    update_wrapper(whole, method)
    return whole


def read(
    method: Callable[Concatenate[S, Transaction, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make a method one view of the data, which changes nothing."""

    async def whole(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.office.database.read(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


def count(
    method: Callable[Concatenate[S, Transaction, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The same for what may take seconds: nobody else waits for it."""

    async def whole(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.office.database.count(lambda tx: method(self, tx, *args, **kwargs))

    update_wrapper(whole, method)
    return whole


def keep(tx: Transaction, change: Change) -> None:
    """Keep a change with everything that follows from it."""
    if change.ticket is not None:
        tickets.save_ticket(tx, change.ticket)
    for asked in change.asked:
        escalations.save(tx, asked)
    shown = change.ticket or change.on_card_of
    if shown is not None and not change.is_gone:
        outbox.add_effects(tx, cards_of(tx, shown))
    for post in change.posts:
        before = posts.find_post(tx, post.id)
        unused = unused_uploads(before, post) if before is not None else ()
        outbox.add_effects(tx, [Discard(post.account, media) for media in unused])
        posts.save_post(tx, post)
    entries.add_entries(tx, change.entries)
    outbox.add_effects(tx, change.effects)
    for effect in change.effects:
        if isinstance(effect, Publish):
            # Whatever may hold it up, also a request that hangs: then its thread hears so.
            timers.set_timer(tx, Timer(TimerKind.LATE, str(effect.post)), effect.not_before + LATE)


def take_up(tx: Transaction, cause: Cause, now: datetime) -> None:
    """The event has its outcome in this transaction. Raises AlreadyHandled when it had one before.

    Raises NotProven where somebody else may have caused it: whatever it would have led to passes here.
    """
    if cause.unproven is not None:
        raise NotProven(cause.event)
    inbox.see_event(tx, cause.event, now)
    if cause.tap is not None:
        _settle(tx, cause.tap, cause.actor)


def _settle(tx: Transaction, tap: Tap, actor: UserId) -> None:
    asked = asking.find_asked(tx, tap.question)
    if asked is None:
        raise Refusal("Somebody was faster: that question has its answer already.")
    asking.settle(tx, asked.event)
    shown = ShowSettled(asked.place, asked.event, tap.key, localpart(actor), asked.message, dict(asked.fields))
    outbox.add_effects(tx, [shown])


def cards_of(tx: Transaction, ticket: Ticket) -> tuple[ShowCard, ...]:
    """Bring the ticket's card up to date in every room that has it.

    A first card and a single change are shown at once. Where changes follow each other quickly, an edit waits a moment
    from the last one on, so that they make one.
    """
    places = [ticket.place, *(one.department for one in escalations.of_ticket(tx, ticket.id))]
    there = {place for place in places if outbox.card_of(tx, ticket.id, place)}
    before = entries.last_step_at(tx, ticket.id)
    is_quick = before is not None and ticket.changed_at - before < _QUICK
    gathered = ticket.changed_at + _GATHERING if is_quick else None
    return tuple(ShowCard(place, ticket.id, gathered if place in there else None) for place in places)
