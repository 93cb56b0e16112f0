"""`queue`, `claim` and `show` at the desk, with a thousand tickets and with a million."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.figures import Figure, median
from benchmarks.filling import PLACE, fill
from fedichat.clock import SystemClock
from fedichat.desk import Desk, Settings
from fedichat.desk.tickets.lists import Wanted
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, TicketId, UserId
from fedichat.store.database import Database

FEW = 1_000
OPEN = 250
SHOWN = 20
_ANNA = UserId("@anna:office.test")
_WARM_UP = 5
_AIM = 1.1
"""How much longer a million tickets may take than a thousand."""


class Office:
    """A desk over a filled database."""

    def __init__(self, database: Database, tickets: int) -> None:
        self.desk = Desk(database, SystemClock(), Settings(), {}, lambda _: None)
        self.tickets = tickets
        self._events = 0
        self._unclaimed = random.sample(range(tickets - OPEN + 1, tickets + 1), OPEN)

    async def queue(self) -> None:
        """The first page of what is open."""
        queue = await self.desk.tickets.lists.queue(PLACE, SHOWN)
        assert (len(queue.lines), queue.total) == (SHOWN, OPEN)

    async def overdue(self) -> None:
        """The same of what is overdue, which here is all of it."""
        now = self.desk.now()
        queue = await self.desk.tickets.lists.queue(PLACE, SHOWN, Wanted(overdue_at=now))
        due = [line.ticket.promise.due_at for line in queue.lines]
        assert due == sorted(due, key=lambda at: at or now)
        assert queue.total == OPEN

    async def claim(self) -> None:
        """Take an open ticket that nobody has."""
        await self.desk.tickets.triage.claim(self._cause(), TicketId(self._unclaimed.pop()))

    async def show(self) -> None:
        """Any ticket, old or new."""
        number = TicketId(random.randint(1, self.tickets))
        view, entries = await self.desk.room.views.show(self._cause(), number)
        assert view.mentions
        assert entries

    def _cause(self) -> Cause:
        self._events += 1
        return Cause(EventId(f"${self._events}"), _ANNA, PLACE, self.desk.now())


async def million(folder: Path, many: int, repetitions: int) -> list[Figure]:
    """The same calls to both databases in turn."""
    few = Office(await fill(folder / "few.db", FEW, OPEN), FEW)
    lots = Office(await fill(folder / "many.db", many, OPEN), many)
    try:
        figures = [
            await _compared("!queue, by due time", few.queue, lots.queue, many, repetitions),
            await _compared("!queue --overdue", few.overdue, lots.overdue, many, repetitions),
            await _compared("!claim", few.claim, lots.claim, many, min(repetitions, OPEN - _WARM_UP)),
            await _compared("!show", few.show, lots.show, many, repetitions),
        ]
    finally:
        await asyncio.gather(few.desk.office.database.close(), lots.desk.office.database.close())
    return figures


async def _compared(
    name: str,
    few: Callable[[], Awaitable[None]],
    lots: Callable[[], Awaitable[None]],
    many: int,
    count: int,
) -> Figure:
    samples: tuple[list[float], list[float]] = [], []
    for number in range(count + _WARM_UP):
        turns = [(few, samples[0]), (lots, samples[1])]
        for act, into in turns if number % 2 else reversed(turns):
            start = time.perf_counter()
            await act()
            if number >= _WARM_UP:
                into.append((time.perf_counter() - start) * 1000)
    value, floor = median(samples[1]), median(samples[0])
    title = f"{name} with {many:,} tickets, p50"
    return Figure("store", title, value, "ms", floor, _AIM)
