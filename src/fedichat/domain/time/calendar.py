"""The office's calendar: when it is open, and when a promise that counts working time falls due.

Days and hours are the office's, in its zone; every moment that comes out is in UTC.

- Working hours count opening time only.
- A working day later is the same time of day on the next working day. What arrives while the office is closed counts
  from the next opening. Where the office is closed at that time of day, the promise is kept early: it is due when the
  office closed last before it on that day, or, where that day only opens later, at that opening.
- All other units run on day and night; a day is 24 hours.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from itertools import accumulate, count
from zoneinfo import ZoneInfo

from fedichat.domain.time.duration import Duration, DurationUnit
from fedichat.domain.time.public_holidays import holidays_in

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_FAR = 40
"""Days from which on it is quicker not to count each one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Opening hours, in the office's zone. An `end` of 00:00 is the midnight at the end of the day."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{'24:00' if self.end == time() else format(self.end, '%H:%M')}"


class Closed(StrEnum):
    """Why the office does not open on a day."""

    WEEKDAY = "weekday"
    HOLIDAY = "holiday"
    DAY_OFF = "day off"


class StepKind(StrEnum):
    """What happens on the way to a due moment."""

    RECEIVED = "received"
    OPENS = "opens"
    """The office was closed; counting begins here."""
    CLOSED = "closed"
    """A day that is not counted."""
    WORKED = "worked"
    """Opening time of a day, counted up to `at`."""
    DAY = "day"
    """A working day, counted."""
    MOVED = "moved"
    """The office is closed at that time of day."""
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to a due moment. `day` is the office's; `at` is None where a whole day is meant."""

    kind: StepKind
    day: date
    at: datetime | None = None
    closed: Closed | None = None
    days: int = 0
    """Working days counted so far."""
    worked: timedelta = _NOTHING
    """Opening time counted on this day."""


