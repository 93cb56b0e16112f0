"""An office without servers: the whole bot on a real database; rooms and a fediverse that do as they are told, no more.

Nothing here decides anything: rooms keep what was sent, the fediverse keeps what was published. For tests of what many
small steps lead to; what servers make of it is for the scenarios.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Self, cast

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.matrix.user import Matrix
from fedichat.app import App
from fedichat.config.loading import config_from
from fedichat.config.readers import plain_emoji
from fedichat.domain.doors import Doors
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId, Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Gone, Refusal, Rejected, Unsure
from fedichat.ports import (
    AnyHeard,
    Edited,
    FileData,
    FileMessage,
    Limits,
    Message,
    NewStatus,
    PublishedStatus,
    Reacted,
    Redacted,
    Spoken,
    Unproven,
    Unreadable,
)
from fedichat.store.database import Database
from fedichat.workers.delivery.turn import Turn
from tests.factories import ERIKA, NOW
from tests.tables import with_tables, without_syncs

BOT = UserId("@fedichat:example.org")
ANNA = UserId("@anna:example.org")
BEN = UserId("@ben:example.org")
EVA = UserId("@eva:example.org")
VERA = UserId("@vera:example.org")
GUS = UserId("@gus:elsewhere.example")

CARL = UserId("@carl:example.org")

TEAM, DIRECT, KRYPTO, NETZ, BOSS, CERT = (
    RoomId("!team"),
    RoomId("!direct"),
    RoomId("!krypto"),
    RoomId("!netz"),
    RoomId("!boss"),
    RoomId("!cert"),
)
ALIASES = {
    "#team:example.org": TEAM,
    "#direct:example.org": DIRECT,
    "#krypto:example.org": KRYPTO,
    "#netz:example.org": NETZ,
    "#boss:example.org": BOSS,
    "#cert:example.org": CERT,
}
IN_ROOM = {
    TEAM: (ANNA, BEN, GUS),
    DIRECT: (ANNA, BEN),
    KRYPTO: (EVA, GUS),
    NETZ: (EVA,),
    BOSS: (VERA,),
    CERT: (BEN, CARL),
}
BSI = Author("bsi@social.example.org", "BSI", "https://social.example.org/@bsi")


class HandClock:
    """Time passes only when a test says so, or when somebody sleeps."""

    def __init__(self) -> None:
        self._time = NOW
        self.passed = timedelta()
        """How much time has passed, whatever the clock was set to."""
        self._moved = asyncio.Event()

    @property
    def time(self) -> datetime:
        """What it shows; can be set."""
        return self._time

    @time.setter
    def time(self, moment: datetime) -> None:
        self._time = moment
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def now(self) -> datetime:
        return self._time

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)
        await asyncio.sleep(0)  # others have their turn

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)
        self.passed += timedelta(**parts)

    async def shows(self, moment: datetime) -> None:
        """Somebody else lets the time pass until then."""
        while self._time < moment:
            await self._moved.wait()


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


class Fediverse:
    """One account's view of a very small fediverse."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.statuses: dict[StatusId, Status] = {}
        self.notifications: list[Mention] = []
        self.published: dict[StatusId, NewStatus] = {}
        self.edits: list[tuple[StatusId, NewStatus]] = []
        self.deleted: list[StatusId] = []
        self.discarded: list[str] = []
        self.uploads: list[FileData] = []
        self.pinned: list[StatusId] = []
        self.lost_answers = 0
        self.tags_besides: tuple[str, ...] = ()
        """Whom the server says that our texts tag."""
        """How many of the next statuses are published without us hearing of it."""
        self.phantoms = 0
        """How many of the next statuses are answered with an id and not kept (Mastodon's antispam, from its source)."""
        self.clock_offset = timedelta()
        """By how much the server's clock differs from ours."""
        self.lists_late = timedelta()
        """How long it takes until a status is in the account's list, as on a cluster that lags."""
        self.made_at: dict[StatusId, timedelta] = {}
        self.instance = "https://social.example.org"
        self.counts_in_full: int | None = None
        """How long a text may be, addresses in full, whatever is announced; then it is refused."""
        self.trouble: Exception | None = None
        """What every request meets, while it is set."""
        self._numbers = count(1)

    def write(
        self,
        text: str,
        *,
        visibility: Visibility = Visibility.PUBLIC,
        by: Author = ERIKA,
        in_reply_to: StatusId | None = None,
        **fields: object,
    ) -> Status:
        """A citizen mentions the office."""
        number = next(self._numbers)
        status = Status(
            id=StatusId(f"s{number}"),
            author=by,
            text=f"@bsi {text}",
            html=f"<p>@bsi {text}</p>",
            visibility=visibility,
            created_at=self.clock.now(),
            url=f"https://remote.example/@x/s{number}",
            language="en",
            in_reply_to=in_reply_to,
        )
        status = replace(status, **fields)  # type: ignore[arg-type]
        self.statuses[status.id] = status
        self.notifications.append(Mention(NotificationId(f"n{number}"), status.created_at, status))
        return status

    def change(self, status: StatusId, text: str) -> None:
        """A citizen edits what they wrote."""
        now = self.clock.now()
        self.statuses[status] = replace(
            self.statuses[status], text=f"@bsi {text}", html=f"<p>@bsi {text}</p>", edited_at=now
        )

    def take_away(self, status: StatusId) -> None:
        """A citizen deletes what they wrote."""
        del self.statuses[status]

    async def limits(self) -> Limits:
        return Limits()

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        if limits.url_characters is not None:
            text = re.sub(r"https?://\S+", "u" * limits.url_characters, text)
        return len(text) + len(content_warning)

    def _answer(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def me(self) -> Author:
        self._answer()
        return BSI

    async def scopes(self) -> Sequence[str]:
        return ("read", "write")

    async def mentions(
        self, after: NotificationId | None, since: datetime | None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        self._answer()
        ids = [one.notification_id for one in self.notifications]
        start = ids.index(after) + 1 if after in ids else 0
        page: list[Mention | Malformed] = [
            Mention(one.notification_id, one.notified_at, self.statuses[one.status.id])
            for one in self.notifications[start:]
            if one.status.id in self.statuses
        ]
        if page:
            yield page

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        found: list[Status] = []
        above = (await self.status(status_id)).in_reply_to
        while above is not None and above in self.statuses:
            found.insert(0, self.statuses[above])
            above = self.statuses[above].in_reply_to
        return tuple(found)

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        await self.status(status_id)
        return tuple(status for status in self.statuses.values() if status.in_reply_to == status_id)

    async def status(self, status_id: StatusId) -> Status:
        self._answer()
        if status_id not in self.statuses:
            raise Gone("there is no such status", 404)
        return self.statuses[status_id]

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        self._answer()
        return {one: self.statuses[one] for one in ids if one in self.statuses}

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        """The key is ignored, as it is by most servers."""
        self._answer()
        if self.counts_in_full is not None and len(new.text) > self.counts_in_full:
            told = Refusal("the server says “{words}” ({status})", words="Text is too long", status=422)
            raise Rejected("bsi: HTTP 422 (Text is too long)", 422, told)
        if self.phantoms:
            self.phantoms -= 1
            number = StatusId(f"p{next(self._numbers)}")
            return PublishedStatus(number, f"https://social.example.org/@bsi/{number}", self._now(), new.visibility)
        status = self.say(new)
        number, now, url = status.id, status.created_at, status.url
        self.published[number] = new
        if self.lost_answers:
            self.lost_answers -= 1
            raise Unsure("no answer came")
        return PublishedStatus(number, url, now, new.visibility, self.tags_besides)

    def say(self, new: NewStatus) -> Status:
        """Our account publishes something, by whatever client."""
        number = StatusId(f"p{next(self._numbers)}")
        status = Status(
            id=number,
            author=BSI,
            text=new.text,
            html=new.text,
            visibility=new.visibility,
            created_at=self._now(),
            url=f"https://social.example.org/@bsi/{number}",
            in_reply_to=new.in_reply_to,
            mentions=self.tags_besides,
        )
        self.statuses[number] = status
        self.made_at[number] = self.clock.passed
        return status

    def _now(self) -> datetime:
        return self.clock.now() + self.clock_offset

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        await self.status(status_id)
        self.edits.append((status_id, new))
        self.statuses[status_id] = replace(
            self.statuses[status_id], text=new.text, html=new.text, mentions=self.tags_besides
        )
        return self.tags_besides

    async def delete(self, status_id: StatusId) -> None:
        await self.status(status_id)
        self.deleted.append(status_id)
        del self.statuses[status_id]

    async def discard(self, media: str) -> None:
        self.discarded.append(media)

    async def pin(self, status_id: StatusId) -> None:
        self.pinned.append(status_id)

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        self.uploads.append(file)
        progress(1.0)
        return f"m{len(self.uploads)}"

    async def fetch(self, url: str, limit: int) -> FileData:
        return FileData("image.png", "image/png", b"image")

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        self._answer()
        listed = [
            status
            for status in reversed(self.statuses.values())
            if status.author == BSI and self.made_at[status.id] + self.lists_late <= self.clock.passed
        ]
        return tuple(listed[:40] if since is None else [one for one in listed if one.created_at >= since])

    async def listen(self, ring: Callable[[], None], changed: Callable[[StatusId], None]) -> None:
        return

    async def close(self) -> None:
        return


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


class World:
    """The office at work. What people do is heard at once; what follows from it is carried out by `deliver`."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = HandClock()
        self.fediverse = Fediverse(self.clock)
        self.cert = Fediverse(self.clock)
        self.rooms = Rooms()
        self._events = count(1)
        self.app: App

    @classmethod
    async def open(cls, folder: Path, *, direct_room: bool = True, cert: bool = False, **settings: object) -> Self:
        """`settings` are keys of the configuration. `cert`: there is a second account of that name, with a team."""
        rooms = {"team": "#team:example.org"} | ({"direct": "#direct:example.org"} if direct_room else {})
        other = {
            "cert": {
                "instance": "https://cert.example.org",
                "access_token": "t0ken-of-cert",
                "rooms": {"team": "#cert:example.org"},
            }
        }
        tree: dict[str, object] = {
            "database": str(folder / "fedichat.db"),
            "matrix": {
                "homeserver": "https://matrix.example.org",
                "user": BOT,
                "password": "Sehr/geheim 1!",
                "store": str(folder / "matrix-store"),
            },
            "accounts": {
                "bsi": {"instance": "https://social.example.org", "access_token": "t0ken-of-bsi", "rooms": rooms},
                **(other if cert else {}),
            },
            "departments": {
                "krypto": {"room": "#krypto:example.org", "name": "Kryptografie"},
                "netz": {"room": "#netz:example.org", "name": "Netze"},
            },
            "supervisors": {"room": "#boss:example.org"},
            "publishing": {"undo_seconds": 0},
        }
        world = cls(folder, tree | settings)
        with_tables(folder / "fedichat.db")
        await world.start()
        return world

    async def start(self) -> None:
        """Begin, or begin anew where a process that died left off."""
        config = config_from(self.settings, self.folder)
        self.database = await Database.open(config.database_url)
        await without_syncs(self.database)
        named = {"bsi": self.fediverse, "cert": self.cert}
        fediverses = {name: cast("MastodonAccount", named[name]) for name in config.accounts}
        self.app = App(config, self.clock, self.database, cast("Matrix", self.rooms), fediverses)
        self.desk = self.app.desk

    async def close(self) -> None:
        await self.database.close()

    async def crash(self, **settings: object) -> None:
        """The process dies and is started again, with these keys configured otherwise: only the database is left."""
        await self.close()
        self.settings = {**self.settings, **settings}
        await self.start()

    # --- what happens outside ---

    async def asked(self, text: str = "Is TLS 1.2 still allowed?", **fields: object) -> Status:
        """A citizen writes, and it is shown."""
        status = self.fediverse.write(text, **fields)  # type: ignore[arg-type]
        await self.look()
        await self.deliver()
        return status

    async def look(self) -> None:
        """Ask the fediverse what is new."""
        await self.app._intakes["bsi"].look()

    async def pass_time(self, until: datetime) -> None:
        """Let time pass, and do whatever its moments bring."""
        await self.desk.clock.timers.set_up_timers()
        while (timer := await self.desk.clock.timers.earliest_timer()) is not None and timer[1] <= until:
            self.clock.time = max(self.clock.time, timer[1])
            await self.desk.clock.timers.fire(timer[0])
            await self.deliver()
        self.clock.time = max(self.clock.time, until)
        await self.deliver()

    async def recheck(self, status: StatusId) -> None:
        """See whether a status still stands as it was, as after a word of the stream; twice, as for a deletion."""
        for _ in range(2):
            ticket = await self.desk.tickets.follow_ups.where_it_stands("bsi", status)
            if ticket is not None:
                await self.app._recheckers["bsi"].look(status, ticket)
            self.clock.advance(minutes=2)
        await self.deliver()

    async def deliver(self) -> None:
        """Carry out what is due, and what follows from it, until nothing is left."""
        for _ in range(100):
            due, _next_at = await self.desk.room.outbox.agenda()
            if not due:
                return
            for lane in sorted(due):
                for waiting in await self.desk.room.outbox.take(lane, 20):
                    await self.app._delivery._settle(waiting, Turn(None))
        raise AssertionError("delivery comes to no end")

    async def live_until(self, moment: datetime) -> None:
        """Time passes, and all that becomes due is done at its moment."""
        while True:
            timer = await self.desk.clock.timers.earliest_timer()
            _due, next_at = await self.desk.room.outbox.agenda()
            moments = [at for at in (timer and timer[1], next_at) if at is not None and at <= moment]
            if not moments:
                break
            self.clock.time = max(self.clock.time, min(moments))
            await self.wake()
        self.clock.time = max(self.clock.time, moment)
        await self.wake()

    async def wake(self) -> None:
        """Do what has become due by now, timers first."""
        while (timer := await self.desk.clock.timers.earliest_timer()) and timer[1] <= self.clock.now():
            await self.desk.clock.timers.fire(timer[0])
        await self.deliver()

    # --- what people do ---

    def event(self) -> EventId:
        return EventId(f"$event{next(self._events)}")

    async def say(
        self,
        who: UserId,
        room: RoomId,
        text: str,
        *,
        thread: EventId | None = None,
        reply_to: EventId | None = None,
        file: SharedFile | None = None,
        dies: bool = False,
        unproven: Unproven | None = None,
    ) -> EventId:
        """`dies`: the process ends right after it was heard, before anything that follows from it."""
        event = self.event()
        spoken = Spoken(event, room, who, self.clock.now(), text, thread, reply_to, file, unproven=unproven)
        if dies:
            await self.app._dispatcher.hear(spoken)
            await self.crash()
        await self.hear(spoken)
        return event

    async def tap(self, who: UserId, room: RoomId, target: EventId, key: str) -> EventId:
        event = self.event()
        await self.hear(Reacted(event, room, who, self.clock.now(), target, plain_emoji(key)))
        return event

    async def edit(
        self, who: UserId, room: RoomId, target: EventId, text: str, *, unproven: Unproven | None = None
    ) -> EventId:
        event = self.event()
        await self.hear(Edited(event, room, who, self.clock.now(), target, text, unproven=unproven))
        return event

    async def says_unreadably(
        self,
        who: UserId,
        room: RoomId,
        *,
        thread: EventId | None = None,
        target: EventId | None = None,
        at: datetime | None = None,
    ) -> EventId:
        """Somebody writes, or changes what they wrote, and the bot has no key for it."""
        event = self.event()
        await self.hear(Unreadable(event, room, who, at or self.clock.now(), thread, target))
        return event

    async def redact(self, who: UserId, room: RoomId, target: EventId) -> EventId:
        event = self.event()
        await self.hear(Redacted(event, room, who, self.clock.now(), target))
        return event

    def placed(self, heard: AnyHeard) -> AnyHeard:
        """It takes its place in the order of events."""
        return replace(heard, position=heard.position or next(self.rooms.numbers))

    async def hear(self, heard: AnyHeard) -> None:
        """The bot hears it, and does what follows."""
        self.clock.advance(seconds=1)
        await self.app._dispatcher.hear(self.placed(heard))
        await self.deliver()

    # --- what can be seen ---

    def card(self, number: int, room: RoomId = TEAM) -> EventId:
        """The card of a ticket in a room."""
        return next(
            one.event
            for one in self.rooms.sent.values()
            if one.room == room and isinstance(one.message, Message) and one.text.startswith(f"#{number} ")
        )

    def preview(self, number: int, room: RoomId = TEAM) -> EventId:
        """The newest preview of that post."""
        return [one.event for one in self.rooms.shown(room) if one.texts[0].startswith(f"📝 P{number} ")][-1]

    def replies(self, event: EventId) -> list[str]:
        """What the bot answered to a message."""
        return [
            one.text
            for one in self.rooms.sent.values()
            if isinstance(one.message, Message) and one.message.reply_to == event
        ]

    async def rows(self, table: str) -> list[dict[str, object]]:
        """A table as it is."""
        from sqlalchemy import text  # noqa: PLC0415

        def read(tx: object) -> list[dict[str, object]]:
            result = tx.execute(text(f"select * from {table}"))  # type: ignore[attr-defined] # noqa: S608
            return [dict(row._mapping) for row in result]

        return await self.database.read(read)
