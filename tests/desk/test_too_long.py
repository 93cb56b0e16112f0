"""An instance that counts addresses in full, against what it announces (measured, shared/facts-2026.md)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedichat.errors import Refusal, Rejected
from tests.world import ANNA, BEN, TEAM, World

LONG = "https://www.example.org/" + "a" * 300
TEXT = f"Please see {LONG} for all of it, and write again if that leaves anything open. " + "It does help. " * 14


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    world.fediverse.counts_in_full = 500
    await world.asked()
    yield world
    await world.close()


def said(world: World, words: str) -> list[str]:
    return [one.text for one in world.rooms.shown(TEAM) if words in one.text]


async def test_the_answer_comes_back_as_a_thread_that_needs_a_new_confirmation(world: World) -> None:
    await world.say(ANNA, TEAM, f"!answer 1 {TEXT}")
    first = world.preview(1)
    assert "this becomes a thread" not in world.rooms.sent[first].text
    await world.tap(ANNA, TEAM, first, "✅")
    assert world.fediverse.published == {}
    (told,) = said(world, "was not published")
    assert "the server says “Text is too long” (422)" in told
    assert told.startswith("anna: P1")
    second = world.preview(1)
    assert second != first
    assert "this becomes a thread of 2" in world.rooms.sent[second].text
    await world.tap(ANNA, TEAM, first, "✅")
    assert world.fediverse.published == {}, "an old preview confirms nothing"
    await world.tap(ANNA, TEAM, second, "✅")
    sent = [new.text for new in world.fediverse.published.values()]
    assert len(sent) == 2
    assert all(len(text) <= 500 for text in sent)
    assert LONG in sent[0] + sent[1]


async def test_the_next_preview_measures_rightly_also_after_a_restart(world: World) -> None:
    await world.say(ANNA, TEAM, f"!answer 1 {TEXT}")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.crash()
    await world.say(ANNA, TEAM, f"!answer 1 {TEXT}")
    assert "this becomes a thread of 2" in world.rooms.sent[world.preview(2)].text


async def test_what_is_planned_says_what_the_server_said_and_its_copy_is_a_thread(world: World) -> None:
    await world.say(ANNA, TEAM, f"!draft {TEXT}")
    await world.say(BEN, TEAM, "!publish P1")
    assert world.fediverse.published == {}
    (told,) = said(world, "P1 was not published")
    assert "the server says “Text is too long” (422)" in told
    assert "`!copy P1` makes a new draft of it" in told
    await world.say(ANNA, TEAM, "!copy P1")
    assert "this becomes a thread of 2" in world.rooms.sent[world.preview(2)].text


async def test_another_refusal_of_a_text_with_an_address_teaches_nothing(world: World) -> None:
    world.fediverse.counts_in_full = None

    async def refuses(*_: object, **__: object) -> None:
        raise Rejected("no", 422, Refusal("the server says “{words}” ({status})", words="Blocked word", status=422))

    world.fediverse.publish = refuses  # type: ignore[method-assign, assignment]
    await world.say(ANNA, TEAM, f"!answer 1 {TEXT}")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    assert await world.rows("counting_in_full") == []
    (told,) = said(world, "P1 was not published")
    assert "the server says “Blocked word” (422)" in told
