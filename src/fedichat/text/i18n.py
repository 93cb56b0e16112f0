"""German and English, through gettext. English is the language of the message ids."""

import gettext
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from fedichat.domain.phrase import Day, Field, Listed, Marked, Moment, Phrase, mark
from fedichat.domain.time.when import Weekday
from fedichat.errors import Refusal

LANGUAGES = ("de", "en")

_WEEKDAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_WEEKDAYS_IN_FULL = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_ZONE_NAMES = {"de": {"CET": "MEZ", "CEST": "MESZ"}, "en": {}}


class Language:
    """One language: calling it translates a message id and fills in its fields."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations) -> None:
        self.code = code
        self._catalogue = catalogue

    def __call__(self, message: str, /, **fields: object) -> str:
        """The text in this language, with its `{fields}` filled in."""
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**fields) if fields else text

    def plural(self, one: str, many: str, count: int, /, **fields: object) -> str:
        """The form that goes with `count`, which the text has as `{count}`."""
        return self._catalogue.ngettext(one, many, count).format(count=count, **fields)

    def moment(self, at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
        """A moment in full, on the office's clock: `Mo 23.11.2026 09:00 MEZ`, `Mon 23 Nov 2026 09:00 CET`."""
        local = at.astimezone(zone)
        clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
        name = local.tzname() or ""
        return f"{self.day(local.date())} {clock} {_ZONE_NAMES[self.code].get(name, name)}"

    def day(self, day: date, *, year: bool = True) -> str:
        """A day: `Mo 23.11.2026`, `Mon 23 Nov 2026`; without the year if that is clear."""
        written = {("de", True): "%d.%m.%Y", ("de", False): "%d.%m.", ("en", True): "%d %b %Y", ("en", False): "%d %b"}
        return f"{self.weekday(day)} {day.strftime(written[self.code, year])}"

    def weekday(self, day: date) -> str:
        """The day of the week, shortened: `Mo`, `Mon`."""
        return _WEEKDAYS[self.code][day.weekday()]

    def month(self, day: date) -> str:
        """The month that the day is in: `März 2026`, `March 2026`."""
        return f"{_MONTHS[self.code][day.month - 1]} {day.year}"

    def time_of(self, at: datetime, zone: ZoneInfo) -> str:
        """The time of day on the office's clock: `09:00`."""
        return f"{at.astimezone(zone):%H:%M}"

    def percent(self, share: int) -> str:
        """A share: `83 %` in German, `83%` in English."""
        return f"{share}\N{NO-BREAK SPACE}%" if self.code == "de" else f"{share}%"

    def refused(self, refusal: Refusal) -> str:
        """A refusal that comes from the domain, with weekdays and marked messages in this language."""
        return self(refusal.message, **{name: self._word(value) for name, value in refusal.fields.items()})

    def _word(self, value: object) -> object:
        if isinstance(value, Weekday):
            return self.weekday_in_full(value)
        return self(value) if isinstance(value, Marked) else value

    def weekday_in_full(self, day: Weekday) -> str:
        """The name of a weekday in full."""
        return _WEEKDAYS_IN_FULL[self.code][day.value]

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago that was, in the largest unit that fits; less than a minute is “just now”."""
        if now - at < timedelta(minutes=1):
            return self(mark("just now"))
        return self(mark("{duration} ago"), duration=self.duration(now - at))

    def working_time(self, length: timedelta) -> str:
        """A length of working time in hours and minutes, as working days have no fixed length: `8 h 30 min`."""
        hours, minutes = divmod(max(0, round(length.total_seconds() / 60)), 60)
        if not hours:
            return self(mark("{minutes} min"), minutes=minutes)
        if not minutes:
            return self(mark("{hours} h"), hours=hours)
        return self(mark("{hours} h {minutes} min"), hours=hours, minutes=minutes)

    def duration(self, length: timedelta) -> str:
        """A length of time in the largest unit that fits."""
        seconds = max(0, int(length.total_seconds()))
        if seconds < 60:
            return self.plural("{count} second", "{count} seconds", seconds)
        if seconds < 3600:
            return self.plural("{count} minute", "{count} minutes", seconds // 60)
        if seconds < 86400:
            return self.plural("{count} hour", "{count} hours", seconds // 3600)
        return self.plural("{count} day", "{count} days", seconds // 86400)


@cache
def language(code: str) -> Language:
    """The language of that code, one of `LANGUAGES`."""
    folder = str(resources.files("fedichat.locales"))
    return Language(code, gettext.translation("fedichat", folder, [code], fallback=code == "en"))


def phrase(refusal: Refusal) -> Phrase:
    """The refusal as a value that can be stored, and put into words when it is shown."""
    return Phrase(refusal.message, {name: _field(value) for name, value in refusal.fields.items()})


def _field(value: object) -> Field:
    match value:
        case Marked():
            return Phrase(str(value))
        case str() | int() | Moment() | Day() | Phrase() | Listed():
            return value
        case datetime():
            return Moment(value)
        case date():
            return Day(value)
        case _:
            return str(value)
