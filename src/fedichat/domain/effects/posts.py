"""Effects about posts: their previews in rooms, and what is done at the instance."""

from dataclasses import dataclass
from datetime import datetime

from fedichat.domain.effects.base import AccountEffect, Queue, RoomEffect, lane_at
from fedichat.domain.names import PostId


@dataclass(frozen=True, slots=True)
class ShowPreview(RoomEffect):
    """Show that revision of a post as it would be published, with ✅ and ❌ to tap, or bring what is shown up to date.

    What is settled (published, withdrawn, replaced by a later revision) says so, and loses its ✅ and ❌.
    """

    post: PostId
    revision: int


@dataclass(frozen=True, slots=True)
class ShowMissed(RoomEffect):
    """Ask in a room what is to become of the planned posts whose moment has passed without them."""

    @property
    def same_as(self) -> str:
        """One question about all of them is enough."""
        return f"missed {self.place}"


@dataclass(frozen=True, slots=True)
class Publish(AccountEffect):
    """Publish a confirmed post; not before the moment until which it can be taken back.

    It counts only as long as the post still waits for that very moment: a later confirmation has an effect of its own.
    """

    post: PostId
    not_before: datetime
    queue: Queue = Queue.ANSWERS

    @property
    def waits_until(self) -> datetime:
        """As it says."""
        return self.not_before

    @property
    def lane(self) -> str:
        """The account's queue for such posts; each warning has one of its own."""
        return (
            warning_lane(self.account, self.post) if self.queue is Queue.CRISIS else lane_at(self.queue, self.account)
        )


@dataclass(frozen=True, slots=True)
class Pin(AccountEffect):
    """Pin what a warning became to the account's profile."""

    post: PostId

    @property
    def lane(self) -> str:
        """The warning's own queue."""
        return warning_lane(self.account, self.post)


@dataclass(frozen=True, slots=True)
class Prepare(AccountEffect):
    """Bring a scheduled post's files to the instance ahead of its time, and see whether it will be taken."""

    post: PostId
    due_at: datetime

    @property
    def lane(self) -> str:
        """Nothing that is to be published waits for it."""
        return lane_at(Queue.AHEAD, self.account)


@dataclass(frozen=True, slots=True)
class Discard(AccountEffect):
    """Delete an upload that no status will have from the instance."""

    media: str

    @property
    def lane(self) -> str:
        """Nothing that is to be published waits for it."""
        return lane_at(Queue.AHEAD, self.account)


def warning_lane(account: str, post: PostId) -> str:
    """The queue of a single warning: it ends with its pin."""
    return f"{lane_at(Queue.CRISIS, account)}/{post}"
