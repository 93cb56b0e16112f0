"""German and English, through gettext. English is the language of the message ids."""

import gettext
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from fedichat.domain.when import Weekday
from fedichat.errors import Refusal

LANGUAGES = ("de", "en")

_WEEKDAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
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
        """The form that goes with `count`, which is there as `{count}`."""
        return self._catalogue.ngettext(one, many, count).format(count=count, **fields)

    def moment(self, at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
        """A moment in full, on the office's clock: `Mo 23.11.2026 09:00 MEZ`, `Mon 23 Nov 2026 09:00 CET`."""
        local = at.astimezone(zone)
        clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
        name = local.tzname() or ""
        return f"{self.day(local)} {clock} {_ZONE_NAMES[self.code].get(name, name)}"

    def day(self, day: date) -> str:
        """A day in full: `Mo 23.11.2026`, `Mon 23 Nov 2026`."""
        shown = day.strftime("%d.%m.%Y" if self.code == "de" else "%d %b %Y")
        return f"{_WEEKDAYS[self.code][day.weekday()]} {shown}"

    def refused(self, refusal: Refusal) -> str:
        """A refusal by the domain alone, with weekdays and what is marked in this language."""
        return self(refusal.message, **{name: self._word(value) for name, value in refusal.fields.items()})

    def _word(self, value: object) -> object:
        if isinstance(value, Weekday):
            return self.weekday(value)
        return self(value) if isinstance(value, Marked) else value

    def weekday(self, day: Weekday) -> str:
        """The name of a weekday in full."""
        return _WEEKDAYS_IN_FULL[self.code][day.value]

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago that was, in the largest unit that fits; seconds are not counted."""
        if now - at < timedelta(minutes=1):
            return self(mark("just now"))
        return self(mark("{duration} ago"), duration=self.duration(now - at))

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


class Marked(str):
    """A message id of the catalogues, to be translated where it is shown."""

    __slots__ = ()


def mark(message: str) -> Marked:
    """Mark a message id for the catalogues that is translated later, where it is shown."""
    return Marked(message)
