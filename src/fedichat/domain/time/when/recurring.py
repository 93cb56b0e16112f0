"""From the facts of a phrase to a recurrence."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.days import readings
from fedichat.domain.time.when.recurrence import Pattern, first_occurrence, next_after
from fedichat.domain.time.when.resolve import Asked
from fedichat.domain.time.when.said import LONGEST, Calendar, DayFact, Every, Frequency, Said, Slashed, Which
from fedichat.domain.time.when.times import find_times
from fedichat.domain.time.when.values import Recurring, Refused, When

_IN_EVERY_MONTH = 28


def is_recurring(said: Said) -> bool:
    """Whether the facts speak of more than one moment."""
    return bool(said.every or said.weekdays or said.start or said.until or said.count)


def resolve_recurring(said: Said, asked: Asked) -> When:
    """The recurrence that the facts come to."""
    every = _every(said, asked)
    if not isinstance(every, Every):
        return every
    at = _time(said, asked)
    if not isinstance(at, time):
        return at
    try:
        start = _limit(said.start, asked)
        until = _limit(said.until, asked, start)
    except (ValueError, OverflowError):
        return answers.missing(asked.text)
    except _TwoDatesError:
        return answers.either_date(asked.text)
    if start and start < asked.local.date() and not (isinstance(said.start, Calendar | Slashed) and said.start.year):
        return answers.past(asked.text)
    return _recurring(every, at, start, until, said, asked)


def _recurring(every: Every, at: time, start: date | None, until: date | None, said: Said, asked: Asked) -> When:
    since = datetime.combine(start, time()) if start else asked.local.replace(tzinfo=None) + timedelta(microseconds=1)
    first = first_occurrence(every, at, since)
    if first is None:
        return answers.missing(asked.text)
    if first - asked.local.replace(tzinfo=None) > LONGEST:
        return answers.too_far(asked.text)
    rule = str(Pattern(every, first, until, said.count))
    ahead = next_after(rule, asked.now, asked.zone)
    if ahead is None:
        over = (until is not None and until < asked.local.date()) or said.count
        return answers.past(asked.text) if over else answers.never(asked.text)
    return Recurring(rule, ahead)


def _every(said: Said, asked: Asked) -> Every | Refused:
    """How often, with the days that stand elsewhere in the phrase."""
    every = said.every or (Every(Frequency.WEEKLY) if said.weekdays else None)
    if every is None or said.ahead or said.weeks is not None or said.week_number is not None:
        return answers.not_understood(asked.text)
    if every.weekdays or every.monthday:
        complete, day, weekday = every, said.day, said.weekday or said.weekdays
        if day or weekday:
            return answers.not_understood(asked.text)
        return _checked(complete, asked)
    match every.frequency:
        case Frequency.DAILY:
            named = said.day or said.weekday or said.weekdays
            return answers.not_understood(asked.text) if named else every
        case Frequency.WEEKLY:
            return _weekly(every, said, asked)
        case Frequency.MONTHLY | Frequency.YEARLY:
            return _by_date(every, said, asked)


def _weekly(every: Every, said: Said, asked: Asked) -> Every | Refused:
    if said.day or (said.weekday and (said.weekdays or said.weekday.which is not Which.BARE)):
        return answers.not_understood(asked.text)
    days = said.weekdays or ((said.weekday.day,) if said.weekday else ())
    return replace(every, weekdays=days) if days else answers.lacks_weekday(asked.text)


def _by_date(every: Every, said: Said, asked: Asked) -> Every | Refused:
    if said.day is None:
        return answers.lacks_weekday(asked.text)
    if not isinstance(said.day, Calendar) or said.day.year or said.weekday or said.weekdays:
        return answers.not_understood(asked.text)
    if (every.frequency is Frequency.YEARLY) != (said.day.month is not None):
        return answers.not_understood(asked.text)
    return _checked(replace(every, monthday=said.day.day, month=said.day.month), asked)


def _checked(every: Every, asked: Asked) -> Every | Refused:
    day, month = every.monthday, every.month
    if day is None or day == -1:
        return every
    if day == 0 or day > 31 or (month is not None and not 1 <= month <= 12):
        return answers.missing(asked.text)
    if month is None:
        return every if day <= _IN_EVERY_MONTH else answers.not_every_month(asked.text)
    try:
        date(2023, month, day)
    except ValueError:
        return answers.missing(asked.text)
    return every


def _time(said: Said, asked: Asked) -> time | Refused:
    if said.zone is not None:
        return answers.recurs_in_zone(asked.text)
    times = find_times(said, asked.text)
    if isinstance(times, Refused):
        return times
    if times is None or times.must_ask:
        return answers.lacks_time(asked.text)
    if len(times.minutes) > 1:
        return answers.twelve_hours(asked.text)
    hour, minute = divmod(min(times.minutes), 60)
    return time(hour, minute, times.seconds) if hour < 24 else answers.missing(asked.text)


class _TwoDatesError(Exception):
    """`3/12`."""


def _limit(fact: DayFact | None, asked: Asked, start: date | None = None) -> date | None:
    """The first or the last day. Without a year, the last is the next one after the first."""
    if fact is None:
        return None
    day = _one(fact, asked)
    if start is None or day >= start or not isinstance(fact, Calendar) or fact.year:
        return day
    that_year = _one(replace(fact, year=start.year), asked)
    return that_year if that_year >= start else _one(replace(fact, year=start.year + 1), asked)


def _one(fact: DayFact, asked: Asked) -> date:
    days = readings(fact, asked.local.date(), asked.language)
    if len(days) > 1:
        raise _TwoDatesError(fact)
    return next(iter(days))
