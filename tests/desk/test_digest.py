"""The supervisors' digest: the whole bot on a real database, and time that passes when a test says so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.world import BOSS, Sent, World

BERLIN = {"timezone": "Europe/Berlin"}
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-16:30") | {"holidays": "DE-NW"}
SETTINGS: dict[str, object] = {
    "timezone": "Europe/Berlin",
    "working_hours": HOURS,
    "digest": {"at": "08:30", "weekly": "never", "monthly": False, "chart": False},
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path, **SETTINGS)
    world.clock.time = at("2026-11-19 12:00")
    await passes(world, "2026-11-19 12:00")
    yield world
    await world.close()


def at(text: str) -> datetime:
    """A moment on the office's clock, which is an hour ahead of UTC in winter."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=1)


async def passes(world: World, until: str, *, dies: bool = False) -> None:
    """Time passes until then, every moment being dealt with as it comes; where the process `dies`, twice at each."""
    await world.desk.set_up_timers()
    end = max(at(until), world.clock.time)
    while (timer := await world.desk.earliest_timer()) is not None and timer[1] <= end:
        world.clock.time = max(world.clock.time, timer[1])
        if dies:
            await world.crash()
            await world.desk.set_up_timers()
        await world.desk.fire(timer[0])
        if dies:
            await world.crash()
            await world.desk.set_up_timers()
        await world.deliver()
    world.clock.time = end


def digests(world: World, room: str = BOSS) -> list[Sent]:
    return [one for one in world.rooms.sent.values() if one.room == room and one.text.startswith("📊")]


def firsts(world: World) -> list[str]:
    """The first line of each digest in the supervisors' room."""
    return [one.text.splitlines()[0] for one in digests(world)]


def lines(sent: Sent) -> list[str]:
    return sent.text.splitlines()


# --- when it comes ---


async def test_a_digest_comes_each_working_morning_and_never_on_days_off(world: World) -> None:
    await passes(world, "2026-11-25 12:00")
    assert [line.partition(": ")[0] for line in firsts(world)] == [
        "📊 Daily digest · Thu 19 Nov 2026",
        "📊 Daily digest · Fri 20 Nov – Sun 22 Nov 2026",
        "📊 Daily digest · Mon 23 Nov 2026",
        "📊 Daily digest · Tue 24 Nov 2026",
    ]


async def test_over_christmas_it_comes_once_a_working_day_however_often_the_process_dies(world: World) -> None:
    await passes(world, "2026-12-22 12:00")
    before = len(digests(world))
    await world.crash(working_hours=HOURS | {"days_off": ["2026-12-24", "2026-12-31"]})

    await passes(world, "2027-01-05 12:00", dies=True)

    assert [line.partition(": ")[0] for line in firsts(world)[before:]] == [
        "📊 Daily digest · Tue 22 Dec 2026",
        "📊 Daily digest · Wed 23 Dec – Sun 27 Dec 2026",
        "📊 Daily digest · Mon 28 Dec 2026",
        "📊 Daily digest · Tue 29 Dec 2026",
        "📊 Daily digest · Wed 30 Dec 2026 – Sun 03 Jan 2027",
        "📊 Daily digest · Mon 04 Jan 2027",
    ]


async def test_one_that_was_missed_comes_late_says_so_and_leaves_no_day_out(world: World) -> None:
    world.clock.time = at("2026-11-24 11:00")  # nobody was there since Thursday
    await passes(world, "2026-11-24 11:00")
    (late,) = digests(world)
    assert lines(late)[0].startswith("📊 Daily digest · Thu 19 Nov – Mon 23 Nov 2026: ")
    assert lines(late)[1] == (
        "⏰ This comes late: it should have come on Tue 24 Nov 2026 08:30 CET. No day is left out."
    )


async def test_a_late_one_wakes_nobody_at_night_or_on_a_day_off(world: World) -> None:
    world.clock.time = at("2026-11-20 20:00")
    await passes(world, "2026-11-23 08:00")
    assert digests(world) == []
    await passes(world, "2026-11-23 09:00")
    assert [line.partition(": ")[0] for line in firsts(world)] == ["📊 Daily digest · Thu 19 Nov – Sun 22 Nov 2026"]
    assert "late" not in digests(world)[0].text


async def test_weekly_and_monthly_ones_come_too(world: World) -> None:
    await world.crash(digest={"at": "08:30", "chart": False})
    await passes(world, "2026-12-01 12:00")
    kinds = [line.partition(": ")[0].removeprefix("📊 ") for line in firsts(world)]
    assert [kind for kind in kinds if not kind.startswith("Daily")] == [
        "Weekly digest · Mon 16 Nov – Sun 22 Nov 2026",
        "Weekly digest · Mon 23 Nov – Sun 29 Nov 2026",
        "Monthly digest · November 2026",
    ]


async def test_switched_off_it_comes_no_more_and_switched_on_again_it_makes_up_for_nothing(world: World) -> None:
    settings = dict(world.settings)
    world.settings = {key: value for key, value in settings.items() if key != "digest"}
    await world.crash()
    await passes(world, "2026-11-26 12:00")
    assert digests(world) == []

    await world.crash(digest=settings["digest"])
    await passes(world, "2026-11-27 12:00")
    assert [line.partition(": ")[0] for line in firsts(world)] == ["📊 Daily digest · Thu 26 Nov 2026"]
