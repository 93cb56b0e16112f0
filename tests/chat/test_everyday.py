"""The everyday commands as people type them, with ticket numbers that may be part of what is said."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat.chat.conversation import Manners, Surroundings
from fedichat.chat.dispatcher import Dispatcher
from fedichat.chat.loading import load_commands
from fedichat.chat.rights import Rights
from fedichat.chat.wording import worded
from fedichat.config.readers import plain_emoji
from fedichat.desk import Desk, Settings
from fedichat.domain.effects import Ask, Say, Tell
from fedichat.domain.names import SUPERVISORS, EventId, Place, RoomId, TicketId, UserId
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.domain.time.when import Refused, read_when
from fedichat.errors import TryLater
from fedichat.ports import Reacted, Spoken
from fedichat.store import outbox, tickets
from fedichat.store.database import Database
from fedichat.store.outbox import Said
from fedichat.text.i18n import language
from tests.clocks import StoppedClock
from tests.factories import ANNA, BEN, NOW, TEAM, a_mention, a_status
from tests.tables import with_tables

GUEST = UserId("@gus:elsewhere.example")
CLAUS = UserId("@claus:example.org")
PEOPLE = {ANNA: "Anna", BEN: "Ben Beispiel", CLAUS: "Claus", GUEST: "Gus"}
ROOMS = {
    RoomId("!team"): RoomRole(RoomKind.TEAM, "#team", account="bsi"),
    RoomId("!boss"): RoomRole(RoomKind.SUPERVISORS, "#boss", language="de"),
}
_numbers = count(1)


@dataclass
class Chat:
    """Three tickets, and people who speak in their threads."""

    desk: Desk
    dispatcher: Dispatcher
    asked_for: list[Place]
    server_away: bool = False

    async def people(self, place: Place) -> dict[UserId, str]:
        self.asked_for.append(place)
        if self.server_away:
            raise TryLater("502")
        return PEOPLE

    async def say(self, text: str, *, thread: int | None = None, room: str = "!team", who: UserId = ANNA) -> str:
        """What the bot answers in words, if it does."""
        event = EventId(f"$said{next(_numbers)}")
        root = EventId(f"$card{thread}") if thread else None
        await self.dispatcher.hear(Spoken(event, RoomId(room), who, NOW, text, root))
        answers = []
        for lane in (TEAM, SUPERVISORS):
            for waiting in await self.desk.room.outbox.take(lane, 100):
                await self.desk.room.outbox.carried_out(waiting)
                effect = waiting.effect
                if isinstance(effect, Say):
                    answers.append(effect.plain)
                elif isinstance(effect, Tell) and effect.reply_to:
                    answers.append(effect.message.format(**{"prefix": "!"} | effect.fields))
        return "\n".join(answers)

    async def asked(self, text: str, *, thread: int | None) -> Ask:
        """The question that the bot asks back; it is in the room then."""
        root = EventId(f"$card{thread}") if thread else None
        await self.dispatcher.hear(Spoken(EventId(f"$said{next(_numbers)}"), RoomId("!team"), ANNA, NOW, text, root))
        [waiting] = await self.desk.room.outbox.take(TEAM, 100)
        assert isinstance(waiting.effect, Ask)
        await self.desk.room.questions.question_put(waiting, waiting.effect, EventId("$question"))
        return waiting.effect

    async def tap(self, key: str) -> None:
        await self.dispatcher.hear(
            Reacted(EventId("$tap"), RoomId("!team"), BEN, NOW, EventId("$question"), plain_emoji(key))
        )

    async def ticket(self, number: int) -> Ticket:
        ticket = await self.desk.office.database.read(lambda tx: tickets.find_ticket(tx, TicketId(number)))
        assert ticket is not None
        return ticket


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    database = await Database.open(with_tables(tmp_path / "fedichat.db"))
    desk = Desk(database, StoppedClock(), Settings(accounts=("bsi",)), {}, lambda _: None)

    async def nothing_under_way(place: Place) -> None:
        return

    async def people(place: Place) -> dict[UserId, str]:
        return await at_work.people(place)

    async def nothing_said(room: RoomId, event: EventId) -> None:
        return None

    commands = load_commands(import_module("fedichat.commands"))
    rights = Rights(frozenset({"example.org"}), {CLAUS: frozenset({"claim"})})
    manners = Manners("!", timedelta(hours=1), {"🔔": "snooze"}, ZoneInfo("UTC"))
    dispatcher = Dispatcher(
        desk,
        commands,
        rights,
        manners,
        Surroundings(ROOMS.get, nothing_under_way, people, nothing_said, lambda event, position: False),
    )
    at_work = Chat(desk, dispatcher, [])
    for number in (1, 2, 3):
        mention = a_mention(f"n{number}", status=a_status(id=StatusId(f"s{number}")))
        await desk.tickets.intake.receive("bsi", [mention])
        card = Said(EventId(f"$card{number}"), TEAM, TicketId(number), is_card=True)
        await database.write(lambda tx, card=card: outbox.remember(tx, card))  # type: ignore[misc]
    for waiting in await desk.room.outbox.take(TEAM, 100):
        await desk.room.outbox.carried_out(waiting)
    yield at_work
    await database.close()


@pytest.mark.parametrize(
    ("said", "thread", "number", "hours"),
    [
        ("!snooze 2 hours", 1, 1, 2),
        ("!snooze 2 hours", 2, 2, 2),
        ("!snooze 2 3 hours", 2, 2, 3),
        ("!snooze #2 3 hours", 1, 2, 3),
        ("!snooze 2 3 hours", None, 2, 3),
        ("!snooze 2: 3 hours", None, 2, 3),
        ("!zurückstellen 3 Stunden", 3, 3, 3),
        ("!snooze tomorrow", 1, 1, 24),
        ("!snooze", 1, 1, 24),
        ("!snooze 24.11. 12:00", 1, 1, 27),
        ("!snooze 12:00", 1, 1, 3),
    ],
)
async def test_a_number_before_a_unit_is_the_time_and_not_a_ticket(
    chat: Chat, said: str, thread: int | None, number: int, hours: int
) -> None:
    assert await chat.say(said, thread=thread) == ""
    assert (await chat.ticket(number)).snoozed_until == NOW + timedelta(hours=hours)


async def test_a_bell_on_the_card_needs_no_words(chat: Chat) -> None:
    await chat.dispatcher.hear(Reacted(EventId("$bell"), RoomId("!team"), ANNA, NOW, EventId("$card1"), "🔔"))
    assert (await chat.ticket(1)).snoozed_until == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("said", "thread"),
    [
        ("!merge 3 2", None),
        ("!merge 3 2", 3),
        ("!merge 3 2", 2),
        ("!merge 3 2", 1),
        ("!merge #3 #2", 1),
        ("!merge #3 into #2", None),
        ("!zusammenführen 3 mit 2", None),
        ("!merge 2", 3),
        ("!merge #2", 3),
        ("!merge into 2", 3),
    ],
)
async def test_merging_is_understood_with_one_number_in_a_thread_and_with_two_everywhere(
    chat: Chat, said: str, thread: int | None
) -> None:
    assert await chat.say(said, thread=thread) == ""
    assert (await chat.ticket(3)).merged_into == 2
    assert [(await chat.ticket(number)).state for number in (1, 2)] == [TicketState.NEW, TicketState.NEW]


@pytest.mark.parametrize(
    ("said", "thread"), [("!merge 3", None), ("!merge", 3), ("!merge the other one", 3), ("!merge 3", 3)]
)
async def test_a_merge_that_is_not_clear_is_asked_back(chat: Chat, said: str, thread: int | None) -> None:
    assert "`!merge 43 42`" in await chat.say(said, thread=thread)
    assert (await chat.ticket(3)).state is TicketState.NEW


async def test_who_is_assigned_a_ticket_is_looked_for_in_its_room_and_must_be_able_to_take_it(chat: Chat) -> None:
    assert await chat.say("!zuweisen 1 Ben Beispiel", room="!boss") == ""
    assert chat.asked_for == [TEAM]
    assert (await chat.ticket(1)).claimant == BEN
    for person, name in ((GUEST, "gus"), (CLAUS, "claus")):
        answer = await chat.say(f"!assign 2 {person}")
        assert answer.startswith(f"{name} cannot take tickets")
    chat.server_away = True
    assert (await chat.say("!assign 2 ben")).startswith("I cannot find out just now who is in the room.")
    assert (await chat.ticket(2)).claimant is None
    assert "There is no ticket #9 in this room." in await chat.say("!assign 9 ben")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("!priority 1 asap", "A priority is one of urgent, high, normal, low, not “asap”."),
        ("!priority 1", "Something is missing: the priority."),
        ("!label 1 -tls", "#1 has no label “tls”."),
        ("!label 1", "#1 has no labels."),
        ("!author", "Whose tickets?"),
        ("!author two words", "Whose tickets?"),
        ("!search", "Something is missing: the words."),
        ("!queue --label", "`--label` needs a value behind it."),
        ("!history 9", "There is no ticket #9 in this room."),
    ],
)
async def test_what_cannot_be_done_is_said_with_what_can(chat: Chat, said: str, answer: str) -> None:
    assert (await chat.say(said)).startswith(answer)


@pytest.mark.parametrize(
    ("said", "how_many"),
    [
        ("!priorität 1 dringend", 0),
        ("!prio 1 DRINGEND", 0),
        ("!schlagwort 1 TLS", 0),
        ("!offen --schlagwort tls", 1),
        ("!offen --zurückgestellt", 1),
        ("!meine", 1),
        ("!suche TLS", 4),
        ("!person @erika@remote.example", 4),
        ("!person 1", 4),
        ("!verlauf 1", 1),
        ("!übernehmen 1 --trotzdem", 0),
    ],
)
async def test_all_of_it_is_there_in_german(chat: Chat, said: str, how_many: int) -> None:
    answer = await chat.say(said, room="!boss")
    assert len(answer.splitlines()) == how_many


async def test_a_snooze_that_can_be_meant_in_two_ways_is_asked_back_and_a_tap_settles_it(chat: Chat) -> None:
    asked = await chat.asked("!snooze next tuesday 14:30", thread=1)
    assert asked.choices == {
        "1️⃣": "snooze #1 2026-11-24 14:30",
        "2️⃣": "snooze #1 2026-12-01 14:30",
        "❌": "",
    }
    assert asked.fields["moments"] == "1️⃣ Tue 24 Nov 2026 14:30 UTC · 2️⃣ Tue 01 Dec 2026 14:30 UTC"
    assert (await chat.ticket(1)).snoozed_until is None
    await chat.tap("2️⃣")
    assert (await chat.ticket(1)).snoozed_until == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)


async def test_a_typo_is_only_a_suggestion(chat: Chat) -> None:
    asked = await chat.asked("!zurückstellen 2 moregn um 9", thread=None)
    assert asked.choices == {"✅": "snooze #2 2026-11-24 09:00", "❌": ""}
    assert "Tue 24 Nov 2026 09:00 UTC" in str(asked.fields["moment"])
    assert (await chat.ticket(2)).snoozed_until is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("!snooze soon", "too vague"),
        ("!snooze yesterday", "is past"),
        ("!snooze 31.2.", "does not exist"),
        ("!snooze every monday at 9", "one moment is needed"),
        ("!snooze monday 24.11.", "24.11.2026 is a Tuesday"),
        ("!snooze today", "is past"),
        ("!snooze two working days", "with a figure"),
    ],
)
async def test_a_snooze_without_a_moment_says_why(chat: Chat, said: str, why: str) -> None:
    assert why in await chat.say(said, thread=1)
    assert (await chat.ticket(1)).snoozed_until is None


async def test_working_days_are_counted_by_the_office_s_calendar(chat: Chat) -> None:
    # NOW is a Monday, in opening hours; the clock of the test does not move.
    await chat.say("!snooze 5 working days", thread=1)
    assert (await chat.ticket(1)).snoozed_until == NOW + timedelta(days=7)


def test_a_refusal_says_the_weekday_in_the_room_s_language() -> None:
    read = read_when("Montag 24.11.", NOW, ZoneInfo("Europe/Berlin"), "de")
    assert isinstance(read, Refused)
    german = worded(read.refusal, language("de"))
    assert language("de")(german.message, **german.fields) == (
        "„Montag 24.11.“ widerspricht sich: Der 24.11.2026 ist ein Dienstag. Was von beidem stimmt?"
    )
