"""What a phrase about time can turn out to be."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from fedichat.errors import Refusal


class Weekday(Enum):
    """A day of the week, as `date.weekday()` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    def __str__(self) -> str:
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment, ahead of now, aware and in UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A date that lacks a time, on the zone's calendar; today or later."""

    day: date


@dataclass(frozen=True, slots=True)
class Recurring:
    """Moments that come again and again.

    `rule` has DTSTART and RRULE of RFC 5545, in wall-clock time: `recurrence.next_after` reads it. `first` is the first
    one after now, in UTC.
    """

    rule: str
    first: datetime


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several moments fit, each ahead of now, in UTC; `reason` says why, and stands where nobody can be asked.

    Where the phrase names no time of day, the candidates are at 9:00.
    """

    candidates: tuple[datetime, ...]
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may have been meant, in UTC. Only to be confirmed by a person."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """No moment; the refusal says why and what to write instead.

    `is_understood`: the phrase was read, and what it says cannot be; there is nothing to guess then.
    """

    refusal: Refusal
    is_understood: bool = True


When = Instant | Day | Recurring | Ambiguous | Suggestion | Refused
