"""Who is listened to, and that what is heard has its outcome once. The desk and its database are real."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat.chat.conversation import Manners, Surroundings
from fedichat.chat.dispatcher import Dispatcher
from fedichat.chat.loading import load_commands
from fedichat.chat.rights import Rights
from fedichat.desk import Desk, Settings
from fedichat.domain.effects import Effect, React, Say, ShowCard, Tell
from fedichat.domain.names import EventId, Place, RoomId, TicketId, UserId
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState
from fedichat.ports import AnyHeard, AskedToVerify, Reacted, Redacted, Spoken, Unreadable
from fedichat.store import outbox, tickets
from fedichat.store.database import Database
from fedichat.store.outbox import Said
from tests.clocks import HandClock
from tests.factories import ANNA, BEN, DIRECT, MINUTE, NOW, TEAM, a_mention, a_status
from tests.tables import with_tables

GUEST = UserId("@gus:elsewhere.example")
CARD = EventId("$card")
ROOMS = {
    RoomId("!team"): RoomRole(RoomKind.TEAM, "#team", account="bsi"),
    RoomId("!direct"): RoomRole(RoomKind.DIRECT, "#direct", account="bsi"),
    RoomId("!krypto"): RoomRole(RoomKind.DEPARTMENT, "#krypto", department="krypto"),
    RoomId("!boss"): RoomRole(RoomKind.SUPERVISORS, "#boss", language="de"),
}
_numbers = count(1)


@dataclass
class Heard:
    """A room full of people, and what the bot recorded to do about what they did."""

    desk: Desk
    dispatcher: Dispatcher
    effects: list[Effect] = field(default_factory=list)

    async def say(self, text: str, who: UserId = ANNA, room: str = "!team", age: timedelta = MINUTE) -> EventId:
        event = EventId(f"$said{next(_numbers)}")
        await self.hear(Spoken(event, RoomId(room), who, NOW - age, text))
        return event

    async def react(self, key: str, who: UserId = ANNA, age: timedelta = MINUTE) -> EventId:
        event = EventId(f"$reacted{next(_numbers)}")
        await self.hear(Reacted(event, RoomId("!team"), who, NOW - age, CARD, key))
        return event

    async def hear(self, heard: AnyHeard) -> None:
        await self.dispatcher.hear(heard)
        lanes, _ = await self.desk.room.outbox.agenda()
        for lane in lanes:
            for waiting in await self.desk.room.outbox.take(lane, 100):
                if not isinstance(waiting.effect, ShowCard):
                    self.effects.append(waiting.effect)
                await self.desk.room.outbox.carried_out(waiting)

    @property
    def told(self) -> list[str]:
        """What the bot says, fields filled in."""
        return [
            effect.plain if isinstance(effect, Say) else effect.message.format(**{"prefix": "!"} | effect.fields)
            for effect in self.effects
            if isinstance(effect, Say | Tell)
        ]

    async def ticket(self, number: int = 1) -> Ticket:
        ticket = await self.desk.office.database.read(lambda tx: tickets.find_ticket(tx, TicketId(number)))
        assert ticket is not None
        return ticket


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Heard]:
    """Ticket 1 is in the team's room with its card, ticket 2 in the direct room."""
    database = await Database.open(with_tables(tmp_path / "fedichat.db"))
    rules = Settings(accounts=("bsi",), direct_rooms=frozenset({"bsi"}))
    desk = Desk(database, HandClock(), rules, {}, lambda _: None)

    async def nothing_under_way(place: Place) -> None:
        return

    async def people(place: Place) -> dict[UserId, str]:
        return {ANNA: "Anna", BEN: "Ben Beispiel", GUEST: "Gus"} if place == TEAM else {}

    async def nothing_said(room: RoomId, event: EventId) -> None:
        return None

    dispatcher = Dispatcher(
        desk,
        load_commands(import_module("fedichat.commands")),
        Rights(frozenset({"example.org"}), {BEN: frozenset({"ignore"})}),
        Manners("!", timedelta(hours=1), {"👀": "claim", "🙈": "ignore"}, ZoneInfo("Europe/Berlin")),
        Surroundings(ROOMS.get, nothing_under_way, people, nothing_said, lambda event, position: False),
    )
    secret = a_status(id=StatusId("s2"), visibility=Visibility.DIRECT, text="secret")
    await desk.tickets.intake.receive("bsi", [a_mention(), a_mention("n2", status=secret)])
    await database.write(lambda tx: outbox.remember(tx, Said(CARD, TEAM, TicketId(1), is_card=True)))
    lanes, _ = await desk.room.outbox.agenda()
    for lane in lanes:
        for waiting in await desk.room.outbox.take(lane, 100):
            await desk.room.outbox.carried_out(waiting)
    yield Heard(desk, dispatcher)
    await database.close()


