"""The doorbell: whoever writes while the office still reads another's question waits for no poll."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from fedichat.desk import Desk, Settings
from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId
from fedichat.ports import FileData, Known, Limits, NewStatus, PublishedStatus, StreamListener
from fedichat.store import tickets
from fedichat.store.database import Database
from fedichat.workers.alarm import Alarm
from fedichat.workers.intake import LOOKS_APART, Intake
from tests.factories import MINUTE, NOW, a_mention, a_status


class NoPoll:
    """A clock on which the next poll never comes, only what is waited for between two looks."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if seconds > LOOKS_APART.total_seconds():
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.time += timedelta(seconds=seconds)


class Deaf:
    """A listener before there is one."""

    def opened(self) -> None:
        return

    def ring(self) -> None:
        return

    def brought(self, mention: Mention) -> None:
        return

    def changed(self, status: StatusId) -> None:
        return


class BusyServer:
    """A server where somebody else writes, and rings, right after each answer that it has given."""

    instance = "https://social.example.org"

    def __init__(self, *mentions: Mention) -> None:
        self._waiting = list(mentions)
        self._there: list[Mention] = []
        self._listener: StreamListener = Deaf()
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._there.append(self._waiting.pop(0))

    async def mentions(
        self, after: NotificationId | None, since: datetime | None, known: Known | None = None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        answer: list[Mention | Malformed] = [*self._there]
        if self._waiting:
            self._next()
            self._listener.ring()
        yield answer

    async def listen(self, listener: StreamListener) -> None:
        self._listener = listener
        await asyncio.Event().wait()

    async def limits(self) -> Limits:
        return Limits()

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        return len(text)

    async def me(self) -> Author:
        return Author("bsi@social.example")

    async def scopes(self) -> Sequence[str]:
        return ()

    async def pin(self, status_id: StatusId) -> None:
        return

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        return ()

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        return ()

    async def status(self, status_id: StatusId) -> Status:
        return a_status(id=status_id)

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        raise NotImplementedError

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        raise NotImplementedError

    async def delete(self, status_id: StatusId) -> None:
        raise NotImplementedError

    async def discard(self, media: str) -> None:
        raise NotImplementedError

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        raise NotImplementedError

    async def fetch(self, url: str, limit: int) -> FileData:
        raise NotImplementedError

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        raise AssertionError

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        return ()

    async def close(self) -> None:
        return


async def test_a_ring_while_a_page_is_being_taken_is_not_lost(tmp_path: Path) -> None:
    questions = [
        a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}"), created_at=NOW - number * MINUTE))
        for number in range(5)
    ]
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/fedichat.db")
    opened = asyncio.Event()

    async def all_there() -> bool:
        last = TicketId(len(questions))
        return await database.read(lambda tx: tickets.find_ticket(tx, last)) is not None

    server = BusyServer(*questions)
    desk = Desk(database, NoPoll(), Settings(accounts=("bsi",)), {}, lambda _: opened.set())
    working = asyncio.create_task(Intake("bsi", server, desk, NoPoll(), poll_seconds=60).run())
    try:
        async with asyncio.timeout(10):
            while not await all_there():
                await opened.wait()
                opened.clear()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await database.close()


async def test_a_pause_ends_with_a_ring_and_leaves_it_for_the_one_who_waits() -> None:
    alarm = Alarm(NoPoll())
    alarm.ring()
    async with asyncio.timeout(10):
        await alarm.pause(NOW + MINUTE)
        await alarm.wait(NOW + MINUTE)
    assert not alarm._rung.is_set()
