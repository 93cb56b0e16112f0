"""Whole weeks of an office, holidays and both changes of the clocks in them, while its process dies at every turn."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.names import RoomId, UserId
from fedichat.domain.tickets.mention import StatusId
from fedichat.ports import AnyHeard, Reacted, Spoken
from fedichat.store.database import Transaction
from tests.desk.test_reminding import SETTINGS, at, kinds
from tests.world import ANNA, BOSS, EVA, KRYPTO, TEAM, World

BERLIN = ZoneInfo("Europe/Berlin")
# Written down by hand: what the calendar makes of DE-NW is not asked here.
CLOSED = {date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25), date(2027, 1, 1), date(2026, 12, 24)}


class Killed(BaseException):
    """The process is gone, whatever it was doing."""


@dataclass
class Weeks:
    """An office whose process dies once in a while: before a transaction is kept, or right after it was."""

    world: World
    dice: random.Random
    danger: float
    deaths: int = 0
    said: list[tuple[str, RoomId, str]] = field(default_factory=list)
    _known: int = 0

    def arm(self) -> None:
        write = self.world.database.write

        async def deadly(work: Callable[[Transaction], object]) -> object:
            def torn(tx: Transaction) -> object:
                work(tx)
                raise Killed

            if self.dice.random() < self.danger:
                await write(torn)
            result = await write(work)
            if self.dice.random() < self.danger:
                raise Killed
            return result

        self.world.database.write = deadly  # type: ignore[method-assign,assignment]

    async def survive(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do it, from the beginning again whenever the process has died: that is what a server's repeats amount to."""
        while True:
            try:
                await act()
            except Killed:
                self.deaths += 1
                await self.world.crash()
                self.arm()
            else:
                break

    async def until(self, moment: datetime) -> None:
        """Let time pass, and note what is said when."""
        while True:
            timer = await self.world.desk.clock.timers.earliest_timer()
            upto = min(timer[1], moment) if timer else moment
            await self.survive(partial(self._pass_time, max(upto, self.world.clock.time)))
            self._note()
            if upto >= moment:
                return

    async def _pass_time(self, upto: datetime) -> None:
        """In whatever process is there by then."""
        await self.world.pass_time(upto)

    def _note(self) -> None:
        sent = list(self.world.rooms.sent.values())
        when = f"{self.world.clock.time.astimezone(BERLIN):%a %d.%m. %H:%M}"
        self.said += [(when, one.room, one.texts[0]) for one in sent[self._known :]]
        self._known = len(sent)

    async def ask(self, text: str, **fields: object) -> StatusId:
        status = self.world.fediverse.write(text, **fields)  # type: ignore[arg-type]
        await self.survive(self.world.look)
        await self.survive(self.world.deliver)
        self._note()
        return status.id

    async def say(self, who: UserId, room: RoomId, text: str) -> None:
        await self._hear(Spoken(self.world.event(), room, who, self.world.clock.now(), text, None, None, None))

    async def tap(self, who: UserId, room: RoomId, begins: str, key: str) -> None:
        """Tap on the newest message that begins like that."""
        target = next(one.event for one in reversed(self.world.rooms.shown(room)) if one.texts[0].startswith(begins))
        await self._hear(Reacted(self.world.event(), room, who, self.world.clock.now(), target, key))

    async def _hear(self, heard: AnyHeard) -> None:
        await self.survive(lambda: self.world.hears(heard))
        await self.survive(self.world.deliver)
        self._note()

    def reminders(self) -> list[tuple[str, RoomId, str]]:
        """What the clock made the bot say."""
        signs = ("of the time", "is due soon", "overdue", "to propose", "proposal was", "need a look", "been done")
        return [line for line in self.said if any(sign in line[2] for sign in signs) and "> @bsi" not in line[2]]


async def played(folder: Path, story: Callable[[Weeks], Awaitable[None]], seed: int, danger: float) -> Weeks:
    hours = SETTINGS["working_hours"] | {"days_off": ["2026-12-24"], "half_days": {"2026-12-31": "08:00-12:00"}}
    world = await World.open(folder, **SETTINGS | {"working_hours": hours})

    async def takes_no_time(seconds: float) -> None:
        """Looking for a lost answer would move the moments that the story tells by half a minute."""
        await asyncio.sleep(0)

    world.clock.sleep = takes_no_time  # type: ignore[method-assign]
    weeks = Weeks(world, random.Random(seed), danger)
    weeks.arm()
    try:
        await story(weeks)
    finally:
        await weeks.world.close()
    return weeks


