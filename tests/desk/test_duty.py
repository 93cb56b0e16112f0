"""The duty rota as the office sees it: who is pinged, handovers over whole weeks, swaps, absences, a calendar's file.

The whole bot, an injected clock, a real database; every handover once and at its moment, whatever dies in between.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.names import RoomId, UserId
from fedichat.domain.tickets.mention import Author, Visibility
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.ports import Message
from tests.world import ANNA, BEN, BOSS, CARL, DIRECT, EVA, KRYPTO, TEAM, VERA, Sent, World

BERLIN = ZoneInfo("Europe/Berlin")
DUTY: dict[str, object] = {"rotation": [ANNA, BEN], "handover": "mon 09:00", "since": "2026-11-23"}
HOURS: dict[str, object] = {
    **dict.fromkeys(("mon", "tue", "wed", "thu"), "08:00-16:30"),
    "fri": "08:00-15:00",
    "holidays": "DE-NW",
    "days_off": ["2026-12-24", "2026-12-31"],
}


def local(day: str, clock: str = "09:00") -> datetime:
    """A moment on the office's clock, in UTC."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BERLIN).astimezone(UTC)


async def opened(
    folder: Path,
    now: datetime,
    duty: dict[str, object] | None = None,
    **settings: Any,  # noqa: ANN401 - keys of the configuration
) -> World:
    """An office with a rota, at work since that moment."""
    duty = DUTY if duty is None else duty
    world = await World.open(folder, timezone="Europe/Berlin", duty=duty, working_hours=HOURS, **settings)
    world.clock.time = now
    await world.desk.clock.timers.set_up_timers()
    return world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Monday, 23 November 2026, 10:00: Anna is on duty, then Ben."""
    world = await opened(tmp_path, local("2026-11-23", "10:00"))
    yield world
    await world.close()


async def keep_time(world: World, until: datetime, *, dies: bool = False) -> None:
    """Let the timers come one after the other until then. `dies`: around each of them the process ends."""
    while True:
        timer = await world.desk.clock.timers.earliest_timer()
        if timer is None or timer[1] > until:
            break
        world.clock.time = max(world.clock.time, timer[1])
        if dies:
            await world.crash()
            await world.desk.clock.timers.set_up_timers()
        await world.desk.clock.timers.fire(timer[0])
        if dies:
            await world.crash()
            await world.desk.clock.timers.set_up_timers()
        await world.deliver()
    world.clock.time = max(world.clock.time, until)


def handovers(world: World, room: RoomId = TEAM) -> list[Sent]:
    return [one for one in world.rooms.shown(room) if "🔁" in one.text]


def pings(sent: Sent) -> tuple[UserId, ...]:
    assert isinstance(sent.message, Message)
    assert sent.message.notice == (not sent.message.mentions) or sent.text.startswith("#")
    return sent.message.mentions


def last(world: World, room: RoomId = TEAM) -> Sent:
    return world.rooms.shown(room)[-1]


async def told(world: World, who: UserId, text: str, room: RoomId = TEAM) -> str:
    return "\n".join(world.replies(await world.say(who, room, text)))


class Heard:
    """When which handover was told: the moments at which messages appeared, on the office's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.told: list[tuple[str, str]] = []

    async def until(self, end: datetime, *, dies: bool = False) -> list[tuple[str, str]]:
        while (timer := await self.world.desk.clock.timers.earliest_timer()) is not None and timer[1] <= end:
            before = {one.event for one in handovers(self.world)}
            await keep_time(self.world, timer[1], dies=dies)
            for one in handovers(self.world):
                if one.event not in before:
                    moment = self.world.clock.time.astimezone(BERLIN).strftime("%a %Y-%m-%d %H:%M")
                    self.told.append((moment, one.text.partition(":")[0]))
        return self.told


def citizen(name: str) -> Author:
    return Author(f"{name}@remote.example", name.capitalize(), f"https://remote.example/@{name}")


# --- who is pinged ---


async def test_a_new_ticket_that_nobody_has_pings_the_officer_on_duty_and_nobody_else(world: World) -> None:
    await world.asked()
    assert pings(last(world)) == (ANNA,)
    world.clock.time = local("2026-11-30", "09:00")
    await world.asked("And VPN?", by=citizen("frida"))
    assert pings(last(world)) == (BEN,)


