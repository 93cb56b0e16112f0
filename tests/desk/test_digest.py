"""The supervisors' digest: the whole bot on a real database, and time that passes when a test says so."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fedichat.domain.effects import Tell
from fedichat.domain.names import team_place
from fedichat.domain.tickets.mention import Author, Visibility
from fedichat.ports import FileMessage, Message
from fedichat.store import outbox
from fedichat.store.outbox import Waiting
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, KRYPTO, TEAM, VERA, Sent, World

FRIDA = Author("frida@remote.example", "Frida", "https://remote.example/@frida")
BERLIN = {"timezone": "Europe/Berlin"}
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-16:30") | {"holidays": "DE-NW"}
SETTINGS: dict[str, object] = {
    "timezone": "Europe/Berlin",
    "working_hours": HOURS,
    "digest": {"at": "08:30", "weekly": "never", "monthly": False, "chart": False},
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path, **SETTINGS)  # type: ignore[arg-type]
    world.clock.time = at("2026-11-19 12:00")
    await passes(world, "2026-11-19 12:00")
    yield world
    await world.close()


def at(text: str) -> datetime:
    """A moment on the office's clock, which is an hour ahead of UTC in winter."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=1)


async def passes(world: World, until: str, *, dies: bool = False) -> None:
    """Time passes until then, every moment being dealt with as it comes; where the process `dies`, twice at each."""
    await world.desk.clock.timers.set_up_timers()
    end = max(at(until), world.clock.time)
    while (timer := await world.desk.clock.timers.earliest_timer()) is not None and timer[1] <= end:
        world.clock.time = max(world.clock.time, timer[1])
        if dies:
            await world.crash()
            await world.desk.clock.timers.set_up_timers()
        await world.desk.clock.timers.fire(timer[0])
        if dies:
            await world.crash()
            await world.desk.clock.timers.set_up_timers()
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


# --- what is in it ---


async def a_day(world: World) -> None:
    """Thursday and Friday: five questions, one of them private; answered, ignored, put to a department."""
    await world.crash(sla={"first_response": "2 working days"}, publishing={"undo_seconds": 0})
    await passes(world, "2026-11-20 08:40")
    for number in range(1, 5):
        await world.asked(f"Question {number}?")
        world.clock.advance(minutes=1)
    await world.asked("Only between us", visibility=Visibility.DIRECT)
    world.clock.advance(hours=2)
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, "!ignore 2 polemic")
    await world.say(ANNA, DIRECT, "!ignore 5 Erika Muster has asked that before")
    await world.say(ANNA, TEAM, "!escalate 3 krypto Is that so?")


async def test_the_digest_says_what_came_what_became_of_it_and_what_is_left(world: World) -> None:
    await a_day(world)
    await passes(world, "2026-11-23 08:30")
    digest = digests(world)[-1]
    assert lines(digest) == [
        (
            "📊 Daily digest · Fri 20 Nov – Sun 22 Nov 2026: 5 received, 1 answered, 2 ignored · "
            "now 2 open, 0 overdue, 0 due today"
        ),
        "In time: 100% (1 of 1) · interim replies: 0",
        "First response, in working time: median 2 h 4 min, 90% within 2 h 4 min",
        "Ignored: polemic 1 · direct messages 1",
        "🏢 Kryptografie: 1 received, 0 answered, 1 open, 0 overdue",
        "Waiting longest:",
        f"#3 ⏳ waiting · since Fri 20 Nov 2026 08:42 CET https://matrix.to/#/!team/{world.card(3)}?via=example.org",
        f"#4 🆕 new · since Fri 20 Nov 2026 08:43 CET https://matrix.to/#/!team/{world.card(4)}?via=example.org",
        "Planned for today: nothing",
        "Nothing is held up, and nothing has failed.",
    ]
    assert isinstance(digest.message, Message)
    assert not digest.message.notice
    assert digest.message.mentions == ()


async def test_nothing_that_a_citizen_wrote_is_in_it_and_of_what_is_private_only_the_number(world: World) -> None:
    await a_day(world)
    await world.say(ANNA, DIRECT, "!reopen 5")
    await passes(world, "2026-11-23 08:30")
    text = digests(world)[-1].text
    assert "Question" not in text
    assert "Erika" not in text
    assert "between us" not in text
    assert "#5 🆕 new · ✉️ direct · since Fri 20 Nov 2026 08:44 CET\n" in text
    assert "!direct" not in text