async def easter_and_summer_time(weeks: Weeks) -> None:
    """From the Friday before summer time to the Wednesday after Easter: holidays are the 3rd and the 6th of April."""
    weeks.world.clock.time = at("2026-03-27 14:00")
    first = await weeks.ask("One")
    await weeks.until(at("2026-03-29 02:59"))
    await weeks.ask("Two, in the night in which an hour is missing")
    await weeks.until(at("2026-03-30 09:00"))
    await weeks.say(ANNA, TEAM, "!claim 1")
    await weeks.until(at("2026-04-02 09:30"))
    await weeks.ask("Three, before Easter")
    await weeks.say(ANNA, TEAM, "!escalate 3 krypto Hm?")
    await weeks.until(at("2026-04-02 12:00"))
    await weeks.say(ANNA, TEAM, "!answer 1 Yes.")
    await weeks.tap(ANNA, TEAM, "📝 P1", "✅")
    await weeks.until(at("2026-04-05 10:00"))
    await weeks.ask("And what about 1.1?", in_reply_to=first)
    await weeks.until(at("2026-04-09 17:00"))


async def christmas(weeks: Weeks) -> None:
    """The 24th is a day off, the 25th and 1st are holidays, the 31st is a half day, the 26th a Saturday."""
    weeks.world.clock.time = at("2026-12-22 15:00")
    await weeks.ask("One")
    await weeks.until(at("2026-12-23 23:30"))
    await weeks.ask("Two, late in the evening")
    await weeks.until(at("2026-12-28 09:00"))
    await weeks.say(ANNA, TEAM, "!interim 1")
    await weeks.tap(ANNA, TEAM, "📝 P1", "✅")
    await weeks.say(ANNA, TEAM, "!escalate 2 krypto Hm?")
    await weeks.until(at("2026-12-29 08:30"))
    await weeks.say(EVA, KRYPTO, "!propose 2 Yes.")
    await weeks.until(at("2027-01-08 17:00"))


async def winter_time(weeks: Weeks) -> None:
    """The weekend on which an hour comes twice."""
    weeks.world.clock.time = at("2026-10-23 14:30")
    await weeks.ask("One")
    await weeks.say(ANNA, TEAM, "!priority 1 urgent")
    await weeks.until(at("2026-10-25 02:30"))
    await weeks.ask("Two, the first time it is half past two")
    weeks.world.clock.advance(hours=1)
    await weeks.ask("Three, the second time")
    await weeks.until(at("2026-10-28 17:00"))


EASTER = """
Mon 30.03. 14:45 team #1 half
Tue 31.03. 08:00 team #2 half
Tue 31.03. 10:54 team #1 most
Tue 31.03. 12:27 team #1 interim?
Tue 31.03. 13:06 team #2 most
Tue 31.03. 14:00 team #1 overdue
Tue 31.03. 14:00 boss #1 overdue
Tue 31.03. 14:48 team #2 interim?
Wed 01.04. 08:00 team #2 overdue
Wed 01.04. 08:00 boss #2 overdue
Thu 02.04. 13:45 krypto #3 half
Thu 02.04. 16:18 krypto #3 most
Tue 07.04. 09:30 team #3 half
Tue 07.04. 09:30 team #3 no proposal
Tue 07.04. 09:30 krypto #3 no proposal
Tue 07.04. 14:36 team #3 most
Tue 07.04. 16:18 team #3 interim?
Wed 08.04. 08:00 team #1 half
Wed 08.04. 09:30 team #3 overdue
Wed 08.04. 09:30 boss #3 overdue
Wed 08.04. 13:06 team #1 most
Wed 08.04. 14:48 team #1 interim?
Thu 09.04. 08:00 team #1 overdue
Thu 09.04. 08:00 boss #1 overdue
"""
CHRISTMAS = """
Wed 23.12. 15:00 team #1 half
Mon 28.12. 13:15 krypto #2 half
Mon 28.12. 15:48 krypto #2 most
Tue 29.12. 08:00 team #2 half
Tue 29.12. 13:06 team #2 most
Tue 29.12. 13:15 team #1 half
Tue 29.12. 14:48 team #2 interim?
Wed 30.12. 08:00 team #2 overdue
Wed 30.12. 08:00 boss #2 overdue
Wed 30.12. 12:24 team #1 most
Wed 30.12. 14:57 team #1 interim?
Thu 31.12. 09:00 team #1 overdue
Thu 31.12. 09:00 boss #1 overdue
Mon 04.01. 09:00 team #1 forgotten?
"""
WINTER_TIME = """
Mon 26.10. 09:30 team #1 half
Mon 26.10. 10:42 team #1 most
Mon 26.10. 11:06 team #1 interim?
Mon 26.10. 11:30 team #1 overdue
Mon 26.10. 11:30 boss #1 overdue
Tue 27.10. 08:00 team 2 tickets
Tue 27.10. 13:06 team 2 tickets
Tue 27.10. 14:48 team 2 tickets
Wed 28.10. 08:00 team 2 tickets
Wed 28.10. 08:00 boss 2 tickets
"""
Story = Callable[[Weeks], Awaitable[None]]
STORIES: list[tuple[Story, str]] = [
    (easter_and_summer_time, EASTER),
    (christmas, CHRISTMAS),
    (winter_time, WINTER_TIME),
]