@dataclass(frozen=True, slots=True)
class _Opening:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the office is open. `week` is Monday to Sunday; raises ValueError where it has no hours at all.

    `holidays` is a country or state such as `DE-NW`. The hours in `half_days` are those of these days, whatever they
    would be otherwise.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: str | None = None
    days_off: frozenset[date] = frozenset()
    half_days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict[date, tuple[Span, ...]])
    # What has been worked out: the same for ever. Of years, how long the office has been open before each day.
    _openings: dict[date, tuple[_Opening, ...]] = field(
        default_factory=dict[date, tuple[_Opening, ...]], init=False, repr=False, compare=False
    )
    _years: dict[int, list[timedelta]] = field(
        default_factory=dict[int, list[timedelta]], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise ValueError("an office opens on at least one day of the week")

    def is_working_day(self, day: date) -> bool:
        """Whether the office opens on that day at all."""
        return bool(self._openings_on(day))

    def holiday_name(self, day: date, language: str) -> str:
        """What is celebrated on that day, in that language where it is known; empty where nothing is."""
        return holidays_in(self.holidays, day.year, language).get(day, "") if self.holidays else ""

    def closed_on(self, day: date) -> Closed | None:
        """Why the office does not open on that day; None where it does."""
        if self.is_working_day(day):
            return None
        if day in self.days_off or day in self.half_days:
            return Closed.DAY_OFF
        return Closed.WEEKDAY if not self.week[day.weekday()] else Closed.HOLIDAY

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at that moment. At the moment of closing nobody is."""
        return any(opening.start <= at < opening.end for opening in self._openings_on(self._day(at)))

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from `at` on in which the office is open: `at` itself, in UTC, when it is."""
        return next(max(opening.start, at) for opening in self._from(at)).astimezone(UTC)

    def due(self, received: datetime, duration: Duration) -> datetime:
        """The moment in which a promise made for something received falls due."""
        *_, last = self._steps(received, duration)
        return last.at or received

    def explain(self, received: datetime, duration: Duration) -> tuple[Step, ...]:
        """How that moment comes about, step by step; the last one is it."""
        return tuple(self._steps(received, duration))

    def worked(self, start: datetime, length: timedelta) -> datetime:
        """The moment from `start` on by which the office has been open for that long."""
        if not length:
            return self.next_opening(start)
        *_, last = self._hours(start.astimezone(UTC), length)
        return last.at or start

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The opening time between two moments; nothing where `end` is not the later one."""
        first, last = self._day(start) + _DAY, self._day(end)
        if (last - first).days < _FAR:
            return self._worked_between(start, end)
        # Day by day, what has been overdue for years would take milliseconds.
        midnights = [_moment(datetime.combine(day, time()), self.zone, last=False) for day in (first, last)]
        whole_days = self._open_before(last) - self._open_before(first)
        for year in range(first.year, last.year):
            whole_days += self._year(year)[-1]
        return self._worked_between(start, midnights[0]) + whole_days + self._worked_between(midnights[1], end)

    def _worked_between(self, start: datetime, end: datetime) -> timedelta:
        total = _NOTHING
        for opening in self._from(start):
            if end <= max(opening.start, start):
                break
            total += min(opening.end, end) - max(opening.start, start)
        return total

    def _open_before(self, day: date) -> timedelta:
        """How long the office has been open before that day in its year."""
        return self._year(day.year)[day.timetuple().tm_yday - 1]

    def _year(self, year: int) -> list[timedelta]:
        """How long the office has been open before each day of a year; the last one is for all of it."""
        known = self._years.get(year)
        if known is None:
            days = (
                date.fromordinal(number) for number in range(*(date(y, 1, 1).toordinal() for y in (year, year + 1)))
            )
            known = self._years[year] = [*accumulate(map(self._length_of, days), initial=_NOTHING)]
        return known

    def _length_of(self, day: date) -> timedelta:
        return sum((opening.end - opening.start for opening in self._openings_on(day)), _NOTHING)

    def _steps(self, received: datetime, duration: Duration) -> Iterator[Step]:
        received = received.astimezone(UTC)
        yield Step(StepKind.RECEIVED, self._day(received), received)
        if not duration.unit.is_working:
            due = received + duration.plain
            yield Step(StepKind.DUE, self._day(due), due)
            return
        start = self.next_opening(received)
        if start != received:
            yield from self._closed_days(self._day(received), self._day(start))
            yield Step(StepKind.OPENS, self._day(start), start)
        if duration.unit is DurationUnit.WORKING_DAY:
            yield from self._days(start, int(duration.amount))
        else:
            yield from self._hours(start, timedelta(seconds=float(duration.amount * Decimal(3600))))

    def _days(self, start: datetime, amount: int) -> Iterator[Step]:
        day, counted = self._day(start), 0
        while counted < amount:
            day += _DAY
            if self.is_working_day(day):
                counted += 1
                yield Step(StepKind.DAY, day, days=counted)
            else:
                yield Step(StepKind.CLOSED, day, closed=self.closed_on(day))
        same_time = _moment(datetime.combine(day, start.astimezone(self.zone).time()), self.zone, last=False)
        due = self._kept_early(day, same_time)
        if due != same_time:
            yield Step(StepKind.MOVED, day, same_time)
        yield Step(StepKind.DUE, day, due)

    def _kept_early(self, day: date, at: datetime) -> datetime:
        openings = self._openings_on(day)
        begun = bisect_right([opening.start for opening in openings], at)
        return min(at, openings[begun - 1].end) if begun else openings[0].start

    def _hours(self, start: datetime, amount: timedelta) -> Iterator[Step]:
        last = self._day(start)
        for opening in self._from(start):
            day = self._day(opening.start)
            yield from self._closed_days(last, day)
            begin = max(opening.start, start)
            worked = min(opening.end - begin, amount)
            amount -= worked
            yield Step(StepKind.WORKED, day, begin + worked, worked=worked)
            if not amount:
                yield Step(StepKind.DUE, day, begin + worked)
                return
            last = day

    def _closed_days(self, after: date, before: date) -> Iterator[Step]:
        """The days between two days, none of which is open, and the first one itself where it is not."""
        for offset in range((before - after).days):
            day = after + offset * _DAY
            if closed := self.closed_on(day):
                yield Step(StepKind.CLOSED, day, closed=closed)

    def _from(self, at: datetime) -> Iterator[_Opening]:
        """The openings that end after that moment, one after the other, without end."""
        today = self._day(at)
        for days in count():
            for opening in self._openings_on(today + days * _DAY):
                if opening.end > at:
                    yield opening

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _openings_on(self, day: date) -> tuple[_Opening, ...]:
        known = self._openings.get(day)
        if known is None:
            known = self._openings[day] = tuple(self._worked_out(day))
        return known

    def _worked_out(self, day: date) -> Iterator[_Opening]:
        moment = partial(_moment, zone=self.zone)
        for span in self._spans_on(day):
            closing_day = day + _DAY if span.end == time() else day
            start = moment(datetime.combine(day, span.start), last=False)
            end = moment(datetime.combine(closing_day, span.end), last=closing_day == day)
            if start < end:  # else the hours are those that the clocks skip
                yield _Opening(start, end)

    def _spans_on(self, day: date) -> tuple[Span, ...]:
        if (hours := self.half_days.get(day)) is not None:
            return hours
        if day in self.days_off or (self.holidays and day in holidays_in(self.holidays, day.year)):
            return ()
        return self.week[day.weekday()]


def _moment(wall: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """When the clock on the wall shows that: the first or the last time; where it skips it, when it is put forward."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return after if last else before
    # The offset from after the change leads to before it, and the other way round.
    while before - after > timedelta(seconds=1):
        middle = after + (before - after) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            after = middle
        else:
            before = middle
    return before.replace(microsecond=0)
