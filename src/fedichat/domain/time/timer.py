"""Moments at which the office has something to do by itself."""

from dataclasses import dataclass
from enum import StrEnum


class TimerKind(StrEnum):
    """What a timer is for. `desk/clock/timers.py` names what happens when one of each kind fires."""

    CLEAN_UP = "clean-up"
    CLOCK = "clock"
    """The clocks of promises; it is worked out from the tickets and never kept."""
    DIGEST = "digest"
    """The key is the `ReportKind`."""
    HANDOVER = "handover"
    HANDOVER_REMINDER = "handover-reminder"
    LATE = "late"
    """A post that should be out by then; the key is its number."""
    PLANNED = "planned"
    """A planned post whose time is near; the key is its number."""
    RELEASE = "release"
    """What the end of a freeze lets out goes on; the key is the freeze and the last post that was let out."""
    SNOOZE = "snooze"
    """A ticket comes back into the queue; the key is its number."""
    TROUBLE = "trouble"
    """A server that does not answer; the key is the account."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer. `key` says of which of its kind; there is one at most for each kind and key."""

    kind: TimerKind
    key: str = ""

    @property
    def number(self) -> int:
        """The key of a kind that has numbers. Raises ValueError for others."""
        return int(self.key)

    def __str__(self) -> str:
        """As the log shows it."""
        return f"{self.kind} {self.key}".strip()
