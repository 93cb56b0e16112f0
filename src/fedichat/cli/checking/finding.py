"""A finding: one line of what `fedichat check` prints."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a line begins."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what was found."""

    level: Level
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<4} {self.subject}: {self.text}"


Findings = AsyncIterator[Finding]


def ok(subject: str, text: str) -> Finding:
    """Something is as it should be."""
    return Finding(Level.OK, subject, text)


def warn(subject: str, text: str) -> Finding:
    """Something works, but is probably not intended."""
    return Finding(Level.WARN, subject, text)


def fail(subject: str, text: str) -> Finding:
    """Something will not work."""
    return Finding(Level.FAIL, subject, text)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 room`, `2 rooms`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} people" if noun == "person" else f"{number} {noun}s"
