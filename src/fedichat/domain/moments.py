"""Moments as people write them, in English and German: "2 hours", "tomorrow", "3.12. 14:00", "2026-12-03".

A closed grammar that takes the whole text or refuses it: a moment that was misread would pass unnoticed.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fedichat.domain.duration import Duration, DurationUnit, parse_duration
from fedichat.errors import Refusal

MORNING = time(9)
"""The time of a day that is named without one."""

_DAYS = {
    "today": 0,
    "heute": 0,
    "tomorrow": 1,
    "morgen": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "übermorgen": 2,
    "uebermorgen": 2,
}
_TIME = r"(?:(?:um|at) )?(?P<hour>\d{1,2})(?:(?::|\.)(?P<minute>\d{2})(?: uhr)?| uhr)"
_DATE = r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?:\.(?P<year>\d{4}|\d{2})?)?|(?P<iso>\d{4}-\d\d-\d\d)"
_DAY = rf"(?P<word>[a-zü][a-zü ]*?)|{_DATE}"
_WRITTEN = re.compile(rf"(?:(?:am|on|bis|until) )?(?:{_DAY})?(?:,? ?(?:^|(?<= )|(?<=,)){_TIME})?")
_SOON = timedelta(days=180)
_LONGEST = timedelta(days=3 * 366)


def parse_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that the text names, aware, in UTC; a day without a time means 9:00 on that zone's clock.

    Refuses what it does not understand as a whole, what is past, and local times that do not exist or exist twice.
    """
    words = " ".join(text.split()).casefold()
    moment = _after(words, text, now, zone) or _dated(words, text, now, zone)
    if moment <= now:
        raise Refusal("“{text}” is past. Write when it will be, with the year if need be.", text=text)
    if moment - now > _LONGEST:
        raise Refusal("“{text}” is more than three years away.", text=text)
    return moment


def _after(words: str, text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """A length of time from now; days and weeks keep the time of day, whatever the clocks do between."""
    length = _duration(words.removeprefix("in "))
    if length is None:
        return None
    if length.unit.is_working:
        raise Refusal(
            "Working hours and working days are not counted yet. Write “2 days”, say, or a date instead of “{text}”.",
            text=text,
        )
    if length.plain > _LONGEST:
        raise Refusal("“{text}” is more than three years away.", text=text)
    if length.unit not in {DurationUnit.DAY, DurationUnit.WEEK}:
        return now + length.plain
    return (now.astimezone(zone) + length.plain).astimezone(UTC)


def _duration(words: str) -> Duration | None:
    try:
        return parse_duration(words)
    except ValueError:
        return None


def _dated(words: str, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    written = _WRITTEN.fullmatch(words)
    if written is None or not words:
        raise _not_understood(text)
    today = now.astimezone(zone).date()
    try:
        at = time(int(written["hour"]), int(written["minute"] or 0)) if written["hour"] else MORNING
    except ValueError:
        raise _not_there(text) from None
    day = _day(written, text, today)
    moment = _local(day, at, text, zone)
    if moment <= now and written["day"] and not written["year"]:
        later = _local(_the_day(day.year + 1, day.month, day.day, text), at, text, zone)
        # "3.1." said in December is in January; "3.12." said on the 4th is a mistake.
        return later if later - now <= _SOON else moment
    return moment


def _day(written: re.Match[str], text: str, today: date) -> date:
    if written["iso"]:
        year, month, day = map(int, written["iso"].split("-"))
        return _the_day(year, month, day, text)
    if written["day"]:
        year = int(written["year"]) if written["year"] else today.year
        return _the_day(year + 2000 if year < 100 else year, int(written["month"]), int(written["day"]), text)
    if written["word"]:
        if written["word"] not in _DAYS:
            raise _not_understood(text)
        return today + timedelta(days=_DAYS[written["word"]])
    if written["hour"]:
        return today
    raise _not_understood(text)


def _the_day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _not_there(text) from None


def _local(day: date, at: time, text: str, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, at, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refusal("“{text}” does not exist: the clocks are put forward then. Say another time.", text=text)
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        raise Refusal("“{text}” comes twice: the clocks are put back then. Say another time.", text=text)
    return moment


def _not_understood(text: str) -> Refusal:
    return Refusal(
        "I do not understand “{text}” as a time. Write it like “2 hours”, “3 days”, “tomorrow”, “3.12. 14:00” or "
        "“2026-12-03”.",
        text=text,
    )


def _not_there(text: str) -> Refusal:
    return Refusal("“{text}” does not exist: there is no such day or time.", text=text)
