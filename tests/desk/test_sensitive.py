"""Pictures that are marked as sensitive stand in no room by themselves: somebody asks for them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.names import EventId, RoomId
from fedichat.domain.tickets.mention import Media, Status
from fedichat.ports import FileData, FileMessage
from tests.world import ANNA, BOSS, EVA, KRYPTO, TEAM, VERA, World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
PICTURE = Media("image", "https://files.example/1.png", "gore", id="1")
OTHER = Media("image", "https://files.example/2.png", "more", id="2")


async def opened(folder: Path, **settings: object) -> World:
    """An office whose instance has a picture at every address."""
    world = await World.open(folder, **settings)  # type: ignore[arg-type]

    async def fetch(url: str, limit: int) -> FileData:
        return FileData("1.png", "image/png", PNG)

    world.fediverse.fetch = fetch  # type: ignore[method-assign]
    return world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await opened(tmp_path)
    yield world
    await world.close()


def pictures(world: World, room: RoomId = TEAM) -> list[str]:
    return [one.text for one in world.rooms.shown(room) if isinstance(one.message, FileMessage)]


def offer(world: World, room: RoomId = TEAM) -> EventId:
    return [one.event for one in world.rooms.shown(room) if "marked as sensitive. 🖼️" in one.text][-1]


async def sensitive(world: World, *media: Media, **fields: object) -> Status:
    return await world.asked(**{"media": media or (PICTURE,), "is_sensitive": True} | fields)  # type: ignore[arg-type]


async def test_a_sensitive_picture_is_shown_after_a_tap(world: World) -> None:
    await sensitive(world)
    assert pictures(world) == []
    card = world.rooms.sent[world.card(1)].text
    assert "⚠️ Marked as sensitive: shown only on request." in card
    assert PICTURE.url in card, "the link is there for whoever wants it"
    assert world.rooms.buttons(offer(world)) == ["🖼️"]

    await world.tap(ANNA, TEAM, offer(world), "🖼️")
    assert pictures(world) == ["gore"]


async def test_a_content_warning_hides_pictures_too(world: World) -> None:
    """Clients hide them behind it, whether or not the server says that they are sensitive."""
    await sensitive(world, is_sensitive=False, content_warning="blood")
    assert pictures(world) == []


async def test_other_pictures_are_shown_at_once(world: World) -> None:
    await sensitive(world, is_sensitive=False)
    assert pictures(world) == ["gore"]
    assert "sensitive" not in world.rooms.sent[world.card(1)].text


async def test_text_that_is_marked_and_has_no_picture_is_as_any_other(world: World) -> None:
    await world.asked(is_sensitive=True)
    assert not any("sensitive" in one.text for one in world.rooms.shown(TEAM))


async def test_an_office_may_have_them_shown_at_once(tmp_path: Path) -> None:
    world = await opened(tmp_path, media={"show_sensitive": True})
    await sensitive(world)
    assert pictures(world) == ["gore"]
    await world.close()


async def test_the_command_shows_all_that_is_hidden_and_nothing_twice(world: World) -> None:
    status = await sensitive(world, PICTURE, OTHER)
    await world.asked("And this", in_reply_to=status.id, media=(replace(PICTURE, id="3"),), is_sensitive=True)
    assert any("2 files of #1 are marked as sensitive" in one.text for one in world.rooms.shown(TEAM))
    await world.say(ANNA, TEAM, "!media 1")
    assert pictures(world) == ["gore", "more", "gore"]

    again = await world.say(ANNA, TEAM, "!media 1")
    assert "Nothing of #1 is hidden here" in world.replies(again)[0]
    assert len(pictures(world)) == 3


async def test_a_department_is_asked_too_and_sees_it_in_its_own_room_only(world: World) -> None:
    await sensitive(world)
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    assert pictures(world, KRYPTO) == []
    await world.tap(EVA, KRYPTO, offer(world, KRYPTO), "🖼️")
    assert (pictures(world, KRYPTO), pictures(world)) == (["gore"], [])


async def test_where_there_is_no_thread_that_is_said(world: World) -> None:
    await sensitive(world)
    asked = await world.say(VERA, BOSS, "!media 1")
    assert "#1 has no thread in this room" in world.replies(asked)[0]


async def test_what_becomes_sensitive_later_is_taken_away_and_offered(world: World) -> None:
    status = await sensitive(world, is_sensitive=False)
    assert pictures(world) == ["gore"]
    world.fediverse.statuses[status.id] = replace(status, is_sensitive=True)
    await world.recheck(status.id)

    assert pictures(world) == []
    assert "Marked as sensitive" in world.rooms.sent[world.card(1)].text
    await world.tap(ANNA, TEAM, offer(world), "🖼️")
    assert pictures(world) == ["gore"]


async def test_what_its_author_deleted_is_not_shown_any_more(world: World) -> None:
    status = await sensitive(world)
    asked = offer(world)
    world.fediverse.take_away(status.id)
    await world.recheck(status.id)
    await world.tap(ANNA, TEAM, asked, "🖼️")
    assert pictures(world) == []
