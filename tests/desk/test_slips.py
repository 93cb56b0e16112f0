"""What people type and tap by mistake, late and on a phone: nothing goes wrong silently. The whole bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedichat.domain.mention import Author, Visibility
from fedichat.domain.remark import SharedFile
from tests.desk.test_posts import out, said, shown
from tests.world import ANNA, BEN, DIRECT, EVA, KRYPTO, TEAM, World

KIM = Author("Kim@elsewhere.example", "Kim Beispiel", "https://elsewhere.example/@Kim")
MAP = SharedFile("map.png", "image/png", "mxc://example.org/map", 1000)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Ticket 1 is Erika's."""
    world = await World.open(tmp_path)
    await world.look()
    await world.asked()
    yield world
    await world.close()


# --- the number of a post, where it is an answer's ---


async def test_a_draft_for_a_citizen_is_not_reworded_by_its_number_and_still_tags_them(world: World) -> None:
    await said(world, "!answer Yes.")
    refused = await said(world, "!edit P1 No.", who=BEN)
    assert world.replies(refused) == [
        "P1 is a draft for #1: it changes when the message that made it is edited, and `!answer 1 …` replaces it."
    ]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert out(world) == ["@erika@remote.example Yes."]


async def test_nobody_gets_to_read_a_private_answer_that_way(world: World) -> None:
    await world.asked("A secret.", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!answer 2 Yes.")
    await world.say(ANNA, DIRECT, "!edit P1 @kim@elsewhere.example, have you read that?")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    assert out(world) == ["@erika@remote.example Yes."]


@pytest.mark.parametrize("command", ["!edit P1 No.", "!unpublish P1"])
async def test_a_change_of_an_answer_by_its_number_takes_the_place_of_a_draft_as_one_by_its_ticket(
    world: World, command: str
) -> None:
    await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await said(world, "!answer By the way.")
    await said(world, command)
    assert "withdrawn, nothing was published" in shown(world, 2)
    assert [row["id"] for row in await world.rows("posts") if row["state"] == "draft"] == [3]


async def test_experts_read_an_answer_when_it_is_out_and_no_draft(world: World) -> None:
    await said(world, "!escalate krypto")
    await said(world, "!answer Yes.")
    refused = await world.say(EVA, KRYPTO, "!show P1")
    assert world.replies(refused) == ["There is no post P1 in this room."]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    shown_there = world.replies(await world.say(EVA, KRYPTO, "!show P1"))[0]
    assert shown_there.startswith("✅ P1 published · #1\n> @erika@remote.example Yes.")