def in_short(weeks: Weeks) -> list[str]:
    """`Tue 31.03. 08:00 team #2 half`: when, where, which ticket, and what of it."""
    lines = []
    for when, room, text in weeks.reminders():
        about = re.search(r"#\d+|\d+ tickets", text)
        assert about is not None, text
        if "tickets" in about[0]:
            lines.append(f"{when} {room[1:]} {about[0]}")
            continue
        # What is due at one moment is one message or two, depending on when the process died.
        parts = [part for part in text.splitlines() if re.search(r"#\d+", part) and kinds_of(part)] or [text]
        for part in parts:
            number = re.search(r"#\d+", part)
            lines.append(f"{when} {room[1:]} {number[0] if number else about[0]} {kinds_of(part)}")
    return sorted(lines)


def kinds_of(text: str) -> str:
    """The kind of reminder in short; empty where it is none."""
    try:
        return kinds([("", text)])[0][1]
    except (StopIteration, RuntimeError):
        return ""


def is_open(when: str) -> bool:
    """Whether somebody was there, by what is written down above."""
    day, clock = when.split()[1:3]
    the_day = date(2027 if day.endswith(".01.") else 2026, int(day[3:5]), int(day[:2]))
    closing = "12:00" if the_day == date(2026, 12, 31) else "15:00" if the_day.weekday() == 4 else "16:30"
    return the_day not in CLOSED and the_day.weekday() < 5 and "08:00" <= clock < closing


@pytest.mark.parametrize(("story", "expected"), STORIES)
async def test_every_reminder_comes_once_at_its_moment_and_none_at_night_or_on_holidays(
    tmp_path: Path, story: Story, expected: str
) -> None:
    weeks = await played(tmp_path, story, 0, 0)
    assert in_short(weeks) == sorted(expected.strip().splitlines())
    assert [line for line in in_short(weeks) if not is_open(line)] == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("story", "expected"), STORIES)
async def test_the_same_is_said_however_often_the_process_dies(
    tmp_path: Path, story: Story, expected: str, seed: int
) -> None:
    weeks = await played(tmp_path, story, seed, 0.1)
    assert weeks.deaths > 40
    assert in_short(weeks) == sorted(expected.strip().splitlines())


@pytest.mark.parametrize("story", [story for story, _ in STORIES])
async def test_after_days_without_the_process_each_room_hears_once_what_was_missed(
    tmp_path: Path, story: Story
) -> None:
    async def away(weeks: Weeks) -> None:
        """It dies before anybody is reminded, and comes back at night, when all is over."""
        asked = weeks.until

        async def only_time(moment: datetime) -> None:
            weeks.world.clock.time = moment

        weeks.until = only_time  # type: ignore[method-assign]
        await story(weeks)
        await weeks.world.crash()
        weeks.until = asked  # type: ignore[method-assign]
        weeks.world.clock.time += timedelta(hours=5)
        weeks.said.clear()
        await weeks.until(weeks.world.clock.time + timedelta(days=3))

    weeks = await played(tmp_path, away, 0, 0)
    first = weeks.reminders()[0][0]
    assert first.endswith("08:00")
    assert is_open(first)
    rooms = [room for when, room, _ in weeks.reminders() if when == first]
    assert sorted(rooms) == sorted(set(rooms))
    assert {TEAM, BOSS} <= set(rooms)
