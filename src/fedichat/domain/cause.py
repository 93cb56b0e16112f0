"""What somebody did in a room that asks for something: who, where and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fedichat.domain.names import EventId, Place, UserId


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why nobody can be sure who said something in an encrypted room: the homeserver's administrator could have.

    `device` is the device that it came from, which its owner has not signed (its name if it has one, and the id); None
    means that the message was not encrypted at all.
    """

    device: str | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """The emoji `key` was tapped under a question of ours."""

    question: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The chat event that asks for something: who, where and when. Its outcome is kept with it, so it counts once.

    `answer_to` is the message that an answer belongs under; None for a tap on an emoji, answered in the thread.
    `tap` is there where it answers a question of ours: the outcome settles that. `arrived_at` is when the event reached
    us, by our own clock, where that is known. `is_later` says of a message of ours whether it came into the room after
    the event: then whoever caused it cannot have seen it. What is `unproven` has no outcome here but to be declined.
    """

    event: EventId
    actor: UserId
    place: Place
    at: datetime
    thread: EventId | None = None
    answer_to: EventId | None = None
    tap: Tap | None = None
    arrived_at: datetime | None = None
    unproven: Unproven | None = None
    is_later: Callable[[EventId], bool] = field(default=lambda _: False, compare=False, repr=False)
