"""Sleeps until the next moment and lets the desk decide what it means."""

import logging
import secrets
from datetime import datetime, timedelta

from fedichat.desk import Desk
from fedichat.domain.time.timer import Timer
from fedichat.workers.alarm import Alarm

log = logging.getLogger(__name__)

_GATHERING = 0.2
_BROKEN_FOR = timedelta(minutes=5)


class Timekeeper:
    """Fires the timers, one after the other, late ones first."""

    def __init__(self, desk: Desk, alarm: Alarm) -> None:
        self._desk = desk
        self._alarm = alarm
        self._broken: dict[Timer, datetime] = {}
        self._until: datetime | None = None
        """What it sleeps until; None while it looks, and where there is nothing."""

    def hear(self, moment: datetime) -> None:
        """A timer was set to that moment: look at it, unless something comes before."""
        if self._until is None or moment < self._until:
            self._alarm.ring()

    async def run(self) -> None:
        """Keep time for ever."""
        await self._desk.clock.timers.set_up_timers()
        await self._desk.clock.missing_cards.show_missing_cards()
        while True:
            now = self._desk.now()
            self._broken = {broken: until for broken, until in self._broken.items() if until > now}
            timer = await self._desk.clock.timers.earliest_timer(self._broken)
            if timer is not None and timer[1] <= self._desk.now():
                await self._fire(timer[0])
            else:
                moments = [*self._broken.values(), *([timer[1]] if timer else [])]
                self._until = min(moments, default=None)
                await self._alarm.watch(self._until)
                self._until = None
                # Many are looked at in one go, and none while somebody waits for an answer.
                await self._desk.office.clock.sleep(_GATHERING)

    async def _fire(self, timer: Timer) -> None:
        try:
            await self._desk.clock.timers.fire(timer)
        except Exception:
            # It stays due, and those behind it have their moments meanwhile.
            log.exception("timer-broke name=%s reference=%s", timer, secrets.token_hex(4))
            self._broken[timer] = self._desk.now() + _BROKEN_FOR
