"""Departments: asked, talking with the team across rooms, proposing. The whole bot on a real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.doors import Doors
from fedichat.domain.names import RoomId, TicketId
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.domain.tickets.ticket import TicketState
from fedichat.errors import Refusal, Rejected, TryLater
from fedichat.ports import FileData, FileMessage, Message, Spoken
from fedichat.store import entries, escalations, tickets
from tests.world import ANNA, BEN, BOSS, DIRECT, EVA, GUS, KRYPTO, NETZ, TEAM, VERA, Sent, World

PICTURE = SharedFile("plan.png", "image/png", "mxc://example.org/plan", 1000)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.app.intakes["bsi"].look()
    yield world
    await world.close()


async def asked(world: World, text: str = "krypto Is that so?", *, number: int = 1) -> None:
    """A citizen's question is put to Kryptografie by Anna, in the card's thread."""
    await world.asked()
    await world.say(ANNA, TEAM, f"!escalate {text}", thread=world.card(number))


def last(world: World, room: RoomId) -> Sent:
    return world.rooms.shown(room)[-1]


async def text_of(world: World, number: int, room: RoomId) -> str:
    """The card, after all that was to change it has."""
    world.clock.advance(seconds=5)
    await world.deliver()
    return world.rooms.sent[world.card(number, room)].text


async def steps(world: World) -> list[tuple[str, str]]:
    """What happened to the ticket, with what is said of it."""
    history = await world.database.read(lambda tx: entries.history_of(tx, TicketId(1)))
    return [(entry.step.value, ": ".join(filter(None, (str(entry.said or ""), entry.text)))) for entry in history]


async def state(world: World, number: int = 1) -> TicketState:
    ticket = await world.database.read(lambda tx: tickets.find_ticket(tx, TicketId(number)))
    assert ticket is not None
    return ticket.state


# --- asking ---


async def test_a_department_gets_the_card_with_the_question_and_the_ticket_waits(world: World) -> None:
    await asked(world, "krypto Is TLS 1.2\nstill fine?")

    card = await text_of(world, 1, KRYPTO)
    assert "Question from the team (anna): Is TLS 1.2\nstill fine?" in card
    assert "`!propose 1 …` proposes an answer" in card
    assert "> @bsi Is TLS 1.2 still allowed?" in card
    assert (await text_of(world, 1, TEAM)).startswith("#1 ⏳ waiting for Kryptografie · Erika Muster")
    assert await state(world) is TicketState.WAITING
    assert ("escalated", "Kryptografie: Is TLS 1.2\nstill fine?") in await steps(world)


@pytest.mark.parametrize("name", ["krypto", "KRYPTO", "Kryptografie", "kryptografie:"])
async def test_a_department_is_called_by_either_of_its_names(world: World, name: str) -> None:
    await asked(world, f"{name} Really?")

    assert "Really?" in await text_of(world, 1, KRYPTO)


async def test_whoever_has_the_ticket_keeps_it(world: World) -> None:
    await world.asked()
    await world.tap(BEN, TEAM, world.card(1), "👀")
    await world.say(ANNA, TEAM, "!escalate 1 krypto")

    assert (await text_of(world, 1, TEAM)).startswith("#1 ⏳ waiting for Kryptografie · with ben")
    assert "The team (anna) asks for help." in await text_of(world, 1, KRYPTO)


async def test_a_typing_mistake_gets_the_nearest_department_suggested(world: World) -> None:
    await world.asked()
    event = await world.say(ANNA, TEAM, "!escalate 1 krytpo Really?")

    assert world.replies(event) == ["There is no department “krytpo”. Did you mean `krypto`?"]
    assert await state(world) is TicketState.NEW


async def test_an_unknown_department_gets_those_that_there_are(world: World) -> None:
    await world.asked()
    event = await world.say(ANNA, TEAM, "!escalate 1 Protokoll")

    assert world.replies(event) == [
        "There is no department “Protokoll”. There are: krypto (Kryptografie), netz (Netze)."
    ]


@pytest.mark.parametrize("command", ["!escalate 1", "!escalate 1 krypto Really?"])
async def test_without_departments_that_is_said(tmp_path: Path, command: str) -> None:
    world = await World.open(tmp_path, departments={})
    await world.asked()
    event = await world.say(ANNA, TEAM, command)

    assert "No departments are configured" in world.replies(event)[0]
    await world.close()


async def test_an_sos_on_the_card_offers_the_departments_and_a_tap_asks_one(world: World) -> None:
    await world.asked()
    await world.tap(ANNA, TEAM, world.card(1), "🆘")

    offer = last(world, TEAM)
    assert "Which department is to be asked about #1? 1️⃣ Kryptografie · 2️⃣ Netze" in offer.text
    assert world.rooms.buttons(offer.event) == ["1️⃣", "2️⃣", "❌"]
    await world.tap(ANNA, TEAM, offer.event, "2️⃣")
    assert "waiting for Netze" in await text_of(world, 1, TEAM)
    assert "The team (anna) asks for help." in await text_of(world, 1, NETZ)


async def test_who_has_the_ticket_already_is_not_offered_again(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!escalate 1")

    offer = last(world, TEAM)
    assert "1️⃣ Netze" in offer.text
    assert "Kryptografie" not in offer.text
    await world.tap(ANNA, TEAM, offer.event, "1️⃣")
    event = await world.say(ANNA, TEAM, "!escalate 1")
    assert "Every department has #1 already" in world.replies(event)[0]


async def test_of_many_departments_nine_are_offered_and_the_others_go_by_name(tmp_path: Path) -> None:
    names = ["krypto", "netz", *(f"d{number}" for number in range(10))]
    rooms = {name: {"room": f"#{name}:example.org", "name": name.upper()} for name in names}
    world = await World.open(tmp_path, departments=rooms)
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1")

    offer = last(world, TEAM)
    assert len(world.rooms.buttons(offer.event)) == 10
    assert "or another one by its name: `!escalate 1 …`" in offer.text
    await world.close()


async def test_who_has_the_ticket_already_needs_a_question(world: World) -> None:
    await asked(world)
    event = await world.say(ANNA, TEAM, "!escalate 1 krypto")
    assert world.replies(event) == [
        "Kryptografie has #1 already. To ask something more: `!escalate 1 krypto …`",
    ]

    await world.say(BEN, TEAM, "!escalate 1 krypto And TLS 1.3?")

    assert "Question from the team (ben): Is that so?\nAnd TLS 1.3?" in await text_of(world, 1, KRYPTO)
    said = last(world, KRYPTO)
    assert said.text == "ben asks further: And TLS 1.3?"
    assert isinstance(said.message, Message)
    assert said.message.thread == world.card(1, KRYPTO)


async def test_several_departments_are_asked_at_once(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!escalate 1 netz And you?")

    assert "waiting for Kryptografie, Netze" in await text_of(world, 1, TEAM)


async def test_what_is_closed_is_not_put_to_anybody(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!ignore 1 spam")
    event = await world.say(ANNA, TEAM, "!escalate 1 krypto")

    assert "`!reopen 1`" in world.replies(event)[0]


async def test_what_the_citizen_wrote_meanwhile_is_shown_to_the_department_too(world: World) -> None:
    first = await world.asked()
    world.clock.advance(minutes=1)
    await world.asked("And 1.1?", in_reply_to=first.id)
    await world.say(ANNA, TEAM, "!escalate 1 krypto")

    assert any("And 1.1?" in one.text for one in world.rooms.shown(KRYPTO))


# --- private tickets ---


async def test_a_private_ticket_is_put_to_a_department_only_after_it_was_said_who_would_read_it(world: World) -> None:
    await world.asked("My key is broken", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate krypto Can we --sure help?", thread=world.card(1, DIRECT))

    question = last(world, DIRECT)
    assert "#1 is private" in question.text
    assert "In that room are: Eva, Gus." in question.text
    assert world.rooms.shown(KRYPTO) == []
    await world.tap(ANNA, DIRECT, question.event, "✅")
    assert "Question from the team (anna): Can we --sure help?" in await text_of(world, 1, KRYPTO)


@pytest.mark.parametrize("doors", [Doors("public"), Doors(history="world_readable")])
async def test_a_private_ticket_is_not_put_to_a_department_whose_room_anybody_can_read(
    world: World, doors: Doors
) -> None:
    await world.asked("My key is broken", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 krypto")
    question = last(world, DIRECT)
    world.rooms.open[KRYPTO] = doors
    for line in ("!escalate 1 krypto", "!escalate 1 --sure krypto", "!weiterleiten 1 --sicher krypto Und?"):
        refused = await world.say(ANNA, DIRECT, line)
        assert "anybody can get into the room of Kryptografie" in world.replies(refused)[-1]
    await world.tap(ANNA, DIRECT, question.event, "✅")
    assert world.rooms.shown(KRYPTO) == []
    world.rooms.open[KRYPTO] = Doors("invite", people=frozenset({EVA, GUS}))
    await world.say(ANNA, DIRECT, "!escalate 1 --sure krypto")
    assert "My key is broken" in await text_of(world, 1, KRYPTO)


async def test_what_is_public_may_be_put_to_a_department_in_an_open_room(world: World) -> None:
    world.rooms.open[KRYPTO] = Doors("public")
    await asked(world)
    assert "Is TLS 1.2 still allowed?" in await text_of(world, 1, KRYPTO)


@pytest.mark.parametrize("words", ["--sure", "--sure Is it?", "Is it? —sicher"])
async def test_who_is_sure_may_say_so_behind_the_department(world: World, words: str) -> None:
    await world.asked("My key is broken", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, f"!escalate 1 krypto {words}")

    shown = await text_of(world, 1, KRYPTO)
    assert "--sure" not in shown
    assert "sicher" not in shown
    assert ("Is it?" in shown) is ("Is it?" in words)


async def test_no_is_no(world: World) -> None:
    await world.asked("My key is broken", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!escalate 1 krypto")
    await world.tap(ANNA, DIRECT, last(world, DIRECT).event, "❌")

    assert world.rooms.shown(KRYPTO) == []
    assert await state(world) is TicketState.NEW


async def test_who_is_sure_is_not_asked(world: World) -> None:
    await world.asked("My key is broken", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!weiterleiten 1 --sicher krypto Und?")

    assert "My key is broken" in await text_of(world, 1, KRYPTO)


# --- talking ---


async def test_the_threads_are_one_conversation(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!escalate 1 netz And you?")
    await world.say(EVA, KRYPTO, "Only with *modern* ciphers, @room", thread=world.card(1, KRYPTO))

    for room in (TEAM, NETZ):
        said = last(world, room)
        assert said.text == "Eva (Kryptografie): Only with *modern* ciphers, @room"
        assert isinstance(said.message, Message)
        assert said.message.notice
        assert said.message.mentions == ()
        assert said.message.thread == world.card(1, room)
    await world.say(BEN, TEAM, "Thank <b>you</b>", thread=world.card(1))
    for room in (KRYPTO, NETZ):
        assert last(world, room).text == "Ben (team): Thank <b>you</b>"
        assert "&lt;b&gt;" in last(world, room).message.html  # type: ignore[union-attr]
    assert len([one for one in world.rooms.shown(KRYPTO) if "modern" in one.text]) == 0


async def test_a_reply_to_a_copy_belongs_to_the_conversation(world: World) -> None:
    await asked(world)
    await world.say(EVA, KRYPTO, "Which server?", thread=world.card(1, KRYPTO))
    await world.say(ANNA, TEAM, "All of them", reply_to=last(world, TEAM).event)

    assert last(world, KRYPTO).text == "Anna (team): All of them"


async def test_talk_that_concerns_nobody_else_is_not_kept(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "Who takes this?", thread=world.card(1))
    await world.say(ANNA, TEAM, "!escalate 1 krypto Yes?")
    await world.say(ANNA, TEAM, "Lunch?")
    await world.say(EVA, KRYPTO, "Lunch!")

    assert await world.rows("remarks") == []


async def test_edits_and_redactions_follow(world: World) -> None:
    await asked(world)
    event = await world.say(EVA, KRYPTO, "Onyl with modern ciphers", thread=world.card(1, KRYPTO))
    copy = last(world, TEAM)
    await world.edit(EVA, KRYPTO, event, "Only with modern ciphers")
    assert copy.text == "Eva (Kryptografie): Only with modern ciphers"

    await world.redact(EVA, KRYPTO, event)

    assert copy.is_gone
    assert [(row["text"], row["is_gone"]) for row in await world.rows("remarks")] == [("", 1)]


async def test_what_was_taken_away_before_it_was_shown_is_not_shown(world: World) -> None:
    await asked(world)
    event = world.event()
    await world.hears(Spoken(event, KRYPTO, EVA, world.clock.now(), "Oops", world.card(1, KRYPTO), None, None))
    before = len(world.rooms.sent)
    await world.redact(EVA, KRYPTO, event)

    assert len(world.rooms.sent) == before


async def test_a_crash_neither_loses_nor_doubles_what_was_said(world: World) -> None:
    await asked(world)
    heard = Spoken(world.event(), KRYPTO, EVA, world.clock.now(), "Yes", world.card(1, KRYPTO), None, None)
    await world.hears(heard)
    await world.crash()
    await world.hear(heard)

    assert [one.text for one in world.rooms.shown(TEAM)].count("Eva (Kryptografie): Yes") == 1


async def test_a_long_remark_is_cut(world: World) -> None:
    await asked(world)
    await world.say(EVA, KRYPTO, "x" * 60_000, thread=world.card(1, KRYPTO))

    assert last(world, TEAM).text.endswith("x […]")
    assert len(last(world, TEAM).text) < 13_000


# --- files ---


async def test_a_file_is_brought_along_with_its_number_and_its_words(world: World) -> None:
    await asked(world)
    event = await world.say(EVA, KRYPTO, "The plan", thread=world.card(1, KRYPTO), file=PICTURE)

    assert world.rooms.buttons(event) == ["📎1"]
    copy = last(world, TEAM)
    assert isinstance(copy.message, FileMessage)
    assert copy.message.file == FileData("plan.png", "image/png", b"file")
    assert copy.message.caption == "📎1 Eva (Kryptografie): The plan"
    assert copy.message.thread == world.card(1)

    await world.edit(EVA, KRYPTO, event, "The old plan")
    assert last(world, TEAM).text == "📎1 Eva (Kryptografie): The old plan"
    await world.redact(EVA, KRYPTO, event)
    assert copy.is_gone
    assert not any("old plan" in one.text for one in world.rooms.shown(TEAM))


async def test_a_file_in_the_team_is_noted_although_nobody_is_asked(world: World) -> None:
    await world.asked()
    first = await world.say(ANNA, TEAM, "", thread=world.card(1), file=PICTURE)
    second = await world.say(ANNA, TEAM, "", thread=world.card(1), file=replace(PICTURE, name="b.png"))

    assert [world.rooms.buttons(one) for one in (first, second)] == [["📎1"], ["📎2"]]


async def test_a_file_that_cannot_be_brought_along_is_named_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(file: SharedFile, limit: int) -> FileData:
        assert limit == 50 * 1024 * 1024
        raise Rejected("HTTP 403", 403, Refusal("the file is locked away"))

    monkeypatch.setattr(world.rooms, "download", refuse)
    await asked(world)
    await world.say(EVA, KRYPTO, "The film", thread=world.card(1, KRYPTO), file=PICTURE)

    assert last(world, TEAM).text == (
        "📎1 Eva (Kryptografie): The film\n“plan.png” could not be brought along: the file is locked away."
    )


async def test_a_file_that_is_too_large_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(file: SharedFile, limit: int) -> FileData:
        raise Rejected("too large", 413)

    monkeypatch.setattr(world.rooms, "download", refuse)
    await asked(world)
    await world.say(EVA, KRYPTO, "", thread=world.card(1, KRYPTO), file=PICTURE)

    assert last(world, TEAM).text == (
        "📎1 Eva (Kryptografie)\n“plan.png” was not brought along: it is larger than 50 MB."
    )


async def test_a_file_on_a_server_that_is_down_does_not_hold_up_the_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def unreachable(file: SharedFile, limit: int) -> FileData:
        nonlocal tries
        tries += 1
        raise TryLater("the server is down")

    monkeypatch.setattr(world.rooms, "download", unreachable)
    await asked(world)
    await world.say(EVA, KRYPTO, "", thread=world.card(1, KRYPTO), file=PICTURE)

    assert tries > 1
    assert last(world, TEAM).text.endswith("could not be brought along: the server that holds it does not answer.")


# --- proposing ---


async def test_a_proposal_is_numbered_shown_on_both_sides_and_wakes_the_claimant(world: World) -> None:
    await asked(world)
    await world.tap(BEN, TEAM, world.card(1), "👀")
    await world.say(ANNA, TEAM, "!escalate 1 netz")
    event = await world.say(EVA, KRYPTO, "!propose Yes,\nit is.", thread=world.card(1, KRYPTO))

    here, there = last(world, NETZ), last(world, TEAM)
    assert here.text == "💡 Proposal 1 by Eva (Kryptografie):\n> Yes,\n> it is."
    assert there.text.startswith(here.text)
    assert "`!answer 1 --proposal 1`" in there.text
    assert isinstance(there.message, Message)
    assert isinstance(here.message, Message)
    assert there.message.mentions == (BEN,)
    assert here.message.mentions == ()
    assert "💡1" in world.rooms.buttons(event)
    assert not any("Proposal 1" in one.text for one in world.rooms.shown(KRYPTO))
    assert "💡 1 proposal" in await text_of(world, 1, TEAM)
    assert ("proposed", "1 (eva)") in await steps(world)


async def test_a_check_mark_on_an_experts_words_makes_them_a_proposal_once(world: World) -> None:
    await asked(world)
    event = await world.say(EVA, KRYPTO, "Yes, it is.", thread=world.card(1, KRYPTO))
    copy = last(world, TEAM)
    await world.tap(ANNA, TEAM, copy.event, "✅")
    await world.tap(BEN, TEAM, copy.event, "✅")

    shown = [one.text for one in world.rooms.shown(TEAM) if one.text.startswith("💡")]
    assert len(shown) == 1
    assert shown[0].startswith("💡 Proposal 1 by Eva (Kryptografie):\n> Yes, it is.")
    await world.edit(EVA, KRYPTO, event, "No, it is not.")
    assert any(one.text.startswith("💡 Proposal 1 by Eva (Kryptografie):\n> No") for one in world.rooms.shown(TEAM))
    assert "💡1" in world.rooms.buttons(event)
    assert not any("Proposal 1" in one.text for one in world.rooms.shown(KRYPTO))


async def test_an_expert_cannot_make_a_proposal_of_a_remark_by_a_tap(world: World) -> None:
    await asked(world)
    event = await world.say(EVA, KRYPTO, "Yes, it is.", thread=world.card(1, KRYPTO))
    await world.tap(EVA, KRYPTO, event, "✅")

    assert await world.rows("proposals") == []


async def test_a_proposal_follows_its_message(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!escalate 1 netz")
    event = await world.say(EVA, KRYPTO, "!propose 1 Yes", thread=world.card(1, KRYPTO))
    shown = last(world, NETZ), last(world, TEAM)
    await world.edit(EVA, KRYPTO, event, "!propose 1 No")
    assert all("> No" in one.text for one in shown)

    await world.redact(EVA, KRYPTO, event)

    assert all(one.text == "💡 Proposal 1 by Eva (Kryptografie) – was taken back." for one in shown)
    assert not any("Proposal 1" in one.text for one in world.rooms.shown(KRYPTO))
    assert "proposal" not in await text_of(world, 1, TEAM)
    assert [row["text"] for row in await world.rows("proposals")] == [""]
    assert [text for step, text in await steps(world) if step == "proposed"] == ["1 (eva)", "1 (eva) ✏️", "1 (eva) 🗑"]


async def test_the_team_and_the_supervisors_may_propose_as_well(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!propose 1 Yes")
    await world.say(VERA, BOSS, "!propose 1 No")

    assert [one.text.split("\n")[0] for one in world.rooms.shown(KRYPTO)][-2:] == [
        "💡 Proposal 1 by Anna (team):",
        "💡 Proposal 2 by Vera (team):",
    ]


async def test_a_department_that_was_not_asked_knows_nothing(world: World) -> None:
    await asked(world)
    event = await world.say(EVA, NETZ, "!propose 1 Yes")

    assert "There is no ticket #1 in this room" in world.replies(event)[0]


# --- taking back ---


async def test_what_is_taken_back_hears_no_more(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!escalate 1 netz")
    await world.say(BEN, TEAM, "!recall 1 krypto")

    assert "Taken back by ben." in await text_of(world, 1, KRYPTO)
    assert "ben has taken #1 back" in last(world, KRYPTO).text
    assert "waiting for Netze" in await text_of(world, 1, TEAM)
    before = len(world.rooms.sent)
    await world.say(ANNA, TEAM, "Internal", thread=world.card(1))
    await world.say(EVA, KRYPTO, "Still there?", thread=world.card(1, KRYPTO))
    assert [one.room for one in list(world.rooms.sent.values())[before:]] == [NETZ]
    event = await world.say(EVA, KRYPTO, "!propose 1 Yes")
    assert world.replies(event) == ["ben has taken #1 back, so no proposal is needed any more. Thank you all the same!"]
    assert ("recalled", "Kryptografie") in await steps(world)


@pytest.mark.parametrize(("claimed", "then"), [(True, TicketState.CLAIMED), (False, TicketState.NEW)])
async def test_when_nobody_is_asked_any_more_the_ticket_waits_no_longer(
    world: World, claimed: bool, then: TicketState
) -> None:
    await asked(world)
    if claimed:
        await world.tap(BEN, TEAM, world.card(1), "👀")
    await world.say(ANNA, TEAM, "!zurueckholen 1")

    assert await state(world) is then


async def test_nothing_to_take_back_is_said(world: World) -> None:
    await world.asked()
    first = await world.say(ANNA, TEAM, "!recall 1")
    await world.say(ANNA, TEAM, "!escalate 1 netz")
    second = await world.say(ANNA, TEAM, "!recall 1 krypto")

    assert world.replies(first) == ["#1 is with no department, so there is nothing to take back."]
    assert world.replies(second) == ["#1 is not with Kryptografie, but with Netze."]


async def test_asked_again_after_it_was_taken_back(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!recall 1")
    await world.say(ANNA, TEAM, "!escalate 1 krypto Once more, please")

    assert "Question from the team (anna): Once more, please" in await text_of(world, 1, KRYPTO)
    assert last(world, KRYPTO).text == "anna asks further: Once more, please"
    await world.say(EVA, KRYPTO, "Here we are", thread=world.card(1, KRYPTO))
    assert last(world, TEAM).text == "Eva (Kryptografie): Here we are"


async def test_what_was_written_while_it_was_asked_and_came_when_it_was_not_is_shown_when_it_is_asked_again(
    world: World,
) -> None:
    first = await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    await world.say(EVA, KRYPTO, "!show 1")
    world.fediverse.write("And 1.1?", in_reply_to=first.id)
    await world.say(ANNA, TEAM, "!recall 1")
    await world.look()
    await world.deliver()
    assert not any("And 1.1?" in one.text for one in world.rooms.shown(KRYPTO))
    await world.say(ANNA, TEAM, "!escalate 1 krypto Again?")
    await world.say(ANNA, TEAM, "!recall 1")
    await world.say(ANNA, TEAM, "!escalate 1 krypto And again?")

    assert sum("And 1.1?" in one.text for one in world.rooms.shown(KRYPTO)) == 1


# --- the end ---


async def test_the_department_sees_what_was_answered_and_is_asked_no_more(world: World) -> None:
    await asked(world)
    await world.say(EVA, KRYPTO, "!propose 1 Yes, it is.", thread=world.card(1, KRYPTO))
    await world.say(ANNA, TEAM, "!answer 1 --proposal 1")
    world.clock.advance(seconds=2)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")

    assert [new.text for new in world.fediverse.published.values()] == ["@erika@remote.example Yes, it is."]
    said = next(one.text for one in world.rooms.shown(KRYPTO) if one.text.startswith("📣"))
    assert said.startswith("📣 This was answered:\n> @erika@remote.example Yes, it is.\nhttps://social.example.org/")
    assert "#1 ✅ answered" in await text_of(world, 1, KRYPTO)
    event = await world.say(EVA, KRYPTO, "!propose 1 No!", thread=world.card(1, KRYPTO))
    assert "#1 is dealt with" in world.replies(event)[0]


async def test_with_an_ignored_ticket_the_department_is_asked_no_more(world: World) -> None:
    await asked(world)
    await world.say(ANNA, TEAM, "!ignore 1 spam")

    assert "🙈" in await text_of(world, 1, KRYPTO)
    open_ones = await world.database.read(lambda tx: escalations.of_ticket(tx, TicketId(1)))
    assert [one.is_open for one in open_ones] == [False]
