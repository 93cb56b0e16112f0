"""How often it is stored how far we have come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fedichat.adapters.matrix.tokens import Tokens


class StoppedClock:
    """Whoever sleeps by it wakes when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.goes_on = asyncio.Event()

    def now(self) -> datetime:
        return datetime(2035, 3, 5, 9, 0, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.goes_on.wait()
        self.goes_on.clear()


@asynccontextmanager
async def running(tokens: Tokens) -> AsyncIterator[None]:
    task = asyncio.create_task(tokens.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def others_had_their_turn() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_token_is_stored_at_once_and_the_next_ones_every_few_seconds_only() -> None:
    stored: list[str] = []

    async def store(token: str) -> None:
        stored.append(token)

    clock = StoppedClock()
    tokens = Tokens(clock, store, "s0", every=3)
    async with running(tokens):
        tokens.note("s1")
        await others_had_their_turn()
        assert stored == ["s1"]
        for token in ("s2", "s3", "s4"):
            tokens.note(token)
            await others_had_their_turn()
        assert stored == ["s1"]
        assert clock.asked == [3]
        clock.goes_on.set()
        await others_had_their_turn()
        assert stored == ["s1", "s4"]
    tokens.note("s5")
    await tokens.keep()  # as at the end
    assert stored == ["s1", "s4", "s5"]


async def test_a_token_that_could_not_be_stored_is_stored_with_the_next_one() -> None:
    stored: list[str] = []
    is_full = True

    async def store(token: str) -> None:
        if is_full:
            raise OSError("the disk is full")
        stored.append(token)

    tokens = Tokens(StoppedClock(), store, "s0", every=0)
    async with running(tokens):
        tokens.note("s1")
        await others_had_their_turn()
        is_full = False
        tokens.note("s2")
        await others_had_their_turn()
    assert stored == ["s2"]