async def test_a_guest_from_another_server_is_told_why_nothing_happens(office: Heard) -> None:
    event = await office.say("!claim 1", GUEST)
    (said,) = office.told
    assert said.startswith("You are a guest from elsewhere.example: you may read and talk here, but `!claim` is")
    assert isinstance(office.effects[0], Tell)
    assert office.effects[0].reply_to == event
    assert (await office.ticket()).state is TicketState.NEW


async def test_a_guest_s_reaction_claims_nothing_and_is_answered_in_the_thread(office: Heard) -> None:
    reaction = await office.react("👀", GUEST)
    (told,) = office.effects
    assert isinstance(told, Tell)
    assert "You are a guest" in told.message
    assert (told.ticket, told.reply_to, told.meant) == (1, None, (GUEST,))
    assert (await office.ticket()).state is TicketState.NEW
    await office.hear(Redacted(EventId("$x"), RoomId("!team"), GUEST, NOW, reaction))
    assert (await office.ticket()).state is TicketState.NEW


async def test_a_guest_may_talk_without_being_told_anything(office: Heard) -> None:
    await office.say("Good morning!", GUEST)
    await office.react("👍", GUEST)
    assert office.effects == []


async def test_what_is_said_in_a_room_that_is_not_configured_is_not_heard(office: Heard) -> None:
    await office.say("!claim 1", room="!lobby")
    assert office.effects == []
    assert (await office.ticket()).state is TicketState.NEW


@pytest.mark.parametrize(
    ("room", "number", "is_found"),
    [
        ("!team", 1, True),
        ("!team", 2, False),
        ("!direct", 2, True),
        ("!direct", 1, False),
        ("!boss", 1, True),
        ("!boss", 2, False),
        ("!krypto", 1, False),
        ("!krypto", 2, False),
    ],
)
async def test_a_ticket_is_shown_in_its_own_room_and_public_ones_to_the_supervisors(
    office: Heard, room: str, number: int, is_found: bool
) -> None:
    await office.say(f"!show {number}", room=room)
    (said,) = office.told
    assert said.startswith(f"#{number} 🆕") == is_found
    if not is_found:
        assert "secret" not in said
        assert said.startswith(f"There is no ticket #{number} in this room.")


@pytest.mark.parametrize(
    ("room", "numbers"), [("!team", ["#1"]), ("!direct", ["#2"]), ("!boss", ["#1"]), ("!krypto", [])]
)
async def test_each_room_s_queue_has_what_belongs_there(office: Heard, room: str, numbers: list[str]) -> None:
    await office.say("!queue", room=room)
    (said,) = office.told
    assert [line.split()[0] for line in said.splitlines() if line.startswith("#")] == numbers


async def test_the_same_event_heard_again_does_nothing_more(office: Heard) -> None:
    spoken = Spoken(EventId("$same"), RoomId("!team"), ANNA, NOW, "!note 1 asked around")
    for _ in range(3):
        await office.hear(spoken)
    assert office.effects == [React(TEAM, EventId("$same"), "👍")]
    history = await office.desk.room.views.history(TicketId(1))
    assert [entry.text for entry in history] == ["", "asked around"]


