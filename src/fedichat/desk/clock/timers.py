"""The office's timers: which is due first, and what happens when it fires."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from fedichat.desk.clock.clean_up import CleanUp
from fedichat.desk.clock.reminders import CLOCK, Reminders
from fedichat.desk.duty.roster import DutyRoster
from fedichat.desk.office import Office, Service, read, write
from fedichat.desk.plan.crisis import Crisis
from fedichat.desk.plan.due import DuePosts
from fedichat.desk.reports import Reports
from fedichat.desk.room.troubles import Troubles
from fedichat.desk.tickets.sorting import Sorting
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import timers
from fedichat.store.database import Transaction

Fired = Callable[[Timer], Awaitable[None]]
"""What happens when a timer fires. One that comes late is dealt with late, never dropped."""


class Timers(Service):
    """Knows which service each kind of timer belongs to."""

    def __init__(
        self,
        office: Office,
        *,
        reminders: Reminders,
        clean_up: CleanUp,
        sorting: Sorting,
        due: DuePosts,
        crisis: Crisis,
        roster: DutyRoster,
        reports: Reports,
        troubles: Troubles,
    ) -> None:
        super().__init__(office)
        self._reminders = reminders
        self._always_run = (clean_up, troubles, reports, roster)
        self.fired: Mapping[TimerKind, Fired] = {
            TimerKind.CLEAN_UP: clean_up.fired,
            TimerKind.CLOCK: reminders.fired,
            TimerKind.DIGEST: reports.fired,
            TimerKind.HANDOVER: roster.fired,
            TimerKind.HANDOVER_REMINDER: roster.fired,
            TimerKind.LATE: troubles.fired,
            TimerKind.PLANNED: due.fired,
            TimerKind.RELEASE: crisis.fired,
            TimerKind.SNOOZE: sorting.fired,
            TimerKind.TROUBLE: troubles.fired,
        }

    @read
    def earliest_timer(self, tx: Transaction, but: Collection[Timer] = ()) -> tuple[Timer, datetime] | None:
        """The timer that is due first, leaving those out, and its moment."""
        timer = timers.earliest_timer(tx, but)
        look_at = None if CLOCK in but else self._reminders.next_look(tx, self.clock.now())
        return (CLOCK, look_at) if look_at and (timer is None or look_at < timer[1]) else timer

    async def set_up_timers(self) -> None:
        """Set the timers that always run, where they are not set yet."""
        await self._set_up()
        await self._reminders.keep_promises()

    @write
    def _set_up(self, tx: Transaction) -> None:
        for service in self._always_run:
            service.set_up(tx, self.clock.now())

    async def fire(self, timer: Timer) -> None:
        """Do what the timer was set for."""
        await self.fired[timer.kind](timer)
