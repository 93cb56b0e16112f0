"""How workers wait: until somebody nudges them, or until a moment comes."""

import asyncio
from datetime import datetime, timedelta

from fedichat.ports import Clock

_LONGEST = timedelta(minutes=1)


class Alarm:
    """Rings when it is nudged; a nudge while nobody waits is not lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, now or next."""
        self._rung.set()

    async def wait(self, until: datetime | None = None) -> None:
        """Wait for a ring, or for that moment if it comes first."""
        if until is None:
            await self._rung.wait()
        else:
            await self.pause(until)
        self._rung.clear()

    async def watch(self, until: datetime | None) -> None:
        """The same, but for a minute at most: the clock may be set, or the machine may sleep, meanwhile."""
        await self.wait(min(until, self._clock.now() + _LONGEST) if until is not None else None)

    async def pause(self, until: datetime) -> None:
        """Wait until that moment, or less when it rings; the ring is left for the next `wait`."""
        seconds = (until - self._clock.now()).total_seconds()
        if seconds > 0 and not self._rung.is_set():
            await self._first_of(seconds)

    async def _first_of(self, seconds: float) -> None:
        waits = [asyncio.ensure_future(self._rung.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
