"""The whole bot on a real database, and what people do and see there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Self, cast

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.matrix.user import Matrix
from fedichat.app import App
from fedichat.config.loading import config_from
from fedichat.config.readers import plain_emoji
from fedichat.domain.names import EventId, RoomId, UserId
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports import (
    AnyHeard,
    Edited,
    Message,
    Reacted,
    Redacted,
    Spoken,
    Unproven,
    Unreadable,
)
from fedichat.store.database import Database
from fedichat.workers.delivery.turn import Turn
from tests.clocks import HandClock
from tests.tables import with_tables, without_syncs
from tests.world.fediverse import Fediverse
from tests.world.people import BOT, TEAM
from tests.world.rooms import Rooms


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
        """Begin, or begin again where a process that died left off."""
        config = config_from(self.settings, self.folder)
        self.database = await Database.open(config.database_url)
        await without_syncs(self.database)
        named = {"bsi": self.fediverse, "cert": self.cert}
        fediverses = {name: cast("MastodonAccount", named[name]) for name in config.accounts}
        try:
            self.app = App(config, self.clock, self.database, cast("Matrix", self.rooms), fediverses)
        except BaseException:
            # A connection that is left open would keep the tests from ending.
            await self.database.close()
            raise
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
        await self.app.intakes["bsi"].look()

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
                await self.app.recheckers["bsi"].look(status, ticket)
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
                    await self.app.delivery.settle(waiting, Turn(None))
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
            await self.hears(spoken)
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

    async def hears(self, heard: AnyHeard) -> None:
        """The bot hears it; what follows waits for `deliver`."""
        await self.app.dispatcher.hear(heard)

    async def hear(self, heard: AnyHeard) -> None:
        """The bot hears it, and does what follows."""
        self.clock.advance(seconds=1)
        await self.hears(self.placed(heard))
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
