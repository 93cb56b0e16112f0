"""What a phrase says, fact by fact, before it is known which moment that is."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum, StrEnum, auto


class Reading(Enum):
    """How the figures of a time of day are meant."""

    EXACT = auto()
    """On the 24-hour clock: `8:00`, `8 Uhr`."""
    FIXED = auto()
    """With am, pm or noon: no part of the day moves it."""
    SPOKEN = auto()
    """On the 12-hour clock: `at 8`, `halb neun`; the part of the day is left to the listener."""
    HALF = auto()
    """English `half nine`: 9:30 to the British, 8:30 to whoever thinks in German."""
    MIDNIGHT = auto()
    """The beginning of the day or its end."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes from midnight, up to 1440, and seconds."""

    minutes: int
    reading: Reading
    seconds: int = 0


class Part(StrEnum):
    """A part of the day."""

    MORNING = auto()
    FORENOON = auto()
    NOON = auto()
    AFTERNOON = auto()
    EVENING = auto()
    NIGHT = auto()


class Which(Enum):
    """Which of the weekdays of that name."""

    BARE = auto()
    THIS = auto()
    COMING = auto()
    NEXT = auto()
    AFTER_NEXT = auto()


@dataclass(frozen=True, slots=True)
class NamedWeekday:
    """A weekday with what stood before it."""

    day: int
    which: Which = Which.BARE


@dataclass(frozen=True, slots=True)
class Relative:
    """So many days from today."""

    days: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """A day of a month. Without a year the next one is meant, without a month the next month that has come so far."""

    day: int
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Slashed:
    """`3/12`: day and month to some, month and day to others."""

    first: int
    second: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The nth weekday of a month, -1 for the last."""

    nth: int
    weekday: int
    month: int
    year: int | None = None


DayFact = Relative | Calendar | Slashed | NthWeekday


class AheadUnit(Enum):
    """What the way ahead is counted in."""

    SECOND = auto()
    MINUTE = auto()
    HOUR = auto()
    DAY = auto()
    WEEK = auto()
    MONTH = auto()
    YEAR = auto()
    WORKING = auto()


@dataclass(frozen=True, slots=True)
class Ahead:
    """A length of time from now."""

    amount: Decimal
    unit: AheadUnit


class Frequency(StrEnum):
    """As in RFC 5545."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Every:
    """How often; weekdays, days of the month and the how manieth weekday (-1: the last) where they were said."""

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    monthday: int | None = None
    month: int | None = None
    nth: int | None = None


class Complaint(Enum):
    """Words that make a phrase impossible, whatever else it says."""

    VAGUE = auto()
    PAST = auto()
    MISSING = auto()
    WORKING = auto()
    TOO_OFTEN = auto()
    SATURDAYS = auto()
    WEEKDAYS = auto()
    NTH = auto()


@dataclass(slots=True)
class Said:
    """The facts of one phrase. Each is said once: a second one of its kind is not understood."""

    day: DayFact | None = None
    weekday: NamedWeekday | None = None
    weekdays: tuple[int, ...] | None = None
    """Said as adverbs: `montags`, `mondays and fridays`."""
    weeks: int | None = None
    """Weeks from this one; a calendar week begins on Monday."""
    week_number: int | None = None
    clock: Clock | None = None
    part: Part | None = None
    zone: str | None = None
    ahead: list[Ahead] = field(default_factory=list[Ahead])
    every: Every | None = None
    start: DayFact | None = None
    until: DayFact | None = None
    count: int | None = None
    complaint: Complaint | None = None

    @property
    def names_a_day(self) -> bool:
        """Whether a day, a weekday or a week was named."""
        return bool(self.day or self.weekday or self.weeks is not None or self.week_number)

    def put(self, **facts: object) -> bool:
        """Take the facts up; False where one of that kind is there already."""
        if any(getattr(self, name) is not None for name in facts):
            return False
        for name, fact in facts.items():
            setattr(self, name, fact)
        return True


LONGEST = timedelta(days=3 * 366)
"""What is further away is taken for a mistake."""
