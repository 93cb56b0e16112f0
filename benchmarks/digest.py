"""The digest of a year, and how the event loop fares while a chart is drawn."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, median
from benchmarks.filling import fill
from fedichat.clock import SystemClock
from fedichat.desk import Desk, Settings
from fedichat.domain.effects import ShowChart, ShowDigest
from fedichat.domain.figures import Scope
from fedichat.domain.names import SUPERVISORS
from fedichat.domain.time.period import Period
from fedichat.render.digest import chart
from fedichat.render.parts import Setting
from fedichat.store.database import Database
from fedichat.text.i18n import language
from fedichat.workers.delivery.drawing import drawn

YEAR = Period(date(2025, 1, 1), date(2026, 1, 1))
OPEN = 250
_TICK = 0.005
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# One ticket after the other over the whole year; three of four are answered, every tenth too late; the rest is ignored.
_LIFE = (
    """UPDATE tickets SET opened_at = :start + id * :step, asked_at = :start + id * :step,
       first_due_at = :start + id * :step + 172800000000""",
    """UPDATE tickets SET
       first_response_at = opened_at + (id * 7919 % 100) * 1000000000 + iif(id % 10, 0, 200000000000),
       first_response_seconds = id * 7919 % 57600
       WHERE id % 4 <> 0 AND state = 'answered'""",
    "UPDATE tickets SET state = 'ignored' WHERE id % 4 = 0 AND state = 'answered'",
    "UPDATE tickets SET due_at = first_due_at WHERE state = 'new'",
    "UPDATE history SET at = (SELECT opened_at FROM tickets WHERE id = ticket)",
    """INSERT INTO history (ticket, at, step, actor, text)
       SELECT id, first_response_at, 'published', '@anna:office.test', '' FROM tickets
       WHERE first_response_at IS NOT NULL""",
    """INSERT INTO history (ticket, at, step, actor, text) SELECT id, opened_at, 'ignored', '@anna:office.test',
       'reason ' || (id % 20) FROM tickets WHERE state = 'ignored'""",
    """INSERT INTO escalations (ticket, department, question, asked_by, asked_at, ended_at)
       SELECT id, 'department/' || (id % 5), '', '@anna:office.test', opened_at, opened_at
       FROM tickets WHERE id % 6 = 0""",
)


async def digest(folder: Path, tickets: int, calls: int) -> list[Figure]:
    """A year's figures; then the loop's lag with nothing to do, while they are counted, and while a chart is drawn."""
    database = await fill(folder / "year.db", tickets, OPEN)
    await database.close()
    live_through(folder / "year.db", tickets)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'year.db'}")
    desk = Desk(database, SystemClock(), Settings(), {}, lambda _: None)
    try:
        counted = (await desk.reports.stats(YEAR, Scope())).received
        assert counted > tickets * 0.99
        days = await desk.reports.days(ShowChart(SUPERVISORS, date(2025, 12, 1)))
        assert sum(day.kept.total for day in days) > tickets / 100
        figures = await _times(desk, tickets, calls)
        picture = chart(days, Setting(language("de"), desk.settings.zone))
        assert await drawn(picture)
        figures += await _lags(desk, tickets, lambda: drawn(picture))
    finally:
        await database.close()
    return figures


async def _times(desk: Desk, tickets: int, calls: int) -> list[Figure]:
    day = Period(date(2025, 11, 14), date(2025, 11, 17))
    samples: dict[Period, list[float]] = {YEAR: [], day: []}
    for _ in range(calls):
        for period, into in samples.items():
            start = time.perf_counter()
            await desk.reports.digest(ShowDigest(SUPERVISORS, period))
            into.append((time.perf_counter() - start) * 1000)
    year = Figure(
        "digest", f"digest of a year, {tickets:,} tickets, p50", median(samples[YEAR]), "ms", None, 1000, of_ratio=False
    )
    daily = Figure("digest", f"digest of a weekend, {tickets:,} tickets, p50", median(samples[day]), "ms")
    return [year, daily]


async def _lags(desk: Desk, tickets: int, draw: Callable[[], Awaitable[object]]) -> list[Figure]:
    begun = time.perf_counter()
    while_drawing = await _lag_while(draw)
    took = time.perf_counter() - begun
    idle = await _lag_while(lambda: asyncio.sleep(took))
    counting = await _lag_while(lambda: desk.reports.digest(ShowDigest(SUPERVISORS, YEAR)))
    return [
        Figure(
            "digest", "event loop's longest lag while a chart is drawn", while_drawing, "ms", idle, 50, of_ratio=False
        ),
        Figure("digest", f"the same while {tickets:,} tickets are counted", counting, "ms", idle, 50, of_ratio=False),
        Figure("digest", "a chart is drawn in", took * 1000, "ms"),
    ]


async def _lag_while(act: Callable[[], Awaitable[object]]) -> float:
    """By how much the loop was late at most, in milliseconds, to wake somebody who sleeps for 5 ms again and again."""
    acting = asyncio.ensure_future(act())
    worst = 0.0
    while not acting.done():
        start = time.perf_counter()
        await asyncio.sleep(_TICK)
        worst = max(worst, time.perf_counter() - start - _TICK)
    await acting
    return worst * 1000


def live_through(file: Path, tickets: int) -> None:
    """Spread the tickets of a filled database over 2025 and let the office deal with them."""
    start = (datetime(2025, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    step = timedelta(days=365) // timedelta(microseconds=1) // (tickets + 1)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for statement in _LIFE:
            connection.execute(statement, {"start": start, "step": step})
        connection.commit()
