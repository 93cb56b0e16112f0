"""Clocks for tests: time passes when a test says so, or takes no time at all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from fedichat.clock import SystemClock
from fedichat.demo.clock import SteeredClock
from tests.factories import NOW

A_PAUSE = 5.0
_A_MOMENT = 0.05
T = TypeVar("T")


class HandClock:
    """Time passes only when a test says so, or when somebody sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self._time = now
        self.slept: list[float] = []
        self.passed = timedelta()
        """How much time has passed, whatever the clock was set to."""
        self._moved = asyncio.Event()

    @property
    def time(self) -> datetime:
        """What it shows; can be set."""
        return self._time

    @time.setter
    def time(self, moment: datetime) -> None:
        self._time = moment
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def now(self) -> datetime:
        return self._time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds=seconds)
        await asyncio.sleep(0)  # others have their turn

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)
        self.passed += timedelta(**parts)

    async def shows(self, moment: datetime) -> None:
        """Somebody else lets the time pass until then."""
        while self._time < moment:
            await self._moved.wait()


@dataclass
class StoppedClock:
    """It shows what a test sets it to. Nobody sleeps by it."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        pytest.fail("nobody sleeps here")


class HurriedClock(SystemClock):
    """The machine's clock, for somebody who hardly waits; `slept` has what was asked for."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(min(seconds, 0.05))


class StandingClock(SystemClock):
    """It shows the moment at which it was made, however long a busy machine takes. Sleeping takes its time."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


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
