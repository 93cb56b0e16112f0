"""Takes what mentions an account: with what stands above it, and whatever one of them holds."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from fedichat.desk import Desk
from fedichat.domain.tickets.mention import Malformed, Mention
from fedichat.errors import FarEndError, StopError
from fedichat.ports import Fediverse

log = logging.getLogger(__name__)

Item = Mention | Malformed


class Taking:
    """For one account."""

    def __init__(self, account: str, fediverse: Fediverse, desk: Desk) -> None:
        self._account = account
        self._fediverse = fediverse
        self._desk = desk

    async def with_context(self, item: Item, patience: float | None = None) -> Item:
        """The mention with the statuses above it, unless it replies to what is in a ticket already.

        `patience`: how many seconds to wait for the server; after that, the mention comes without.
        """
        if isinstance(item, Malformed) or item.status.in_reply_to is None:
            return item
        if await self._desk.tickets.intake.joins_a_ticket(self._account, item.status):
            return item
        try:
            async with asyncio.timeout(patience):
                earlier = await self._fediverse.earlier(item.status.id)
        except (FarEndError, TimeoutError) as error:
            # A card without its context now is better than one with it too late.
            reason = str(error) or type(error).__name__
            log.info("context-missing account=%s status=%s reason=%s", self._account, item.status.id, reason)
            return item
        except StopError:
            raise
        except Exception:
            log.exception("context-broke account=%s status=%s", self._account, item.status.id)
            return item
        return replace(item, earlier=earlier)

    async def take(self, page: Sequence[Item], *, polled: bool = True) -> int:
        """Hand them to the desk, in order. Returns how many tickets were opened.

        One that breaks us does not hold up those behind it: it is kept for the operator.
        """
        try:
            return await self._desk.tickets.intake.receive(self._account, page, polled=polled)
        except Exception:
            log.exception("page-broke account=%s", self._account)
        return sum([await self._take_one(item, polled=polled) for item in page])

    async def _take_one(self, item: Item, *, polled: bool) -> int:
        try:
            return await self._desk.tickets.intake.receive(self._account, [item], polled=polled)
        except Exception as error:
            log.exception("mention-broke account=%s", self._account)
            return await self._desk.tickets.intake.receive(self._account, [_as_malformed(item, error)], polled=polled)


def _as_malformed(item: Item, error: Exception) -> Malformed:
    if isinstance(item, Malformed):
        return item
    reason = f"a fault inside fedichat: {type(error).__name__}"
    return Malformed(item.notification_id, item.notified_at, f"status {item.status.id}", reason)
