"""Effects that tell the office about itself: digests, and who has the duty."""

from dataclasses import dataclass
from datetime import date, datetime

from fedichat.domain.effects.base import RoomEffect
from fedichat.domain.names import EventId
from fedichat.domain.reporting import ReportKind
from fedichat.domain.time.period import Period


@dataclass(frozen=True, slots=True)
class ShowDigest(RoomEffect):
    """Show the figures of a period; of one that comes by itself, `due_at` is when it should have come."""

    period: Period
    kind: ReportKind | None = None
    due_at: datetime | None = None
    thread: EventId | None = None
    reply_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class ShowChart(RoomEffect):
    """Show a picture of the last working days before that day."""

    before: date
    thread: EventId | None = None


@dataclass(frozen=True, slots=True)
class ShowHandover(RoomEffect):
    """Tell a room that the duty has passed on, and what waits; it pings whoever has it now. `number`: the handover."""

    number: int
