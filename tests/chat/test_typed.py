"""`matrix.confirm: typed`: nothing leaves the office by a tap, and whoever taps is told what to type.

Who reacts to something nobody can prove, for reactions are not encrypted; who types something in an encrypted room can
be known.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from fedichat.chat.command import Invocation, Right
from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct
from fedichat.domain.names import EventId, RoomId
from fedichat.domain.tickets.mention import Visibility
from tests.world import ANNA, BEN, BOSS, DIRECT, KRYPTO, TEAM, VERA, World

COMMANDS = load_commands(import_module("fedichat.commands"))
ROCKET = {"👀": "claim", "🚀": "publish", "▶️": "unfreeze"}


async def an_office(folder: Path, confirm: str = "typed", **more: object) -> World:
    matrix = {
        "homeserver": "https://matrix.example.org",
        "user": "@fedichat:example.org",
        "password": "Sehr/geheim 1!",
        "store": str(folder / "matrix-store"),
        "confirm": confirm,
    }
    return await World.open(folder, matrix=matrix, **more)  # type: ignore[arg-type]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Ticket 1 is public, ticket 2 is direct."""
    world = await an_office(tmp_path, reactions=ROCKET)
    await world.asked()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    yield world
    await world.close()


def told_since(world: World, count: int) -> list[str]:
    return [one.text for one in list(world.rooms.sent.values())[count:]]


async def has_gone_out(world: World) -> bool:
    """Whether anything has changed at the server, or private words have reached a department."""
    fediverse = world.fediverse
    return bool(
        fediverse.published or fediverse.edits or fediverse.deleted or fediverse.pinned or world.rooms.shown(KRYPTO)
    )


class Way(NamedTuple):
    """Something that goes out by a tap where taps count: what leads to it, what is tapped, and what to type instead."""

    prepare: Callable[[World], Awaitable[EventId]]
    line: str
    key: str = "✅"
    room: RoomId = TEAM


async def answer(world: World) -> EventId:
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    return world.preview(1)


async def interim(world: World) -> EventId:
    await world.say(ANNA, TEAM, "!interim 1 Soon.")
    return world.preview(1)


async def direct_answer(world: World) -> EventId:
    await world.say(ANNA, DIRECT, "!answer 2 Yes.")
    return world.preview(1, DIRECT)


async def planned(world: World) -> EventId:
    await world.say(ANNA, TEAM, "!schedule in 2 hours | Doors open.")
    return world.preview(1)


async def warning(world: World) -> EventId:
    await world.say(VERA, BOSS, "!crisis Do not open it.")
    return world.preview(1, BOSS)


async def change(world: World) -> EventId:
    await published(world)
    await world.say(ANNA, TEAM, "!edit 1 No.")
    return world.preview(2)


async def deletion(world: World) -> EventId:
    await published(world)
    await world.say(ANNA, TEAM, "!unpublish 1")
    return world.preview(2)


async def published(world: World) -> None:
    await answer(world)
    await world.say(ANNA, TEAM, "!publish P1")
    assert world.fediverse.published
    world.fediverse.published.clear()


async def missed(world: World) -> EventId:
    """What missed its time while nothing ran is asked about."""
    await planned(world)
    number = max(int(str(row["id"])) for row in await world.rows("posts"))
    await world.say(BEN, TEAM, f"!publish P{number}")
    world.clock.advance(hours=3)
    await world.wake()
    return next(one.event for one in world.rooms.shown(TEAM) if f"P{number} has missed its time" in one.text)


async def missed_preview(world: World) -> EventId:
    await missed(world)
    return world.preview(1)


async def private_to_department(world: World) -> EventId:
    await world.say(ANNA, DIRECT, "!escalate 2 krypto Is it?")
    return next(one.event for one in world.rooms.shown(DIRECT) if "is private" in one.text)


async def card(world: World) -> EventId:
    await answer(world)
    return world.card(1)


async def card_while_frozen(world: World) -> EventId:
    await world.say(ANNA, TEAM, "!freeze")
    return world.card(1)


