"""What is promised, and who is reminded of it: whole weeks of an office, with a hand-held clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.cause import Cause
from fedichat.domain.names import RoomId, TicketId, UserId, team_place
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.ports import Message
from fedichat.store.database import Transaction
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, KRYPTO, TEAM, Sent, World

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
SETTINGS: dict[str, Any] = {
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
    """What is said in a room until then, and when by the office's clock; cards, follow-ups and commands aside."""
    known = {one.event for one in office.rooms.sent.values()}
    heard: list[tuple[str, str]] = []
    await office.desk.clock.timers.set_up_timers()
    end = at(until)
    while True:
        timer = await office.desk.clock.timers.earliest_timer()
        moment = min(timer[1], end) if timer else end
        await office.pass_time(max(moment, office.clock.time))
        for one in office.rooms.shown(room):
            if one.event not in known and " · Erika Muster" not in one.text:
                heard.append((f"{office.clock.time.astimezone(BERLIN):%a %d %H:%M}", one.text))
            known.add(one.event)
        if moment >= end:
            return heard


def kinds(heard: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same in short."""
    words = {
        "need a look": "several",
        "50 % of": "half",
        "80 % of": "most",
        "Shall an interim": "interim?",
        "overdue": "overdue",
        "nothing has been done": "forgotten?",
        "was to propose": "no proposal",
        "a proposal was due": "no proposal",
    }
    return [(when, next(short for long, short in words.items() if long in text)) for when, text in heard]


def meant(sent: Sent) -> tuple[UserId, ...]:
    assert isinstance(sent.message, Message)
    return sent.message.mentions


# --- the clock ---


async def test_a_question_is_due_by_working_days_and_everybody_sees_it(office: World) -> None:
    await office.asked()
    card = office.rooms.sent[office.card(1)]
    assert "⏰ due Wed 25 Nov 2026 09:00 CET (Mon 23 Nov 2026 09:00 CET: 17 h of working time left)" in card.text
    office.clock.advance(hours=2)
    asked = await office.say(ANNA, TEAM, "!queue")
    assert "⏰ due Wed 25 Nov 2026 09:00 CET, 15 h of working time left" in office.replies(asked)[0]
    office.clock.time = at("2026-11-25 10:30")
    asked = await office.say(ANNA, TEAM, "!queue")
    assert "❗ overdue since Wed 25 Nov 2026 09:00 CET (1 h 30 min of working time)" in office.replies(asked)[0]


async def test_the_clock_runs_from_when_the_citizen_wrote_not_from_when_we_saw_it(office: World) -> None:
    office.fediverse.write("On Saturday", created_at=at("2026-11-21 12:00"))
    office.clock.time = at("2026-11-23 12:00")
    await office.look()
    await office.deliver()
    assert "due Wed 25 Nov 2026 08:00 CET" in office.rooms.sent[office.card(1)].text


async def due(office: World, number: int = 1) -> dict[str, datetime | None]:
    row = (await office.rows("tickets"))[number - 1]
    names = ("asked_at", "due_at", "resolve_by", "first_due_at", "first_response_at", "look_at")
    moments = {name: row[name] for name in names}
    return {
        name: None if value is None else datetime.fromtimestamp(int(str(value)) / 1e6, UTC).replace(microsecond=0)
        for name, value in moments.items()
    }


async def answered(office: World, number: int = 1, text: str = "Yes.", command: str = "answer") -> None:
    """Anna answers it, and confirms."""
    drafts = await office.say(ANNA, TEAM, f"!{command} {number} {text}")
    assert not [reply for reply in office.replies(drafts) if "refus" in reply]
    post = len(await office.rows("posts"))
    await office.tap(ANNA, TEAM, office.preview(post), "✅")


async def test_an_answer_stops_the_clock_and_a_follow_up_starts_it_anew(office: World) -> None:
    first = await office.asked()
    office.clock.time = at("2026-11-24 10:00")
    await answered(office)
    stopped = await due(office)
    assert (stopped["asked_at"], stopped["due_at"], stopped["look_at"]) == (None, None, None)
    assert stopped["first_due_at"] == at("2026-11-25 09:00")
    assert stopped["first_response_at"] == office.clock.time
    assert (await office.rows("tickets"))[0]["first_response_seconds"] == 9.5 * 3600 + 2
    assert kinds(await said(office, "2026-12-10 12:00")) == []

    office.clock.time = at("2026-12-10 14:00")
    await office.asked("And TLS 1.1?", in_reply_to=first.id)
    again = await due(office)
    assert (again["asked_at"], again["due_at"]) == (at("2026-12-10 14:00"), at("2026-12-14 14:00"))
    assert (again["first_due_at"], again["first_response_at"]) == (
        stopped["first_due_at"],
        stopped["first_response_at"],
    )


async def test_what_the_citizen_adds_while_we_owe_an_answer_gives_no_more_time(office: World) -> None:
    first = await office.asked()
    office.clock.time = at("2026-11-24 10:00")
    await office.asked("It is urgent.", in_reply_to=first.id)
    assert (await due(office))["due_at"] == at("2026-11-25 09:00")


async def test_an_answer_to_an_older_message_leaves_the_newer_one_its_own_time(office: World) -> None:
    first = await office.asked()
    await office.say(ANNA, TEAM, "!answer 1 Yes.")
    office.clock.time = at("2026-11-24 10:00")
    office.fediverse.write("And 1.1?", in_reply_to=first.id)
    await office.look()
    await office.deliver()
    await office.tap(ANNA, TEAM, office.preview(1), "✅")
    now = await due(office)
    assert (now["asked_at"], now["due_at"]) == (at("2026-11-24 10:00"), at("2026-11-26 10:00"))


async def test_an_interim_reply_gives_more_time_and_counts_as_the_first_response(office: World) -> None:
    await office.asked()
    office.clock.time = at("2026-11-24 10:00")
    await answered(office, command="interim")
    now = await due(office)
    assert now["due_at"] == at("2026-11-27 10:00") + timedelta(seconds=2)
    assert now["first_response_at"] == at("2026-11-24 10:00") + timedelta(seconds=2)
    assert now["first_due_at"] == at("2026-11-25 09:00")
    heard = kinds(await said(office, "2026-11-27 12:00"))
    assert [kind for _, kind in heard] == ["half", "most", "interim?", "overdue"]
    assert heard[-1] == ("Fri 27 10:00", "overdue")


async def test_no_interim_reply_moves_the_day_on_which_the_answer_is_promised(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!label 1 presse")
    assert (await due(office))["resolve_by"] == at("2026-11-26 09:00")
    office.clock.time = at("2026-11-24 08:30")
    await answered(office, command="interim")
    assert (await due(office))["due_at"] == at("2026-11-26 09:00")
    heard = await said(office, "2026-11-27 12:00")
    assert [kind for _, kind in kinds(heard)].count("overdue") == 1


async def test_a_department_that_is_asked_does_not_stop_the_clock_and_has_its_own(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    assert (await due(office))["due_at"] == at("2026-11-25 09:00")
    office.clock.advance(seconds=1)
    await office.deliver()
    assert "⏰ Kryptografie: a proposal is due Tue 24 Nov 2026 09:00 CET" in office.rooms.sent[office.card(1)].text
    assert "⏰ A proposal is due Tue 24 Nov 2026 09:00 CET." in office.rooms.sent[office.card(1, KRYPTO)].text
    known = len(office.rooms.shown(TEAM))
    heard = kinds(await said(office, "2026-11-24 09:30", KRYPTO))
    assert heard == [("Mon 23 13:15", "half"), ("Mon 23 15:48", "most"), ("Tue 24 09:00", "no proposal")]
    assert [one.text.splitlines() for one in office.rooms.shown(TEAM)[known:]] == [
        ["#1: 50 % of the time is over. Due Wed 25 Nov 2026 09:00 CET, 8 h 30 min of working time left."],
        ["#1: Kryptografie was to propose an answer by Tue 24 Nov 2026 09:00 CET."],
    ]


async def test_a_proposal_keeps_the_department_s_promise(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    await office.say(EVA, KRYPTO, "!propose 1 It is.")
    assert "a proposal is due" not in office.rooms.sent[office.card(1)].text
    assert await said(office, "2026-11-24 09:30", KRYPTO) == []
    await office.say(ANNA, TEAM, "!escalate 1 krypto Sure?")
    assert "a proposal is due Wed 25 Nov 2026 09:30 CET" in office.rooms.sent[office.card(1)].text


async def test_a_proposal_that_was_taken_back_keeps_no_promise(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!escalate 1 krypto Is it?")
    first = await office.say(EVA, KRYPTO, "!propose 1 It is.")
    second = await office.say(EVA, KRYPTO, "!propose 1 It is not.")
    await office.redact(EVA, KRYPTO, first)
    assert await said(office, "2026-11-23 15:00", KRYPTO) == []
    await office.redact(EVA, KRYPTO, second)
    heard = await said(office, "2026-11-24 09:30", KRYPTO)
    assert kinds(heard) == [("Mon 23 15:00", "half"), ("Mon 23 15:48", "most"), ("Tue 24 09:00", "no proposal")]
    assert "A proposal is due" in office.rooms.sent[office.card(1, KRYPTO)].text


async def test_an_ignored_question_is_due_no_more_and_a_reopened_one_as_if_it_had_never_been_closed(
    office: World,
) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!ignore 1 spam")
    assert (await due(office))["due_at"] is None
    office.clock.time = at("2026-11-24 10:00")
    await office.say(ANNA, TEAM, "!reopen 1")
    assert (await due(office))["due_at"] == at("2026-11-25 09:00")
    await answered(office)
    office.clock.time = at("2026-12-01 10:00")
    await office.say(ANNA, TEAM, "!reopen 1")
    assert (await due(office))["due_at"] == at("2026-12-03 10:00") + timedelta(seconds=1)


async def test_two_merged_questions_are_due_when_the_older_one_was(office: World) -> None:
    await office.asked()
    office.clock.time = at("2026-11-24 10:00")
    await office.asked("Hello?")
    await office.say(ANNA, TEAM, "!merge 1 2")
    assert (await due(office, 1))["due_at"] is None
    assert (await due(office, 2))["due_at"] == at("2026-11-25 09:00")


async def test_in_a_german_room_all_of_it_is_german(office: World) -> None:
    await office.crash(language="de")
    office.clock.time = at("2026-11-21 12:00")
    await office.asked()
    await office.asked("Und?")
    card = office.rooms.sent[office.card(1)]
    assert "⏰ fällig Mi 25.11.2026 08:00 MEZ (Sa 21.11.2026 12:00 MEZ: noch 17 Std. Arbeitszeit)" in card.text
    await said(office, "2026-11-24 08:30")
    over = "50 % der Zeit sind um. Fällig Mi 25.11.2026 08:00 MEZ, noch 8 Std. 30 Min. Arbeitszeit."
    assert office.rooms.shown(TEAM)[-1].text.splitlines() == [
        "2 Vorgänge brauchen einen Blick:",
        f"• #1: {over} (noch niemand zuständig)",
        f"• #2: {over} (noch niemand zuständig)",
    ]
    await office.say(ANNA, TEAM, "!ignorieren 2 Scherz")
    await said(office, "2026-11-25 08:30")
    assert office.rooms.shown(BOSS)[-1].text == (
        "#1 ist überfällig: Bis Mi 25.11.2026 08:00 MEZ war eine Rückmeldung zugesagt. (bsi · noch niemand zuständig)"
    )
    asked = await office.say(ANNA, TEAM, "!offen --überfällig")
    assert office.replies(asked)[0].splitlines()[0] == "1 offener Vorgang · überfällig"


# --- policies ---


async def test_what_is_promised_follows_priority_label_and_visibility(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!priority 1 urgent")
    assert (await due(office))["due_at"] == at("2026-11-23 13:00")
    await office.say(ANNA, TEAM, "!label 1 presse")
    assert (await due(office))["due_at"] == at("2026-11-23 13:00"), "the first that fits counts"
    await office.say(ANNA, TEAM, "!priority 1 normal")
    assert (await due(office))["due_at"] == at("2026-11-24 09:00")
    await office.say(ANNA, TEAM, "!label 1 -presse")
    assert (await due(office))["due_at"] == at("2026-11-25 09:00")


async def test_a_changed_configuration_counts_from_the_next_start(office: World) -> None:
    await office.asked()
    await office.crash(sla={"first_response": "1 working day"})
    await office.desk.clock.timers.set_up_timers()
    assert (await due(office))["due_at"] == at("2026-11-24 09:00")
    await office.crash(sla=None)
    await office.desk.clock.timers.set_up_timers()
    assert (await due(office))["due_at"] is None


# --- the queue ---


async def numbers(office: World, command: str, room: RoomId = TEAM) -> list[int]:
    asked = await office.say(ANNA, room, command)
    (reply,) = office.replies(asked)
    return [int(line[1:].split()[0]) for line in reply.splitlines() if line.startswith("#")]


async def test_the_queue_is_in_the_order_in_which_answers_are_due(office: World) -> None:
    for text in ("one", "two", "three"):
        await office.asked(text)
        office.clock.advance(hours=1)
    await office.say(ANNA, TEAM, "!priority 3 urgent")
    await office.say(ANNA, TEAM, "!claim 2")
    await office.say(ANNA, TEAM, "!escalate 1 krypto Hm?")
    assert await numbers(office, "!queue") == [3, 1, 2]
    assert await numbers(office, "!queue --mine") == [2]
    assert await numbers(office, "!offen --fachreferat Kryptografie") == [1]
    assert await numbers(office, "!queue --overdue") == []
    office.clock.time = at("2026-11-23 15:30")
    assert await numbers(office, "!queue --overdue") == [3]
    await office.say(ANNA, TEAM, "!claim 1")
    assert await numbers(office, "!mine") == [1, 2]


# --- reminders ---


async def test_whoever_has_it_is_reminded_and_the_supervisors_hear_of_the_breach(office: World) -> None:
    await office.asked()
    await office.say(ANNA, TEAM, "!claim 1")
    assert kinds(await said(office, "2026-11-25 12:00")) == [
        ("Tue 24 09:00", "half"),
        ("Tue 24 14:06", "most"),
        ("Tue 24 15:48", "interim?"),
        ("Wed 25 09:00", "overdue"),
    ]
    assert [meant(one) for one in office.rooms.shown(TEAM)[-4:]] == [(ANNA,)] * 4
    assert all(one.message.thread == office.card(1) for one in office.rooms.shown(TEAM)[-4:])
    assert [one.text for one in office.rooms.shown(BOSS)] == [
        "#1 is overdue: the citizen was to hear something by Wed 25 Nov 2026 09:00 CET. (bsi · with anna)"
    ]
    assert [row["step"] for row in await office.rows("history")].count("overdue") == 1


async def test_what_nobody_has_is_put_to_the_officer_on_duty(office: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_duty(_tx: Transaction, _now: datetime) -> UserId:
        return BEN

    monkeypatch.setattr(office.desk.duty.roster, "on_duty", on_duty)
    await office.asked()
    await said(office, "2026-11-24 09:30")
    assert meant(office.rooms.shown(TEAM)[-1]) == (BEN,)
    await office.say(ANNA, TEAM, "!claim 1")
    await said(office, "2026-11-24 14:30")
    assert meant(office.rooms.shown(TEAM)[-1]) == (ANNA,)


async def test_an_interim_reply_is_offered_and_published_only_once_it_is_confirmed(office: World) -> None:
    await office.asked()
    await said(office, "2026-11-24 16:00")
    offer = office.rooms.shown(TEAM)[-1]
    assert office.rooms.buttons(offer.event) == ["✅", "❌"]
    await office.tap(BEN, TEAM, offer.event, "✅")
    assert office.fediverse.published == {}
    await office.tap(BEN, TEAM, office.preview(1), "✅")
    assert len(office.fediverse.published) == 1


async def test_a_tap_under_an_older_offer_does_not_take_the_place_of_an_answer(office: World) -> None:
    await office.asked()
    await said(office, "2026-11-24 16:00")
    offer = office.rooms.shown(TEAM)[-1]
    await office.say(ANNA, TEAM, "!answer 1 Yes.")
    await office.tap(ANNA, TEAM, offer.event, "✅")  # the preview was meant
    assert (
        "P1 is drafted for #1 by now: see its preview. `!interim 1` drafts an interim reply beside it."
        in office.rooms.shown(TEAM)[-1].text
    )
    assert [row["state"] for row in await office.rows("posts")] == ["draft"]
    await office.say(ANNA, TEAM, "!interim 1")
    assert [row["state"] for row in await office.rows("posts")] == ["draft", "draft"]


async def test_no_interim_reply_is_offered_while_an_answer_is_on_its_way(office: World) -> None:
    office.clock.time = at("2026-11-23 09:00")
    await office.crash(publishing={"undo_seconds": 600})
    await office.asked()
    office.clock.time = at("2026-11-24 15:47")
    await office.say(ANNA, TEAM, "!answer 1 Yes.")
    await office.tap(ANNA, TEAM, office.preview(1), "✅")
    heard = await said(office, "2026-11-24 15:50")
    assert [text for _, text in heard if "Shall an interim" in text] == []


async def test_a_forgotten_claim_is_offered_back_to_the_queue(office: World) -> None:
    await office.crash(sla={"first_response": "60 working days", "forgotten_after": "2 working days", "remind_at": []})
    await office.asked()
    await office.say(ANNA, TEAM, "!claim 1")
    office.clock.time = at("2026-11-24 10:00")
    await office.say(ANNA, TEAM, "!note 1 I will ask.")
    assert kinds(await said(office, "2026-12-04 12:00")) == [("Thu 26 10:00", "forgotten?")]
    question = office.rooms.shown(TEAM)[-1]
    assert meant(question) == (ANNA,)
    await office.say(ANNA, TEAM, "!note 1 I have asked.")
    assert kinds(await said(office, "2026-12-15 12:00")) == [("Tue 08 12:00", "forgotten?")]
    await office.tap(BEN, TEAM, office.rooms.shown(TEAM)[-1].event, "↩️")
    assert (await office.rows("tickets"))[0]["claimant"] is None
    assert await said(office, "2026-12-18 12:00") == []


async def test_who_waits_for_a_department_or_has_snoozed_it_has_not_forgotten_it(office: World) -> None:
    await office.crash(sla={"first_response": "40 working days", "forgotten_after": "2 working days", "remind_at": []})
    await office.asked()
    await office.say(ANNA, TEAM, "!claim 1")
    await office.say(ANNA, TEAM, "!escalate 1 netz Hm?")
    assert await said(office, "2026-12-01 12:00") == []
    await office.say(ANNA, TEAM, "!recall 1")
    await office.say(ANNA, TEAM, "!snooze 1 2026-12-10 09:00")
    heard = [line for line in await said(office, "2026-12-15 12:00") if "snoozed" not in line[1]]
    assert kinds(heard) == [("Mon 14 09:00", "forgotten?")]


async def test_who_hears_again_from_a_citizen_has_not_forgotten_that_since_the_answer(office: World) -> None:
    await office.crash(sla={"first_response": "4 working days", "forgotten_after": "3 working days"})
    first = await office.asked()
    await answered(office)
    office.clock.time = at("2026-12-09 09:00")
    await office.asked("And TLS 1.1?", in_reply_to=first.id)
    assert kinds(await said(office, "2026-12-14 10:00"))[:2] == [
        ("Fri 11 08:15", "half"),
        ("Mon 14 09:00", "forgotten?"),
    ]


async def test_what_is_back_from_being_snoozed_has_not_been_forgotten_meanwhile(office: World) -> None:
    await office.crash(sla={"first_response": "8 working days", "forgotten_after": "2 working days"})
    await office.asked()
    await office.say(ANNA, TEAM, "!claim 1")
    await office.say(ANNA, TEAM, "!snooze 1 2026-11-26 16:00")
    heard = [line for line in await said(office, "2026-11-30 16:00") if "snoozed" not in line[1]]
    assert kinds(heard) == [("Fri 27 08:15", "half"), ("Mon 30 16:00", "forgotten?")]


async def test_a_reminder_that_is_configured_anew_comes_at_its_time(office: World) -> None:
    await office.asked()
    await office.crash(sla={"first_response": "2 working days", "remind_at": ["25%", "50%"]})
    heard = await said(office, "2026-11-24 09:30")
    assert [(when, text[:9]) for when, text in heard] == [("Mon 23 13:15", "#1: 25 % "), ("Tue 24 09:00", "#1: 50 % ")]


async def test_an_earlier_reminder_that_is_configured_anew_is_not_said_after_a_later_one(office: World) -> None:
    await office.asked()
    assert kinds(await said(office, "2026-11-25 10:00"))[-1] == ("Wed 25 09:00", "overdue")
    await office.crash(sla=SLA | {"remind_at": ["25%", "50%", "80%"]})
    assert await said(office, "2026-11-26 12:00") == []


async def test_a_direct_message_s_words_are_in_no_other_room(office: World) -> None:
    office.clock.time = at("2026-11-23 09:00")
    await office.asked("My password is Sesame.", visibility=Visibility.DIRECT)
    assert kinds(await said(office, "2026-11-25 12:00", DIRECT))[-1] == ("Wed 25 09:00", "overdue")
    (told,) = office.rooms.shown(BOSS)
    assert told.text.endswith("by Wed 25 Nov 2026 09:00 CET. (bsi · with nobody · ✉️ direct message)")
    elsewhere = [text for one in office.rooms.sent.values() if one.room != DIRECT for text in one.texts]
    assert not any("Sesame" in text or "Erika" in text for text in elsewhere)


async def test_what_came_over_the_weekend_makes_one_message(office: World) -> None:
    office.clock.time = at("2026-11-21 12:00")
    for number in range(20):
        await office.asked(f"Question {number}")
    heard = await said(office, "2026-11-25 12:00")
    assert kinds(heard) == [
        ("Tue 24 08:00", "several"),
        ("Tue 24 13:06", "several"),
        ("Tue 24 14:48", "several"),
        ("Wed 25 08:00", "several"),
    ]
    assert heard[-1][1].splitlines()[0] == "20 tickets need a look:"
    assert heard[-1][1].splitlines()[-1] == "… and 5 more."


async def test_what_was_missed_while_the_bot_was_away_is_one_summary_in_the_office_s_hours(office: World) -> None:
    for number in range(3):
        await office.asked(f"Question {number}")
        office.clock.advance(hours=2)
    await office.say(ANNA, TEAM, "!claim 2")
    office.clock.time = at("2026-11-26 22:00")
    await office.crash()
    heard = await said(office, "2026-11-27 12:00")
    assert [when for when, _ in heard] == ["Fri 27 08:00"]
    assert heard[0][1].startswith("anna: 3 tickets need a look:\n• #1 is overdue")
    assert len(office.rooms.shown(BOSS)) == 1


async def test_mentions_that_are_late_already_when_they_are_found_make_one_message(office: World) -> None:
    office.clock.time = at("2026-11-27 10:00")
    for number in range(5):
        office.fediverse.write(f"Question {number}", created_at=at("2026-11-23 09:00"))
        await office.look()
        office.clock.advance(seconds=20)
    await office.deliver()
    assert [when for when, _ in await said(office, "2026-11-27 14:00")] == ["Fri 27 10:05"]


async def test_of_questions_that_came_soon_after_each_other_the_supervisors_hear_in_one_message(office: World) -> None:
    office.clock.advance(minutes=1)
    for number in range(3):
        await office.asked(f"Question {number}")
        office.clock.advance(minutes=1)
    await said(office, "2026-11-25 12:00")
    (one,) = office.rooms.shown(BOSS)
    assert one.texts[0].startswith("3 tickets need a look:")
    assert [row["step"] for row in await office.rows("history")].count("overdue") == 3


async def test_a_reminder_that_has_been_answered_meanwhile_is_not_said(office: World) -> None:
    await office.asked()
    office.clock.time = at("2026-11-25 09:00")
    await office.desk.clock.timers.fire(Timer(TimerKind.CLOCK))
    cause = Cause(office.event(), ANNA, team_place("bsi"), office.clock.time)
    await office.desk.tickets.triage.ignore(cause, TicketId(1), "spam")
    await office.deliver()
    assert not any("overdue:" in one.text for one in office.rooms.sent.values())


@pytest.mark.parametrize("moment", ["2026-11-24 09:00", "2026-11-24 15:48"])
async def test_what_could_not_be_said_before_the_office_closed_waits_for_the_next_opening(
    office: World, moment: str
) -> None:
    await office.asked()
    await said(office, str(at(moment).astimezone(BERLIN) - timedelta(minutes=1))[:16])
    office.clock.time = at(moment)
    await office.desk.clock.timers.fire(Timer(TimerKind.CLOCK))
    office.clock.time = at("2026-11-24 22:00")
    await office.crash()
    before = len(office.rooms.shown(TEAM))
    await office.deliver()
    assert len(office.rooms.shown(TEAM)) == before
    assert {when for when, _ in await said(office, "2026-11-25 08:00")} == {"Wed 25 08:00"}


async def test_an_offer_for_what_has_been_dealt_with_meanwhile_is_not_made(office: World) -> None:
    await office.asked()
    await said(office, "2026-11-24 15:45")
    office.clock.time = at("2026-11-24 15:48")
    await office.desk.clock.timers.fire(Timer(TimerKind.CLOCK))
    cause = Cause(office.event(), ANNA, team_place("bsi"), office.clock.time)
    await office.desk.tickets.triage.ignore(cause, TicketId(1), "spam")
    await office.deliver()
    assert not any("Shall an interim" in one.text for one in office.rooms.sent.values())
