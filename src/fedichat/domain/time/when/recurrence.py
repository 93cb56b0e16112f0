"""Recurrences: rules of RFC 5545 on the clocks on the wall, their next moment, and their words.

A rule keeps its wall-clock time over changes of the clocks. A time that does not exist on some day becomes the first
moment after the gap; of one that exists twice, the first is taken.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from fedichat.domain.time.when.said import Every, Frequency
from fedichat.domain.time.when.zones import first_instant

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STEPS = {Frequency.DAILY: 1, Frequency.WEEKLY: 7}
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """How often, at which time of day, from which first moment on, and until which day or how many times."""

    every: Every
    start: datetime
    """The first occurrence, in wall-clock time."""
    until: date | None = None
    count: int | None = None

    def __str__(self) -> str:
        every = self.every
        parts = [f"FREQ={every.frequency}"]
        if every.interval > 1:
            parts.append(f"INTERVAL={every.interval}")
        if every.weekdays:
            parts.append("BYDAY=" + ",".join(f"{every.nth or ''}{DAYS[day]}" for day in every.weekdays))
        if every.month:
            parts.append(f"BYMONTH={every.month}")
        if every.monthday:
            parts.append(f"BYMONTHDAY={every.monthday}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        if self.until:
            parts.append(f"UNTIL={self.until:%Y%m%d}T235959")
        return f"DTSTART:{self.start:%Y%m%dT%H%M%S}\nRRULE:{';'.join(parts)}"


_RULE = re.compile(r"DTSTART:(?P<start>\d{8}T\d{6})\nRRULE:(?P<parts>[A-Z0-9=;,T-]+)")
_BYDAY = re.compile(r"(-?\d)?([A-Z]{2})")


@lru_cache(maxsize=256)
def read_rule(rule: str) -> Pattern:
    """The pattern of a rule of ours. Raises ValueError for anything else."""
    m = _RULE.fullmatch(rule)
    if m is None:
        raise ValueError(f"not a rule of ours: {rule!r}")
    parts = dict(part.split("=", 1) for part in m["parts"].split(";"))
    days = _BYDAY.findall(parts.get("BYDAY", ""))
    every = Every(
        Frequency(parts["FREQ"]),
        interval=int(parts.get("INTERVAL", 1)),
        weekdays=tuple(DAYS.index(name) for _, name in days),
        monthday=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
        month=int(parts["BYMONTH"]) if "BYMONTH" in parts else None,
        nth=int(days[0][0]) if days and days[0][0] else None,
    )
    until = datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%S").date() if "UNTIL" in parts else None  # noqa: DTZ007 - on the wall
    start = datetime.strptime(m["start"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - on the wall
    return Pattern(every, start, until, int(parts["COUNT"]) if "COUNT" in parts else None)


def next_after(rule: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment after that one, in UTC; None where there is none any more. `after` is aware."""
    pattern = read_rule(rule)
    since = after.astimezone(zone).replace(tzinfo=None) - _SLACK
    for local in _walk(pattern, since):
        at = first_instant(local, zone)
        if at > after:
            return at
    return None


def _walk(pattern: Pattern, since: datetime) -> rrule:
    """The wall-clock times from then on; what lies long before is not counted through."""
    start = pattern.start if pattern.count else _nearer(pattern, since)
    moved = rrulestr(str(replace(pattern, start=start)))
    return moved.xafter(since, inc=True)  # type: ignore[return-value]


