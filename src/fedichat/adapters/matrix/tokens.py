"""Storing how far we have come in the sync stream."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from fedichat.errors import StopError
from fedichat.ports import Clock

log = logging.getLogger(__name__)

Store = Callable[[str], Awaitable[None]]


class Tokens:
    """Stores the newest token at once, and then at most every few seconds.

    A token may be stored late: after a crash, what was heard since the stored one comes again, and whoever hears it
    knows it by its id.
    """

    def __init__(self, clock: Clock, store: Store, stored: str, every: float) -> None:
        """`stored` is the token that is stored already, `every` is in seconds, 0 for each at once."""
        self._clock = clock
        self._store = store
        self._stored = self._newest = stored
        self._every = every
        self._news = asyncio.Event()

    def note(self, token: str) -> None:
        """All that came before this token has been dealt with."""
        self._newest = token
        self._news.set()

    async def run(self) -> None:
        """Store what is new, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self.keep()
            if self._every:
                await self._clock.sleep(self._every)

    async def keep(self) -> None:
        """Store the newest token now. Raises only StopError: the next token stands for this one, too."""
        token = self._newest
        if token == self._stored:
            return
        try:
            await self._store(token)
            self._stored = token
        except StopError:
            raise
        except Exception:
            log.exception("matrix-token-not-kept reference=%s", secrets.token_hex(4))
