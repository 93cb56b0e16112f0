"""Looks what is new in the fediverse: soon after the stream says that something is, and every so often in any case."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from fedichat.backoff import Backoff
from fedichat.desk import Desk
from fedichat.domain.tickets.mention import NotificationId, StatusId
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import Clock, Fediverse
from fedichat.render.words import reason as reason_of
from fedichat.store.inbox import OVERLAP
from fedichat.workers.alarm import Alarm
from fedichat.workers.keeping_up import keep_up
from fedichat.workers.streamed import Streamed
from fedichat.workers.taking import Taking

log = logging.getLogger(__name__)

FIRST_LOOK_BACK = timedelta(days=1)
"""What came before fedichat was first started: that much of it becomes tickets, the rest the office knows already."""
LOOKS_APART = timedelta(seconds=10)
"""So often at most because of what the stream says: it brings mentions itself, and servers limit such requests."""
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
        self._taking = Taking(account, fediverse, desk)
        self._doorbell, self._stream_opened = Alarm(clock), Alarm(clock)
        self._streamed = Streamed(account, desk, self._taking, clock, self._doorbell, self._stream_opened, changed)
        self._from: tuple[NotificationId | None, datetime | None] | None = None
        self._is_well = False
        """Whether the last look worked; after a start nobody knows."""
        self.ready = asyncio.Event()
        """Set after the first look that succeeded."""

    async def run(self) -> None:
        """Watch for ever. The stream is quick; the poll finds whatever the stream did not bring."""
        async with asyncio.TaskGroup() as group:
            listening = keep_up(f"stream {self._account}", self._listen, self._clock)
            group.create_task(listening, name=f"stream {self._account}")
            group.create_task(self._streamed.run(), name=f"streamed {self._account}")
            group.create_task(self._look_again_and_again(), name=f"poll {self._account}")

    async def _listen(self) -> None:
        try:
            await self._fediverse.listen(self._streamed)
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
                await self._until_next_look(asked_at)
                continue
            if backoff.failures == 1:
                log.warning("poll-failed account=%s reason=%s", self._account, reason)
            await self._clock.sleep(wait)

    async def _until_next_look(self, last: datetime) -> None:
        poll = last + self._poll
        await self._doorbell.wait(until=poll)
        await self._stream_opened.wait(until=min(poll, last + LOOKS_APART))

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
        streamed: list[NotificationId] = []

        async def known(ids: Sequence[NotificationId]) -> Collection[NotificationId]:
            found = await self._desk.tickets.intake.known_ids(self._account, ids)
            streamed.extend(found.unpolled)
            return found.taken

        has_moved = False
        async for page in self._fediverse.mentions(after, newest - OVERLAP, known):
            new = await self._desk.tickets.intake.unknown(self._account, page)
            if new:
                has_moved = True
                opened += await self._taking.take([await self._taking.with_context(item) for item in new])
                if len(new) <= _FEW:
                    # What the look has still to ask can wait until the card is on its way; who writes next cannot.
                    # Their ring stays: this look may have asked its last question already.
                    await self._doorbell.pause(until=self._clock.now() + _AFTER_YOU)
        if streamed:
            # Only now: everything older is taken, so that nothing is lost when they move the cursor.
            await self._desk.tickets.intake.mark_polled(self._account, streamed)
        # Only this worker moves it. It is read when there is time, not when somebody has just written.
        is_as_before = not has_moved and not streamed
        self._from = (after, newest) if is_as_before else await self._desk.tickets.intake.where_to_ask(self._account)
        return opened