async def test_what_is_claimed_pings_whoever_has_it_and_what_is_not_the_officer(world: World) -> None:
    first = await world.asked()
    await world.asked("Hello?", in_reply_to=first.id)
    assert pings(last(world)) == (ANNA,)
    await world.say(BEN, TEAM, "!claim 1")
    await world.asked("Anybody?", in_reply_to=first.id)
    assert pings(last(world)) == (BEN,)


async def test_a_card_that_is_brought_up_to_date_pings_nobody(world: World) -> None:
    await world.asked()
    await world.say(BEN, TEAM, "!priority 1 high")
    world.clock.advance(seconds=5)
    await world.deliver()
    assert [version.mentions for version in world.rooms.sent[world.card(1)].versions] == [()]


async def test_the_department_s_card_pings_no_officer_and_a_direct_one_stays_in_its_room(world: World) -> None:
    await world.asked()
    await world.say(BEN, TEAM, "!escalate 1 krypto Is it?")
    assert pings(world.rooms.sent[world.card(1, KRYPTO)]) == ()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    assert pings(world.rooms.sent[world.card(2, DIRECT)]) == (ANNA,)
    assert not any("secret" in one.text for one in world.rooms.shown(TEAM))


async def test_without_a_rota_nobody_is_pinged_and_the_command_says_so(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    await world.asked()
    assert pings(last(world)) == ()
    assert (await told(world, ANNA, "!duty")).startswith("This office has no duty rota.")
    await world.close()


async def test_a_snoozed_ticket_that_nobody_has_comes_back_to_the_officer(world: World) -> None:
    await world.asked()
    await world.say(BEN, TEAM, "!snooze 1 2 hours")
    await keep_time(world, local("2026-11-23", "14:00"))
    assert "is back in the queue" in last(world).text
    assert pings(last(world)) == (ANNA,)


# --- handovers ---


async def test_monday_s_handover_says_what_is_open_and_promised_and_pings_the_new_officer_alone(world: World) -> None:
    await world.asked()
    await world.asked("And VPN?", by=citizen("frida"))
    await world.asked("Later?", by=citizen("gustav"))
    await world.say(ANNA, TEAM, "!claim 2")
    await world.say(ANNA, TEAM, "!interim 2 We are asking.")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, "!snooze 3 1.12. 14:00")
    await keep_time(world, local("2026-11-30", "09:00"))
    (handover,) = handovers(world)
    assert pings(handover) == (BEN,)
    assert handover.text.splitlines() == [
        "ben: 🔁 the duty is yours until Mon 07 Dec 2026 09:00 CET.",
        "before: anna · next: anna",
        "2 open tickets · nobody has: #1",
        "an interim reply promised more: #2",
        "back from being snoozed by then: #3",
        "✅ says that you know.",
    ]
    assert world.rooms.buttons(handover.event) == ["✅"]


async def test_what_was_promised_for_an_earlier_question_is_not_promised_for_the_next_one(world: World) -> None:
    first = await world.asked()
    await world.say(ANNA, TEAM, "!interim 1 We are asking.")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(ANNA, TEAM, world.preview(2), "✅")
    world.clock.advance(minutes=1)
    await world.asked("And 1.3?", in_reply_to=first.id)
    await keep_time(world, local("2026-11-30", "09:00"))
    assert "1 open ticket" in handovers(world)[0].text
    assert "an interim reply promised more" not in handovers(world)[0].text


async def test_what_is_snoozed_and_late_is_not_nothing(tmp_path: Path) -> None:
    """With the ticket out of the queue, nothing counts as open; the promise to the citizen does not wait."""
    world = await opened(tmp_path, local("2026-11-23", "10:00"), sla={"first_response": "2 working days"})
    await world.asked()
    await world.say(ANNA, TEAM, "!snooze 1 20.12. 14:00")
    await keep_time(world, local("2026-11-30", "09:00"))
    (handover,) = handovers(world)
    assert "Nothing is open" not in handover.text
    assert "0 open tickets" in handover.text
    assert "⚠️ overdue: #1" in handover.text
    await world.close()


