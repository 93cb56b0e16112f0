"""Mentions that the stream brings: cards at once and without a request; the poll stays the truth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from fedichat.desk import Desk, Settings
from fedichat.domain.tickets.mention import Malformed, Mention, NotificationId, Status, StatusId, Visibility
from fedichat.errors import TryLater
from fedichat.ports import Known, NewStatus, StreamListener
from fedichat.store import inbox, tickets
from fedichat.store.database import Database
from fedichat.workers import streamed as module
from fedichat.workers.intake import LOOKS_APART, Intake
from tests.clocks import HandClock
from tests.world.fediverse import Fediverse

PATIENCE = 10.0


class Server(Fediverse):
    """A server whose stream a test holds in its hands, and that counts what it is asked for."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__(clock)
        self.stream: asyncio.Future[StreamListener] = asyncio.get_running_loop().create_future()
        self.looks = 0
        self.hangs = False
        """Whether nobody ever hears what stands above a status."""

    async def listen(self, listener: StreamListener) -> None:
        self.stream.set_result(listener)
        await asyncio.Event().wait()

    async def mentions(
        self, after: NotificationId | None, since: datetime | None, known: Known | None = None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        self.looks += 1
        async for page in super().mentions(after, since, known):
            yield page

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        if self.hangs:
            await asyncio.Event().wait()
        return await super().earlier(status_id)

    def asked(self, text: str, **fields: object) -> Mention:
        """A citizen mentions the office; the notification of it."""
        self.write(text, **fields)  # type: ignore[arg-type]
        return self.notifications[-1]


@dataclass
class Watch:
    clock: HandClock
    server: Server
    database: Database
    desk: Desk

    def intake(self, poll_seconds: float = 3600) -> Intake:
        return Intake("bsi", self.server, self.desk, self.clock, poll_seconds)

    @asynccontextmanager
    async def running(self, poll_seconds: float = 3600) -> AsyncIterator[StreamListener]:
        intake = self.intake(poll_seconds)
        working = asyncio.create_task(intake.run())
        try:
            async with asyncio.timeout(PATIENCE):
                await intake.ready.wait()
                yield await self.server.stream
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def has(self, mention: Mention) -> bool:
        ids = [mention.status.id]
        return bool(await self.database.read(lambda tx: tickets.tickets_of_statuses(tx, "bsi", ids)))

    async def above(self, mention: Mention) -> list[StatusId]:
        found = await self.database.read(lambda tx: tickets.find_mention(tx, "bsi", mention.status.id))
        assert found is not None
        return [status.id for status in found.earlier]

    async def cursor(self) -> NotificationId | None:
        return await self.database.read(lambda tx: inbox.cursor(tx, "bsi"))


@asynccontextmanager
async def watch(folder: Path, clock: HandClock | None = None) -> AsyncIterator[Watch]:
    clock = clock or HandClock()
    database = await Database.open(f"sqlite+aiosqlite:///{folder}/fedichat.db")
    try:
        yield Watch(
            clock, Server(clock), database, Desk(database, clock, Settings(accounts=("bsi",)), {}, lambda _: None)
        )
    finally:
        await database.close()


class NoPause(HandClock):
    """Whoever sleeps for long by it sleeps on: neither the next poll nor the next look comes."""

    async def sleep(self, seconds: float) -> None:
        if seconds > 1:
            await asyncio.Event().wait()
        await super().sleep(seconds)


async def until_taken(it: Watch, mention: Mention) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await it.has(mention):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def test_a_mention_that_the_stream_brings_becomes_a_ticket_without_any_request(tmp_path: Path) -> None:
    async with watch(tmp_path, NoPause()) as it, it.running() as stream:
        it.server.trouble = AssertionError("nothing is asked on the way to the card")
        looks = it.server.looks
        asked = it.server.asked("Wie sicher ist das?")
        stream.brought(asked)
        await until_taken(it, asked)
        stream.brought(asked)  # whatever comes twice is one ticket
        again = it.server.asked("Noch etwas.")
        stream.brought(again)
        await until_taken(it, again)
        assert it.server.looks == looks
        known = await it.desk.tickets.intake.known_ids("bsi", [asked.notification_id, again.notification_id])
        assert known.taken == known.unpolled == {asked.notification_id, again.notification_id}


async def test_what_the_stream_left_out_is_found_though_it_brought_later_ones_and_the_bot_was_killed(
    tmp_path: Path,
) -> None:
    async with watch(tmp_path, NoPause()) as it:
        it.clock.advance(minutes=-10)
        first = it.server.asked("Die erste.")
        await it.intake().look()
        async with it.running() as stream:
            it.server.trouble = TryLater("HTTP 429: no more pages for now")
            it.clock.advance(minutes=5)
            missing = it.server.asked("Die hat der Strom vergessen.")
            for text in ("eine spätere", "und noch eine"):
                it.clock.advance(minutes=2)
                later = it.server.asked(text)
                stream.brought(later)
                await until_taken(it, later)
        it.server.trouble = None
        assert not await it.has(missing)
        assert await it.cursor() in {None, first.notification_id}, "what only the stream brought does not move it"
        assert await it.intake().look() == 1
        assert await it.has(missing)
        assert await it.cursor() is not None
        assert await it.cursor() != first.notification_id, "the poll has seen them all"


async def test_the_card_of_a_reply_has_what_stands_above_it_and_waits_only_a_moment_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watch(tmp_path, NoPause()) as it, it.running() as stream:
        ours = it.server.say(NewStatus("Unser Beitrag", Visibility.PUBLIC)).id
        reply = it.server.asked("Stimmt das?", in_reply_to=ours)
        stream.brought(reply)
        await until_taken(it, reply)
        assert await it.above(reply) == [ours]
        monkeypatch.setattr(module, "_CONTEXT_SECONDS", 0.01)
        it.server.hangs = True
        other = it.server.asked("Und das?", in_reply_to=it.server.say(NewStatus("Noch einer", Visibility.PUBLIC)).id)
        stream.brought(other)
        await until_taken(it, other)
        assert await it.above(other) == []


async def test_looks_are_ten_seconds_apart_whatever_the_stream_says(tmp_path: Path) -> None:
    async with watch(tmp_path) as it, it.running() as stream:
        begun, looks = it.clock.now(), it.server.looks
        for number in range(50):
            stream.ring()
            stream.changed(StatusId("s1"))
            stream.brought(it.server.asked(f"Nr. {number}"))
            for _ in range(20):
                await asyncio.sleep(0)
        passed = it.clock.now() - begun
        assert it.server.looks > looks
        assert it.server.looks - looks <= passed / LOOKS_APART + 1


async def test_a_stream_that_comes_back_is_followed_by_a_look_at_once(tmp_path: Path) -> None:
    async with watch(tmp_path, NoPause()) as it, it.running() as stream:
        meanwhile = it.server.asked("Als er weg war.")
        stream.opened()
        await until_taken(it, meanwhile)
