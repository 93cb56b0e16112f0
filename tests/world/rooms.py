"""Rooms that keep what was sent to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from fedichat.domain.doors import Doors
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports import (
    FileData,
    FileMessage,
    Message,
    Spoken,
)
from tests.world.people import ALIASES, BOT, IN_ROOM


@dataclass
class Sent:
    """What the bot sent: a message or a file, and what it was made of since."""

    event: EventId
    room: RoomId
    message: Message | FileMessage
    versions: list[Message] = field(default_factory=list)
    is_gone: bool = False

    @property
    def texts(self) -> list[str]:
        """Every text that it ever showed."""
        first = self.message.caption if isinstance(self.message, FileMessage) else self.message.plain
        return [first, *(version.plain for version in self.versions)]

    @property
    def text(self) -> str:
        """The text that it shows."""
        return self.texts[-1]


@dataclass
class Mark:
    """A moment in what is said in the rooms."""

    rooms: "Rooms"

    @property
    def is_cut_off(self) -> bool:
        return self.rooms.is_away

    @property
    def answers(self) -> int:
        return self.rooms.answers

    async def heard(self) -> None:
        await self.rooms.catch_up()


class Rooms:
    """Rooms that keep what was sent.

    `catch_up` is replaced by a test in which what was said reaches the bot late; `is_away`: because the homeserver does
    not answer.
    """

    def __init__(self) -> None:
        self.sent: dict[EventId, Sent] = {}
        self.reactions: dict[EventId, tuple[EventId, str]] = {}
        self.spoken: dict[EventId, Spoken] = {}
        self.user = BOT
        self.open: dict[RoomId, Doors] = {}
        self.catch_up: Callable[[], Awaitable[None]] = self._is_heard
        self.is_away = False
        self.answers = 0
        self.positions: dict[EventId, int] = {}
        """Where in the order of events our own messages stand."""
        self.numbers = count(1)
        self._transactions: dict[str, EventId | None] = {}
        self._numbers = count(1)

    async def _is_heard(self) -> None:
        return

    def mark(self) -> Mark:
        return Mark(self)

    def is_later(self, event: EventId, position: int) -> bool:
        return self.positions.get(event, 0) > position

    @property
    def room_ids(self) -> Mapping[str, RoomId]:
        return ALIASES

    @property
    def joined(self) -> frozenset[RoomId]:
        return frozenset(ALIASES.values())

    def doors(self, room: RoomId) -> Doors:
        return self.open.get(room, Doors())

    def _once(self, transaction: str, prefix: str) -> tuple[EventId, bool]:
        known = self._transactions.get(transaction)
        if known is not None:
            return known, False
        event = EventId(f"${prefix}{next(self._numbers)}")
        self._transactions[transaction] = event
        return event, True

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        event, is_new = self._once(transaction, "said")
        if is_new and message.replaces is not None:
            assert self.sent[message.replaces].room == room
            self.sent[message.replaces].versions.append(message)
        elif is_new:
            self.sent[event] = Sent(event, room, message)
            self.positions[event] = next(self.numbers)
        return event

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        event, is_new = self._once(transaction, "file")
        if is_new:
            self.sent[event] = Sent(event, room, message)
        return event

    async def download(self, file: SharedFile, limit: int) -> FileData:
        return FileData(file.name, file.mimetype, b"file")

    async def message(self, room: RoomId, event: EventId) -> Spoken | None:
        return self.spoken.get(event)

    async def people(self, room: RoomId) -> Mapping[UserId, str]:
        return {user: user.removeprefix("@").partition(":")[0].capitalize() for user in IN_ROOM[room]}

    async def members(self, room: RoomId) -> Sequence[str]:
        return list((await self.people(room)).values())

    async def react(self, room: RoomId, target: EventId, key: str, transaction: str) -> EventId | None:
        if (target, key) in self.reactions.values() and transaction not in self._transactions:
            return None
        event, _ = self._once(transaction, "tap")
        self.reactions[event] = (target, key)
        return event

    async def redact(self, room: RoomId, target: EventId, transaction: str, reason: str = "") -> None:
        self.reactions.pop(target, None)
        if target in self.sent:
            assert self.sent[target].room == room
            self.sent[target].is_gone = True

    async def name_of(self, room: RoomId, user: UserId) -> str:
        return user.removeprefix("@").partition(":")[0].capitalize()

    def shown(self, room: RoomId) -> list[Sent]:
        """What stands in a room."""
        return [one for one in self.sent.values() if one.room == room and not one.is_gone]

    def buttons(self, event: EventId) -> list[str]:
        """The emoji that the bot has put on a message."""
        return [key for target, key in self.reactions.values() if target == event]