async def test_the_direct_room_hears_of_it_only_where_something_is_open_there(world: World) -> None:
    await world.asked("A secret", visibility=Visibility.DIRECT)
    await keep_time(world, local("2026-11-30", "09:00"))
    assert "Nothing is open" in handovers(world)[0].text
    assert "#1" in handovers(world, DIRECT)[0].text
    await world.say(BEN, DIRECT, "!ignore 1 spam")
    await keep_time(world, local("2026-12-07", "09:00"))
    assert [len(handovers(world, room)) for room in (TEAM, DIRECT)] == [2, 1]


async def test_the_officer_acknowledges_with_a_tap_and_a_colleague_cannot(world: World) -> None:
    await keep_time(world, local("2026-11-30", "09:00"))
    (handover,) = handovers(world)
    assert "not acknowledged" in await told(world, ANNA, "!duty")
    await world.tap(ANNA, TEAM, handover.event, "✅")
    assert "The handover is ben's to acknowledge." in last(world).text
    assert (await world.rows("handovers"))[-1]["acknowledged_at"] is None
    await world.tap(BEN, TEAM, handover.event, "✅")
    assert (await world.rows("handovers"))[-1]["acknowledged_at"] is not None
    assert world.rooms.buttons(handover.event) == ["✅", "🤝"]
    assert "not acknowledged" not in await told(world, ANNA, "!duty")
    await world.tap(BEN, TEAM, handover.event, "✅")
    assert world.rooms.buttons(handover.event) == ["✅", "🤝"]
    await keep_time(world, local("2026-12-04", "15:00"))
    assert not any("not acknowledged yet" in one.text and "tap" in one.text for one in world.rooms.shown(TEAM))


async def test_who_acknowledges_an_earlier_handover_leaves_the_reminder_of_the_present_one(world: World) -> None:
    await keep_time(world, local("2026-12-07", "09:30"))
    bens, _annas = handovers(world)
    await world.tap(BEN, TEAM, bens.event, "✅")
    await keep_time(world, local("2026-12-07", "12:00"))
    assert "please tap ✅" in last(world).text
    assert pings(last(world)) == (ANNA,)


@pytest.mark.parametrize("dies", [False, True])
async def test_whoever_does_not_acknowledge_is_reminded_once_after_two_opening_hours(
    tmp_path: Path, dies: bool
) -> None:
    world = await opened(tmp_path, local("2026-11-23", "10:00"))
    await keep_time(world, local("2026-11-30", "10:59"), dies=dies)
    assert last(world) == handovers(world)[0]
    await keep_time(world, local("2026-12-04", "15:00"), dies=dies)
    reminders = [one for one in world.rooms.shown(TEAM) if "please tap ✅" in one.text]
    assert [pings(one) for one in reminders] == [(BEN,)]
    assert [one.text for one in world.rooms.shown(BOSS)] == [
        "ben has the duty and has not acknowledged that. If they are away: `!duty absent ben …`"
    ]
    await world.close()


YEAR = [
    # from, until, rotation and handover, what is told when
    pytest.param(
        "2026-12-14",
        "2027-01-12",
        "mon 09:00",
        [
            ("Mon 2026-12-21 09:00", "anna"),
            ("Mon 2026-12-28 09:00", "ben"),
            ("Mon 2027-01-04 09:00", "anna"),
            ("Mon 2027-01-11 09:00", "ben"),
        ],
        id="over the new year",
    ),
    pytest.param(
        "2026-12-14",
        "2027-01-05",
        "fri 12:00",
        [
            ("Fri 2026-12-18 12:00", "anna"),
            # Friday is Christmas, the weekend follows.
            ("Mon 2026-12-28 08:00", "ben"),
            # Friday is New Year.
            ("Mon 2027-01-04 08:00", "anna"),
        ],
        id="Christmas and New Year on a Friday",
    ),
    pytest.param(
        "2027-03-15",
        "2027-04-13",
        "mon 09:00",
        [
            ("Mon 2027-03-22 09:00", "ben"),
            # Easter Monday, the day after the clocks are put forward.
            ("Tue 2027-03-30 08:00", "anna"),
            ("Mon 2027-04-05 09:00", "ben"),
            ("Mon 2027-04-12 09:00", "anna"),
        ],
        id="Easter, and the clocks put forward",
    ),
    pytest.param(
        "2027-10-18",
        "2027-11-09",
        "mon 09:00",
        [
            ("Mon 2027-10-25 09:00", "anna"),
            # All Saints' is a holiday in North Rhine-Westphalia; the clocks were put back on Sunday.
            ("Tue 2027-11-02 08:00", "ben"),
            ("Mon 2027-11-08 09:00", "anna"),
        ],
        id="the clocks put back, and All Saints'",
    ),
    pytest.param(
        "2027-03-22",
        "2027-04-06",
        "sun 02:30",
        [("Tue 2027-03-30 08:00", "anna"), ("Mon 2027-04-05 08:00", "ben")],
        id="at night, in the hour that the clocks skip",
    ),
    pytest.param(
        "2027-10-25",
        "2027-11-08",
        "sun 02:30",
        [("Tue 2027-11-02 08:00", "ben"), ("Mon 2027-11-08 08:00", "anna")],
        id="at night, in the hour that the clocks repeat",
    ),
]