async def test_colleagues_are_counted_only_where_the_office_wants_that(world: World) -> None:
    await a_day(world)
    await passes(world, "2026-11-23 08:30")
    assert "👤" not in digests(world)[-1].text
    assert "anna" not in digests(world)[-1].text

    await world.crash(digest={"at": "08:30", "by_person": True, "chart": False})
    asked = await world.say(VERA, BOSS, "!digest last week")
    assert "👤 anna: 1 answer" in world.replies(asked)[0]


async def test_overdue_and_due_today_are_said_and_a_broken_promise_counts(world: World) -> None:
    await a_day(world)
    await passes(world, "2026-11-24 08:30")
    assert digests(world)[-1].text.splitlines()[0].endswith("now 2 open, 0 overdue, 2 due today")
    await passes(world, "2026-11-25 08:30")
    digest = digests(world)[-1]
    assert lines(digest)[0].endswith("now 2 open, 2 overdue, 0 due today")
    assert lines(digest)[1] == "In time: 0% (0 of 2) · interim replies: 0"
    assert "#3 ⏳ waiting · since Fri 20 Nov 2026 08:42 CET · ⚠️ overdue" in digest.text


async def test_today_s_planned_posts_are_in_it_and_what_somebody_has_to_see_to(world: World) -> None:
    await passes(world, "2026-11-20 09:00")
    await world.say(ANNA, TEAM, "!schedule 2026-11-20 11:00 | Missed, for nobody approves it")
    await world.say(ANNA, TEAM, "!schedule 2026-11-23 09:00 | A guide for parents")
    await world.say(ANNA, TEAM, "!schedule 2026-11-23 14:00 | A draft until somebody approves it")
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Tomorrow's")
    for number in (2, 4):
        await world.tap(BEN, TEAM, world.preview(number), "✅")
    await passes(world, "2026-11-23 08:30", dies=True)
    assert lines(digests(world)[-1])[-2:] == [
        "Planned for today: 09:00 P2 (bsi) · 14:00 P3 (bsi, a draft)",
        "⏰ Missed their time: P1",
    ]
    assert not any(word in digests(world)[-1].text for word in ("guide", "approves", "Tomorrow"))

    await world.say(VERA, BOSS, "!freeze A fire")
    await passes(world, "2026-11-24 08:30")
    assert lines(digests(world)[-1])[-3:] == [
        "Planned for today: 09:00 P4 (bsi)",
        "❄️ All that is planned is held back, by vera since Mon 23 Nov 2026 08:30 CET.",
        "⏰ Missed their time: P1 · P2 · P3",
    ]
    assert "👤" not in digests(world)[-1].text


async def test_what_is_planned_is_nobody_s_answer(world: World) -> None:
    await world.crash(digest={"at": "08:30", "by_person": True, "chart": False})
    await world.say(ANNA, TEAM, "!schedule 2026-11-20 11:00 | A guide")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.live_until(at("2026-11-23 08:31"))
    assert len(world.fediverse.published) == 1
    digest = digests(world)[-1].text
    assert ": 0 received, 0 answered, 0 ignored" in digest
    assert "👤" not in digest


async def test_a_question_that_was_reopened_and_never_answered_is_a_broken_promise(world: World) -> None:
    await a_day(world)
    await world.say(ANNA, TEAM, "!reopen 2")
    await passes(world, "2026-11-25 08:30")
    assert lines(digests(world)[-1])[1] == "In time: 0% (0 of 3) · interim replies: 0"


async def test_of_two_merged_questions_the_promise_to_the_older_one_counts_and_counts_once(world: World) -> None:
    await world.crash(sla={"first_response": "1 working day", "interim_extends": "5 working days"})
    await world.asked()
    await world.say(ANNA, TEAM, "!interim 1 Soon.")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.asked("A third one", by=FRIDA)
    await passes(world, "2026-11-23 12:00")
    await world.asked("Hello?")
    await world.asked("Hello?", by=FRIDA)
    await world.say(ANNA, TEAM, "!merge 1 3")
    await world.say(ANNA, TEAM, "!merge 2 4")
    await passes(world, "2026-11-26 12:00")
    stats = world.replies(await world.say(VERA, BOSS, "!stats november"))[0]
    assert "In time: 50% (1 of 2)" in stats


async def test_what_is_promised_no_more_is_no_broken_promise(world: World) -> None:
    await world.crash(sla={"first_response": "1 working day"})
    await world.asked()
    await world.crash(sla=None)
    await passes(world, "2026-11-26 12:00")
    assert "In time: nothing was due" in world.replies(await world.say(VERA, BOSS, "!stats november"))[0]


