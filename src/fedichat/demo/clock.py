"""A clock that can be put forward, so that hours need not be waited for."""

import asyncio
from datetime import UTC, datetime, timedelta


class SteeredClock:
    """The machine's clock with an offset; fulfils `fedichat.ports.Clock`. Sleepers wake when their moment has come."""

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
        """That many seconds have passed."""
        self._ahead += timedelta(seconds=seconds)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
