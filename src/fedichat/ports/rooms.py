"""The Matrix side: what our user says in rooms, and what it can ask about them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fedichat.domain.doors import Doors
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports.events import Spoken
from fedichat.ports.files import FileData


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say in a room.

    `plain` and `html` say the same. `notice`: sent as m.notice, which wakes nobody; cards and whatever should wake
    somebody are m.text. `thread` is the root event of its thread, `reply_to` the event in the thread that it answers.
    `replaces` makes it an edit of that event of ours. `mentions` are the people addressed: always sent, empty for
    nobody.
    """

    plain: str
    html: str
    notice: bool = True
    thread: EventId | None = None
    reply_to: EventId | None = None
    replaces: EventId | None = None
    mentions: tuple[UserId, ...] = ()

    def editing(self, event: EventId) -> "Message":
        """The same as an edit of an earlier message of ours."""
        return dataclasses.replace(self, replaces=event)


@dataclass(frozen=True, slots=True)
class FileMessage:
    """A file to show in a room, in a thread. `caption` is shown with it: an alt text, who shared it."""

    file: FileData
    caption: str
    thread: EventId | None = None
    caption_html: str = ""


@dataclass(frozen=True, slots=True)
class RoomState:
    """Our position in a room, for `fedichat check`. `power` is our power level, `needed_*` what the room requires.

    `doors` say who can join and read it.
    """

    room: RoomId
    name: str
    joined: bool
    encrypted: bool
    power: int
    needed_to_speak: int
    needed_to_redact: int
    doors: Doors = field(default_factory=Doors)


class Mark(Protocol):
    """A moment in what is said in our rooms, see `Rooms.mark`."""

    @property
    def is_cut_off(self) -> bool:
        """Whether the homeserver still owes us what was said before it: it gives no answer, or an incomplete one."""
        ...

    @property
    def answers(self) -> int:
        """The number of the homeserver's latest answer: while it stays the same, the homeserver is silent."""
        ...

    async def heard(self) -> None:
        """Wait, however long it takes, until everything that was said before it, in all rooms, has been dealt with."""
        ...


class Rooms(Protocol):
    """The Matrix side: our user on one homeserver."""

    def mark(self) -> Mark:
        """Mark this moment."""
        ...

    def is_later(self, event: EventId, position: int) -> bool:
        """Whether a message of ours came into its room after whatever has that position there.

        A message from before the last start was there before everything that is heard since.
        """
        ...

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        """Send it; the same `transaction` from the same device always gives the same event."""
        ...

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        """Upload a file, encrypted if the room is, and show it; repeating gives the same event."""
        ...

    async def download(self, file: SharedFile, limit: int) -> FileData:
        """A file that somebody shared, decrypted.

        Raises Rejected for one of more than `limit` bytes, and for one that does not match its key.
        """
        ...

    async def message(self, room: RoomId, event: EventId) -> Spoken | None:
        """What a person said in that message, decrypted; None if it is not a person's, or cannot be read."""
        ...

    async def people(self, room: RoomId) -> Mapping[UserId, str]:
        """Who is in a room, with their display names; without ourselves."""
        ...

    async def members(self, room: RoomId) -> Sequence[str]:
        """The display names of the people in a room, without our own, in order."""
        ...

    async def react(self, room: RoomId, target: EventId, key: str, transaction: str) -> EventId | None:
        """React to an event; None if we had already reacted like this."""
        ...

    async def redact(self, room: RoomId, target: EventId, transaction: str, reason: str = "") -> None:
        """Redact one of our own events (or another's, if our power level allows it)."""
        ...

    async def name_of(self, room: RoomId, user: UserId) -> str:
        """The display name of somebody in a room, or their user id."""
        ...
