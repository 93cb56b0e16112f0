"""STUB until the branch is merged."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fedichat.errors import Refusal


@dataclass(frozen=True, slots=True)
class Instant:
    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    day: date


@dataclass(frozen=True, slots=True)
class Recurring:
    rule: str
    first: datetime


@dataclass(frozen=True, slots=True)
class Ambiguous:
    candidates: tuple[datetime, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    refusal: Refusal


When = Instant | Day | Recurring | Ambiguous | Suggestion | Refused


def read_when(text: str, now: datetime, zone: ZoneInfo, language: str) -> When:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        if text.startswith("every day at "):
            return Recurring(text, next_after(text, now, zone))
        return Refused(Refusal("I do not understand “{text}” as a time.", text=text))
    if len(text) == 10:
        return Day(at.date())
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    from datetime import UTC

    at = at.astimezone(UTC)
    return Instant(at) if at > now else Refused(Refusal("“{text}” is past.", text=text))


def suggest_when(text: str, now: datetime, zone: ZoneInfo, language: str) -> When:
    return Refused(Refusal("I do not understand “{text}” as a time.", text=text))


def next_after(rule: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    from datetime import UTC, timedelta

    hour = int(rule[13:15])
    local = after.astimezone(zone).replace(hour=hour, minute=0, second=0, microsecond=0)
    while local.astimezone(UTC) <= after:
        local += timedelta(days=1)
    return local.astimezone(UTC)


def echo_rule(rule: str, language: str) -> str:
    return rule
