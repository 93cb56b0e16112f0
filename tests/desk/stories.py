"""Stories made at random: what people, servers and the machine do, with the promises checked after every step."""

import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from random import Random
from typing import Protocol, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.world import World


class Records(logging.Handler):
    """All that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Storied(Protocol):
    """An office to which things happen; `happened` counts the steps of which there should be some."""

    pick: Random
    logged: Records
    world: World
    happened: Counter[str]

    async def opens(self) -> None: ...

    async def check(self) -> None: ...


Told = TypeVar("Told", bound=Storied)


def tell_stories(
    office: Callable[[Path, Random], Told],
    actions: Sequence[Callable[[Told], Awaitable[None]]],
    often: Collection[str],
    *,
    stories: int,
    length: int,
) -> None:
    """Tell that many stories of that many steps, and some more until each of `often` has happened."""
    happened: Counter[str] = Counter()

    def missing() -> set[str]:
        return {step for step in often if not happened[step]}

    def one(story: Sequence[int]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            happened.update(asyncio.run(_tell(office, actions, story, Path(folder))))

    @settings(
        max_examples=stories,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(story=st.lists(st.integers(0, 2**32), min_size=length - 10, max_size=length))
    def tell(story: list[int]) -> None:
        one(story)

    tell()
    # Stories in which nothing of the kind happens would prove nothing, and a busy machine makes others of the same
    # numbers: what is rare may need some more of them.
    for more in range(20):
        if missing():
            one(range(more, more + length))
    assert missing() == set(), happened


async def _tell(
    office: Callable[[Path, Random], Told],
    actions: Sequence[Callable[[Told], Awaitable[None]]],
    story: Sequence[int],
    folder: Path,
) -> Counter[str]:
    told = office(folder, Random(len(story)))
    logger = logging.getLogger("fedichat")
    logger.addHandler(told.logged)
    try:
        await told.opens()
        await told.check()
        for number, seed in enumerate(story):
            # Of few numbers that come again and again, many different stories are to be made.
            told.pick = Random(f"{sum(story)} {number} {seed}")
            await told.pick.choice(actions)(told)
            await told.check()
    finally:
        logger.removeHandler(told.logged)
        await told.world.close()
    return told.happened
