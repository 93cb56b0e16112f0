"""Periods as people write them, in English and German: "yesterday", "letzte Woche", "november", "2026-11", "Q3 2026".

Whole days on the office's calendar. A closed grammar that takes the whole text or refuses it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fedichat.domain.names import folded
from fedichat.domain.time.when.words import MONTHS
from fedichat.errors import Refusal


class Span(StrEnum):
    """What kind of period it is, for how it is called."""

    DAY = "day"
    DAYS = "days"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Some days in a row: `start` is the first one, `end` the one after the last."""

    start: date
    end: date

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The moment at which it begins and the one at which it is over, in UTC; midnights of that zone."""
        return midnight(self.start, zone), midnight(self.end, zone)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end - _DAY

    @property
    def span(self) -> Span:
        """What kind of period it is."""
        if self.end == self.start + _DAY:
            return Span.DAY
        whole = {
            months(self.start, 1): Span.MONTH,
            months(self.start, 3): Span.QUARTER,
            months(self.start, 12): Span.YEAR,
        }
        kind = whole.get(self.end, Span.DAYS) if self.start.day == 1 else Span.DAYS
        fits = {Span.MONTH: True, Span.QUARTER: self.start.month % 3 == 1, Span.YEAR: self.start.month == 1}
        return kind if fits.get(kind) else Span.DAYS


_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_HALF_A_YEAR = timedelta(days=183)
"""Days without their years that are further apart over New Year are the wrong way round."""
_EARLIEST = 1970


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which that day begins in that zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def week_of(day: date) -> Period:
    """The week from Monday to Sunday that the day is in."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + _WEEK)


def month_of(day: date) -> Period:
    """The month that the day is in."""
    first = day.replace(day=1)
    return Period(first, months(first, 1))


def quarter_of(day: date) -> Period:
    """The quarter of a year that the day is in."""
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    return Period(first, months(first, 3))


def year_of(day: date) -> Period:
    """The year that the day is in."""
    return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))


def months(first: date, count: int) -> date:
    """The first day of the month that comes so many after that of `first`."""
    number = first.year * 12 + first.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def _before(unit: Callable[[date], Period]) -> Callable[[date], Period]:
    return lambda today: unit(unit(today).start - _DAY)


def _behind(unit: Callable[[date], Period]) -> Callable[[date], Period]:
    return lambda today: unit(unit(today).end)


def _day_of(day: date) -> Period:
    return Period(day, day + _DAY)


_UNITS: dict[str, Callable[[date], Period]] = {
    "week": week_of,
    "month": month_of,
    "quarter": quarter_of,
    "year": year_of,
}
_NOUNS = {
    "week": ("week", "woche"),
    "month": ("month", "monat"),
    "quarter": ("quarter", "quartal"),
    "year": ("year", "jahr"),
}
_THIS = ("this", "diese", "dieser", "diesen", "dieses")
_LAST = ("last", "letzte", "letzter", "letzten", "letztes", "vorige", "voriger", "vorigen", "voriges")
_WORDS: dict[str, Callable[[date], Period]] = {
    "today": _day_of,
    "heute": _day_of,
    "yesterday": _before(_day_of),
    "gestern": _before(_day_of),
    **{f"{this} {noun}": _UNITS[unit] for unit, nouns in _NOUNS.items() for noun in nouns for this in _THIS},
    **{f"{last} {noun}": _before(_UNITS[unit]) for unit, nouns in _NOUNS.items() for noun in nouns for last in _LAST},
    **{noun: _UNITS[unit] for unit, nouns in _NOUNS.items() for noun in nouns},
}
_NEXT = ("next", "nächste", "nächster", "nächsten", "nächstes", "naechste", "naechsten", "kommende", "kommenden")
_AHEAD: dict[str, Callable[[date], Period]] = {
    "tomorrow": lambda today: _day_of(today + _DAY),
    "morgen": lambda today: _day_of(today + _DAY),
    **{f"{word} {noun}": _behind(_UNITS[unit]) for unit, nouns in _NOUNS.items() for noun in nouns for word in _NEXT},
}
_SHORT = (Span.DAY, Span.DAYS)
_MONTHS_IN = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}

_DATE = r"(?:\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?)"
_RANGE = re.compile(rf"(?:(?:from|von|vom) )?(?P<first>{_DATE}) ?(?:-|–|to|until|bis|bis zum) ?(?P<last>{_DATE})")
_ONE_DATE = re.compile(_DATE)
_NAMED_MONTH = re.compile(r"(?P<month>[a-zä]+)\.?(?: (?P<year>\d{4}))?")
_NUMBERED_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)|(?P<m>\d{1,2})[./](?P<y>\d{4})")
_QUARTER = re.compile(
    r"q(?P<q>[1-4])(?:[ /]?(?P<year>\d{4}))?|(?P<y>\d{4})[- ]?q(?P<p>[1-4])|(?P<n>[1-4])\. quartal(?: (?P<z>\d{4}))?"
)
_WEEK_NUMBER = re.compile(r"(?:week|woche|kw|cw) ?(?P<week>\d{1,2})(?:[ /](?P<year>\d{4}))?|(?P<y>\d{4})-w(?P<w>\d\d)")
_YEAR = re.compile(r"(?P<year>\d{4})")
_SOME_DAYS = re.compile(r"(?:the )?(?:last|past|letzten?|die letzten) (?P<count>\d{1,3}) (?:days|tage)")


def two_weeks(today: date) -> Period:
    """This week and the next."""
    this = week_of(today)
    return Period(this.start, this.end + _WEEK)


