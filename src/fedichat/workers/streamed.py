"""Takes mentions as the stream brings them, without asking the server; whatever it lacks, the poll finds."""

import asyncio
import logging
from collections.abc import Callable

from fedichat.desk import Desk
from fedichat.domain.tickets.mention import Mention, StatusId
from fedichat.errors import StopError
from fedichat.ports import Clock
from fedichat.workers.alarm import Alarm
from fedichat.workers.taking import Taking

log = logging.getLogger(__name__)

_MOST_WAITING = 500
"""More than that are left to the poll: they would only fill the memory."""
_CONTEXT_SECONDS = 5.0
"""How long the card of a reply waits for what stands above it."""


class Streamed:
    """Fulfils `fedichat.ports.StreamListener` for one account.

    `news` rings when the poll should look, `opened_again` when it should do so at once; `changed` gets the id of a
    status that was edited or deleted.
    """

    def __init__(
        self,
        account: str,
        desk: Desk,
        taking: Taking,
        clock: Clock,
        news: Alarm,
        opened_again: Alarm,
        changed: Callable[[StatusId], None],
    ) -> None:
        self._account = account
        self._desk = desk
        self._taking = taking
        self._news = news
        self._opened_again = opened_again
        self._changed = changed
        self._waiting: list[Mention] = []
        self._arrived = Alarm(clock)

    def opened(self) -> None:
        self._opened_again.ring()
        self._news.ring()

    def ring(self) -> None:
        self._news.ring()

    def brought(self, mention: Mention) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(mention)
            self._arrived.ring()
        self._news.ring()  # the poll looks, too, in a moment: it is what counts

    def changed(self, status: StatusId) -> None:
        self._changed(status)

    async def run(self) -> None:
        """Take what arrives, for ever."""
        while True:
            await self._arrived.wait()
            arrived, self._waiting = self._waiting, []
            try:
                await self._take(arrived)
            except StopError as error:
                log.warning("stream-not-taken account=%s reason=%s", self._account, error)
            except Exception:
                log.exception("stream-not-taken account=%s", self._account)

    async def _take(self, arrived: list[Mention]) -> None:
        known = await self._desk.tickets.intake.known_ids(
            self._account, [mention.notification_id for mention in arrived]
        )
        new = [mention for mention in arrived if mention.notification_id not in known.taken]
        if new:
            whole = await asyncio.gather(*(self._taking.with_context(one, _CONTEXT_SECONDS) for one in new))
            await self._taking.take(whole, polled=False)
