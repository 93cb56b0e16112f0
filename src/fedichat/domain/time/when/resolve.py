"""From the facts of a phrase to a moment, a day, a question, or a refusal."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.days import Days, find_days, monday_of
from fedichat.domain.time.when.said import LONGEST, Ahead, AheadUnit, Complaint, Reading, Relative, Said, Which
from fedichat.domain.time.when.times import Times, find_times
from fedichat.domain.time.when.values import Ambiguous, Day, Instant, Refused, When
from fedichat.domain.time.when.zones import place, wall
from fedichat.errors import Refusal

MORNING = 540
"""9:00: the time of candidates for a day that was named without one."""

_EXACT = {
    AheadUnit.SECOND: timedelta(seconds=1),
    AheadUnit.MINUTE: timedelta(minutes=1),
    AheadUnit.HOUR: timedelta(hours=1),
    AheadUnit.DAY: timedelta(days=1),
    AheadUnit.WEEK: timedelta(weeks=1),
}
_IN_MONTHS = {AheadUnit.MONTH: 1, AheadUnit.YEAR: 12}
_BY_CALENDAR = {AheadUnit.DAY, AheadUnit.WEEK, *_IN_MONTHS}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a phrase is read against."""

    text: str
    now: datetime
    zone: ZoneInfo
    language: str

    @property
    def local(self) -> datetime:
        """Now on the zone's clocks."""
        return self.now.astimezone(self.zone)


def resolve(said: Said, asked: Asked) -> When:
    """What the facts come to. Recurrences apart."""
    days = _ahead(said, asked) if said.ahead else find_days(said, asked.text, asked.local.date(), asked.language)
    if not isinstance(days, Days):
        return days
    times = find_times(said, asked.text)
    if isinstance(times, Refused):
        return times
    if times is None:
        return _day(days, asked) if days.is_stated else answers.not_understood(asked.text)
    return _moment(days, times, said, asked)


# --- a length of time from now ---


def _ahead(said: Said, asked: Asked) -> Days | When:
    if any(piece.unit is AheadUnit.WORKING for piece in said.ahead):
        return answers.complained(Complaint.WORKING, asked.text)
    if said.weeks is not None or said.week_number is not None or not isinstance(said.day, Relative | None):
        return answers.not_understood(asked.text)
    try:
        if is_by_calendar(said.ahead):
            return _by_calendar(said, asked)
        return _by_clock(said, asked)
    except OverflowError:
        return answers.too_far(asked.text)
    except ValueError:
        return answers.missing(asked.text)


def is_by_calendar(pieces: list[Ahead]) -> bool:
    """Whether the length is counted in days of the calendar, so that the time of day stays."""
    return all(piece.unit in _BY_CALENDAR and _is_whole(piece) for piece in pieces)


def ahead_of(start: datetime, pieces: list[Ahead], asked: Asked) -> When:
    """The moment that far from `start`, or before it: days keep the time of day, hours are exact.

    Raises OverflowError and ValueError for days that do not exist.
    """
    days = [piece for piece in pieces if piece.unit in _BY_CALENDAR and _is_whole(piece)]
    exact = [piece for piece in pieces if piece not in days]
    if any(piece.unit not in _EXACT for piece in exact):
        return answers.not_understood(asked.text)
    local = start.astimezone(asked.zone)
    placed = place(datetime.combine(_moved(local.date(), days), local.time()), asked.zone, None)
    moments = placed.moments if placed else ()
    if days and not moments:
        return answers.skipped(asked.text)
    length = sum((_length(piece) for piece in exact), timedelta())
    in_seconds = any(piece.unit is AheadUnit.SECOND for piece in exact) or start.microsecond == 0
    begun = moments if days else (start.astimezone(UTC),)
    return _checked(
        tuple(_rounded(at + length, in_seconds=in_seconds) for at in begun), answers.twice(asked.text), asked
    )


def _is_whole(piece: Ahead) -> bool:
    return (piece.amount * _IN_MONTHS.get(piece.unit, 1)) % 1 == 0


def _by_clock(said: Said, asked: Asked) -> When:
    if (said.day and said.day.days) or said.weekday or said.clock or said.part:  # type: ignore[union-attr]
        return answers.not_understood(asked.text)
    if any(piece.unit not in _EXACT for piece in said.ahead):
        return answers.not_understood(asked.text)
    length = sum((_length(piece) for piece in said.ahead), timedelta())
    if length <= timedelta():
        return answers.not_understood(asked.text)
    at = asked.now.astimezone(UTC) + length
    in_seconds = any(piece.unit is AheadUnit.SECOND for piece in said.ahead)
    return _checked((_rounded(at, in_seconds=in_seconds),), None, asked)


def _length(piece: Ahead) -> timedelta:
    return timedelta(seconds=float(piece.amount) * _EXACT[piece.unit].total_seconds())


def _rounded(at: datetime, *, in_seconds: bool) -> datetime:
    """Up to the full minute, as it is echoed; seconds count only where they were said."""
    step = timedelta(seconds=1) if in_seconds else timedelta(minutes=1)
    over = timedelta(seconds=0 if in_seconds else at.second, microseconds=at.microsecond)
    return at if not over else at - over + step


