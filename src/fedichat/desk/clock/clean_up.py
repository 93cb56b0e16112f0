"""What is kept is forgotten in time, every night."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fedichat.desk.office import Service, read, write
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import inbox, outbox, plan, retention, rota, tickets, timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


CLEAN_UP = Timer(TimerKind.CLEAN_UP)
_TRAFFIC_DAYS = 30

_NIGHT = time(3, 30)

_PAUSE = timedelta(seconds=1)

_SLICES = 20
"""How many steps of the clean-up are done one after the other, before other timers have their turn."""

_TICKETS = 20

_LOOKED_AT = 500

_ROWS = 500

_DONE = object()


class CleanUp(Service):
    """The daily clean-up, in slices: nobody waits for all of it."""

    _cleaning: AsyncIterator[None] | None = None

    def set_up(self, tx: Transaction, now: datetime) -> None:
        """Have it come at once, where it has never come."""
        if timers.moment_of(tx, CLEAN_UP) is None:
            timers.set_timer(tx, CLEAN_UP, now)

    async def fired(self, _timer: Timer) -> None:
        """Go on with the daily clean-up, for about a second; the timer brings the rest, after what else is due.

        Should the process end in between, it begins anew: what is forgotten already is passed over quickly.
        """
        now = self.clock.now()
        if not await self._is_time_to_clean_up(now):
            return
        # Kept only from firing to firing: one that broke is not taken for one that came to its end.
        slices, self._cleaning = self._cleaning or self._slices(now), None
        for _ in range(_SLICES):
            if await anext(slices, _DONE) is _DONE:
                await self._clean_up_again(_next_night(now, self.settings.zone))
                await self.office.database.empty_log()
                return
        self._cleaning = slices
        await self._clean_up_again(now + _PAUSE)

    @read
    def _is_time_to_clean_up(self, tx: Transaction, now: datetime) -> bool:
        """Whether it still is: the timer may have been moved since it was looked at."""
        due = timers.moment_of(tx, CLEAN_UP)
        return due is not None and due <= now

    @write
    def _clean_up_again(self, tx: Transaction, at: datetime) -> None:
        timers.set_timer(tx, CLEAN_UP, at)

    async def _slices(self, now: datetime) -> AsyncIterator[None]:
        """Remove the words of closed tickets, later the tickets, and what only served to recognise repeats.

        Each step is a short transaction of its own: nobody waits for all of it.
        """
        write_, before = self.office.database.write, now - timedelta(days=self.settings.history_days)
        posts = removed = emptied = 0
        over = await self.office.database.read(partial(plan.settled, before=before))
        for start in range(0, len(over), _TICKETS):
            posts += await write_(partial(plan.forget, numbers=over[start : start + _TICKETS], before=before))
            yield
        await write_(partial(plan.forget_series_and_freezes, before=before))
        while found := await write_(lambda tx: retention.forget_tickets(tx, changed_before=before, limit=_TICKETS)):
            removed += found
            yield
        await write_(lambda tx: rota.forget_before(tx, before))
        texts_before = now - timedelta(days=self.settings.text_days)
        last = await self.office.database.read(tickets.newest_number)
        for first in range(1, last + 1, _LOOKED_AT):
            numbers = range(first, min(first + _LOOKED_AT, last + 1))
            # Most have none any more: that is only read.
            old = await self.office.database.read(
                partial(retention.with_old_texts, numbers=numbers, changed_before=texts_before)
            )
            for start in range(0, len(old), _TICKETS):
                some = old[start : start + _TICKETS]
                emptied += await write_(partial(retention.forget_texts, numbers=some, changed_before=texts_before))
                yield
            yield
        while await write_(lambda tx: outbox.forget_set_aside(tx, before=texts_before, limit=_ROWS)):
            yield
        traffic_before = now - timedelta(days=_TRAFFIC_DAYS)
        while await write_(lambda tx: inbox.forget_traffic(tx, before=traffic_before, limit=_ROWS)):
            yield
        begins = True
        while await self.office.database.tidy_search(begins=begins):
            begins = False
            yield
        log.info("clean-up tickets_removed=%d posts_removed=%d texts_removed=%d", removed, posts, emptied)


def _next_night(now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that it is `_NIGHT` on the office's clock: then nobody waits for anything."""
    local = now.astimezone(zone)
    night = datetime.combine(local.date(), _NIGHT, zone)
    return (night if night > local else night + timedelta(days=1)).astimezone(UTC)
