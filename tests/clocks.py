"""Clocks for tests: time passes when a test says so, or takes no time at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fedichat.demo.clock import SteeredClock

A_PAUSE = 5.0
_A_MOMENT = 0.05
T = TypeVar("T")


class BriskClock(SteeredClock):
    """The machine's clock, put forward by hand; pauses of a few seconds put it forward by themselves.

    For what keeps its requests apart, as the second looks do. Not where such a pause is what is tried, as the time to
    take an answer back.
    """

    async def sleep(self, seconds: float) -> None:
        if seconds > A_PAUSE:
            await super().sleep(seconds)
            return
        if seconds > 0:
            self.advance(seconds)
        await asyncio.sleep(0)  # others have their turn


async def pass_time(clock: SteeredClock, until: Callable[[], object]) -> None:
    """Second by second, until that has happened."""
    async with asyncio.timeout(60):
        while not until():
            clock.advance(1)
            await asyncio.sleep(_A_MOMENT)


async def while_time_passes(clock: SteeredClock, awaited: Awaitable[T]) -> T:
    """Wait for what the bot does by itself, sooner or later, while time passes second by second."""
    waiting = asyncio.ensure_future(awaited)
    try:
        while not waiting.done():
            clock.advance(1)
            await asyncio.wait([waiting], timeout=_A_MOMENT)
    finally:
        waiting.cancel()
    return await waiting
