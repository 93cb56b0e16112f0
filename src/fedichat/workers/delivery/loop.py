"""Carries effects out: in order within a lane (a room or an account), side by side across lanes.

Within a lane, neighbouring cards of different tickets overlap: while one is being sent, the one before it is
recorded and the one behind it is prepared. They are still sent in order, and at most `ABREAST` of them are
unrecorded at any instant.
Every other effect waits until all before it is recorded, since it may build on what that has become.

What a transaction records for a lane in which nobody works comes in memory (`HandOver`), begun already. All else is
found by looking: at the start, when something was to come later, and after a lane that a look has opened.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from threading import Lock

from fedichat.backoff import Backoff
from fedichat.desk import Desk
from fedichat.desk.office import AT_ONCE
from fedichat.domain.names import RoomId, TicketId
from fedichat.errors import Rejected, StopError, TryLater
from fedichat.ports import Clock
from fedichat.render.words import reason as reason_of
from fedichat.store.news import News
from fedichat.store.outbox import ABREAST, Waiting
from fedichat.workers.alarm import Alarm
from fedichat.workers.delivery.handlers import Handlers
from fedichat.workers.delivery.turn import Turn
from fedichat.workers.keeping_up import keep_up

log = logging.getLogger(__name__)

_ACCESS_LOST = 60.0
_UNTIL_RECORDED = 30.0


class Delivery:
    """Takes effects out of the outbox, has their handlers carry them out, and tries again what may work later."""

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        alarm: Alarm,
        handlers: Handlers,
        room_of: Callable[[str], RoomId | None] = lambda _: None,
    ) -> None:
        """`room_of` is the room that stands for a lane now, None where none does."""
        self._desk = desk
        self._clock = clock
        self._alarm = alarm
        self._handlers = handlers
        self._room_of = room_of
        self._busy: set[str] = set()
        self._claims = Lock()
        """Lanes become busy in the event loop and in the database's thread, and one at a time."""
        self._rung: set[str] = set()
        """Lanes in which something new waits that was not handed over."""
        self._uncounted: set[str] = set()
        """Lanes that were due at the last look: what is to come later in them has not been seen by it."""
        self._lanes: asyncio.TaskGroup | None = None
        self._held: frozenset[str] = frozenset()
        self._in_vain: set[int] = set()
        self._progress = asyncio.Event()

    def hold(self, lanes: Collection[str]) -> None:
        """Leave these lanes alone until `let_go`. To be called before `run`."""
        self._held |= {*lanes}

    def let_go(self, lanes: Collection[str]) -> None:
        """Deliver what waits in lanes that were held."""
        self._held -= {*lanes}
        self._alarm.ring()

    async def run(self) -> None:
        """Deliver for ever, beginning with what an earlier run left."""
        async with asyncio.TaskGroup() as lanes:
            self._lanes = lanes
            try:
                await keep_up("delivery", self._open_lanes, self._clock)
            finally:
                self._lanes = None

    async def _open_lanes(self) -> None:
        while True:
            due, next_at = await self._desk.room.outbox.agenda()
            self._uncounted = due
            for lane in due:
                self._open(lane)
            # What becomes due in a busy lane is seen when that lane rings at its end.
            await self._alarm.watch(next_at)

    def hear(self, news: News) -> None:
        """Something was recorded: open the lanes that it waits in, or look when more is due."""
        if news.is_later:
            self._alarm.ring()
        self._rung |= news.lanes
        for lane in news.lanes:
            self._open(lane)

    def _open(self, lane: str) -> None:
        if self.claim(lane):
            self.take_over(lane, ())

    def claim(self, lane: str) -> bool:
        """See `HandOver`."""
        with self._claims:
            if self._lanes is None or lane in self._busy or lane in self._held:
                return False
            self._busy.add(lane)
            return True

    def give_back(self, lane: str) -> None:
        """See `HandOver`."""
        self._busy.discard(lane)
        self._alarm.ring()

    def take_over(self, lane: str, batch: Sequence[Waiting]) -> None:
        """See `HandOver`."""
        if self._lanes is None:  # we are being stopped
            self._busy.discard(lane)
            return
        self._lanes.create_task(self._work_off(lane, batch), name=f"lane {lane}")

    async def until_recorded(self, lane: str) -> None:
        """Wait, for half a minute at most, until it is recorded what the effect under way in a lane has become.

        Somebody may refer to a message of ours before we know its id: its answer was lost, or we died with it. What was
        waited for in vain is not waited for again: meanwhile nobody is heard in that room, and nothing is published.
        """
        numbers = await self._desk.room.outbox.under_way(lane) - self._in_vain
        try:
            async with asyncio.timeout(_UNTIL_RECORDED):
                while numbers:
                    progress = self._progress
                    if not numbers & await self._desk.room.outbox.under_way(lane):
                        return
                    await progress.wait()
        except TimeoutError:
            self._in_vain |= numbers
            log.warning("effect-under-way-for-long lane=%s", lane)

    async def _work_off(self, lane: str, handed: Sequence[Waiting]) -> None:
        batch = handed

        async def work() -> None:
            nonlocal batch
            while batch or (batch := await self._taken(lane)):
                some, batch = batch, ()
                for group in _groups(some):
                    await self._abreast(group)
                if len(some) < AT_ONCE and lane not in self._rung:
                    return

        try:
            await keep_up(f"lane {lane}", work, self._clock)
        finally:
            self._busy.discard(lane)
            if lane in self._uncounted or lane in self._rung:
                self._alarm.ring()

    async def _taken(self, lane: str) -> Sequence[Waiting]:
        self._rung.discard(lane)
        return await self._desk.room.outbox.take(lane, AT_ONCE)

    async def _abreast(self, group: Sequence[Waiting]) -> None:
        places = asyncio.Semaphore(ABREAST)
        turn: Turn | None = None
        async with asyncio.TaskGroup() as tasks:
            for waiting in group:
                await places.acquire()
                turn = Turn(turn)
                task = tasks.create_task(self.settle(waiting, turn), name=f"effect {waiting.id}")
                task.add_done_callback(lambda _: places.release())

    async def settle(self, waiting: Waiting, turn: Turn) -> None:
        """Carry one effect out, or set it aside; returns when either is recorded."""
        await self._persist(waiting, turn)
        await turn.come()  # nothing was sent, perhaps: those behind must not overtake those in front even then
        turn.over()
        self._in_vain.discard(waiting.number)
        self._progress.set()
        self._progress = asyncio.Event()

    async def _persist(self, waiting: Waiting, turn: Turn) -> None:
        """Try until it is done or will never be; what waits behind it in the lane waits too.

        Where even setting it aside breaks (the disk is full), it is tried again later. It must not raise: a neighbour
        that is just being sent would be cancelled.
        """
        await keep_up(f"effect {waiting.id}", lambda: self._try(waiting, turn), self._clock)

    async def _try(self, waiting: Waiting, turn: Turn) -> None:
        backoff = Backoff()
        while not self._has_moved(waiting):
            try:
                await self.carry_out(waiting, turn)
            except TryLater as error:
                seconds, reason = backoff.next(error.retry_after), str(error)
            except StopError as error:
                seconds, reason = _ACCESS_LOST, str(error)
            except Rejected as error:
                await self._give_up(waiting, str(error), error)
                return
            except Exception as error:
                reason = f"a fault inside fedichat ({type(error).__name__})"
                log.exception("effect-broke effect=%s kind=%s", waiting.id, type(waiting.effect).__name__)
                await self._give_up(waiting, reason, error)
                return
            else:
                if backoff.failures:
                    log.info("delivery-resumed lane=%s", waiting.lane)
                return
            if backoff.failures <= 1:
                log.warning("delivery-waits lane=%s reason=%s", waiting.lane, reason)
            turn.delay()
            await self._clock.sleep(seconds)
        # It waits in the outbox for the room that stands for its place now. That may be known there a moment before
        # the homeserver's side knows it, and nothing else would ring for it.
        self._rung.add(waiting.lane)

    async def carry_out(self, waiting: Waiting, turn: Turn) -> None:
        """Have its handler try it once. Raises what far ends raise."""
        await self._handlers[type(waiting.effect)].carry_out_beside(waiting, waiting.effect, turn)

    def _has_moved(self, waiting: Waiting) -> bool:
        """Whether another room stands for its place by now: then it waits in the outbox again."""
        here = self._room_of(waiting.lane)
        return waiting.room is not None and here is not None and here != waiting.room

    async def _give_up(self, waiting: Waiting, reason: str, error: Exception) -> None:
        """`reason` is for the log and the operator."""
        name = type(waiting.effect).__name__
        log.error("effect-set-aside effect=%s kind=%s lane=%s reason=%s", waiting.id, name, waiting.lane, reason)
        await self._handlers[type(waiting.effect)].give_up(waiting, waiting.effect, reason, reason_of(error))


def _groups(batch: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Neighbours of different tickets that go beside each other together, everything else alone; in order."""
    group: list[Waiting] = []
    tickets: set[TicketId] = set()
    for waiting in batch:
        ticket = waiting.effect.goes_beside
        if group and (ticket is None or not tickets or ticket in tickets):
            yield group
            group, tickets = [], set()
        group.append(waiting)
        if ticket is not None:
            tickets.add(ticket)
    if group:
        yield group
