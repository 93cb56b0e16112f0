"""Looks whether what stands in tickets still stands as it was: at once where the stream tells, else every so often."""

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.backoff import Backoff
from fedichat.desk import Desk
from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.errors import FarEndError, Gone, Rejected, StopError, TryLater
from fedichat.ports import MOST_AT_ONCE, Clock, Fediverse, can_wait
from fedichat.store.checks import SECOND_LOOK, Check
from fedichat.workers.alarm import Alarm

log = logging.getLogger(__name__)

APART = 3.0
"""Seconds between two requests. Mastodon allows 300 in five minutes: a third of that, the rest is for the mentions."""
_ACCESS_LOST = 300.0


@dataclass(frozen=True, slots=True)
class _Look:
    """A status to look at.

    `is_due`: because it is its turn, and so it may be that of others. `is_seen`: it is there, and only what stands
    around it is left to look at.
    """

    status: StatusId
    ticket: TicketId
    is_due: bool = False
    is_seen: bool = False


class Rechecker:
    """Looks for one account: at many statuses in one request where the server can, at what it left out one by one."""

    def __init__(self, account: str, fediverse: Fediverse, desk: Desk, clock: Clock) -> None:
        self._account = account
        self._fediverse = fediverse
        self._desk = desk
        self._clock = clock
        self._alarm = Alarm(clock)
        self._told: dict[StatusId, None] = {}
        self._round: deque[_Look] = deque()
        self._missed: dict[StatusId, datetime] = {}
        self._backoff = Backoff()
        self._free_at = clock.now()

    def changed(self, status: StatusId) -> None:
        """The stream tells that this status was edited or deleted: it is looked at next, if it is one of ours."""
        self._told[status] = None
        self._alarm.ring()

    async def run(self) -> None:
        """Look for ever; requests of the same account that somebody waits for come first."""
        can_wait.set(True)
        while True:
            found = await self._next()
            if found is None:
                continue
            try:
                await self._do(found)
            except TryLater as error:
                wait, reason = max(self._backoff.next(error.retry_after), APART), str(error)
            except Rejected as error:
                # One that the server will not show must not hold up the others; when it is all of them, we ask less.
                wait, reason = max(self._backoff.next(), APART), str(error)
            except (StopError, FarEndError) as error:
                self._backoff.failures += 1
                wait, reason = _ACCESS_LOST, str(error)
            except Exception as error:
                # One that breaks us must not hold up the others, and none of them the mentions.
                log.exception("recheck-broke account=%s status=%s", self._account, found.status)
                wait, reason = self._backoff.next(), f"a fault inside fedichat: {type(error).__name__}"
            else:
                if self._backoff.failures:
                    log.info("recheck-resumed account=%s", self._account)
                    self._backoff.reset()
                await self._clock.sleep(APART)
                continue
            await self._desk.tickets.follow_ups.look_later(self._account, found.status)
            if self._backoff.failures == 1:
                log.warning("recheck-failed account=%s reason=%s", self._account, reason)
            await self._clock.sleep(wait)

    async def look(self, status: StatusId, ticket: TicketId) -> None:
        """Look at a status, and once in a round of its ticket at what was written below. Raises as the server does."""
        below = await self._desk.tickets.follow_ups.replies_are_below(ticket, status)
        await self._apart()
        try:
            there = await self._fediverse.status(status)
        except Gone:
            await self._must_find_anything()
            await self._desk.tickets.follow_ups.missing(self._account, status)
        else:
            await self._desk.tickets.follow_ups.there(self._account, there)
        await self._look_around(status, ticket, below)

    async def _do(self, found: _Look) -> None:
        if found.is_seen:
            below = await self._desk.tickets.follow_ups.replies_are_below(found.ticket, found.status)
            await self._look_around(found.status, found.ticket, below)
        elif not found.is_due or not await self._look_at_all_due():
            await self.look(found.status, found.ticket)

    async def _look_at_all_due(self) -> bool:
        """Ask for many at once; those that are not shown then are looked at one by one, which alone can tell.

        Whether any was shown.
        """
        due = await self._desk.tickets.follow_ups.checks_due(self._account, MOST_AT_ONCE)
        there = await self._those_there([check.status for check in due]) if len(due) > 1 else {}
        if not there:
            return False
        self._round.extend(_Look(check.status, check.ticket) for check in due if check.status not in there)
        for check in due:
            if check.status in there:
                await self._desk.tickets.follow_ups.there(self._account, there[check.status])
                if await self._has_something_around(check):
                    self._round.append(_Look(check.status, check.ticket, is_seen=True))
        return True

    async def _those_there(self, ids: list[StatusId]) -> Mapping[StatusId, Status]:
        await self._apart()
        try:
            return await self._fediverse.statuses_by_id(ids)
        except (StopError, FarEndError):
            raise
        except Exception:
            # One that breaks us must not hold up the others.
            log.exception("recheck-broke account=%s statuses=%d", self._account, len(ids))
            return {}

    async def _has_something_around(self, check: Check) -> bool:
        if await self._desk.tickets.follow_ups.replies_are_below(check.ticket, check.status) is not None:
            return True
        return bool(await self._desk.tickets.follow_ups.stands_above(self._account, check.status))

    async def _apart(self) -> None:
        """Wait until the next request may be made."""
        wait = (self._free_at - self._clock.now()).total_seconds()
        if wait > 0:
            await self._clock.sleep(min(wait, APART))  # the clock may have been set back
        self._free_at = self._clock.now() + timedelta(seconds=APART)

    async def _look_around(self, status: StatusId, ticket: TicketId, below: StatusId | None) -> None:
        if below is not None:
            await self._look_below(below, ticket)
        await self._look_above(status)

    async def _look_below(self, status: StatusId, ticket: TicketId) -> None:
        await self._apart()
        try:
            replies = await self._fediverse.replies(status)
        except Gone:
            return
        await self._desk.tickets.intake.receive_replies(self._account, ticket, replies)

    async def _look_above(self, status: StatusId) -> None:
        """Look whether what stood above it still does; what others wrote there stands in no ticket of its own."""
        kept = await self._desk.tickets.follow_ups.stands_above(self._account, status)
        if not kept:
            return
        await self._apart()
        try:
            there = {one.id for one in await self._fediverse.earlier(status)}
        except Rejected:
            return
        for one in (one for one in kept if one not in there):
            await self._apart()
            try:
                await self._fediverse.status(one)
            except Gone:
                await self._must_find_anything()
                await self._missing_above(one)
            except Rejected:
                continue
            else:
                self._missed.pop(one, None)

    async def _missing_above(self, status: StatusId) -> None:
        """As for what stands in a ticket, only a second look counts; after a start the first is not known any more."""
        now = self._clock.now()
        if now - self._missed.setdefault(status, now) >= SECOND_LOOK:
            await self._desk.tickets.follow_ups.missing_above(self._account, status)
            del self._missed[status]

    async def _must_find_anything(self) -> None:
        """A server that says 404 to everything, behind a proxy gone astray say, has not lost this status.

        Raises TryLater where even what our own account wrote is not found.
        """
        await self._apart()
        try:
            await self._fediverse.own_statuses(None)
        except Gone as error:
            raise TryLater(f"the server finds nothing at all: {error}") from error

    async def _next(self) -> _Look | None:
        """What is to be looked at now. None: something may have changed while it was waited for."""
        while self._told:
            status = next(iter(self._told))
            del self._told[status]
            ticket = await self._desk.tickets.follow_ups.where_it_stands(self._account, status)
            if ticket is not None:
                return _Look(status, ticket)
        now = self._clock.now()
        check = await self._desk.tickets.follow_ups.next_check(self._account)
        is_due = check is not None and check.due <= now
        if check is not None and is_due and check.missing_since is not None:
            return _Look(check.status, check.ticket)
        if self._round:
            return self._round.popleft()
        if check is not None and is_due:
            return _Look(check.status, check.ticket, is_due=True)
        # What becomes due without our hearing of it, a reopened ticket's say, is found at the next turn of the wheel.
        latest = now + self._desk.settings.recheck_every
        await self._alarm.wait(until=min(latest, check.due) if check is not None else latest)
        return None
