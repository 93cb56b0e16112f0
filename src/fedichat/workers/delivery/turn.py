"""How effects of one lane go side by side and are still sent in order."""

import asyncio
from typing import Self


class Turn:
    """One effect's turn to be sent: it comes when the one before has been sent, or will never be."""

    def __init__(self, before: Self | None = None) -> None:
        self._before = before
        self._sent = asyncio.Event()
        self._delayed = False

    async def come(self) -> bool:
        """Wait for it. True: there was trouble in front, so that what was prepared may be out of date."""
        before, self._before = self._before, None
        return await before.wait() if before is not None else False

    async def wait(self) -> bool:
        """Wait until it is over; whether that took another try."""
        await self._sent.wait()
        return self._delayed

    def delay(self) -> None:
        """It has to be tried again: those behind wait longer."""
        self._delayed = True

    def over(self) -> None:
        """It has been sent: the next one's comes."""
        self._sent.set()
