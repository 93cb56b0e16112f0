"""Rota, promises, digests and the editorial plan together, over a whole week: all of it once, and at its moment."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from fedichat.domain.tickets.mention import Visibility
from fedichat.ports import Message
from tests.desk.test_clock_weeks import Weeks, played
from tests.desk.test_reminding import SETTINGS, at
from tests.world import ANNA, BEN, BOSS, DIRECT, TEAM, VERA

OFFICE = {
    "duty": {"rotation": [ANNA, BEN], "handover": "mon 09:00", "since": "2026-11-23"},
    "digest": {"at": "08:30", "weekly": "mon", "monthly": True, "chart": False},
    "working_hours": SETTINGS["working_hours"] | {"days_off": ["2026-11-26"]},
}
SECRET = "My landlord reads along"


async def until(weeks: Weeks, moment: datetime) -> None:
    """Time passes, also to the moments at which posts go out."""
    while True:
        _, next_at = await weeks.world.desk.room.outbox.agenda()
        timer = await weeks.world.desk.clock.timers.earliest_timer()
        moments = [one for one in (next_at, timer[1] if timer else None) if one is not None]
        upto = min([max(one, weeks.world.clock.time) for one in moments] + [moment])
        await weeks.until(upto)
        if upto >= moment:
            return


async def a_week(weeks: Weeks) -> None:
    """From Monday to the Tuesday after; Thursday is a day off, and on Tuesday the first of the month it is December."""
    world = weeks.world
    world.clock.time = at("2026-11-23 10:00")
    await world.crash(**OFFICE)
    weeks.arm()
    await until(weeks, at("2026-11-23 10:05"))
    await weeks.ask("One, which nobody takes")
    await until(weeks, at("2026-11-23 10:35"))
    await weeks.ask(SECRET, visibility=Visibility.DIRECT)
    await weeks.say(ANNA, TEAM, "!schedule 2026-11-25 07:00 | Before anybody is there")
    await weeks.tap(BEN, TEAM, "📝 P1", "✅")
    await weeks.say(ANNA, TEAM, "!schedule 2026-11-26 11:00 | On the day off")
    await weeks.tap(BEN, TEAM, "📝 P2", "✅")
    await weeks.say(ANNA, TEAM, "!schedule 2026-11-27 11:00 | Frozen by then")
    await weeks.tap(BEN, TEAM, "📝 P3", "✅")
    await until(weeks, at("2026-11-27 10:00"))
    await weeks.say(VERA, BOSS, "!freeze A fire")
    await weeks.say(BEN, TEAM, "!claim 1")
    await until(weeks, at("2026-12-01 17:00"))


SAID = (
    "🔁", "📊", "of the time", "is due soon", "overdue: the", "acknowledged", "missed its time", "is published",
)  # fmt: skip


def in_short(weeks: Weeks) -> list[str]:
    """What the bot said by itself: when, where, and how it begins."""
    found = []
    for when, room, text in weeks.said:
        if any(sign in text for sign in SAID) and not text.startswith(("📝", "❄️")):
            found.append(f"{when} {room[1:]} {re.sub(r' https?://.*', '', text.splitlines()[0])[:58].strip()}")
    return found


WEEK = """
Tue 24.11. 08:30 boss 📊 Daily digest · Mon 23 Nov 2026: 2 received, 0 answered,
Tue 24.11. 10:05 team anna: #1: 50 % of the time is over. Due Wed 25 Nov 2026 10
Tue 24.11. 10:35 direct anna: #2: 50 % of the time is over. Due Wed 25 Nov 2026 10
Tue 24.11. 15:11 team anna: #1: 80 % of the time is over. Due Wed 25 Nov 2026 10
Tue 24.11. 15:41 direct anna: #2: 80 % of the time is over. Due Wed 25 Nov 2026 10
Wed 25.11. 07:00 team P1 is published:
Wed 25.11. 08:23 team anna: #1 is due soon. Shall an interim reply go out? ✅ sho
Wed 25.11. 08:30 boss 📊 Daily digest · Tue 24 Nov 2026: 0 received, 0 answered,
Wed 25.11. 08:53 direct anna: #2 is due soon. Shall an interim reply go out? ✅ sho
Wed 25.11. 10:05 boss #1 is overdue: the citizen was to hear something by Wed 25
Wed 25.11. 10:05 team anna: #1 is overdue: the citizen was to hear something by
Wed 25.11. 10:35 direct anna: #2 is overdue: the citizen was to hear something by
Wed 25.11. 10:35 boss #2 is overdue: the citizen was to hear something by Wed 25
Thu 26.11. 11:00 team P2 is published:
Fri 27.11. 08:30 boss 📊 Daily digest · Wed 25 Nov – Thu 26 Nov 2026: 0 received,
Mon 30.11. 08:30 boss 📊 Daily digest · Fri 27 Nov – Sun 29 Nov 2026: 0 received,
Mon 30.11. 08:30 boss 📊 Weekly digest · Mon 23 Nov – Sun 29 Nov 2026: 2 received
Mon 30.11. 09:00 direct ben: 🔁 the duty is yours until Mon 07 Dec 2026 09:00 CET.
Mon 30.11. 09:00 team ben: 🔁 the duty is yours until Mon 07 Dec 2026 09:00 CET.
Mon 30.11. 11:00 boss ben has the duty and has not acknowledged that. If they ar
Mon 30.11. 11:00 team ben: The duty is yours, and the handover is not acknowledg
Tue 01.12. 08:30 boss 📊 Daily digest · Mon 30 Nov 2026: 0 received, 0 answered,
Tue 01.12. 08:30 boss 📊 Monthly digest · November 2026: 2 received, 0 answered,
"""


@pytest.mark.parametrize(("danger", "seed"), [(0, 0), (0.1, 1)])
async def test_in_a_week_each_thing_is_said_once_at_its_moment_whatever_dies(
    tmp_path: Path, danger: float, seed: int
) -> None:
    weeks = await played(tmp_path, a_week, seed, danger)
    assert sorted(in_short(weeks)) == sorted(WEEK.strip().splitlines())
    out = [new.text for new in weeks.world.fediverse.published.values()]
    assert out == ["Before anybody is there", "On the day off"]
    assert not any(SECRET in text for _, room, text in weeks.said if room != DIRECT)
    assert not any("!direct" in text for _, room, text in weeks.said if room != DIRECT)
    assert weeks.deaths > 40 or not danger


async def test_what_nobody_has_pings_the_officer_and_no_reminder_anybody_else(tmp_path: Path) -> None:
    weeks = await played(tmp_path, a_week, 0, 0)
    pinged = {
        one.message.mentions
        for room in (TEAM, DIRECT)
        for one in weeks.world.rooms.shown(room)
        if isinstance(one.message, Message) and re.search(r"of the time|due soon|overdue: the", one.texts[0])
    }
    assert pinged == {(ANNA,)}
