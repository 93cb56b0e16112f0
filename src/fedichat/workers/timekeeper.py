"""Sleeps until the next moment and lets the desk decide what it means."""

from fedichat.desk import Desk
from fedichat.workers.alarm import Alarm

_GATHERING = 0.2


class Timekeeper:
    """Fires the timers, one after the other, late ones first."""

    def __init__(self, desk: Desk, alarm: Alarm) -> None:
        self._desk = desk
        self._alarm = alarm

    async def run(self) -> None:
        """Keep time for ever."""
        await self._desk.set_up_timers()
        await self._desk.show_missing_cards()
        while True:
            timer = await self._desk.earliest_timer()
            if timer is not None and timer[1] <= self._desk.clock.now():
                await self._desk.fire(timer[0])
            else:
                await self._alarm.wait(until=timer[1] if timer else None)
                # It rings after every change, most of which set no timer: many are looked at in one go, and none
                # while somebody waits for an answer.
                await self._desk.clock.sleep(_GATHERING)