@pytest.mark.parametrize("dies", [False, True], ids=["", "dies all the time"])
@pytest.mark.parametrize(("begin", "end", "handover", "expected"), YEAR)
async def test_every_handover_is_told_once_and_in_opening_hours(
    tmp_path: Path, begin: str, end: str, handover: str, expected: list[tuple[str, str]], dies: bool
) -> None:
    world = await opened(tmp_path, local(begin, "10:00"), {**DUTY, "handover": handover})
    assert await Heard(world).until(local(end, "23:59"), dies=dies) == expected
    assert all(pings(one) for one in handovers(world))
    await world.close()


@pytest.mark.parametrize(("begin", "end", "handover"), [case.values[:3] for case in YEAR])
async def test_the_duty_itself_passes_on_at_its_moment_whatever_is_closed(
    tmp_path: Path, begin: str, end: str, handover: str
) -> None:
    world = await opened(tmp_path, local(begin, "10:00"), {**DUTY, "handover": handover})
    await Heard(world).until(local(end, "23:59"))
    rows = await world.rows("handovers")
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(str(row["at"]))) for row in rows]
    weekday, _, clock = handover.partition(" ")
    for moment in moments:
        shown = moment.astimezone(BERLIN)
        assert shown.strftime("%a").lower() == weekday
        assert shown.strftime("%H:%M") in {clock, "03:30"}
    assert len({*moments}) == len(moments)
    await world.close()


async def test_of_what_passed_in_a_long_downtime_only_the_last_is_told_and_not_at_night(tmp_path: Path) -> None:
    world = await opened(tmp_path, local("2026-11-23", "10:00"))
    world.clock.time = local("2026-12-16", "23:00")
    await world.crash()
    await world.desk.clock.timers.set_up_timers()
    await keep_time(world, world.clock.time)
    assert handovers(world) == []
    await keep_time(world, local("2026-12-17", "08:00"))
    (handover,) = handovers(world)
    assert handover.text.startswith("ben: 🔁 the duty is yours since Mon 14 Dec 2026 09:00 CET")
    await world.close()


async def test_a_handover_that_could_not_be_told_before_the_office_closed_is_told_when_it_opens(world: World) -> None:
    world.clock.time = local("2026-11-30", "09:00")
    await world.desk.clock.timers.fire(Timer(TimerKind.HANDOVER))
    world.clock.time = local("2026-11-30", "22:00")
    await world.crash()
    await world.deliver()
    assert handovers(world) == []
    world.clock.time = local("2026-12-01", "08:00")
    await world.deliver()
    assert len(handovers(world)) == 1


async def test_a_rotation_that_was_changed_while_the_bot_was_away_is_a_handover_when_it_is_back(world: World) -> None:
    await world.crash(duty={**DUTY, "rotation": [BEN, ANNA]})
    await world.desk.clock.timers.set_up_timers()
    await keep_time(world, world.clock.time)
    assert [pings(one) for one in handovers(world)] == [(BEN,)]
    await world.crash()
    await world.desk.clock.timers.set_up_timers()
    await keep_time(world, world.clock.time)
    assert len(handovers(world)) == 1


