"""Reading times in plain words: each phrase of the collected ones, beside a bare `strptime`."""

import time
from collections.abc import Callable
from datetime import datetime

from benchmarks.figures import Figure, median
from fedichat.domain.time.when import read_when
from scripts.times import NAMES, Phrase, load

_LIMIT = 1000
"""In µs: a phrase is read in less than a millisecond."""


async def reading(repetitions: int) -> list[Figure]:
    """The usual and the slowest phrase."""
    phrases = [phrase for name in NAMES for phrase in load(name)]
    floor = _quickest(lambda: datetime.strptime("2026-12-03 12:00", "%Y-%m-%d %H:%M"), repetitions)  # noqa: DTZ007 - a floor
    each = [_quickest(_reader(phrase), repetitions) for phrase in phrases]
    many = f"{len(phrases)} phrases"
    return [
        Figure("times", f"a phrase read, p50 of {many}", median(each), "µs", floor, _LIMIT, of_ratio=False),
        Figure("times", f"a phrase read, slowest of {many}", max(each), "µs", floor, _LIMIT, of_ratio=False),
    ]


def _reader(phrase: Phrase) -> Callable[[], object]:
    return lambda: read_when(phrase.text, phrase.now, phrase.zone, phrase.language)


def _quickest(act: Callable[[], object], repetitions: int) -> float:
    """In µs."""
    samples = []
    for _ in range(repetitions):
        start = time.perf_counter()
        act()
        samples.append(time.perf_counter() - start)
    return min(samples) * 1_000_000
