"""Dates of the calendar: `3.12.`, `2026-12-03`, `3. Dezember`, `Dec 3rd`, `3/12`."""

import re
from collections.abc import Callable

from fedichat.domain.lazy_pattern import LazyPattern
from fedichat.domain.time.when.pieces import END, MONTH, ON, Rule, rule
from fedichat.domain.time.when.said import Calendar, DayFact, Said, Slashed
from fedichat.domain.time.when.words import MONTHS

YEAR = r"(?P<year>\d{4})(?!:)"
_DAY = r"(?P<day>\d{1,2})"
_NAME = rf"(?P<name>{MONTH})\b\.?"
_CLOCK_NEXT = r"(?![:\d/]|\.\d| ?(?:uhr|am|pm|a\.m|p\.m|h)\b)"
_YEAR_AFTER = rf"(?:,? {YEAR}(?! ?(?:uhr|h)\b))?"


def _year(text: str | None) -> int | None:
    return int(text) + (2000 if len(text) == 2 else 0) if text else None


def _in_figures(m: re.Match[str]) -> DayFact:
    return Calendar(int(m["day"]), int(m["month"]), _year(m.groupdict().get("year")))


def _dotted(m: re.Match[str]) -> DayFact:
    return Calendar(int(m["day"]), int(m["month"]), _year(m["year"] or m["short"]))


def _named(m: re.Match[str]) -> DayFact:
    return Calendar(int(m["day"]), MONTHS[m["name"]], _year(m["year"]))


def _slashed(m: re.Match[str]) -> DayFact:
    return Slashed(int(m["first"]), int(m["second"]), _year(m["year"]))


_IN_FIGURES_AND_NAMES: tuple[tuple[str, Callable[[re.Match[str]], DayFact]], ...] = (
    (rf"{YEAR}[-/](?P<month>\d{{1,2}})[-/]{_DAY}", _in_figures),
    (rf"{_DAY}\. ?(?P<month>\d{{1,2}})\.(?: ?{YEAR}(?! ?(?:uhr|h)\b)|(?P<short>\d\d)(?!\d|[:.]\d))?", _dotted),
    (rf"{_DAY}\.(?P<month>\d{{1,2}})(?![.:\d]| ?(?:uhr|am|pm|h)\b)", _in_figures),
    (r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?(?![/\d])", _slashed),
    (rf"{_DAY}(?:\.|st|nd|rd|th)? ?(?:of )?{_NAME}{_YEAR_AFTER}", _named),
    (rf"{_NAME} ?(?:the )?{_DAY}(?:st|nd|rd|th)?{_CLOCK_NEXT}{_YEAR_AFTER}", _named),
)
_FIXED = {
    r"heiligabend|heiliger abend|christmas eve": Calendar(24, 12),
    r"1\. weihnachts(?:feier)?tag|christmas day": Calendar(25, 12),
    r"2\. weihnachts(?:feier)?tag|boxing day": Calendar(26, 12),
    r"silvester|new year's eve": Calendar(31, 12),
    r"neujahr|neujahrstag|new year's day": Calendar(1, 1),
    r"nikolaus|nikolaustag": Calendar(6, 12),
    r"tag der arbeit": Calendar(1, 5),
    r"tag der deutschen einheit": Calendar(3, 10),
}


def _always(fact: Calendar) -> Callable[[re.Match[str]], DayFact]:
    return lambda _: fact


_DATES = (*_IN_FIGURES_AND_NAMES, *((names, _always(fact)) for names, fact in _FIXED.items()))
_READERS = [(LazyPattern(rf"{ON}(?:{pattern}){END}"), reader) for pattern, reader in _DATES]


def read_date(text: str, position: int) -> tuple[DayFact, int] | None:
    """The date at that position, and where it ends."""
    for pattern, reader in _READERS:
        if m := pattern.compiled.match(text, position):
            return reader(m), m.end()
    return None


def _date_rule(pattern: str, reader: Callable[[re.Match[str]], DayFact]) -> Rule:
    def put(m: re.Match[str], said: Said) -> bool:
        return said.put(day=reader(m))

    return rule(f"{ON}(?:{pattern})", put)


DATE_RULES = tuple(_date_rule(pattern, reader) for pattern, reader in _DATES)