# --- looking, swapping, being away ---


async def test_duty_says_who_until_when_and_who_is_next(world: World) -> None:
    assert (await told(world, BEN, "!duty")).splitlines() == [
        "anna has the duty until Mon 30 Nov 2026 09:00 CET",
        "from Mon 30 Nov 2026 09:00 CET: ben",
        "from Mon 07 Dec 2026 09:00 CET: anna",
        "from Mon 14 Dec 2026 09:00 CET: ben",
        "from Mon 21 Dec 2026 09:00 CET: anna",
    ]
    assert (await told(world, EVA, "!dienst", KRYPTO)).startswith("anna has the duty")


async def test_a_department_sees_who_has_the_duty_and_not_who_is_away(world: World) -> None:
    await world.say(BEN, TEAM, "!duty absent 30.11.–4.12.")
    assert "away" in await told(world, ANNA, "!duty")
    assert "away" not in await told(world, EVA, "!duty", KRYPTO)


async def test_a_swap_exchanges_the_next_turn_of_each_pings_the_other_and_the_same_again_takes_it_back(
    world: World,
) -> None:
    said = await world.say(ANNA, TEAM, "!duty swap @ben")
    (answer,) = world.replies(said)
    assert answer == (
        "ben: Swapped by anna: ben has the duty Mon 07 Dec 2026 09:00 CET – Mon 14 Dec 2026 09:00 CET, and anna "
        "Mon 30 Nov 2026 09:00 CET – Mon 07 Dec 2026 09:00 CET."
    )
    assert pings(last(world)) == (BEN,)
    shown = (await told(world, BEN, "!duty")).splitlines()
    assert [line.rpartition(": ")[2] for line in shown[1:4]] == ["anna", "ben", "ben"]
    await world.say(ANNA, TEAM, "!duty swap ben")
    shown = (await told(world, BEN, "!duty")).splitlines()
    assert [line.rpartition(": ")[2] for line in shown[1:4]] == ["ben", "anna", "ben"]


async def test_days_say_which_turns_are_meant_and_today_s_passes_on_at_once(world: World) -> None:
    await told(world, ANNA, "!duty swap @ben 23.11. 14.12.")
    await keep_time(world, world.clock.time)
    assert [pings(one) for one in handovers(world)] == [(BEN,)]
    await world.asked()
    assert pings(last(world)) == (BEN,)
    shown = await told(world, BEN, "!duty")
    assert "from Mon 14 Dec 2026 09:00 CET: anna" in shown


async def test_whoever_is_away_is_replaced_and_the_room_hears_by_whom(world: World) -> None:
    said = await told(world, BEN, "!duty absent 30.11.–4.12.")
    assert said == (
        "anna: ben is away Mon 30 Nov 2026 – Fri 04 Dec 2026. The duty falls to anna "
        "(Mon 30 Nov 2026 09:00 CET – Sat 05 Dec 2026 00:00 CET)."
    )
    assert pings(last(world)) == (ANNA,)
    shown = (await told(world, ANNA, "!duty")).splitlines()
    assert shown[1] == "from Mon 30 Nov 2026 09:00 CET: anna · in place of ben, who is away"
    assert shown[-1] == "🏖 ben is away Mon 30 Nov 2026 – Fri 04 Dec 2026"
    again = await told(world, BEN, "!duty present")
    assert again == "ben is there again from Mon 23 Nov 2026 on, and has their turns back."
    assert "away" not in await told(world, ANNA, "!duty")


async def test_whoever_falls_ill_today_is_replaced_at_once(world: World) -> None:
    await world.say(VERA, BOSS, "!duty absent @anna today")
    await keep_time(world, world.clock.time)
    assert [pings(one) for one in handovers(world)] == [(BEN,)]
    told_in_team = [one for one in world.rooms.shown(TEAM) if "anna is away" in one.text]
    assert [pings(one) for one in told_in_team] == [(ANNA, BEN)]
    assert [pings(one) for one in world.rooms.shown(BOSS)] == [()]
    await keep_time(world, local("2026-11-24", "08:00"))
    assert [pings(one) for one in handovers(world)] == [(BEN,), (ANNA,)]


