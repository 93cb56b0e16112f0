"""Every way to let something out needs the right to publish, however it is typed or tapped, and whatever is denied."""

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest

from fedichat.chat.command import Right
from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct
from fedichat.domain.names import EventId, UserId
from tests.desk.plans import at
from tests.world import ANNA, BEN, TEAM, VERA, World

COMMANDS = load_commands(import_module("fedichat.commands"))
DORA = UserId("@dora:example.org")
"""She may do everything but let something out."""

LETS_OUT = {("publish", None), ("unfreeze", "all")}
"""The commands, and the options of others, that let something out."""


def test_what_lets_something_out_is_declared_so() -> None:
    declared: set[tuple[str, str | None]] = {
        (command.name, None) for command in distinct(COMMANDS) if command.right is Right.PUBLISH
    }
    declared |= {
        (command.name, option.name)
        for command in distinct(COMMANDS)
        for option in command.options
        if option.right is Right.PUBLISH
    }
    assert declared == LETS_OUT


def test_a_message_that_may_be_edited_has_no_option_that_needs_more_than_its_command() -> None:
    followed = [command for command in distinct(COMMANDS) if callable(command.on_edit)]
    assert {command.name for command in followed} > {"answer", "crisis", "draft", "edit", "interim", "schedule"}
    for command in followed:
        assert not any(option.right for option in command.options), command.name


DENY_LISTS = [["publish"], ["confirm"], ["veröffentlichen"]]


@pytest.fixture(params=DENY_LISTS, ids="-".join)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Of each kind of post there is one that waits for somebody to let it out; what was approved is frozen and overdue.

    P1 is an answer and P2 an interim reply, P4 changes and P6 deletes what is published, P7 has no time, P8 was
    approved and missed its time, P9 is a warning.
    """
    four_eyes = {"undo_seconds": 0, "four_eyes": {"planned": False}}
    users = {str(DORA): {"deny": request.param}}
    world = await World.open(tmp_path, timezone="Europe/Berlin", publishing=four_eyes, users=users)
    await world.look()
    for number in range(1, 5):
        await world.asked(f"Question {number}?")
    await world.say(ANNA, TEAM, "!answer 1 An answer.")
    await world.say(ANNA, TEAM, "!interim 2 We look into it.")
    for number, change in ((3, "!edit 3 Changed."), (4, "!unpublish 4")):
        await world.say(ANNA, TEAM, f"!answer {number} Yes.")
        await world.say(ANNA, TEAM, f"!publish {number}")
        await world.say(ANNA, TEAM, change)
    await world.say(ANNA, TEAM, "!draft Without a time.")
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Overdue.")
    await world.say(BEN, TEAM, "!publish P8")
    await world.say(ANNA, TEAM, "!crisis Do not open it!")
    await world.say(VERA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    yield world
    await world.close()


def at_the_server(world: World) -> tuple[object, ...]:
    """Everything that somebody outside can see."""
    fediverse = world.fediverse
    return dict(fediverse.published), list(fediverse.edits), list(fediverse.deleted), list(fediverse.pinned)


def own_messages(world: World) -> list[EventId]:
    return [one.event for one in world.rooms.shown(TEAM)]


NUMBERS = ("1", "3", "P2", "P6", "P7", "P8", "P9")
WAYS = [
    *(f"!{name} {number}" for name in ("publish", "freigeben") for number in NUMBERS),
    "!unfreeze --all",
    "!unfreeze --alle",
    "!fortsetzen --alle",
    "!fortsetzen --all",
]
OTHERS = [
    f"!{command.name} {number} {words}".strip()
    for command in distinct(COMMANDS)
    if command.right is not Right.PUBLISH and command.name not in ("help", "digest", "stats")
    for number in ("2", "P8")
    for words in ("", "Other words.")
]
"""What she may do; nothing of it lets anything out, whatever it is given."""


async def test_who_may_not_publish_lets_nothing_out_in_any_way(world: World) -> None:
    before = at_the_server(world)
    for line in WAYS:
        await world.say(DORA, TEAM, line)
        assert at_the_server(world) == before, line


@pytest.mark.parametrize("world", [["publish"]], indirect=True)
async def test_nor_by_a_tap_or_by_anything_that_she_may_do(world: World) -> None:
    before = at_the_server(world)
    for target in own_messages(world):
        await world.tap(DORA, TEAM, target, "✅")
        assert at_the_server(world) == before, world.rooms.sent[target].text
    for line in OTHERS:
        await world.say(DORA, TEAM, line)
        assert at_the_server(world) == before, line
    await world.live_until(at("2026-11-25 12:00"))
    assert at_the_server(world) == before


@pytest.mark.parametrize("world", [["publish"]], indirect=True)
@pytest.mark.parametrize(
    "line", ["!publish 1", "!publish P2", "!publish 3", "!publish 4", "!publish P9", "!unfreeze --all"]
)
async def test_who_may_publish_does_it_in_each_of_these_ways(world: World, line: str) -> None:
    before = at_the_server(world)
    await world.say(BEN, TEAM, line)
    assert at_the_server(world) != before


@pytest.mark.parametrize("world", [["publish"]], indirect=True)
async def test_who_may_not_publish_is_told_and_can_still_end_the_freeze(world: World) -> None:
    event = await world.say(DORA, TEAM, "!unfreeze --all")
    assert "needs the right `publish`" in world.replies(event)[-1]
    event = await world.say(DORA, TEAM, "!unfreeze")
    assert "P8" in world.replies(event)[-1]
    assert "Overdue." not in [new.text for new in world.fediverse.published.values()]
