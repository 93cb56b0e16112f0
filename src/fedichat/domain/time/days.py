"""Days as people write them, in English and German: "21.12.–2.1.", "Dec 21 - Jan 2", "2026-12-21", "until Friday".

A closed grammar that takes the whole text or refuses it: an absence that was misread would pass unnoticed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fedichat.domain.names import folded
from fedichat.domain.time.when.words import MONTHS, WEEKDAYS
from fedichat.errors import Refusal

_SOON = timedelta(days=183)
_LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)

FARTHEST = timedelta(days=731)
"""How far ahead a day may be."""

_WORDS = {
    "today": 0,
    "heute": 0,
    "tomorrow": 1,
    "morgen": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "uebermorgen": 2,
}

_NUMBERS = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})(?:\.\s?(?P<year>\d{4}|\d{2})?)?")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)? ?(?P<name>[a-zä]{3,9})\.?(?:,? (?P<year>\d{4}))?")
_MONTH_FIRST = re.compile(r"(?P<name>[a-zä]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?")
_BARE = re.compile(r"(?P<day>\d{1,2})\.?")
_WEEKDAY_BEFORE = re.compile(r"(?P<weekday>[a-z]+)\.?,? (?P<rest>.*\d.*)")
# A hyphen alone stands between numbers, not inside 2026-12-21.
_BETWEEN = re.compile(r"\s*[–—]\s*|\s+-\s*|(?<=[.a-zä])-\s*|\s+(?:to|until|till|bis)\s+(?:zum\s+)?|\s*\.\.\s*")
_UNTIL = re.compile(r"(?:until|till|bis)\s+(?:zum\s+)?")
_FROM = re.compile(r"(?:from|vom|von|on|am|ab)\s+")


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last day, both of them included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class _Written:
    """A day as it stands there: complete, or without its year, or even without its month."""

    day: int
    month: int | None = None
    year: int | None = None
    weekday: int | None = None

    def in_year(self, year: int) -> date:
        return date(self.year or year, self.month or 0, self.day)


def read_days(text: str, today: date) -> Days:
    """The days that the text names. A year that is left out is the one that makes them present or near.

    Refuses what it does not understand as a whole, what is past, and what is longer than a year.
    """
    words = _FROM.sub("", " ".join(text.split()).casefold(), count=1)
    if until := _UNTIL.match(words):
        return _checked(Days(today, _one(words[until.end() :], text, today)), text, today)
    for first, last in _halves(words):
        if days := _between(first, last, text, today):
            return _checked(days, text, today)
    day = _one(words, text, today)
    return _checked(Days(day, day), text, today)


def read_day(text: str, today: date) -> date:
    """The one day that the text names."""
    days = read_days(text, today)
    if days.first != days.last:
        raise Refusal("“{text}” is more than one day; one is enough.", text=text)
    return days.first


def _halves(words: str) -> Iterator[tuple[str, str]]:
    for found in _BETWEEN.finditer(words):
        yield words[: found.start()], words[found.end() :]


def _between(first: str, last: str, text: str, today: date) -> Days | None:
    begin, end = _relative(first, today) or _written(first), _relative(last, today) or _written(last)
    if begin is None or end is None:
        return None
    try:
        if isinstance(end, _Written) and end.month is None:
            return None
        if isinstance(begin, _Written) and begin.month is None:
            # "21.-23.12.": the month stands behind the second one.
            if not isinstance(end, _Written) or end.month is None:
                return None
            begin = _Written(begin.day, end.month, begin.year or end.year, begin.weekday)
        if isinstance(begin, _Written) and begin.year is None and isinstance(end, _Written) and end.year is not None:
            crosses = (begin.month or 0, begin.day) > (end.month or 0, end.day)
            begin = _Written(begin.day, begin.month, end.year - crosses, begin.weekday)
        return _placed(begin, end, text, today)
    except ValueError:
        raise _not_there(text) from None


def _placed(begin: date | _Written, end: date | _Written, text: str, today: date) -> Days:
    for year in (today.year - 1, today.year, today.year + 1):
        first = begin if isinstance(begin, date) else begin.in_year(year)
        last = end if isinstance(end, date) else end.in_year(first.year)
        if last < first and isinstance(end, _Written) and end.year is None:
            last = end.in_year(first.year + 1)
        is_settled = isinstance(begin, date) or begin.year is not None
        if last >= today or is_settled:
            _must_fit(begin, first, text)
            _must_fit(end, last, text)
            if is_settled or first - today <= _SOON:
                return Days(first, last)
            break  # what was over last month is a mistake rather than next year's
    raise _past(text)


def _one(words: str, text: str, today: date) -> date:
    day = _relative(words, today)
    if day is not None:
        return day
    written = _written(words)
    if written is None or written.month is None:
        raise _not_understood(text)
    try:
        found = written.in_year(today.year)
        if found < today and written.year is None and (later := written.in_year(today.year + 1)) - today <= _SOON:
            found = later
    except ValueError:
        raise _not_there(text) from None
    _must_fit(written, found, text)
    return found


def _relative(words: str, today: date) -> date | None:
    if words in _WORDS:
        return today + _WORDS[words] * _DAY
    weekday = WEEKDAYS.get(words.rstrip("."))
    return today + (weekday - today.weekday()) % 7 * _DAY if weekday is not None else None


def _written(words: str) -> _Written | None:
    weekday = None
    if (before := _WEEKDAY_BEFORE.fullmatch(words)) and before["weekday"] in WEEKDAYS:
        weekday, words = WEEKDAYS[before["weekday"]], before["rest"]
    for pattern in (_ISO, _NUMBERS):
        if found := pattern.fullmatch(words):
            year = int(found["year"]) if found["year"] else None
            century = 2000 if year is not None and year < 100 else 0
            return _Written(
                int(found["day"]), int(found["month"]), year + century if year is not None else None, weekday
            )
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        if (found := pattern.fullmatch(words)) and folded(found["name"]) in MONTHS:
            return _Written(
                int(found["day"]), MONTHS[folded(found["name"])], int(found["year"]) if found["year"] else None, weekday
            )
    if found := _BARE.fullmatch(words):
        return _Written(int(found["day"]), weekday=weekday)
    return None


def _must_fit(written: date | _Written, day: date, text: str) -> None:
    if isinstance(written, _Written) and written.weekday is not None and written.weekday != day.weekday():
        raise Refusal("In “{text}” weekday and date do not fit each other. Leave one of them out.", text=text)


def _checked(days: Days, text: str, today: date) -> Days:
    if days.last < days.first and days.first > today:
        raise Refusal("“{text}” ends before it begins. Write the years, if need be.", text=text)
    if days.last < today:
        raise _past(text)
    if days.last - days.first > _LONGEST:
        raise Refusal("“{text}” is longer than a year.", text=text)
    if days.last - today > FARTHEST:
        raise Refusal("“{text}” is more than two years away.", text=text)
    return days


def _past(text: str) -> Refusal:
    return Refusal("“{text}” is past. Write when it will be, with the year if need be.", text=text)


def _not_understood(text: str) -> Refusal:
    return Refusal(
        "I do not understand “{text}” as days. Write them like “21.12.–2.1.”, “Dec 21 - Jan 2”, “2026-12-21”, “today” "
        "or “until 2.1.”",
        text=text,
    )


def _not_there(text: str) -> Refusal:
    return Refusal("“{text}” does not exist: there is no such day or time.", text=text)