async def test_where_all_are_away_nobody_has_it_and_that_is_said(world: World) -> None:
    await world.say(BEN, TEAM, "!duty absent 30.11.–6.12.")
    said = await told(world, ANNA, "!duty absent 30.11.–6.12.")
    assert "Nobody of the rotation is there Mon 30 Nov 2026 00:00 CET – Mon 07 Dec 2026 00:00 CET." in said
    await keep_time(world, local("2026-11-30", "09:00"))
    (handover,) = handovers(world)
    assert handover.text.startswith("🔁 Nobody has the duty until Mon 07 Dec 2026 00:00 CET")
    assert pings(handover) == ()
    await world.asked()
    assert pings(last(world)) == ()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("!duty swap", "Something is missing: the person."),
        ("!duty swap @anna", "Nobody can swap with themselves."),
        ("!duty swap @xyzzy", "Nobody in the team's room is called @xyzzy."),
        ("!duty swap @bem", "Nobody in the team's room is called @bem. Did you mean ben?"),
        ("!duty swap @ben 8.12. 9.12.", "ben has no turn then"),
        ("!duty swap @ben 30.11.", "anna has no turn then"),
        ("!duty swap @ben 31.2.", "“31.2.” does not exist"),
        ("!duty swap @ben 1.11.", "“1.11.” is past"),
        ("!duty absent", "Something is missing: the days."),
        ("!duty absent soon", "Nobody in the team's room is called soon."),
        ("!duty absent 31.2.", "“31.2.” does not exist"),
        ("!duty absent @anna 31.2.", "“31.2.” does not exist"),
        ("!duty absent @anna", "From when to when?"),
        ("!duty present", "anna is not down as away."),
        ("!duty away", "I do not understand “away” there."),
        ("!duty absent @ben 7.12.", "A colleague's duty is changed by the supervisors"),
        ("!duty present @ben", "A colleague's duty is changed by the supervisors"),
        ("!duty swap @ben @gus", "A colleague's duty is changed by the supervisors"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_what_would_be_right_and_changes_nothing(
    world: World, said: str, why: str
) -> None:
    assert why in await told(world, ANNA, said)
    assert await world.rows("duty_shifts") == await world.rows("duty_absences") == []


async def test_nobody_is_swapped_into_a_time_in_which_they_are_away(world: World) -> None:
    await world.say(BEN, TEAM, "!duty absent 7.12.–9.12.")
    assert "ben is away then" in await told(world, ANNA, "!duty swap @ben 10.12. 30.11.")


async def test_supervisors_swap_two_people_and_whom_the_configuration_lets(tmp_path: Path) -> None:
    world = await opened(tmp_path, local("2026-11-23", "10:00"), users={str(ANNA): {"allow": ["roster"]}})
    assert "Swapped by vera" in await told(world, VERA, "!duty swap @anna @ben", BOSS)
    assert "ben is away" in await told(world, ANNA, "!duty absent @ben 30.11.")
    assert "A colleague's duty" in await told(world, BEN, "!duty absent @anna 30.11.")
    await world.close()


async def test_the_same_in_german(tmp_path: Path) -> None:
    world = await opened(tmp_path, local("2026-11-23", "10:00"), language="de")
    assert "anna hat den Dienst bis Mo 30.11.2026 09:00 MEZ" in await told(world, BEN, "!dienst")
    assert "getauscht" in (await told(world, ANNA, "!dienst tausch @ben")).casefold()
    assert "ben ist abwesend: Mo 21.12.2026 – Sa 02.01.2027" in await told(world, BEN, "!dienst abwesend 21.12.–2.1.")
    assert "ben" in await told(world, BEN, "!dienst anwesend")
    await keep_time(world, local("2026-11-30", "09:00"))
    assert handovers(world)[0].text.startswith("anna: 🔁 ab jetzt im Dienst")
    await world.close()


async def test_duty_says_that_nobody_has_it_however_long_all_are_away(world: World) -> None:
    for who in (ANNA, BEN):
        await world.say(who, TEAM, "!duty absent 24.11.2026–31.10.2027")
    world.clock.time = local("2026-11-24", "10:00")
    assert (await told(world, ANNA, "!duty")).startswith("nobody has the duty until Mon 01 Nov 2027 00:00 CET")


async def test_an_absence_that_is_said_again_is_answered_as_the_first_time(world: World) -> None:
    first = await told(world, BEN, "!duty absent 30.11.–4.12.")
    assert "The duty falls to anna" in first
    assert await told(world, BEN, "!duty absent 30.11.–4.12.") == first


async def test_whoever_has_left_the_rotation_has_no_swapped_turn_either(world: World) -> None:
    await world.say(ANNA, TEAM, "!duty swap @ben 7.12. 30.11.")
    assert "from Mon 07 Dec 2026 09:00 CET: ben" in await told(world, ANNA, "!duty")
    await world.crash(duty=DUTY | {"rotation": [ANNA, CARL]})
    await world.desk.clock.timers.set_up_timers()
    assert "ben" not in await told(world, ANNA, "!duty")


async def test_who_had_the_duty_and_who_was_away_is_forgotten_with_the_history(world: World) -> None:
    await world.say(BEN, TEAM, "!duty absent 30.11.–1.12.")
    await world.say(ANNA, TEAM, "!duty swap @ben 7.12. 14.12.")
    await keep_time(world, local("2026-12-21", "09:00"))
    assert len(await world.rows("handovers")) > 3
    world.clock.time = local("2026-12-21", "09:30") + timedelta(days=731)
    await world.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    assert [await world.rows(table) for table in ("duty_absences", "duty_shifts")] == [[], []]
    # The last one stays: the next is news compared with it.
    assert [len(await world.rows(table)) for table in ("handovers", "handover_messages")] == [1, 1]


# --- a calendar's file ---


def calendar(*shifts: tuple[str, str, str]) -> str:
    events = [
        f"BEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:{who}\r\nDTSTART;VALUE=DATE:{start}\r\nDTEND;VALUE=DATE:{end}\r\nEND:VEVENT"
        for number, (who, start, end) in enumerate(shifts)
    ]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", *events, "END:VCALENDAR", ""])


async def test_a_calendar_s_file_counts_in_place_of_the_rotation_and_is_read_anew_when_it_changes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rota.ics"
    file.write_text(calendar(("Ben", "20261123", "20261207")), newline="")
    world = await opened(tmp_path, local("2026-11-23", "10:00"), {**DUTY, "ics": str(file)})
    assert world.app.rota_file is not None
    await world.app.rota_file.look()
    assert (await told(world, ANNA, "!duty")).startswith("ben has the duty until Mon 07 Dec 2026 09:00 CET")
    file.write_text(calendar(("Anna", "20261123", "20261130"), ("Ben", "20261130", "20261214")), newline="")
    await world.app.rota_file.look()
    assert (await told(world, ANNA, "!duty")).splitlines()[1] == "from Mon 30 Nov 2026 09:00 CET: ben"
    await world.crash(duty=DUTY)
    await world.desk.clock.timers.set_up_timers()
    assert await world.rows("duty_shifts") == []
    await world.close()


async def test_a_file_that_cannot_be_used_leaves_the_rota_as_it_was_and_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "rota.ics"
    file.write_text(calendar(("Ben", "20261123", "20261207")), newline="")
    world = await opened(tmp_path, local("2026-11-23", "10:00"), {**DUTY, "ics": str(file)})
    assert world.app.rota_file is not None
    await world.app.rota_file.look()
    file.write_text(calendar(("Zoe", "20261123", "20261207"), ("Yves", "20261207", "20261214")), newline="")
    await world.app.rota_file.look()
    await world.crash()
    assert world.app.rota_file is not None
    await world.app.rota_file.look()
    await world.deliver()
    (said,) = world.rooms.shown(BOSS)
    assert said.text.startswith(
        "The file with the duty rota was not taken over, what it said before holds. “Zoe” (2026-11-23) names nobody"
    )
    assert said.text.endswith("And 1 more; `fedichat check` lists them.")
    assert (await told(world, ANNA, "!duty")).startswith("ben has the duty")
    file.unlink()
    await world.app.rota_file.look()
    await world.deliver()
    assert "cannot be read: no such file or directory" in last(world, BOSS).text
    await world.close()
