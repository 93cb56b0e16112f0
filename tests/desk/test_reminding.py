"""What is promised, and who is reminded of it: whole weeks of an office, with a hand-held clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.names import RoomId
from tests.world import ANNA, BOSS, TEAM, World

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = {
    "mon": "08:00-16:30",
    "tue": "08:00-16:30",
    "wed": "08:00-16:30",
    "thu": "08:00-16:30",
    "fri": "08:00-15:00",
    "holidays": "DE-NW",
}
SLA = {
    "first_response": "2 working days",
    "interim_extends": "3 working days",
    "forgotten_after": "4 working days",
    "policies": [
        {"priority": "urgent", "first_response": "4 working hours"},
        {"label": ["presse"], "first_response": "1 working day", "resolution": "3 working days"},
    ],
}
SETTINGS = {
    "timezone": "Europe/Berlin",
    "working_hours": HOURS,
    "sla": SLA,
    "departments": {
        "krypto": {"room": "#krypto:example.org", "name": "Kryptografie", "answer_within": "1 working day"},
        "netz": {"room": "#netz:example.org", "name": "Netze"},
    },
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[World]:
    """It is Monday, nine o'clock."""
    world = await World.open(tmp_path, **SETTINGS)
    world.clock.time = at("2026-11-23 09:00")
    yield world
    await world.close()


async def said(office: World, until: str, room: RoomId = TEAM) -> list[tuple[str, str]]:
    """What is said in a room until then but for cards, and when, by the office's clock."""
    known = {one.event for one in office.rooms.sent.values()}
    heard: list[tuple[str, str]] = []
    await office.desk.set_up_timers()
    end = at(until)
    while True:
        timer = await office.desk.earliest_timer()
        moment = min(timer[1], end) if timer else end
        await office.pass_time(max(moment, office.clock.time))
        for one in office.rooms.shown(room):
            if (
                one.event not in known
                and not one.text.startswith("#1 ")
                or one.event not in known
                and one.message.thread
            ):
                heard.append((f"{office.clock.time.astimezone(BERLIN):%a %d %H:%M}", one.text))
            known.add(one.event)
        if moment >= end:
            return heard


async def test_debug(office: World) -> None:
    await office.asked()
    for line in await said(office, "2026-11-27 16:00"):
        print(line)
    print(office.rooms.sent[office.card(1)].text)
    await office.say(ANNA, TEAM, "!queue")
    print([one.text for one in office.rooms.shown(BOSS)])
    print(office.rooms.shown(TEAM)[-1].text)
    assert False
