"""Moments that come, and what is forgotten when they do."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from fedichat.desk.base import read, write
from fedichat.desk.duty import is_duty, set_up_duty, time_has_come
from fedichat.desk.planned_out import look_at_planned
from fedichat.desk.reminding import CLOCK, Reminding
from fedichat.desk.reporting import is_digest, send_digest, set_up_digests
from fedichat.desk.series import is_planned_timer
from fedichat.desk.sorting import is_snooze, time_is_up
from fedichat.domain.effects import ShowCard
from fedichat.store import escalations, finding, inbox, outbox, plan, rota, tickets, timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

CLEAN_UP = "clean-up"
_TRAFFIC_DAYS = 30


class Housekeeping(Reminding):
    """The timers, and the daily clean-up that keeps little and forgets on time."""

    @read
    async def earliest_timer(self, tx: Transaction, but: Collection[str] = ()) -> tuple[str, datetime] | None:
        """The timer that is due first, leaving out those named: its name and its moment."""
        timer = await timers.earliest_timer(tx, but)
        look_at = None if CLOCK in but else await self.next_look(tx, self.clock.now())
        return (CLOCK, look_at) if look_at and (timer is None or look_at < timer[1]) else timer

    @write
    async def set_up_timers(self, tx: Transaction) -> None:
        """Set the timers that always run, where they are not set yet."""
        if await timers.timer(tx, CLEAN_UP) is None:
            await timers.set_timer(tx, CLEAN_UP, self.clock.now())
        await set_up_digests(tx, self.rules, self.clock.now())
        await self.keep_promises(tx)
        await set_up_duty(tx, self.rules, self.clock.now())

    @write
    async def show_missing_cards(self, tx: Transaction) -> None:
        """Have the card of every open ticket shown where it has none: showing it may have been refused at the time.

        A room that did not let us speak, say. One that is on its way already is only shown once all the same.
        """
        missing = [ShowCard(ticket.place, ticket.id) for ticket in await tickets.open_without_card(tx)]
        missing += [ShowCard(one.department, one.ticket) for one in await escalations.open_without_card(tx)]
        await outbox.add_effects(tx, missing)
        if missing:
            log.info("cards-missing count=%d", len(missing))

    async def fire(self, name: str) -> None:
        """Do what a timer was set for. One that came late is done late, never dropped."""
        await self._fire(name)
        if name == CLEAN_UP:
            await self.database.empty_log()

    @write
    async def _fire(self, tx: Transaction, name: str) -> None:
        now = self.clock.now()
        if name != CLOCK and not await _is_due(tx, name, now):
            return
        if name == CLEAN_UP:
            await self._clean_up(tx, now)
            await timers.set_timer(tx, CLEAN_UP, now + timedelta(days=1))
        elif name == CLOCK:
            await self.remind(tx, now)
        elif is_snooze(name):
            await time_is_up(tx, self.rules, name, now)
        elif is_planned_timer(name):
            await look_at_planned(tx, self.rules, name, now)
        elif is_digest(name):
            await send_digest(tx, self.rules, name, now)
        elif is_duty(name):
            await time_has_come(tx, self.rules, name, now)
        else:
            log.error("timer-unknown name=%s", name)
            await timers.clear_timer(tx, name)

    async def _clean_up(self, tx: Transaction, now: datetime) -> None:
        """Remove the words of closed tickets, later the tickets, and what only served to recognise repeats."""
        history_before = now - timedelta(days=self.rules.history_days)
        removed_posts = await plan.forget(tx, before=history_before)
        removed = await tickets.forget_tickets(tx, changed_before=history_before)
        await rota.forget_before(tx, history_before)
        texts_before = now - timedelta(days=self.rules.text_days)
        emptied = await tickets.forget_texts(tx, changed_before=texts_before)
        await outbox.forget_set_aside(tx, before=texts_before)
        await finding.tidy(tx)
        await inbox.forget_traffic(tx, before=now - timedelta(days=_TRAFFIC_DAYS))
        log.info("clean-up tickets_removed=%d posts_removed=%d texts_removed=%d", removed, removed_posts, emptied)


async def _is_due(tx: Transaction, timer: str, now: datetime) -> bool:
    """Whether it still is: it may have been moved or cleared since it was looked at."""
    due = await timers.timer(tx, timer)
    return due is not None and due <= now
