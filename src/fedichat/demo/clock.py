"""A clock that can be put forward, so that nobody has to wait for hours."""

import asyncio
from datetime import UTC, datetime, timedelta


class SteeredClock:
    """The machine's clock with an offset, as a `fedichat.ports.Clock`. Sleepers wake when their moment has come."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                return

    def advance(self, seconds: float) -> None:
        """Put the clock forward by that many seconds."""
        self._ahead += timedelta(seconds=seconds)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
