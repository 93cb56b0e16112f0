"""Moments that come, and what is forgotten when they do."""

import logging
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fedichat.desk.base import read, write
from fedichat.desk.crisis import is_release, release
from fedichat.desk.duty import is_duty, set_up_duty, time_has_come
from fedichat.desk.planned_out import look_at_planned
from fedichat.desk.reminding import CLOCK, Reminding
from fedichat.desk.reporting import is_digest, send_digest, set_up_digests
from fedichat.desk.series import is_planned_timer
from fedichat.desk.sorting import is_snooze, time_is_up
from fedichat.desk.troubles import is_trouble, look_at_trouble, set_up_troubles
from fedichat.domain.effects import ShowCard
from fedichat.store import escalations, finding, inbox, outbox, plan, rota, tickets, timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

CLEAN_UP = "clean-up"
_TRAFFIC_DAYS = 30
_NIGHT = time(3, 30)
_PAUSE = timedelta(seconds=1)
_SLICES = 20
"""How many steps of the clean-up are done one after the other, before other timers have their turn."""
# How much is done in one transaction, so that it takes some hundredths of a second.
_CARDS = 100
_TICKETS = 20
_LOOKED_AT = 500
_ROWS = 500
_DONE = object()


class Housekeeping(Reminding):
    """The timers, and the daily clean-up that keeps little and forgets on time."""

    _cleaning: AsyncIterator[None] | None = None

    @read
    def earliest_timer(self, tx: Transaction, but: Collection[str] = ()) -> tuple[str, datetime] | None:
        """The timer that is due first, leaving out those named: its name and its moment."""
        timer = timers.earliest_timer(tx, but)
        look_at = None if CLOCK in but else self.next_look(tx, self.clock.now())
        return (CLOCK, look_at) if look_at and (timer is None or look_at < timer[1]) else timer

    async def set_up_timers(self) -> None:
        """Set the timers that always run, where they are not set yet."""
        await self._set_up()
        await self.keep_promises()

    @write
    def _set_up(self, tx: Transaction) -> None:
        if timers.timer(tx, CLEAN_UP) is None:
            timers.set_timer(tx, CLEAN_UP, self.clock.now())
        set_up_troubles(tx, self.clock.now())
        set_up_digests(tx, self.rules, self.clock.now())
        set_up_duty(tx, self.rules, self.clock.now())

    async def show_missing_cards(self) -> None:
        """Have the card of every open ticket shown where it has none: showing it may have been refused at the time.

        A room that did not let us speak, say. One that is on its way already is only shown once all the same.
        """
        for missing in (self._show_missing_cards, self._show_departments_missing_cards):
            last: int | None = 0
            while last is not None:
                last = await missing(last)

    @write
    def _show_missing_cards(self, tx: Transaction, behind: int) -> int | None:
        """In the own rooms, for the next tickets; the last one's number, None where there are no more."""
        some = tickets.open_without_card(tx, behind, _CARDS)
        return _shown(tx, [ShowCard(ticket.place, ticket.id) for ticket in some])

    @write
    def _show_departments_missing_cards(self, tx: Transaction, behind: int) -> int | None:
        """The same in departments."""
        some = escalations.open_without_card(tx, behind, _CARDS)
        return _shown(tx, [ShowCard(one.department, one.ticket) for one in some])

    async def fire(self, name: str) -> None:
        """Do what a timer was set for. One that came late is done late, never dropped."""
        if name == CLOCK:
            await self.remind()
        elif name == CLEAN_UP:
            await self._clean_up()
        else:
            await self._fire(name)

    @write
    def _fire(self, tx: Transaction, name: str) -> None:
        now = self.clock.now()
        if not _is_due(tx, name, now):
            return
        if is_snooze(name):
            time_is_up(tx, self.rules, name, now)
        elif is_planned_timer(name):
            look_at_planned(tx, self.rules, name, now)
        elif is_release(name):
            release(tx, self.rules, name, now)
        elif is_trouble(name):
            look_at_trouble(tx, self.rules, name, now)
        elif is_digest(name):
            send_digest(tx, self.rules, name, now)
        elif is_duty(name):
            time_has_come(tx, self.rules, name, now)
        else:
            log.error("timer-unknown name=%s", name)
            timers.clear_timer(tx, name)

    async def _clean_up(self) -> None:
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
                await self._clean_up_again(_next_night(now, self.rules.zone))
                await self.database.empty_log()
                return
        self._cleaning = slices
        await self._clean_up_again(now + _PAUSE)

    @read
    def _is_time_to_clean_up(self, tx: Transaction, now: datetime) -> bool:
        return _is_due(tx, CLEAN_UP, now)

    @write
    def _clean_up_again(self, tx: Transaction, at: datetime) -> None:
        timers.set_timer(tx, CLEAN_UP, at)

    async def _slices(self, now: datetime) -> AsyncIterator[None]:
        """Remove the words of closed tickets, later the tickets, and what only served to recognise repeats.

        Each step is a short transaction of its own: nobody waits for all of it.
        """
        write_, before = self.database.write, now - timedelta(days=self.rules.history_days)
        posts = removed = emptied = 0
        over = await self.database.read(partial(plan.settled, before=before))
        for start in range(0, len(over), _TICKETS):
            posts += await write_(partial(plan.forget, numbers=over[start : start + _TICKETS], before=before))
            yield
        await write_(partial(plan.forget_series_and_freezes, before=before))
        while found := await write_(lambda tx: tickets.forget_tickets(tx, changed_before=before, limit=_TICKETS)):
            removed += found
            yield
        await write_(lambda tx: rota.forget_before(tx, before))
        texts_before = now - timedelta(days=self.rules.text_days)
        last = await self.database.read(tickets.newest_number)
        for first in range(1, last + 1, _LOOKED_AT):
            numbers = range(first, min(first + _LOOKED_AT, last + 1))
            # Most have none any more: that is only read.
            old = await self.database.read(
                partial(tickets.with_old_texts, numbers=numbers, changed_before=texts_before)
            )
            for start in range(0, len(old), _TICKETS):
                some = old[start : start + _TICKETS]
                emptied += await write_(partial(tickets.forget_texts, numbers=some, changed_before=texts_before))
                yield
            yield
        while await write_(lambda tx: outbox.forget_set_aside(tx, before=texts_before, limit=_ROWS)):
            yield
        traffic_before = now - timedelta(days=_TRAFFIC_DAYS)
        while await write_(lambda tx: inbox.forget_traffic(tx, before=traffic_before, limit=_ROWS)):
            yield
        has_more = await write_(lambda tx: finding.tidy(tx, begins=True))
        while has_more:
            yield
            has_more = await write_(lambda tx: finding.tidy(tx, begins=False))
        log.info("clean-up tickets_removed=%d posts_removed=%d texts_removed=%d", removed, posts, emptied)


def _shown(tx: Transaction, cards: Sequence[ShowCard]) -> int | None:
    outbox.add_effects(tx, cards)
    if cards:
        log.info("cards-missing count=%d", len(cards))
    return cards[-1].ticket if len(cards) >= _CARDS else None


def _next_night(now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that it is `_NIGHT` on the office's clock: then nobody waits for anything."""
    local = now.astimezone(zone)
    night = datetime.combine(local.date(), _NIGHT, zone)
    return (night if night > local else night + timedelta(days=1)).astimezone(UTC)


def _is_due(tx: Transaction, timer: str, now: datetime) -> bool:
    """Whether it still is: it may have been moved or cleared since it was looked at."""
    due = timers.timer(tx, timer)
    return due is not None and due <= now
