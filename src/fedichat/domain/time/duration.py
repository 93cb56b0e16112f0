"""Durations as people write them, in English and German: "90 minutes", "2 Arbeitstage", "1,5 Stunden"."""

import difflib
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum


class DurationUnit(StrEnum):
    """What an amount of time is counted in. Working units need the office's calendar to become a moment."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    WORKING_HOUR = "working hour"
    WORKING_DAY = "working day"

    @property
    def is_working(self) -> bool:
        """Whether it counts opening hours or working days only."""
        return self in {DurationUnit.WORKING_HOUR, DurationUnit.WORKING_DAY}


_SECONDS = {
    DurationUnit.SECOND: 1,
    DurationUnit.MINUTE: 60,
    DurationUnit.HOUR: 3600,
    DurationUnit.DAY: 86_400,
    DurationUnit.WEEK: 604_800,
}

# "m" is left out: a minute to some, a month to others.
_NAMES = {
    DurationUnit.SECOND: "s sec secs second seconds sek sekunde sekunden",
    DurationUnit.MINUTE: "min mins minute minutes minuten",
    DurationUnit.HOUR: "h hr hrs hour hours std stunde stunden",
    DurationUnit.DAY: "d day days tag tage tagen",
    DurationUnit.WEEK: "w wk wks week weeks wo woche wochen",
    DurationUnit.WORKING_HOUR: "working_hour working_hours business_hour business_hours arbeitsstunde arbeitsstunden",
    DurationUnit.WORKING_DAY: "working_day working_days business_day business_days workday workdays "
    "arbeitstag arbeitstage arbeitstagen",
}
_UNITS = {name.replace("_", " "): unit for unit, names in _NAMES.items() for name in names.split()}

_NO_FIXED_LENGTH = {
    "month",
    "months",
    "monat",
    "monate",
    "monaten",
    "year",
    "years",
    "jahr",
    "jahre",
    "jahren",
}
_WITH_SATURDAYS = {"werktag", "werktage", "werktagen"}

_WRITTEN = re.compile(r"(?P<amount>[+-]?[0-9]+(?:[.,][0-9]+)?) ?(?P<unit>[^\W\d_][^\d]*?)\.?")
_LONGEST = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of a unit, as written; always more than nothing. Working days are whole."""

    amount: Decimal
    unit: DurationUnit

    @property
    def plain(self) -> timedelta:
        """The length, a day being 24 hours. Raises ValueError for working units, which need a calendar."""
        if self.unit.is_working:
            plain_unit = self.unit.removeprefix("working ")
            raise ValueError(
                f"“{self}” counts working time; a plain duration is needed here, such as “2 {plain_unit}s”"
            )
        return timedelta(seconds=float(self.amount * _SECONDS[self.unit]))

    def __str__(self) -> str:
        amount = format(self.amount.normalize(), "f")
        return f"{amount} {self.unit}" + ("" if self.amount == 1 else "s")


def parse_duration(text: str) -> Duration:
    """Read one amount and one unit.

    Raises ValueError with a sentence for the person who wrote it.
    """
    written = _WRITTEN.fullmatch(" ".join(text.split()).casefold())
    if written is None:
        raise ValueError(
            f"“{text}” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”"
        )
    unit = _unit(written["unit"].strip(), text)
    amount = _amount(written["amount"], text)
    if unit is DurationUnit.WORKING_DAY and amount % 1:
        raise ValueError(f"“{text}” is no whole number of working days; write it in working hours")
    if not unit.is_working and amount * _SECONDS[unit] > Decimal(_LONGEST.total_seconds()):
        raise ValueError(f"“{text}” is longer than a hundred years")
    if unit.is_working and amount > _LONGEST.days:
        raise ValueError(f"“{text}” is longer than a hundred years")
    return Duration(amount, unit)


def _amount(written: str, text: str) -> Decimal:
    decimals = written.replace(",", ".").partition(".")[2]
    if len(decimals) > 2:
        # "1.000 hours" is a thousand to some and one to others.
        raise ValueError(f"“{text}” can be read in two ways; write the number without separators, such as 1000")
    amount = Decimal(written.replace(",", "."))
    if amount <= 0:
        raise ValueError(f"“{text}” must be more than nothing")
    return amount


def _unit(name: str, text: str) -> DurationUnit:
    if unit := _UNITS.get(name):
        return unit
    if name in _NO_FIXED_LENGTH:
        raise ValueError(f"“{text}” has no fixed length; write it in days or weeks")
    if name in _WITH_SATURDAYS:
        raise ValueError(f"“{text}” would count Saturdays; write “Arbeitstage” for the office's working days")
    near = difflib.get_close_matches(name, _UNITS, n=1, cutoff=0.7)
    hint = (
        f"did you mean “{near[0]}”?"
        if near
        else "use seconds, minutes, hours, days, weeks, working hours or working days"
    )
    raise ValueError(f"“{name}” is no unit of time; {hint}")
