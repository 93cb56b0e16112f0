"""A due moment by the office's calendar."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, median
from fedichat.domain.time.calendar import Calendar, Span
from fedichat.domain.time.duration import parse_duration

BERLIN = ZoneInfo("Europe/Berlin")
_LONG = (Span(clock(8), clock(12)), Span(clock(12, 30), clock(16, 30)))
_SHORT = (Span(clock(8), clock(15)),)
_YEAR = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes) for minutes in range(0, 525_600, 97)]
_AIM = 50


async def due_moments(repetitions: int) -> list[Figure]:
    """Questions of a whole year, each repetition; the floor is to read the office's clock and to add plain days."""
    calendar = Calendar(BERLIN, (_LONG,) * 4 + (_SHORT, (), ()), "DE-NW", frozenset({date(2026, 12, 24)}))
    figures = []
    for text in ("2 working days", "16 working hours"):
        duration = parse_duration(text)

        def due(at: datetime) -> datetime:
            return calendar.due(at, duration)  # noqa: B023 - called before the next one

        floor, value = _compared(_bare, due, repetitions)
        figures.append(Figure("due", f"a due moment, {text}, p50", value, "µs", floor, limit=_AIM, of_ratio=False))
    return figures


def _bare(at: datetime) -> datetime:
    return (at.astimezone(BERLIN) + timedelta(days=2)).astimezone(UTC)


def _compared(
    bare: Callable[[datetime], datetime], ours: Callable[[datetime], datetime], repetitions: int
) -> tuple[float, float]:
    samples: dict[Callable[[datetime], datetime], list[float]] = {bare: [], ours: []}
    for number in range(repetitions + 1):
        for act in (bare, ours):
            start = time.thread_time()  # nothing is waited for, and other programs do not count
            for at in _YEAR:
                act(at)
            if number:  # the first one works out the year's holidays
                samples[act].append((time.thread_time() - start) / len(_YEAR) * 1e6)
    return median(samples[bare]), median(samples[ours])
