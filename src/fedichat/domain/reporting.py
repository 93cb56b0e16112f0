"""When the digest comes, and which days it is about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from fedichat.domain.time.period import Period, month_of, week_of

LATE = timedelta(minutes=5)
"""What comes later than that says so."""

CHART_DAYS = 14

_DAY = timedelta(days=1)
_FAR = 400


class ReportKind(StrEnum):
    """How much a digest is about."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class WorkingDays(Protocol):
    """What must be known of the office's calendar."""

    def is_working_day(self, day: date) -> bool:
        """Whether the office opens on that day."""
        ...

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at that moment."""
        ...

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from then on at which somebody is there."""
        ...


@dataclass(frozen=True, slots=True)
class Reported:
    """The last digest of a kind: the working day that it was for, and the day before which all has been reported."""

    day: date
    until: date


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is to come: for a working day, at a moment, about a period."""

    day: date
    at: datetime
    period: Period


@dataclass(frozen=True, slots=True)
class Reporting:
    """When digests come: `at` on the office's clock; `weekday` is 0 for Monday, None for no weekly one."""

    at: time
    zone: ZoneInfo
    weekday: int | None = 0
    monthly: bool = True

    @property
    def kinds(self) -> tuple[ReportKind, ...]:
        """The digests that are wanted."""
        weekly = () if self.weekday is None else (ReportKind.WEEKLY,)
        return (ReportKind.DAILY, *weekly, *((ReportKind.MONTHLY,) if self.monthly else ()))

    def beginning(self, kind: ReportKind, now: datetime, calendar: WorkingDays) -> Reported:
        """As if everything before had been reported: the first digest is the next one that comes in time."""
        today = now.astimezone(self.zone).date()
        is_over = self._moment(today) <= now
        first = self._next_day(kind, today + _DAY if is_over else today, calendar)
        return Reported(first - _DAY, self._usual(kind, first, calendar).start)

    def next_due(self, kind: ReportKind, last: Reported, calendar: WorkingDays) -> Due:
        """The digest that comes after the last one, were we always there."""
        days = (last.day + offset * _DAY for offset in range(1, _FAR))
        return next(due for day in days if (due := self._due(kind, day, last, calendar)))

    def newest_due(self, kind: ReportKind, last: Reported, now: datetime, calendar: WorkingDays) -> Due | None:
        """The digest that is due now: of several that were missed the last one, which covers them all."""
        today = now.astimezone(self.zone).date()
        days = (today - back * _DAY for back in range((today - last.day).days))
        found = (due for day in days if (due := self._due(kind, day, last, calendar)))
        return next((due for due in found if due.at <= now), None)

    def may_come(self, kind: ReportKind, due: Due, now: datetime, calendar: WorkingDays) -> bool:
        """Whether it is sent now: in time, or late while somebody is there, for nobody is woken by a late one.

        Where the next one comes the same day, that one makes up for it.
        """
        if now - due.at <= LATE:
            return True
        following = self.next_due(kind, Reported(due.day, due.period.end), calendar)
        return calendar.is_open(now) and following.day != now.astimezone(self.zone).date()

    def _due(self, kind: ReportKind, day: date, last: Reported, calendar: WorkingDays) -> Due | None:
        """The digest of that day, if one comes: about all that has not been reported, so that nothing lies between."""
        if not self._is_day(kind, day, calendar):
            return None
        usual = self._usual(kind, day, calendar)
        return Due(day, self._moment(day), Period(last.until, usual.end)) if usual.end > last.until else None

    def _usual(self, kind: ReportKind, day: date, calendar: WorkingDays) -> Period:
        """What the digest of that day is about where the one before it came."""
        if kind is ReportKind.WEEKLY:
            return week_of(self._named_day(day, calendar) - 7 * _DAY)
        if kind is ReportKind.MONTHLY:
            return month_of(day.replace(day=1) - _DAY)
        return Period(working_day_before(day, calendar), day)

    def _named_day(self, day: date, calendar: WorkingDays) -> date:
        """The configured weekday which that day stands in for, it having been a day off."""
        while day.weekday() != self.weekday and not calendar.is_working_day(day - _DAY):
            day -= _DAY
        return day

    def _next_day(self, kind: ReportKind, day: date, calendar: WorkingDays) -> date:
        return next(day + offset * _DAY for offset in range(_FAR) if self._is_day(kind, day + offset * _DAY, calendar))

    def _is_day(self, kind: ReportKind, day: date, calendar: WorkingDays) -> bool:
        if not calendar.is_working_day(day):
            return False
        if kind is ReportKind.WEEKLY:
            return self._named_day(day, calendar).weekday() == self.weekday
        if kind is ReportKind.MONTHLY:
            return not any(calendar.is_working_day(day - back * _DAY) for back in range(1, day.day))
        return True

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


def working_day_before(day: date, calendar: WorkingDays) -> date:
    """The working day before that day."""
    return next(before for back in range(1, _FAR) if calendar.is_working_day(before := day - back * _DAY))


def last_working_days(before: date, calendar: WorkingDays, count: int = CHART_DAYS) -> tuple[Period, ...]:
    """The last working days before that day, the oldest first; each with the days off that follow it."""
    found: list[Period] = []
    end = before
    while len(found) < count:
        day = working_day_before(end, calendar)
        found.insert(0, Period(day, end))
        end = day
    return tuple(found)
