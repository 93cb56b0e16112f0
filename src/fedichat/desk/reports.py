"""The supervisors' digest and other figures: when they come, and what is in them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from fedichat.desk.office import Service, command, count, timed
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Effect, ShowChart, ShowDigest
from fedichat.domain.figures import Day, Figures, OldTicket, Planned, Scope, Trouble
from fedichat.domain.names import SUPERVISORS, EventId, Place, department_place, folded
from fedichat.domain.reporting import Due, Reported, ReportKind, last_working_days, working_day_before
from fedichat.domain.time.period import Period, midnight
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Refusal
from fedichat.store import figures, freezes, outbox, plan, reports, timers
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

_OLDEST = 5

_HELD_UP = timedelta(minutes=5)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Old:
    """One of the tickets that have waited longest; `card` is in its room, None where it is nothing for others."""

    ticket: OldTicket
    card: EventId | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """All that a digest says, as it is now."""

    figures: Figures
    now: datetime
    trouble: Trouble
    oldest: Sequence[Old] = ()
    planned: Sequence[Planned] = ()
    departments: Mapping[Place, str] = field(default_factory=dict[Place, str])
    """The departments' names for people."""


class Reports(Service):
    """Counting, for whoever may see the figures."""

    @count
    def digest(self, tx: Transaction, effect: ShowDigest) -> Digest:
        """What there is to say about a period, all of it from one view of the data."""
        now = self.clock.now()
        found = figures.oldest(tx, _OLDEST)
        return Digest(
            figures=self._count(tx, effect.period, Scope(), now),
            now=now,
            oldest=[Old(one, _card(tx, one, effect.place)) for one in found],
            planned=figures.planned(tx, self._today(now).moments(self.settings.zone)),
            trouble=self._trouble(tx, effect, now),
            departments=self.department_names(),
        )

    @count
    def stats(self, tx: Transaction, period: Period, scope: Scope) -> Figures:
        """The figures of a period."""
        return self._count(tx, period, scope, self.clock.now())

    @count
    def days(self, tx: Transaction, effect: ShowChart) -> Sequence[Day]:
        """What became of promises on the last working days before that day."""
        periods = last_working_days(effect.before, self.settings.calendar)
        spans = [(period.start, period.moments(self.settings.zone)) for period in periods]
        return figures.by_day(tx, spans, self.clock.now())

    @command
    def ask_for_digest(self, tx: Transaction, cause: Cause, now: datetime, period: Period) -> None:
        """Somebody wants the digest of a period now; its picture has days that are over only."""
        shown: list[Effect] = [ShowDigest(cause.place, period, thread=cause.thread, reply_to=cause.answer_to)]
        if self.settings.chart:
            shown.append(ShowChart(cause.place, min(period.end, self._today(now).start), cause.thread))
        outbox.add_effects(tx, shown)

    def department_names(self) -> Mapping[Place, str]:
        """What the departments are called, by their places."""
        return {department_place(key): name for key, name in self.settings.departments.items()}

    def department_called(self, name: str) -> Place:
        """The department of that name, as configured or as people call it. Refuses one that there is not."""
        for key, shown in self.settings.departments.items():
            if folded(name) in {folded(key), folded(shown)}:
                return department_place(key)
        known = ", ".join(self.settings.departments)
        if not known:
            raise Refusal("There are no departments here.")
        raise Refusal("There is no department “{name}”. There are: {departments}.", name=name, departments=known)

    def usual_period(self) -> Period:
        """What the digest of today is about: the working day before, and the days off since."""
        return Period(working_day_before(self.today(), self.settings.calendar), self.today())

    def today(self) -> date:
        """The day that it is in the office."""
        return self._today(self.clock.now()).start

    def _today(self, now: datetime) -> Period:
        today = now.astimezone(self.settings.zone).date()
        return Period(today, today + _DAY)

    def _count(self, tx: Transaction, period: Period, scope: Scope, now: datetime) -> Figures:
        moments = period.moments(self.settings.zone)
        return Figures(
            period=period,
            received=figures.received(tx, moments, scope),
            answered=figures.answered(tx, moments, scope),
            interims=figures.interims(tx, moments, scope),
            ignored=figures.ignored(tx, moments, scope),
            kept=figures.kept(tx, moments, scope, now),
            responses=figures.responses(tx, moments, scope),
            standing=figures.standing(tx, scope, now, midnight(self._today(now).end, self.settings.zone)),
            departments=tuple(figures.by_department(tx, moments, now)) if scope.is_all else (),
            people=tuple(figures.by_person(tx, moments)) if self.settings.by_person and scope.is_all else (),
        )

    def _trouble(self, tx: Transaction, effect: ShowDigest, now: datetime) -> Trouble:
        """What is held up now, and what has failed since the period began: also today, for it is to be known today."""
        since = (midnight(effect.period.start, self.settings.zone), now)
        waiting = outbox.held(tx, since=now - _HELD_UP)
        freeze = freezes.current_freeze(tx)
        return Trouble(
            # The lane in which this is being said is not held up any more.
            held=tuple((lane, count) for lane, count in waiting if lane != effect.place),
            failed=outbox.count_failed(tx, *since),
            failed_posts=tuple(figures.failed_posts(tx, since)),
            missed=tuple(plan.missed(tx)),
            frozen_since=freeze.begun_at if freeze else None,
            frozen_by=freeze.begun_by if freeze else None,
        )

    def set_up(self, tx: Transaction, now: datetime) -> None:
        """Set the timers of the digests that are wanted, from what was sent last; those of others are cleared."""
        reporting, calendar = self.settings.reporting, self.settings.calendar
        for kind in ReportKind:
            if reporting is None or kind not in reporting.kinds:
                reports.forget_report(tx, kind)
                timers.clear_timer(tx, Timer(TimerKind.DIGEST, kind))
                continue
            last = reports.last_report(tx, kind)
            if last is None:
                last = reporting.beginning(kind, now, calendar)
                reports.keep_report(tx, kind, last)
            timers.set_timer(tx, Timer(TimerKind.DIGEST, kind), reporting.next_due(kind, last, calendar).at)

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """A digest is due, or a late one may come now: it is recorded as sent with the effect that shows it."""
        kind = ReportKind(timer.key)
        reporting, calendar = self.settings.reporting, self.settings.calendar
        last = reports.last_report(tx, kind)
        if reporting is None or last is None:
            return
        due = reporting.newest_due(kind, last, now, calendar)
        held_back = due is not None and not reporting.may_come(kind, due, now, calendar)
        if due is not None:
            last = Reported(due.day, due.period.end)
        if due is not None and not held_back:
            reports.keep_report(tx, kind, last)
            outbox.add_effects(tx, _shown(kind, due, chart=self.settings.chart))
            log.info("digest-due kind=%s from=%s until=%s", kind, due.period.start, due.period.end)
        moments = [reporting.next_due(kind, last, calendar).at]
        if held_back and not calendar.is_open(now):
            moments.append(calendar.next_opening(now))
        timers.set_timer(tx, timer, min(moments))


def _card(tx: Transaction, ticket: OldTicket, place: Place) -> EventId | None:
    """The ticket's card, for a link; of a private one only in its own room."""
    if ticket.is_private and place != ticket.place:
        return None
    return outbox.card_of(tx, ticket.id, ticket.place)


def _shown(kind: ReportKind, due: Due, *, chart: bool) -> Sequence[Effect]:
    """The text first; the picture goes with the daily one, for it is the same on that day in all."""
    text = ShowDigest(SUPERVISORS, due.period, kind, due.at)
    return (text, ShowChart(SUPERVISORS, due.period.end)) if chart and kind is ReportKind.DAILY else (text,)
