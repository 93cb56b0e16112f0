"""Moments that come, and what is forgotten when they do."""

import logging
from collections.abc import Collection
from datetime import datetime

from fedichat.desk.clock.clean_up import CLEAN_UP, CleanUp, is_due
from fedichat.desk.clock.reminders import CLOCK, Reminders
from fedichat.desk.duty.roster import is_duty, set_up_duty, time_has_come
from fedichat.desk.office import Office, Service, read, write
from fedichat.desk.plan.crisis import is_release, release
from fedichat.desk.plan.due import look_at_planned
from fedichat.desk.plan.series import is_planned_timer
from fedichat.desk.reports import is_digest, send_digest, set_up_digests
from fedichat.desk.room.troubles import is_trouble, look_at_trouble, set_up_troubles
from fedichat.desk.tickets.sorting import is_snooze, time_is_up
from fedichat.store import timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


class Timers(Service):
    """The timers, and the daily clean-up that keeps little and forgets on time."""

    def __init__(self, office: Office, reminders: Reminders, cleaning: CleanUp) -> None:
        super().__init__(office)
        self.reminders = reminders
        self.cleaning = cleaning

    @read
    def earliest_timer(self, tx: Transaction, but: Collection[str] = ()) -> tuple[str, datetime] | None:
        """The timer that is due first, leaving out those named: its name and its moment."""
        timer = timers.earliest_timer(tx, but)
        look_at = None if CLOCK in but else self.reminders.next_look(tx, self.clock.now())
        return (CLOCK, look_at) if look_at and (timer is None or look_at < timer[1]) else timer

    async def set_up_timers(self) -> None:
        """Set the timers that always run, where they are not set yet."""
        await self._set_up()
        await self.reminders.keep_promises()

    @write
    def _set_up(self, tx: Transaction) -> None:
        if timers.timer(tx, CLEAN_UP) is None:
            timers.set_timer(tx, CLEAN_UP, self.clock.now())
        set_up_troubles(tx, self.clock.now())
        set_up_digests(tx, self.settings, self.clock.now())
        set_up_duty(tx, self.settings, self.clock.now())

    async def fire(self, name: str) -> None:
        """Do what a timer was set for. One that came late is done late, never dropped."""
        if name == CLOCK:
            await self.reminders.remind()
        elif name == CLEAN_UP:
            await self.cleaning.clean_up()
        else:
            await self._fire(name)

    @write
    def _fire(self, tx: Transaction, name: str) -> None:
        now = self.clock.now()
        if not is_due(tx, name, now):
            return
        if is_snooze(name):
            time_is_up(tx, self.settings, name, now)
        elif is_planned_timer(name):
            look_at_planned(tx, self.settings, name, now)
        elif is_release(name):
            release(tx, self.settings, name, now)
        elif is_trouble(name):
            look_at_trouble(tx, self.settings, name, now)
        elif is_digest(name):
            send_digest(tx, self.settings, name, now)
        elif is_duty(name):
            time_has_come(tx, self.settings, name, now)
        else:
            log.error("timer-unknown name=%s", name)
            timers.clear_timer(tx, name)
