"""What is recorded for an idle room is handed over in memory, and survives a crash all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fedichat.domain.effects import Effect, ShowCard, Tell
from fedichat.domain.names import Place, TicketId
from fedichat.domain.phrase import mark
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import outbox, timers
from fedichat.store.database import Transaction
from tests.workers.test_keeping_up import at_work
from tests.world import TEAM, World

HERE, THERE = Place("team/bsi"), Place("department/krypto")
HELLO = mark("There is nothing to undo.")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def record(world: World, *effects: Effect) -> None:
    await world.desk.office.write(lambda tx: outbox.add_effects(tx, effects))


async def until(there: Callable[[], bool]) -> None:
    while not there():  # noqa: ASYNC110 - no room tells
        await asyncio.sleep(0.01)


async def all_done(world: World) -> None:
    while await world.rows("effects"):  # noqa: ASYNC110 - no table tells
        await asyncio.sleep(0.01)


def said(world: World) -> int:
    return len(world.rooms.shown(TEAM))


class Looks:
    """Counts how often delivery looks for something to do, and how often it takes something out."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.agenda = self.taken = 0
        box = world.desk.room.outbox
        agenda, take = box.agenda, box.take

        async def look() -> object:
            self.agenda += 1
            return await agenda()

        async def takes(lane: str, limit: int) -> object:
            self.taken += 1
            return await take(lane, limit)

        monkeypatch.setattr(box, "agenda", look)
        monkeypatch.setattr(box, "take", takes)


async def test_nobody_looks_for_what_was_just_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(world, monkeypatch)
    async with at_work(world.app.delivery.run()):
        await until(lambda: looks.agenda == 1)
        for _ in range(3):
            await record(world, Tell(HERE, HELLO))
            await all_done(world)
    assert said(world) == 3
    assert (looks.agenda, looks.taken) == (1, 0)


async def test_what_comes_while_a_room_is_busy_is_said_after_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go, send = asyncio.Event(), world.rooms.send

    async def sends(*arguments: object) -> object:
        await may_go.wait()
        return await send(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.rooms, "send", sends)
    looks = Looks(world, monkeypatch)
    async with at_work(world.app.delivery.run()):
        await until(lambda: looks.agenda == 1)
        for number in range(30):
            await record(world, Tell(HERE, mark("Ticket #{ticket}"), {"ticket": number}))
        may_go.set()
        await until(lambda: said(world) == 30)
    assert [one.text for one in world.rooms.shown(TEAM)] == [f"Ticket #{number}" for number in range(30)]


async def test_a_process_that_dies_between_recording_and_saying_says_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.delivery, "take_over", lambda lane, batch: None)
    async with at_work(world.app.delivery.run()):
        await asyncio.sleep(0)
        await record(world, Tell(HERE, HELLO))
        [row] = await world.rows("effects")
        assert row["started_at"] is not None
        assert await world.desk.room.outbox.under_way(HERE) == {row["number"]}
    await world.crash()
    await world.deliver()
    assert said(world) == 1


async def test_whoever_stops_waiting_for_a_transaction_does_not_stop_what_follows_from_it(world: World) -> None:
    async with at_work(world.app.delivery.run()):
        await asyncio.sleep(0)
        writing = asyncio.create_task(record(world, Tell(HERE, HELLO)))
        await asyncio.sleep(0)
        writing.cancel()
        await until(lambda: said(world) == 1)
        await record(world, Tell(HERE, HELLO))
        await until(lambda: said(world) == 2)


async def test_a_transaction_that_breaks_holds_up_no_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise OSError("disk full")

    async with at_work(world.app.delivery.run()):
        await asyncio.sleep(0)
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "take", breaks)
            with pytest.raises(OSError, match="disk full"):
                await record(world, Tell(HERE, HELLO))
        await record(world, Tell(HERE, HELLO))
        await all_done(world)
    assert said(world) == 1


async def test_what_waits_for_its_moment_comes_then_also_where_the_room_was_busy(world: World) -> None:
    await world.asked()
    async with at_work(world.app.delivery.run()):
        await asyncio.sleep(0)
        later = ShowCard(HERE, TicketId(1), world.clock.now() + timedelta(minutes=5))
        await record(world, later, Tell(HERE, HELLO))
        await until(lambda: said(world) == 2)
        await all_done(world)


async def test_the_timekeeper_is_woken_only_for_what_comes_before_all_else(world: World) -> None:
    keeper = world.app.timekeeper
    keeper._until = world.clock.now() + timedelta(hours=1)
    await record(world, Tell(THERE, HELLO))
    assert not keeper._alarm._rung.is_set()

    def set_timer(tx: Transaction, after: timedelta) -> None:
        timers.set_timer(tx, Timer(TimerKind.SNOOZE, "1"), world.clock.now() + after)

    await world.desk.office.write(partial(set_timer, after=timedelta(hours=2)))
    assert not keeper._alarm._rung.is_set()
    await world.desk.office.write(partial(set_timer, after=timedelta(minutes=2)))
    assert keeper._alarm._rung.is_set()