WAYS = {
    "an answer": Way(answer, "!publish P1"),
    "an interim reply": Way(interim, "!publish P1"),
    "a direct answer": Way(direct_answer, "!publish P1", room=DIRECT),
    "a planned post": Way(planned, "!publish P1"),
    "a warning": Way(warning, "!publish P1", room=BOSS),
    "a change": Way(change, "!publish P2"),
    "a deletion": Way(deletion, "!publish P2"),
    "what has missed its time, by its question": Way(missed, "!publish P1"),
    "what has missed its time, by its preview": Way(missed_preview, "!publish P1"),
    "private words to a department": Way(private_to_department, "!escalate #2 --sure krypto Is it?", room=DIRECT),
    "an emoji on a card that publishes": Way(card, "!publish 1", key="🚀"),
    "an emoji on a card that ends a freeze": Way(card_while_frozen, "!unfreeze 1", key="▶️"),
}


@pytest.mark.parametrize("name", WAYS)
async def test_no_tap_lets_anything_out_and_who_taps_is_told_what_to_type(world: World, name: str) -> None:
    way = WAYS[name]
    target = await way.prepare(world)
    freezes = await world.rows("freezes")
    count = len(world.rooms.sent)
    for who in (BEN, VERA) if way.room is BOSS else (BEN,):
        await world.tap(who, way.room, target, way.key)
    await world.live_until(world.clock.now() + timedelta(minutes=1))
    assert not await has_gone_out(world)
    assert await world.rows("freezes") == freezes
    told = told_since(world, count)
    assert told
    assert all(f"`{way.line}`" in text for text in told), told


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.key == "✅"])
async def test_what_is_typed_instead_does_it(world: World, name: str) -> None:
    way = WAYS[name]
    await way.prepare(world)
    await world.say(VERA if way.room is BOSS else BEN, way.room, way.line)
    if name == "a warning":
        await world.say(ANNA, TEAM, way.line)  # by a second person
        assert not world.fediverse.published  # the preview is in the supervisors' room
        return
    await world.live_until(world.clock.now() + timedelta(hours=3))
    assert await has_gone_out(world)


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.key == "✅"])
async def test_where_taps_count_the_same_tap_lets_it_out(tmp_path: Path, name: str) -> None:
    way = WAYS[name]
    world = await an_office(tmp_path, "tap")
    await world.asked()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    target = await way.prepare(world)
    await world.tap(BEN, way.room, target, way.key)
    await world.live_until(world.clock.now() + timedelta(hours=3))
    assert await has_gone_out(world) == (name != "what has missed its time, by its preview")
    await world.close()


def test_every_command_that_needs_the_right_to_publish_is_to_be_typed() -> None:
    found = {command.name for command in distinct(COMMANDS) if Invocation(command).lets_out}
    assert found == {"publish", "unfreeze"}
    with_options = {
        f"{command.name} --{option.name}"
        for command in distinct(COMMANDS)
        for option in command.options
        if Invocation(command, options={option.name: ""}).lets_out
    }
    assert with_options == {"unfreeze --all", "escalate --sure"}
    assert all(Invocation(one).lets_out for one in distinct(COMMANDS) if one.right is Right.PUBLISH)


# --- what only holds back, and what is only sorted ---


async def test_what_holds_back_is_done_by_a_tap_as_ever(world: World) -> None:
    await answer(world)
    await world.tap(BEN, TEAM, world.preview(1), "❌")
    assert (await world.rows("posts"))[0]["state"] == "withdrawn"
    question = await missed(world)
    await world.tap(BEN, TEAM, question, "❌")
    assert (await world.rows("posts"))[1]["state"] == "withdrawn"


async def test_a_card_is_claimed_by_a_tap_as_ever(world: World) -> None:
    await world.tap(ANNA, TEAM, world.card(1), "👀")
    assert (await world.rows("tickets"))[0]["claimant"] == ANNA


async def test_a_preview_has_no_button_that_does_nothing(world: World) -> None:
    await answer(world)
    assert world.rooms.buttons(world.preview(1)) == ["❌"]


async def test_a_yes_that_did_not_count_can_be_taken_back_after_it_was_typed(world: World) -> None:
    """Whoever sees the tick vanish must not be surprised by a post that goes out."""
    await world.say(ANNA, TEAM, "!schedule in 2 hours | Doors open.")
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.say(BEN, TEAM, "!publish P1")
    assert (await world.rows("posts"))[0]["state"] == "confirmed"
    await world.redact(BEN, TEAM, tick)
    assert (await world.rows("posts"))[0]["state"] == "draft"


async def test_a_tap_on_what_has_no_time_says_what_typing_would_do(world: World) -> None:
    await world.say(ANNA, TEAM, "!draft Some day.")
    count = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    (told,) = told_since(world, count)
    assert "P1 has no time yet." in told
    assert "`!publish P1` publishes it now." in told
    assert not world.fediverse.published