async def test_a_refused_event_heard_again_is_not_refused_again(office: Heard) -> None:
    spoken = Spoken(EventId("$same"), RoomId("!team"), ANNA, NOW, "!claim 99")
    for _ in range(3):
        await office.hear(spoken)
    assert len(office.told) == 1


@pytest.mark.parametrize(("minutes", "is_done"), [(0, True), (60, True), (61, False), (10_000, False)])
async def test_what_is_older_than_an_hour_is_to_be_repeated(office: Heard, minutes: int, is_done: bool) -> None:
    await office.say("!claim 1", age=minutes * MINUTE)
    assert ((await office.ticket()).claimant == ANNA) == is_done
    assert bool(office.told) != is_done
    if not is_done:
        assert office.told[0].startswith("That is too old")


async def test_old_talk_is_not_answered_at_all(office: Heard) -> None:
    await office.say("Good morning!", age=10_000 * MINUTE)
    await office.react("👍", age=10_000 * MINUTE)
    assert office.effects == []


async def test_what_the_configuration_denies_is_denied_to_words_and_taps(office: Heard) -> None:
    await office.say("!ignore 1 spam", BEN)
    await office.react("🙈", BEN)
    assert all(said.startswith("`!ignore` is not open to you") for said in office.told)
    assert len(office.told) == 2
    assert (await office.ticket()).state is TicketState.NEW


async def test_only_one_s_own_eyes_can_be_taken_back(office: Heard) -> None:
    eyes = await office.react("👀", ANNA)
    await office.hear(Redacted(EventId("$mod"), RoomId("!team"), BEN, NOW, eyes))
    assert (await office.ticket()).claimant == ANNA
    again = await office.react("👀", ANNA)
    await office.hear(Redacted(EventId("$own"), RoomId("!team"), ANNA, NOW, again))
    assert (await office.ticket()).claimant is None


async def test_a_message_that_cannot_be_decrypted_gets_an_explanation(office: Heard) -> None:
    await office.hear(Unreadable(EventId("$dark"), RoomId("!team"), ANNA, NOW))
    (told,) = office.effects
    assert isinstance(told, Tell)
    assert told.message.startswith("I cannot read this message")
    assert told.reply_to == "$dark"


async def test_who_wants_to_verify_the_bot_hears_what_it_takes(office: Heard) -> None:
    asked = AskedToVerify(EventId("$request"), RoomId("!team"), ANNA, NOW)
    for _ in range(2):
        await office.hear(asked)
    (told,) = office.effects
    assert isinstance(told, Tell)
    assert told.message == (
        "Nobody is there to compare the emoji with you. Please ask whoever runs fedichat to run "
        "`fedichat verify`, then try again."
    )
    assert told.reply_to == "$request"


async def test_a_fault_of_our_own_is_confessed_with_a_reference_and_nothing_has_changed(
    office: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    # There is no fediverse behind this desk, so that !answer breaks inside.
    event = await office.say("!answer 1 My private thoughts.")
    (said,) = office.told
    reference = said.split()[-1].strip("`.")
    assert "not your mistake" in said
    assert f"reference={reference}" in caplog.text
    assert "private thoughts" not in caplog.text
    assert (await office.ticket()).state is TicketState.NEW
    assert isinstance(office.effects[0], Tell)
    assert office.effects[0].reply_to == event
    await office.say("!claim 1")
    assert (await office.ticket()).claimant == ANNA


async def test_a_department_may_look_but_not_decide(office: Heard) -> None:
    await office.say("!claim 1", room="!krypto")
    assert office.told[0].startswith("`!claim` does not work here")
    assert (await office.ticket()).state is TicketState.NEW


async def test_what_is_private_is_in_the_direct_room_from_the_start(office: Heard) -> None:
    assert ((await office.ticket(1)).place, (await office.ticket(2)).place) == (TEAM, DIRECT)
