"""The rechecker is polite: seldom, one at a time, longer apart when the server is in trouble; and nothing stops it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from fedichat.desk import Desk, Settings
from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.errors import Gone, Rejected, StopError, TryLater
from fedichat.ports import Fediverse
from fedichat.store import tickets
from fedichat.store.database import Database
from fedichat.workers.recheck import APART, Rechecker
from tests.factories import NOW, a_mention, a_status

EVERY = timedelta(minutes=10)


class LeapingClock:
    """Whoever sleeps makes the time pass, until a moment after which nobody wakes any more."""

    def __init__(self, end: datetime) -> None:
        self.time = NOW
        self.end = end
        self.over = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if self.time + timedelta(seconds=seconds) > self.end:
            self.over.set()
            await asyncio.Event().wait()
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Server:
    """Says what each status is now, and keeps when it was asked for which."""

    def __init__(self, clock: LeapingClock) -> None:
        self.clock = clock
        self.asked: list[tuple[datetime, str]] = []
        self.answers: dict[str, Callable[[], Status]] = {}
        self.knows_many: Callable[[], None] | None = None
        """None: it shows one status at a time only."""
        self.batches: list[tuple[str, ...]] = []
        self.left_out: set[str] = set()
        self.busy = False
        self.finds_nothing = False

    async def status(self, status: StatusId) -> Status:
        await self._ask(status)
        return self.answers.get(status, lambda: a_status(id=status))()

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        if self.knows_many is None:
            return {}
        await self._ask("many")
        self.batches.append(tuple(ids))
        self.knows_many()
        return {
            one: self.answers[one]() if one in self.answers else a_status(id=one)
            for one in ids
            if one not in self.left_out
        }

    async def replies(self, status: StatusId) -> tuple[Status, ...]:
        await self._ask(f"below {status}")
        return ()

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        await self._ask("our own")
        if self.finds_nothing:
            raise Gone("404", 404)
        return ()

    async def _ask(self, what: str) -> None:
        assert not self.busy, "one at a time"
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        self.asked.append((self.clock.time, what))

    def times(self, what: str) -> list[datetime]:
        return [time for time, asked in self.asked if asked == what]


class Watch:
    """A rechecker at work on a few tickets, for a stretch of time that passes in no time."""

    def __init__(self, database: Database) -> None:
        self.clock = LeapingClock(NOW + timedelta(hours=1))
        self.server = Server(self.clock)
        self.database = database
        self.desk = Desk(database, self.clock, Settings(accounts=("bsi",), recheck_every=EVERY), {}, lambda _: None)
        self.rechecker = Rechecker("bsi", cast("Fediverse", self.server), self.desk, self.clock)

    async def asked(self, *numbers: int) -> None:
        """Citizens ask, each on their own."""
        page = [
            a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}"), created_at=NOW)) for number in numbers
        ]
        await self.desk.tickets.intake.receive("bsi", page)

    async def for_a_while(self, **parts: float) -> None:
        """That much time passes."""
        self.clock.end = self.clock.time + timedelta(**parts)
        self.clock.over.clear()
        working = asyncio.create_task(self.rechecker.run())
        over = asyncio.create_task(self.clock.over.wait())
        # However long it takes on a slow machine: only the leaping clock says when it is over.
        await asyncio.wait([working, over], return_when=asyncio.FIRST_COMPLETED)
        for task in (working, over):
            task.cancel()
        results = await asyncio.gather(working, over, return_exceptions=True)
        assert all(result is True or isinstance(result, asyncio.CancelledError) for result in results), results


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/fedichat.db")
    yield Watch(database)
    await database.close()


async def test_each_is_looked_at_every_ten_minutes_and_never_two_within_three_seconds(watch: Watch) -> None:
    await watch.asked(*range(20))
    await watch.for_a_while(minutes=35)
    for number in range(20):
        first, second, *_ = watch.server.times(f"s{number}")
        assert first - NOW >= EVERY
        assert second - first >= EVERY
    times = [time for time, _ in watch.server.asked]
    assert all(later - before >= timedelta(seconds=APART) for before, later in itertools.pairwise(times))
    assert len(watch.server.times("below s3")) == len(watch.server.times("s3"))


async def test_nothing_is_asked_while_there_is_nothing_to_look_at(watch: Watch) -> None:
    await watch.for_a_while(hours=2)
    assert watch.server.asked == []


async def test_what_the_stream_tells_comes_first_if_it_is_ours(watch: Watch) -> None:
    await watch.asked(*range(3))
    watch.rechecker.changed(StatusId("a stranger's"))
    watch.rechecker.changed(StatusId("s2"))
    watch.rechecker.changed(StatusId("s2"))
    await watch.for_a_while(minutes=1)
    assert [asked for _, asked in watch.server.asked] == ["s2", "below s2"]
    assert watch.server.times("s2") == [NOW]


async def test_a_deletion_gets_its_second_look_after_a_minute(watch: Watch) -> None:
    await watch.asked(1)

    def gone() -> Status:
        raise Gone("404", 404)

    watch.server.answers["s1"] = gone
    watch.rechecker.changed(StatusId("s1"))
    await watch.for_a_while(minutes=5)
    first, second = watch.server.times("s1")
    assert second - first >= timedelta(minutes=1)
    assert await watch.database.read(lambda tx: tickets.mentions_of(tx, TicketId(1))) == []


async def test_a_server_that_finds_nothing_at_all_costs_nobody_their_question(watch: Watch) -> None:
    """A proxy that has lost its way to the server says 404 to everything, for as long as it likes."""
    await watch.asked(*range(30))

    def gone() -> Status:
        raise Gone("404", 404)

    watch.server.answers = {f"s{number}": gone for number in range(30)}
    watch.server.finds_nothing = True
    await watch.for_a_while(hours=3)
    assert len(watch.server.times("our own")) > 2
    assert len(watch.server.asked) < 500, "it is asked seldom"
    for number in range(1, 31):
        assert await watch.database.read(partial(tickets.mentions_of, ticket=TicketId(number)))
    watch.server.answers, watch.server.finds_nothing = {}, False
    await watch.for_a_while(hours=1)
    assert [row for row in watch.server.times("s1") if row > NOW + timedelta(hours=3)]


async def test_a_few_that_are_refused_do_not_slow_down_all_the_others(watch: Watch) -> None:
    await watch.asked(*range(20))

    def refused() -> Status:
        raise Rejected("403", 403)

    watch.server.answers = dict.fromkeys(("s3", "s4", "s5"), refused)
    await watch.for_a_while(minutes=35)
    for number in range(20):
        assert len(watch.server.times(f"s{number}")) >= 2


async def test_five_hundred_open_tickets_are_no_more_than_twenty_requests_a_minute(watch: Watch) -> None:
    await watch.asked(*range(500))
    watch.server.knows_many = lambda: None
    await watch.for_a_while(minutes=40)
    times = [time for time, _ in watch.server.asked]
    assert all(later - before >= timedelta(seconds=APART) for before, later in itertools.pairwise(times))
    assert {f"s{number}" for number in range(500)} <= {one for batch in watch.server.batches for one in batch}
    assert {f"below s{number}" for number in range(500)} <= {asked for _, asked in watch.server.asked}
    assert not [asked for _, asked in watch.server.asked if asked.startswith("s")], "all in requests for many"


async def test_many_are_asked_for_in_one_request_at_most_twenty_and_what_they_wrote_next_in_its_turn(
    watch: Watch,
) -> None:
    await watch.asked(*range(45))
    watch.server.knows_many = lambda: None
    await watch.for_a_while(minutes=14)
    assert sorted(map(len, watch.server.batches)) == [5, 20, 20]
    assert len({one for batch in watch.server.batches for one in batch}) == 45
    assert {asked for _, asked in watch.server.asked} == {"many", *(f"below s{number}" for number in range(45))}


async def test_one_that_is_left_out_of_the_many_is_asked_for_alone_and_keeps_its_question(watch: Watch) -> None:
    """Once left out, and even for ever: what decides is what the server says to that one alone, twice."""
    await watch.asked(*range(5))
    watch.server.knows_many = lambda: None
    watch.server.left_out = {"s2"}
    await watch.for_a_while(minutes=45)
    assert len(watch.server.times("s2")) >= 3
    assert await watch.database.read(lambda tx: tickets.mentions_of(tx, TicketId(3)))

    def gone() -> Status:
        raise Gone("404", 404)

    watch.server.answers["s2"] = gone
    before = len(watch.server.times("s2"))
    await watch.for_a_while(minutes=15)
    first, second = watch.server.times("s2")[before:]
    assert second - first >= timedelta(minutes=1)
    assert await watch.database.read(lambda tx: tickets.mentions_of(tx, TicketId(3))) == []
    assert await watch.database.read(lambda tx: tickets.mentions_of(tx, TicketId(2)))


async def test_what_the_stream_tells_does_not_wait_for_the_end_of_a_round(watch: Watch) -> None:
    await watch.asked(*range(20))
    watch.server.knows_many = lambda: None
    await watch.for_a_while(minutes=10, seconds=9)
    assert len(watch.server.asked) < 8
    watch.rechecker.changed(StatusId("s19"))
    told = watch.clock.now()
    watch.server.asked.clear()
    await watch.for_a_while(seconds=30)
    assert watch.server.asked[0][1] == "s19"
    assert watch.server.times("s19")[0] - told <= timedelta(seconds=APART)


@pytest.mark.parametrize("error", [ValueError("a bug"), TryLater("429", retry_after=60)])
async def test_a_failing_request_for_many_holds_nobody_up_for_long(watch: Watch, error: Exception) -> None:
    await watch.asked(*range(30))
    fails = iter([True, True])

    def fail() -> None:
        if next(fails, False):
            raise error

    watch.server.knows_many = fail
    await watch.for_a_while(minutes=35)
    for number in range(30):
        assert len(watch.server.times(f"below s{number}")) >= 1


async def test_a_server_in_trouble_is_asked_as_seldom_as_it_says_and_longer_apart_each_time(watch: Watch) -> None:
    await watch.asked(1, 2)

    def busy() -> Status:
        raise TryLater("429", retry_after=240)

    watch.server.answers |= {"s1": busy, "s2": busy}
    await watch.for_a_while(minutes=30)
    times = [time for time, _ in watch.server.asked]
    assert len(times) >= 2
    assert all(later - before >= timedelta(seconds=240) for before, later in itertools.pairwise(times))


@pytest.mark.parametrize("error", [ValueError("a bug"), TryLater("unreadable"), StopError("401")])
async def test_one_that_cannot_be_looked_at_does_not_hold_up_the_others(
    watch: Watch, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    await watch.asked(1, 2)

    def broken() -> Status:
        raise error

    watch.server.answers["s1"] = broken
    await watch.for_a_while(minutes=30)
    assert len(watch.server.times("s1")) >= 2
    assert len(watch.server.times("s2")) >= 2
    assert "recheck-" in caplog.text
