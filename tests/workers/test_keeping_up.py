"""A fault in one account, timer or lane is that one's: the others go on, and so does it once the fault is gone."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from fedichat.domain.effects import Tell
from fedichat.domain.names import Place
from fedichat.domain.phrase import mark
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import StopError
from fedichat.store import outbox, timers
from fedichat.workers.keeping_up import keep_up
from tests.clocks import HandClock
from tests.factories import NOW
from tests.world import TEAM, World

HELLO = mark("There is nothing to undo.")


@asynccontextmanager
async def at_work(*work: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        async with asyncio.timeout(30):
            yield
        assert not [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("fault", [RecursionError("deep"), ValueError("t0ken"), OSError()])
@pytest.mark.parametrize("where", ["mentions", "listen", "earlier"])
async def test_what_breaks_one_account_leaves_the_other_its_mentions(
    tmp_path: Path, fault: Exception, where: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.open(tmp_path, cert=True)

    works = getattr(world.cert, where)
    faults = [type(fault)("Erika's words") for _ in range(3)]

    def breaks(*arguments: object) -> object:
        if faults:
            raise faults.pop()
        return works(*arguments)

    world.fediverse.write("erste Frage")
    above = world.cert.write("above")
    world.cert.write("other account", in_reply_to=above.id)
    monkeypatch.setattr(world.cert, where, breaks)
    intakes = world.app.intakes
    try:
        async with at_work(intakes["bsi"].run(), intakes["cert"].run()):
            await intakes["bsi"].ready.wait()
            await intakes["cert"].ready.wait()
            while len(faults) > (2 if where == "earlier" else 0):  # noqa: ASYNC110 - a fault cannot tell
                await asyncio.sleep(0.01)
        assert "broke" in caplog.text
        rows = await world.rows("tickets")
        assert {row["account"] for row in rows} == {"bsi", "cert"}
    finally:
        await world.close()


async def test_a_worker_that_breaks_is_started_again_ever_later_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock()
    begun: list[float] = []

    async def work() -> None:
        begun.append((clock.now() - NOW).total_seconds())
        if len(begun) < 12:
            raise RuntimeError("Erika's words")

    await keep_up("recheck bsi", work, clock)
    waits = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert all(min(300, 2.0**n) / 2 <= wait <= min(300, 2.0**n) for n, wait in enumerate(waits))
    lines = [record for record in caplog.records if record.getMessage().startswith("worker-broke worker=recheck bsi")]
    assert len(lines) == 11
    assert all("reference=" in record.getMessage() and record.levelno == logging.ERROR for record in lines)


async def test_what_is_to_end_the_program_ends_it() -> None:
    async def work() -> None:
        raise StopError("the token was revoked")

    with pytest.raises(StopError):
        await keep_up("rooms", work, HandClock())


async def test_a_timer_that_breaks_stays_due_and_those_behind_it_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = await World.open(tmp_path)
    try:
        await world.desk.clock.timers.set_up_timers()
        # No such ticket can be read: the number is none.
        broken, behind = Timer(TimerKind.SNOOZE, "nonsense"), Timer(TimerKind.SNOOZE, "99")
        await world.database.write(lambda tx: timers.set_timer(tx, broken, NOW))
        await world.database.write(lambda tx: timers.set_timer(tx, behind, NOW))
        async with at_work(world.app.timekeeper.run()):
            while behind.key in {row["key"] for row in await world.rows("timers")}:  # noqa: ASYNC110 - a table cannot tell
                await asyncio.sleep(0.01)
        assert "timer-broke name=snooze nonsense reference=" in caplog.text
        assert broken.key in {row["key"] for row in await world.rows("timers")}
    finally:
        await world.close()


async def test_where_not_even_setting_aside_works_the_other_rooms_hear_from_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = await World.open(tmp_path)
    broken = {"yes": True}
    send, set_aside = world.rooms.send, world.desk.room.outbox.set_aside

    async def sends(room: object, *arguments: object) -> object:
        if room == TEAM and broken["yes"]:
            raise RuntimeError("a bug")
        return await send(room, *arguments)  # type: ignore[arg-type]

    async def sets_aside(*arguments: object) -> None:
        if broken["yes"]:
            raise OSError("disk full")
        await set_aside(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.rooms, "send", sends)
    monkeypatch.setattr(world.desk.room.outbox, "set_aside", sets_aside)
    try:
        for place in ("team/bsi", "department/krypto"):
            hello = Tell(Place(place), HELLO)
            await world.database.write(partial(outbox.add_effects, effects=[hello]))
        async with at_work(world.app.delivery.run()):
            while not (world.rooms.sent and "worker-broke worker=effect" in caplog.text):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert {one.room for one in world.rooms.sent.values()} != {TEAM}
            broken["yes"] = False
            while TEAM not in {one.room for one in world.rooms.sent.values()}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        await world.close()