def _nearer(pattern: Pattern, since: datetime) -> datetime:
    """The start, moved by whole intervals to just before then; never before the start itself."""
    every, start = pattern.every, pattern.start
    if since <= start:
        return start
    if every.frequency in _STEPS:
        step = _STEPS[every.frequency] * every.interval
        monday = start - timedelta(days=start.weekday() if every.frequency is Frequency.WEEKLY else 0)
        moved = monday + timedelta(days=(since - monday).days // step * step)
        return max(start, moved)
    months = 12 * every.interval if every.frequency is Frequency.YEARLY else every.interval
    passed = (since.year - start.year) * 12 + since.month - start.month
    year, month = divmod(start.year * 12 + start.month - 1 + max(0, passed // months - 1) * months, 12)
    return max(start, start.replace(year=year, month=month + 1, day=1))


def first_occurrence(every: Every, at: time, since: datetime) -> datetime | None:
    """The first wall-clock time of the pattern at or after that one, in wall-clock time."""
    start = since.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    once = str(Pattern(replace(every, interval=1), start))
    return rrulestr(once).after(since, inc=True)


# --- in words ---

_NAMES = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_ORDINALS = {
    "de": {1: "ersten", 2: "zweiten", 3: "dritten", 4: "vierten", -1: "letzten"},
    "en": {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"},
}
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORKDAYS = (0, 1, 2, 3, 4)


def echo_rule(rule: str, language: str) -> str:
    """The rule in plain words, which are read back as the same rule: `jeden Montag 09:00 ab 30.11.2026`."""
    pattern = read_rule(rule)
    is_german = language == "de"
    often = _german(pattern.every) if is_german else _english(pattern.every)
    clock = f"{pattern.start:%H:%M:%S}" if pattern.start.second else f"{pattern.start:%H:%M}"
    words = [often, clock, "ab" if is_german else "from", _date(pattern.start.date(), language)]
    if pattern.until:
        words += ["bis" if is_german else "until", _date(pattern.until, language)]
    if pattern.count:
        words.append(f"{pattern.count}-mal" if is_german else f"{pattern.count} times")
    return " ".join(words)


def _date(day: date, language: str) -> str:
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {_EN_MONTHS[day.month - 1]} {day.year}"


def _german(every: Every) -> str:
    names = [_NAMES["de"][day] for day in every.weekdays]
    many = every.interval > 1
    match every.frequency:
        case Frequency.DAILY:
            return f"alle {every.interval} Tage" if many else "täglich"
        case Frequency.WEEKLY if many:
            return f"alle {every.interval} Wochen " + " und ".join(f"{name.lower()}s" for name in names)
        case Frequency.WEEKLY:
            return "montags bis freitags" if every.weekdays == _WORKDAYS else "jeden " + " und ".join(names)
        case Frequency.MONTHLY:
            which = _german_day(every, names)
            return f"alle {every.interval} Monate {which} um" if many else f"{which} im Monat um"
        case Frequency.YEARLY:
            return (f"alle {every.interval} Jahre" if many else "jährlich") + f" am {every.monthday}.{every.month}. um"


def _german_day(every: Every, names: list[str]) -> str:
    if every.nth:
        return f"am {_ORDINALS['de'][every.nth]} {names[0]}"
    return "am letzten Tag" if every.monthday == -1 else f"am {every.monthday}."


def _english(every: Every) -> str:
    names = [_NAMES["en"][day] for day in every.weekdays]
    many = every.interval > 1
    match every.frequency:
        case Frequency.DAILY:
            return f"every {every.interval} days" if many else "daily"
        case Frequency.WEEKLY if many:
            return f"every {every.interval} weeks on " + " and ".join(f"{name}s" for name in names)
        case Frequency.WEEKLY:
            return "Monday to Friday" if every.weekdays == _WORKDAYS else "every " + " and ".join(names)
        case Frequency.MONTHLY:
            which = _english_day(every, names)
            return f"every {every.interval} months {which} at" if many else f"{which} of every month at"
        case Frequency.YEARLY:
            often = f"every {every.interval} years" if many else "yearly"
            return f"{often} on {every.monthday} {_EN_MONTHS[(every.month or 1) - 1]} at"


def _english_day(every: Every, names: list[str]) -> str:
    if every.nth:
        return f"on the {_ORDINALS['en'][every.nth]} {names[0]}"
    return "on the last day" if every.monthday == -1 else f"on the {_ordinal(every.monthday or 1)}"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
