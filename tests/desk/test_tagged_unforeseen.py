"""The server tags somebody whom no preview named: the room hears it at once. The whole bot on a real database.

What a status tags is `mentions` of docs.joinmastodon.org/entities/Status.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.mention import Visibility
from fedichat.ports import NewStatus, PublishedStatus
from tests.world import ANNA, BEN, DIRECT, TEAM, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


def tagging(world: World, *accts: str) -> None:
    """The server reads more in the next texts than anybody could see."""
    works = world.fediverse.publish

    async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        try:
            return await works(new, idempotency_key)
        finally:
            number = list(world.fediverse.published)[-1]
            world.fediverse.statuses[number] = replace(world.fediverse.statuses[number], mentions=accts)

    world.fediverse.publish = publish  # type: ignore[method-assign]


@pytest.mark.parametrize("lost_answers", [0, 1])
async def test_a_surprise_in_a_direct_answer_is_told_and_can_be_deleted(world: World, lost_answers: int) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    tagging(world, "erika@remote.example", "bob@other.example")
    world.fediverse.lost_answers = lost_answers
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    await world.pass_time(world.clock.now().replace(minute=59))
    (told,) = [one for one in world.rooms.shown(DIRECT) if "@bob@other.example can read P1 as well" in one.text]
    assert world.rooms.buttons(told.event) == ["✅", "❌"]
    await world.tap(BEN, DIRECT, told.event, "✅")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    assert world.fediverse.deleted


async def test_a_surprise_in_public_is_told(world: World) -> None:
    await world.asked()
    tagging(world, "bob@other.example")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert any("P1 also tags @bob@other.example" in one.text for one in world.rooms.shown(TEAM))


async def test_whom_the_preview_named_is_no_surprise(world: World) -> None:
    await world.asked()
    tagging(world, "erika@remote.example", "bob@other.example", "carl@social.example.org")
    await world.say(ANNA, TEAM, "!answer 1 Yes .@bob@other.example, @carl")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert not any("also tags" in one.text for one in world.rooms.shown(TEAM))
