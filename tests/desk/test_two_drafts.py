"""An answer in work, a holding reply and a change of what is out are three things, and may wait side by side."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.names import PostId
from fedichat.domain.posts.post import PostState
from fedichat.store import posts
from tests.world import ANNA, BEN, TEAM, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Erika's question is #1: P1 is the answer that Anna drafts, P2 Ben's interim reply."""
    world = await World.open(tmp_path)
    await world.look()
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.say(ANNA, TEAM, "!interim 1 We look into it.")
    yield world
    await world.close()


async def state(world: World, number: int) -> PostState:
    found = await world.database.read(lambda tx: posts.find_post(tx, PostId(number)))
    assert found is not None
    return found.state


async def states(world: World, *numbers: int) -> list[PostState]:
    return [await state(world, number) for number in numbers]


def out(world: World) -> list[str]:
    return [new.text.partition(" ")[2] for new in world.fediverse.published.values()]


BOTH = [PostState.DRAFT, PostState.DRAFT]


async def test_an_interim_reply_leaves_the_drafted_answer_alone(world: World) -> None:
    assert await states(world, 1, 2) == BOTH
    for number, words in ((1, "Yes."), (2, "We look into it.")):
        shown = world.rooms.sent[world.preview(number)]
        assert words in shown.text
        assert world.rooms.buttons(shown.event) == ["✅", "❌"]


@pytest.mark.parametrize(("command", "kept", "gone"), [("!interim 1 Soon.", 1, 2), ("!answer 1 No.", 2, 1)])
async def test_a_new_draft_takes_the_place_of_one_of_its_kind_only(
    world: World, command: str, kept: int, gone: int
) -> None:
    await world.say(ANNA, TEAM, command)
    assert await states(world, kept, gone, 3) == [PostState.DRAFT, PostState.WITHDRAWN, PostState.DRAFT]


async def test_each_preview_is_confirmed_for_itself_and_the_answer_comes_after_the_interim_reply(world: World) -> None:
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert out(world) == ["We look into it."]
    assert await states(world, 1, 2) == [PostState.DRAFT, PostState.PUBLISHED]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert out(world) == ["We look into it.", "Yes."]


async def test_when_the_answer_is_out_the_interim_reply_comes_too_late(world: World) -> None:
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert await states(world, 1, 2) == [PostState.PUBLISHED, PostState.WITHDRAWN]
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert out(world) == ["Yes."]
    assert "withdrawn" in world.rooms.sent[world.preview(2)].text


async def test_a_confirmed_interim_reply_that_waits_behind_the_answer_is_not_published_after_it(tmp_path: Path) -> None:
    world = await World.open(tmp_path, publishing={"undo_seconds": 60})
    await world.look()
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.say(ANNA, TEAM, "!interim 1 We look into it.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    await world.live_until(world.clock.now() + timedelta(minutes=5))
    assert out(world) == ["Yes."]
    assert await states(world, 1, 2) == [PostState.PUBLISHED, PostState.WITHDRAWN]
    await world.close()


@pytest.mark.parametrize("command", ["!publish 1", "!publish #1", "!withdraw 1", "!zurückziehen 1"])
async def test_where_two_wait_the_ticket_s_number_is_not_enough(world: World, command: str) -> None:
    event = await world.say(BEN, TEAM, command)
    assert "P1, P2 wait for #1. Which one is meant?" in world.replies(event)[-1]
    assert (await states(world, 1, 2), out(world)) == (BOTH, [])


async def test_each_is_named_by_its_own_number(world: World) -> None:
    await world.say(BEN, TEAM, "!withdraw P1")
    await world.say(BEN, TEAM, "!publish P2")
    assert await states(world, 1, 2) == [PostState.WITHDRAWN, PostState.PUBLISHED]


async def test_a_reply_to_a_preview_means_that_one(world: World) -> None:
    await world.say(BEN, TEAM, "!publish", reply_to=world.preview(2))
    assert await states(world, 1, 2) == [PostState.DRAFT, PostState.PUBLISHED]
    await world.say(ANNA, TEAM, "!interim 1 Once more.")
    await world.say(BEN, TEAM, "!withdraw", reply_to=world.preview(1))
    assert await states(world, 1, 3) == [PostState.WITHDRAWN, PostState.DRAFT]


async def test_what_is_confirmed_already_is_not_meant_by_publish(tmp_path: Path) -> None:
    world = await World.open(tmp_path, publishing={"undo_seconds": 60})
    await world.look()
    await world.asked()
    await world.say(ANNA, TEAM, "!interim 1 We look into it.")
    await world.say(BEN, TEAM, "!publish 1")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.say(BEN, TEAM, "!publish 1")
    assert await states(world, 1, 2) == [PostState.CONFIRMED, PostState.CONFIRMED]
    event = await world.say(ANNA, TEAM, "!interim 1 Too late.")
    assert "is confirmed and about to go out" in world.replies(event)[-1]
    await world.close()


async def test_the_citizen_s_edit_outdates_both_and_deletion_drops_both(world: World) -> None:
    status = next(iter(world.fediverse.statuses))
    world.fediverse.change(status, "Is TLS 1.1 still allowed?")
    await world.recheck(status)
    assert [row["revision"] for row in await world.rows("posts")] == [2, 2]
    world.fediverse.take_away(status)
    await world.recheck(status)
    assert await states(world, 1, 2) == [PostState.WITHDRAWN, PostState.WITHDRAWN]
    assert [row["text"] for row in await world.rows("posts")] == ["", ""]


async def test_a_ticket_that_is_ignored_needs_neither(world: World) -> None:
    await world.say(ANNA, TEAM, "!ignore 1 polemic")
    assert await states(world, 1, 2) == [PostState.WITHDRAWN, PostState.WITHDRAWN]


@pytest.mark.parametrize("change", ["!edit 1 Yes, it is.", "!unpublish 1"])
async def test_a_change_of_what_is_out_leaves_a_drafted_answer_alone(world: World, change: str) -> None:
    await world.say(BEN, TEAM, "!publish P1")
    await world.say(ANNA, TEAM, "!answer 1 And more.")
    await world.say(BEN, TEAM, change)
    assert await states(world, 3, 4) == BOTH
    await world.say(BEN, TEAM, "!publish P4")
    assert await states(world, 3, 4) == [PostState.DRAFT, PostState.PUBLISHED]
