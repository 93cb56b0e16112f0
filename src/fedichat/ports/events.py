"""What is heard in the rooms: messages, edits, reactions, redactions."""

from dataclasses import dataclass, field
from datetime import datetime

from fedichat.domain.cause import Unproven as Unproven
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.remark import SharedFile


@dataclass(frozen=True, slots=True)
class Heard:
    """What every event in a room has. `sent_at` is the server's time, aware, in UTC.

    `arrived_at` is when it reached us, by our own clock: an event whose key comes late is heard only after that.
    `position` is its place in the room's order, see `Rooms.is_later`. What is `unproven` must not be obeyed.
    """

    event_id: EventId
    room: RoomId
    sender: UserId
    sent_at: datetime
    arrived_at: datetime | None = field(default=None, compare=False, kw_only=True)
    position: int = field(default=0, compare=False, kw_only=True)
    unproven: Unproven | None = field(default=None, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Spoken(Heard):
    """A message of a person (never a notice, never our own), as written, without the reply fallback.

    With a `file`, `text` is its caption, empty if it has none.
    """

    text: str
    thread: EventId | None = None
    reply_to: EventId | None = None
    file: SharedFile | None = None


@dataclass(frozen=True, slots=True)
class Edited(Heard):
    """A person changed their earlier message `target`; `text` is the new text."""

    target: EventId
    text: str
    thread: EventId | None = None


@dataclass(frozen=True, slots=True)
class Reacted(Heard):
    """A reaction to `target`. `key` is the emoji without variation selectors and skin tones."""

    target: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Redacted(Heard):
    """`sender` redacted the event `target` (a message or a reaction)."""

    target: EventId


@dataclass(frozen=True, slots=True)
class Unreadable(Heard):
    """A message in an encrypted room for which we have no key; it may be an edit of an earlier one, `target`."""

    thread: EventId | None = None
    target: EventId | None = None


@dataclass(frozen=True, slots=True)
class AskedToVerify(Heard):
    """Somebody of a trusted homeserver wants to verify us by emoji, and nobody is running `fedichat verify`."""


AnyHeard = Spoken | Edited | Reacted | Redacted | Unreadable | AskedToVerify