def parse_period(text: str, today: date, *, ahead: bool = False) -> Period:
    """The days that the text names, seen from `today`; a month or quarter without a year is the latest that has begun.

    With `ahead` it is the first one that is not over yet, and may be to come. Refuses what it does not understand as a
    whole, and what has not begun yet unless it is asked for.
    """
    words = " ".join(text.split()).casefold()
    try:
        period = _read_ahead(words, today) if ahead else _read(words, today)
    except ValueError:
        raise Refusal("“{text}” does not exist: there is no such day, week or month.", text=text) from None
    if period is None:
        raise Refusal(
            "I do not understand “{text}” as a period. Write it like “yesterday”, “last week”, “november”, “2026-11”, "
            "“Q3” or “1.11.2026 - 15.11.2026”.",
            text=text,
        )
    if period.start > today and not ahead:
        raise Refusal("“{text}” has not begun yet.", text=text)
    return period


def _read_ahead(words: str, today: date) -> Period | None:
    if words in _AHEAD:
        return _AHEAD[words](today)
    if (found := _WEEK_NUMBER.fullmatch(words)) and not _says_year(words):
        return _week_ahead(int(found["week"]), today)
    period = _read(words, today)
    return period if period is None or _says_year(words) or period.end > today else _next_year(period)


def _says_year(words: str) -> bool:
    return words in _WORDS or words in _AHEAD or re.search(r"\d{4}|\d\.\d\d?\.\d\d|tage|days", words) is not None


def _next_year(period: Period) -> Period:
    """The same days a year later."""
    start = period.start.replace(year=period.start.year + 1)
    if period.span in _SHORT:
        return Period(start, start + (period.end - period.start))
    return Period(start, months(start, _MONTHS_IN[period.span]))


def _read(words: str, today: date) -> Period | None:
    if words in _WORDS:
        return _WORDS[words](today)
    for pattern, reader in _READERS:
        found = pattern.fullmatch(words)
        if found:
            return reader(found, today)
    return None


def _the_range(found: re.Match[str], today: date) -> Period:
    first, last = _date(found["first"], today), _date(found["last"], today)
    if not _has_year(found["first"]) and _has_year(found["last"]):
        # The year stands behind both.
        first = first.replace(year=last.year)
        first = first if first <= last else first.replace(year=last.year - 1)
    elif not _has_year(found["last"]) and last < first:
        # What has begun may end later than today.
        last = last.replace(year=first.year)
        last = last if first <= last else last.replace(year=first.year + 1)
    is_over_new_year = first.year < last.year and not _has_year(found["first"])
    if last < first or (is_over_new_year and last - first > _HALF_A_YEAR):
        raise ValueError("it ends before it begins")
    return Period(first, last + _DAY)


def _has_year(text: str) -> bool:
    return "-" in text or not text.endswith(".")


def _the_date(found: re.Match[str], today: date) -> Period:
    return _day_of(_date(found[0], today))


def _some_days(found: re.Match[str], today: date) -> Period:
    count = int(found["count"])
    if not count:
        raise ValueError("no day at all")
    return Period(today - timedelta(days=count - 1), today + _DAY)


def _named_month(found: re.Match[str], today: date) -> Period | None:
    month = MONTHS.get(folded(found["month"]))
    return _month(month, found["year"], today) if month else None


def _numbered_month(found: re.Match[str], today: date) -> Period:
    return _month(int(found["month"] or found["m"]), found["year"] or found["y"], today)


def _quarter(found: re.Match[str], today: date) -> Period:
    quarter = int(found["q"] or found["p"] or found["n"])
    year = found["year"] or found["y"] or found["z"]
    first = date(_year(year) if year else today.year, quarter * 3 - 2, 1)
    return quarter_of(first if year or first <= today else first.replace(year=first.year - 1))


def _week(found: re.Match[str], today: date) -> Period:
    number, year = int(found["week"] or found["w"]), found["year"] or found["y"]
    monday = date.fromisocalendar(_year(year) if year else today.isocalendar().year, number, 1)
    if not year and monday > today:
        monday = date.fromisocalendar(today.isocalendar().year - 1, number, 1)
    return week_of(monday)


def _week_ahead(number: int, today: date) -> Period:
    """The week of that number that is not over yet."""
    year = today.isocalendar().year
    this = week_of(date.fromisocalendar(year, number, 1))
    return this if this.end > today else week_of(date.fromisocalendar(year + 1, number, 1))


def _the_year(found: re.Match[str], today: date) -> Period:  # noqa: ARG001 - as the others
    return year_of(date(_year(found["year"]), 1, 1))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period | None]], ...] = (
    (_RANGE, _the_range),
    (_ONE_DATE, _the_date),
    (_SOME_DAYS, _some_days),
    (_NUMBERED_MONTH, _numbered_month),
    (_QUARTER, _quarter),
    (_WEEK_NUMBER, _week),
    (_YEAR, _the_year),
    (_NAMED_MONTH, _named_month),
)


def _date(text: str, today: date) -> date:
    if "-" in text:
        return date.fromisoformat(text)
    day, month, year = text.split(".")
    if year:
        return date(_year(year if len(year) == 4 else f"20{year}"), int(month), int(day))
    this = date(today.year, int(month), int(day))
    return this if this <= today else date(today.year - 1, int(month), int(day))


def _month(month: int, year: str | None, today: date) -> Period:
    first = date(_year(year) if year else today.year, month, 1)
    return month_of(first if year or first <= today else first.replace(year=first.year - 1))


def _year(text: str) -> int:
    if int(text) < _EARLIEST:
        raise ValueError("before anything was written")
    return int(text)
