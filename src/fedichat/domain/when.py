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
    raise NotImplementedError


def suggest_when(text: str, now: datetime, zone: ZoneInfo, language: str) -> When:
    raise NotImplementedError


def next_after(rule: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    raise NotImplementedError


def echo_rule(rule: str, language: str) -> str:
    raise NotImplementedError