async def test_a_tap_on_an_old_preview_or_on_what_is_settled_tells_nobody_to_type(world: World) -> None:
    said = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    old = world.preview(1)
    await world.edit(ANNA, TEAM, said, "!answer 1 No.")
    count = len(world.rooms.sent)
    await world.tap(BEN, TEAM, old, "✅")
    (told,) = told_since(world, count)
    assert "This preview of P1 is out of date." in told
    await world.say(BEN, TEAM, "!publish P1")
    count = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert told_since(world, count) == []


async def test_who_taps_again_and_again_is_told_once_an_hour_on_each_preview(world: World) -> None:
    await answer(world)
    preview, count = world.preview(1), len(world.rooms.sent)
    for _ in range(60):
        await world.redact(BEN, TEAM, await world.tap(BEN, TEAM, preview, "✅"))
    assert len(told_since(world, count)) == 1
    await world.tap(ANNA, TEAM, preview, "✅")
    assert len(told_since(world, count)) == 2
    world.clock.advance(hours=1)
    await world.tap(BEN, TEAM, preview, "✅")
    assert len(told_since(world, count)) == 3


async def test_who_may_not_publish_is_told_that_and_not_what_to_type(tmp_path: Path) -> None:
    world = await an_office(tmp_path, users={str(BEN): {"deny": ["publish"]}})
    await world.asked()
    await answer(world)
    count = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    (told,) = told_since(world, count)
    assert "is not open to you" in told
    await world.close()


# --- what is said ---


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("!answer 1 Yes.", "`!publish P1` publishes, ❌ withdraws."),
        ("!schedule in 2 hours | Doors open.", "`!publish P1` schedules it, ❌ drops it."),
        ("!schedule every monday at 9 | Good morning.", "`!publish P1` schedules it and all that follow,"),
        ("!crisis Do not open it.", "`!publish P1` by a second person publishes it at once and pins it,"),
        ("!draft Some day.", "`!publish P1` publishes it now."),
    ],
)
async def test_a_preview_says_what_to_type(world: World, line: str, hint: str) -> None:
    await world.say(ANNA, TEAM, line)
    shown = world.rooms.sent[world.preview(1)]
    assert hint in shown.text
    assert "✅" not in shown.text
    assert "<code>!publish P1</code>" in getattr(shown.message, "html", "")


async def test_previews_of_changes_say_what_to_type(world: World) -> None:
    assert "`!publish P2` changes it on the server" in world.rooms.sent[await change(world)].text


async def test_previews_of_deletions_say_what_to_type(world: World) -> None:
    assert "`!publish P2` deletes it on the server" in world.rooms.sent[await deletion(world)].text


async def test_nothing_that_is_said_about_a_post_asks_for_a_tick(world: World) -> None:
    """Through everything that can come between: reminders, second thoughts, four eyes, what is like a tick."""
    await missed(world)
    await world.tap(ANNA, TEAM, world.preview(1), "👍")
    await world.say(ANNA, TEAM, "!schedule in 20 minutes | Come in.")
    await world.pass_time(world.clock.now() + timedelta(minutes=12))
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(ANNA, TEAM, world.preview(3), "👍")
    texts = [one.text for one in world.rooms.sent.values()]
    assert any("nobody has confirmed it" in text and "`!publish P2` confirms it" in text for text in texts)
    assert any("👍 on a preview does nothing. `!publish P3` publishes P3" in text for text in texts)
    assert [text for text in texts if "✅" in text and not text.startswith("#")] == []


@pytest.mark.parametrize(("command", "speaks_of_taps"), [("publish", True), ("unpublish", True), ("queue", False)])
async def test_help_that_speaks_of_a_tick_says_what_does_it_here(
    world: World, command: str, speaks_of_taps: bool
) -> None:
    (told,) = world.replies(await world.say(ANNA, TEAM, f"!help {command}"))
    assert ("In this office a tap publishes nothing: `!publish P7` does what ✅ would." in told) == speaks_of_taps
    assert ("✅" in told) == speaks_of_taps


async def test_in_german_it_is_the_german_command(tmp_path: Path) -> None:
    world = await an_office(tmp_path, language="de")
    await world.asked()
    await answer(world)
    assert "Mit `!veröffentlichen P1` veröffentlichen, mit ❌ zurückziehen." in world.rooms.sent[world.preview(1)].text
    count = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    (told,) = told_since(world, count)
    assert "`!veröffentlichen P1` gibt P1 so frei" in told
    await world.close()
