"""Every kind of timer belongs to somebody, and fires once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import timers
from tests.factories import NOW
from tests.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def test_something_happens_when_a_timer_of_any_kind_fires(world: World) -> None:
    assert world.desk.clock.timers.fired.keys() == {*TimerKind}


@pytest.mark.parametrize("kind", TimerKind)
async def test_a_timer_that_was_cleared_since_it_was_looked_at_changes_nothing(world: World, kind: TimerKind) -> None:
    before = await world.rows("timers")
    await world.desk.clock.timers.fire(Timer(kind, "7"))
    assert await world.rows("timers") == before
    assert await world.rows("effects") == []


async def test_what_does_not_fire_now_is_left_out_however_many_there_are(world: World) -> None:
    broken = {Timer(TimerKind.SNOOZE, str(number)) for number in range(5)}
    last = Timer(TimerKind.LATE, "1")

    for number, timer in enumerate([*broken, last]):
        moment = NOW + timedelta(minutes=number)
        await world.database.write(partial(timers.set_timer, timer=timer, due_at=moment))
    found = await world.desk.clock.timers.earliest_timer(broken)
    assert found is not None
    assert found[0] == last
