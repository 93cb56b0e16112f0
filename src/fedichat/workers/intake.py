"""Asks the fediverse what is new: when the doorbell rings, and every so often in any case."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from fedichat.backoff import Backoff
from fedichat.desk import Desk
from fedichat.domain.tickets.mention import Malformed, Mention, NotificationId, StatusId
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import Clock, Fediverse
from fedichat.render.words import reason as reason_of
from fedichat.store.inbox import OVERLAP
from fedichat.workers.alarm import Alarm
from fedichat.workers.keeping_up import keep_up

log = logging.getLogger(__name__)

FIRST_LOOK_BACK = timedelta(days=1)
"""What came before fedichat was first started: that much of it becomes tickets, the rest the office knows already."""
_ACCESS_LOST = 60.0
_FEW = 5
_AFTER_YOU = timedelta(seconds=0.1)


class Intake:
    """Watches one account."""

    def __init__(
        self,
        account: str,
        fediverse: Fediverse,
        desk: Desk,
        clock: Clock,
        poll_seconds: float,
        changed: Callable[[StatusId], None] = lambda _: None,
    ) -> None:
        """`changed` is told the id of a status that was edited or deleted, where the stream tells."""
        self._account = account
        self._fediverse = fediverse
        self._desk = desk
        self._clock = clock
        self._poll = timedelta(seconds=poll_seconds)
        self._changed = changed
        self._doorbell = Alarm(clock)
        self._from: tuple[NotificationId | None, datetime | None] | None = None
        self._is_well = False
        """Whether the last look worked; after a start nobody knows."""
        self.ready = asyncio.Event()
        """Set after the first look that succeeded."""

    async def run(self) -> None:
        """Watch for ever. The stream only says that something may be new; what it is, the poll reads."""
        async with asyncio.TaskGroup() as group:
            listening = keep_up(f"doorbell {self._account}", self._listen, self._clock)
            group.create_task(listening, name=f"doorbell {self._account}")
            group.create_task(self._look_again_and_again(), name=f"poll {self._account}")

    async def _listen(self) -> None:
        try:
            await self._fediverse.listen(self._doorbell.ring, self._changed)
        except FarEndError as error:
            log.warning("stream-given-up account=%s reason=%s", self._account, error)
        except StopError as error:
            log.error("stream-given-up account=%s reason=%s", self._account, error)  # noqa: TRY400 - says it all

    async def _look_again_and_again(self) -> None:
        backoff = Backoff()
        while True:
            asked_at = self._clock.now()
            try:
                await self.look()
            except TryLater as error:
                wait, reason = backoff.next(error.retry_after), str(error)
                await self.tell(error, asked_at)
            except (StopError, FarEndError) as error:
                backoff.failures += 1
                wait, reason = _ACCESS_LOST, str(error)
                await self.tell(error, asked_at)
            except Exception as error:
                # Whatever it is, it is this account's: neither the others nor the rooms end with it.
                reference = secrets.token_hex(4)
                if not backoff.failures:
                    log.exception("poll-broke account=%s reference=%s", self._account, reference)
                wait, reason = backoff.next(), f"a fault inside fedichat: {type(error).__name__} ({reference})"
                await self.tell(error, asked_at)
            else:
                if backoff.failures:
                    log.info("poll-resumed account=%s", self._account)
                    backoff.reset()
                if not self._is_well:
                    await self._desk.room.troubles.answering(self._account)
                    self._is_well = True
                self.ready.set()
                await self._doorbell.wait(until=asked_at + self._poll)
                continue
            if backoff.failures == 1:
                log.warning("poll-failed account=%s reason=%s", self._account, reason)
            await self._clock.sleep(wait)

    async def tell(self, error: Exception, since: datetime) -> None:
        """People hear that mentions have stopped, if that lasts."""
        self._is_well = False
        is_refused = isinstance(error, StopError)
        try:
            await self._desk.room.troubles.not_answering(self._account, reason_of(error), since, is_refused=is_refused)
        except Exception:
            log.exception("trouble-not-kept account=%s", self._account)

    async def look(self) -> int:
        """Take everything that is new. Returns how many tickets were opened."""
        after, newest = self._from or await self._desk.tickets.intake.where_to_ask(self._account)
        self._from = None
        if newest is None:
            newest = await self._desk.tickets.intake.begin(self._account, self._clock.now() - FIRST_LOOK_BACK)
        opened = 0
        async for page in self._fediverse.mentions(after, newest - OVERLAP):
            new = await self._desk.tickets.intake.unknown(self._account, page)
            if new:
                opened += await self._take([await self._with_context(item) for item in new])
                if len(new) <= _FEW:
                    # What the look has still to ask can wait until the card is on its way; who writes next cannot.
                    # Their ring stays: this look may have asked its last question already.
                    await self._doorbell.pause(until=self._clock.now() + _AFTER_YOU)
        # Only this worker moves it. It is read when there is time, not when somebody has just written.
        self._from = await self._desk.tickets.intake.where_to_ask(self._account)
        return opened

    async def _with_context(self, item: Mention | Malformed) -> Mention | Malformed:
        """The mention with what stands above it, where that is not in a ticket of ours already."""
        if isinstance(item, Malformed) or item.status.in_reply_to is None:
            return item
        if await self._desk.tickets.intake.joins_a_ticket(self._account, item.status):
            return item
        try:
            earlier = await self._fediverse.earlier(item.status.id)
        except FarEndError as error:
            # A card without its context now is better than one with it too late.
            log.info("context-missing account=%s status=%s reason=%s", self._account, item.status.id, error)
            return item
        except StopError:
            raise
        except Exception:
            log.exception("context-broke account=%s status=%s", self._account, item.status.id)
            return item
        return Mention(item.notification_id, item.notified_at, item.status, earlier)

    async def _take(self, page: list[Mention | Malformed]) -> int:
        try:
            return await self._desk.tickets.intake.receive(self._account, page)
        except Exception:
            log.exception("page-broke account=%s", self._account)
        opened = 0
        for item in page:
            try:
                opened += await self._desk.tickets.intake.receive(self._account, [item])
            except Exception as error:
                # One that breaks us must not hold up those behind it: it is kept for the operator.
                log.exception("mention-broke account=%s", self._account)
                await self._desk.tickets.intake.receive(self._account, [_as_malformed(item, error)])
        return opened


def _as_malformed(item: Mention | Malformed, error: Exception) -> Malformed:
    if isinstance(item, Malformed):
        return item
    reason = f"a fault inside fedichat: {type(error).__name__}"
    return Malformed(item.notification_id, item.notified_at, f"status {item.status.id}", reason)