async def test_what_is_held_up_or_has_failed_is_said(world: World) -> None:
    await a_day(world)
    world.clock.time = at("2026-11-23 11:00")
    await world.desk.room.outbox.set_aside((await tried(world))[0], "403: not allowed", None)
    await tried(world)
    just_now = await world.say(VERA, BOSS, "!digest")
    assert "Held up" not in world.replies(just_now)[0]
    assert "❗ Failed: set aside for whoever runs fedichat: 1" in world.replies(just_now)[0]

    await tried(world)
    world.clock.advance(minutes=6)
    later = await world.say(VERA, BOSS, "!digest")
    assert "⏸ Held up, until a server answers again: 1 message in a room" in world.replies(later)[0]


async def tried(world: World) -> Sequence[Waiting]:
    """Something that is to be said in the team's room, and is being tried."""
    await world.database.write(lambda tx: outbox.add_effects(tx, [Tell(team_place("bsi"), "…")]))
    return await world.desk.room.outbox.take("team/bsi", 20)


# --- when somebody asks for it ---


async def test_supervisors_may_ask_for_it_and_for_other_periods(world: World) -> None:
    await a_day(world)
    world.clock.time = at("2026-11-23 11:00")
    usual = await world.say(VERA, BOSS, "!digest")
    month = await world.say(VERA, BOSS, "!digest november")
    german = await world.say(VERA, BOSS, "!tagesbericht letzte Woche")
    assert [world.replies(one)[0].partition(":")[0] for one in (usual, month, german)] == [
        "📊 Digest · Fri 20 Nov – Sun 22 Nov 2026",
        "📊 Digest · November 2026",
        "📊 Digest · Mon 16 Nov – Sun 22 Nov 2026",
    ]
    wrong = await world.say(VERA, BOSS, "!digest some time ago")
    assert world.replies(wrong)[0].startswith("I do not understand “some time ago” as a period.")


async def test_the_figures_of_a_department_or_a_label_can_be_asked_for(world: World) -> None:
    await a_day(world)
    await world.say(ANNA, TEAM, "!label 4 tls")
    all_of_it = await world.say(VERA, BOSS, "!stats")
    krypto = await world.say(VERA, BOSS, "!stats this month --department Kryptografie")
    tls = await world.say(VERA, BOSS, "!stats 2026 --label #TLS")
    assert [world.replies(one)[0].splitlines()[0] for one in (all_of_it, krypto, tls)] == [
        "📊 November 2026: 5 received, 1 answered, 2 ignored · now 2 open, 0 overdue, 0 due today",
        "📊 November 2026 · Kryptografie: 1 received, 0 answered, 0 ignored · now 1 open, 0 overdue, 0 due today",
        "📊 2026 · 🏷 tls: 1 received, 0 answered, 0 ignored · now 1 open, 0 overdue, 0 due today",
    ]
    nobody = await world.say(VERA, BOSS, "!stats --department payroll")
    assert world.replies(nobody) == ["There is no department “payroll”. There are: krypto, netz."]


async def test_the_team_is_told_that_the_figures_are_the_supervisors(world: World) -> None:
    for room, who in ((TEAM, ANNA), (DIRECT, ANNA), (KRYPTO, EVA)):
        asked = await world.say(who, room, "!stats")
        assert world.replies(asked)[0].endswith("and that is for the supervisors.")
    await world.crash(users={ANNA: {"allow": ["stats"]}})
    asked = await world.say(ANNA, TEAM, "!stats")
    assert world.replies(asked)[0].startswith("📊 November 2026: ")


async def test_the_picture_comes_after_the_text_once_and_says_the_same_in_words(world: World) -> None:
    await a_day(world)
    await world.crash(digest={"at": "08:30", "weekly": "never", "monthly": False})
    await passes(world, "2026-11-23 08:30", dies=True)
    shown = [one for one in world.rooms.shown(BOSS) if one.text.startswith(("📊", "The last 14"))][-2:]
    text, picture = shown
    assert isinstance(text.message, Message)
    assert isinstance(picture.message, FileMessage)
    assert (picture.message.file.mimetype, picture.message.file.data[:4]) == ("image/png", b"\x89PNG")
    assert picture.text.startswith(
        "The last 14 working days, until Fri 20 Nov 2026. Stacked bars, for each day: in time / too late / ignored "
        "(share in time). Tue 3 0/0/0; "
    )
    assert picture.text.endswith("; Thu 19 0/0/0; Fri 20 1/0/2 (100%).")