def _by_calendar(said: Said, asked: Asked) -> Days | When:
    today = asked.local.date()
    start = today + timedelta(days=said.day.days) if isinstance(said.day, Relative) else today
    target = _moved(start, said.ahead)
    if target == start:
        return answers.not_understood(asked.text)
    if said.weekday is None:
        if said.clock or said.part or said.day:
            return Days((target,))
        return _same_clock(target, asked)
    in_weeks = (target - start).days % 7 == 0 and all(piece.unit not in _IN_MONTHS for piece in said.ahead)
    if in_weeks and said.day is None and said.weekday.which is Which.BARE:
        away = timedelta(days=(said.weekday.day - today.weekday()) % 7 or 7)
        fitting = {monday_of(target) + timedelta(days=said.weekday.day), target + away}
        return Days(tuple(sorted(fitting)), answers.several(asked.text), must_ask=len(fitting) > 1)
    if target.weekday() != said.weekday.day:
        return answers.contradiction(asked.text, target)
    return Days((target,))


def _moved(start: date, ahead: list[Ahead]) -> date:
    day = start
    for piece in ahead:
        if piece.unit in _IN_MONTHS:
            months = int(piece.amount * _IN_MONTHS[piece.unit])
            year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
            day = day.replace(year=year, month=month + 1)
        else:
            day += int(piece.amount) * _EXACT[piece.unit]
    return day


def _same_clock(target: date, asked: Asked) -> When:
    """Days and weeks keep the time of day, whatever the clocks do between."""
    local = asked.local
    at = datetime.combine(target, local.time())
    at = _rounded(at, in_seconds=False)
    placed = place(at, asked.zone, None)
    moments = placed.moments if placed else ()
    return _checked(moments, answers.twice(asked.text), asked) if moments else answers.skipped(asked.text)


# --- a day without a time ---


def _day(days: Days, asked: Asked) -> When:
    today = asked.local.date()
    ahead = tuple(day for day in days.days if day >= today)
    if not ahead:
        return answers.past(asked.text)
    if all(day - today > LONGEST for day in ahead):
        return answers.too_far(asked.text)
    if len(days.days) == 1:
        return Day(ahead[0])
    moments = [at for day in ahead if (at := _at(day, MORNING, asked)) and at > asked.now]
    if len(moments) == 1 and not days.must_ask:
        return Day(moments[0].astimezone(asked.zone).date())
    return (
        Ambiguous(tuple(moments), days.reason or answers.several(asked.text)) if moments else answers.past(asked.text)
    )


def _at(day: date, minutes: int, asked: Asked) -> datetime | None:
    placed = place(wall(day, minutes), asked.zone, None)
    return placed.moments[0] if placed and placed.moments else None


# --- a day and a time ---


def _moment(days: Days, times: Times, said: Said, asked: Asked) -> When:
    reason = days.reason if len(days.days) > 1 else times.reason
    moments: list[datetime] = []
    is_one_skipped = False
    for day, minutes in _pairs(days, times, said, asked):
        placed = place(wall(day, minutes, times.seconds), asked.zone, said.zone)
        if placed is None:
            return answers.unknown_zone(asked.text, said.zone or "")
        if len(placed.moments) > 1:
            reason = answers.zone_name(asked.text) if placed.is_other else answers.twice(asked.text)
        is_one_skipped |= not placed.moments
        moments += placed.moments
    if not moments:
        return answers.skipped(asked.text)
    if not any(at > asked.now for at in moments) and times.later is not None and asked.local.date() in days.days:
        return _spoken_too_late(times, said, asked)
    # What is left of several meanings where the clocks skip one need not be what was meant.
    must_ask = (days.must_ask and len(days.days) > 1) or times.must_ask or is_one_skipped
    return _checked(tuple(moments), reason, asked, must_ask=must_ask)


def _pairs(days: Days, times: Times, said: Said, asked: Asked) -> list[tuple[date, int]]:
    if days.is_stated or len(times.minutes) == 1 or times.must_ask or (said.clock and said.part):
        return [(day, minutes) for day in days.days for minutes in times.minutes]
    today = days.days[0]
    if said.clock and said.clock.reading is Reading.MIDNIGHT:
        return [(today, times.minutes[-1])]
    return _next(asked, times.minutes)


def _next(asked: Asked, times: tuple[int, ...]) -> list[tuple[date, int]]:
    """`um 3` without a day: the next time that the clock shows three, and the one after that."""
    today = asked.local.date()
    over = asked.local.hour * 60 + asked.local.minute
    return sorted((today + timedelta(days=minutes <= over), minutes) for minutes in times)


def _spoken_too_late(times: Times, said: Said, asked: Asked) -> When:
    """`um 8` said at ten: in the evening, or tomorrow?"""
    pairs = _next(asked, (times.minutes[0], times.later or 0))
    placed = [place(wall(day, minutes), asked.zone, said.zone) for day, minutes in pairs]
    moments = tuple(at for each in placed if each for at in each.moments[:1])
    return _checked(moments, answers.several(asked.text), asked, must_ask=True)


def _checked(moments: tuple[datetime, ...], reason: Refusal | None, asked: Asked, *, must_ask: bool = False) -> When:
    ahead = sorted({at for at in moments if at > asked.now})
    if not ahead:
        return answers.past(asked.text)
    near = [at for at in ahead if at - asked.now <= LONGEST]
    if not near:
        return answers.too_far(asked.text)
    if len(near) == 1 and not must_ask:
        return Instant(near[0])
    order = [at for at in dict.fromkeys(moments) if at in near]
    return Ambiguous(tuple(order), reason or answers.several(asked.text))
