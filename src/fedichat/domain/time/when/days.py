"""Which days the facts of a phrase name."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.said import Calendar, DayFact, NamedWeekday, NthWeekday, Relative, Said, Slashed, Which
from fedichat.domain.time.when.values import Refused
from fedichat.errors import Refusal

_JUST_OVER = 60
"""A date without a year that is so many days over is a mistake; one that is longer over is next year's."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that fit, and why there are several. `must_ask`: even where only one of them is ahead.

    `is_stated`: the phrase names a day; otherwise it is today's.
    """

    days: tuple[date, ...]
    reason: Refusal | None = None
    must_ask: bool = False
    is_stated: bool = True


def find_days(said: Said, text: str, today: date, language: str) -> Days | Refused:
    """The days that the phrase names, lengths of time apart."""
    try:
        if said.weeks is not None or said.week_number is not None:
            return _of_week(said, text, today, language)
        if said.day is not None:
            return _dated(said, said.day, text, today, language)
        if said.weekday is not None:
            return _of_weekday(said.weekday, text, today)
    except (ValueError, OverflowError):
        return answers.missing(text)
    return Days((today,), is_stated=False)


def monday_of(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def _of_week(said: Said, text: str, today: date, language: str) -> Days | Refused:
    if said.weeks is not None and said.week_number is not None:
        return answers.not_understood(text)
    monday = monday_of(today) + timedelta(weeks=said.weeks or 0)
    if said.week_number is not None:
        monday = _numbered(said.week_number, today)
    if said.day is not None:
        dated = _dated(said, said.day, text, today, language)
        if isinstance(dated, Days) and not any(monday_of(day) == monday for day in dated.days):
            return answers.at_odds(text)
        return dated
    if said.weekday is None:
        return answers.vague(text)
    if said.weekday.which not in {Which.BARE, Which.THIS}:
        return answers.not_understood(text)
    return Days((monday + timedelta(days=said.weekday.day),))


def _numbered(number: int, today: date) -> date:
    """The Monday of the next week with that number, of which today may be a day."""
    year = today.isocalendar().year
    this_year = date.fromisocalendar(year, number, 1)
    return this_year if this_year >= monday_of(today) else date.fromisocalendar(year + 1, number, 1)


def _dated(said: Said, fact: DayFact, text: str, today: date, language: str) -> Days | Refused:
    days = readings(fact, today, language)
    if said.weekday is not None:
        fitting = tuple(day for day in days if day.weekday() == said.weekday.day)
        if not fitting:
            return answers.contradiction(text, days[0])
        return Days(fitting, answers.several(text))
    return Days(days, answers.several(text), must_ask=len(days) > 1)


def readings(fact: DayFact, today: date, language: str) -> tuple[date, ...]:
    """The days that one fact can mean, the likelier first. Raises ValueError where there is no such day."""
    match fact:
        case Relative(away):
            return (today + timedelta(days=away),)
        case Calendar(day, None):
            return (_next_of_month(day, today),)
        case Calendar(day, month, year):
            return (_in_year(day, month or 1, year, today),)
        case NthWeekday():
            return (_nth(fact, today),)
        case Slashed(first, second, year):
            pairs = [(first, second), (second, first)] if language == "de" else [(second, first), (first, second)]
            possible = dict.fromkeys(pair for pair in pairs if pair[1] <= 12)
            days = tuple(_in_year(day, month, year, today) for day, month in possible if _exists(day, month, year))
            if not days:
                raise ValueError(fact)
            return days


def _exists(day: int, month: int, year: int | None) -> bool:
    return month >= 1 and 1 <= day <= monthrange(year or 2024, month)[1]


def _in_year(day: int, month: int, year: int | None, today: date) -> date:
    if year is not None:
        return date(year, month, _last_if(day, year, month))
    this_year = date(today.year, month, _last_if(day, today.year, month))
    if (today - this_year).days <= _JUST_OVER:
        return this_year
    return date(today.year + 1, month, _last_if(day, today.year + 1, month))


def _last_if(day: int, year: int, month: int) -> int:
    return monthrange(year, month)[1] if day == -1 else day


def _next_of_month(day: int, today: date) -> date:
    if day >= today.day:
        return today.replace(day=day)
    following = today.replace(day=1) + timedelta(days=32)
    return following.replace(day=day)


def _nth(fact: NthWeekday, today: date) -> date:
    year = fact.year or today.year
    found = nth_weekday(year, fact.month, fact.weekday, fact.nth)
    if fact.year is None and (today - found).days > _JUST_OVER:
        found = nth_weekday(year + 1, fact.month, fact.weekday, fact.nth)
    return found


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth weekday of a month, -1 for the last. Raises ValueError where there is none."""
    if nth == -1:
        last = date(year, month, monthrange(year, month)[1])
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first.replace(day=1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _of_weekday(named: NamedWeekday, text: str, today: date) -> Days:
    """The coming one, unless it is today's name, or `next` can be this week's or the one after."""
    away = (named.day - today.weekday()) % 7
    this, following, third = (today + timedelta(days=away + 7 * weeks) for weeks in range(3))
    is_today = away == 0
    is_near = away == 1 or 0 < away < 7 - today.weekday()
    match named.which:
        case Which.BARE:
            days = (this, following) if is_today else (this,)
        case Which.THIS:
            days = (this,)
        case Which.NEXT if is_near:
            days = (this, following)
        case Which.COMING | Which.NEXT:
            days = (following,) if is_today else (this,)
        case Which.AFTER_NEXT if is_near:
            days = (following, third)
        case Which.AFTER_NEXT:
            days = (third,) if is_today else (following,)
    reason = answers.which_week(text) if named.which is Which.NEXT else answers.several(text)
    return Days(days, reason, must_ask=len(days) > 1 and named.which is not Which.BARE)
