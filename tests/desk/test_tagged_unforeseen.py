"""The server tags, or would tag, somebody whom no preview named: the room hears it. The whole bot on a real database.

What a status tags is `mentions` of docs.joinmastodon.org/entities/Status.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.names import PostId
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Author, Status, StatusId, Visibility
from fedichat.errors import Refusal, TagsOthers, TryLater
from fedichat.ports import NewStatus, PublishedStatus
from fedichat.store import posts
from tests.world import ANNA, BEN, DIRECT, TEAM, Sent, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


@pytest.mark.parametrize("lost_answers", [0, 1])
async def test_a_surprise_in_a_direct_answer_is_told_and_can_be_deleted(world: World, lost_answers: int) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example")
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
    world.fediverse.tags_besides = ("bob@other.example",)
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert any("P1 also tags @bob@other.example" in one.text for one in world.rooms.shown(TEAM))


async def test_whom_the_preview_named_is_no_surprise(world: World) -> None:
    await world.asked()
    world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example", "carl@social.example.org")
    await world.say(ANNA, TEAM, "!answer 1 Yes .@bob@other.example, @carl")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert not any("also tags" in one.text for one in world.rooms.shown(TEAM))


async def test_a_surprise_is_told_as_well_where_the_server_is_away_right_after_it(world: World) -> None:
    """The answer to the publishing itself names whom it tags."""
    await world.asked()
    status = world.fediverse.status

    async def away(status_id: StatusId) -> Status:
        if status_id in world.fediverse.published:
            raise TryLater("no answer")
        return await status(status_id)

    world.fediverse.status = away  # type: ignore[method-assign]
    world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example")
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    told = [one.text for one in world.rooms.shown(TEAM)]
    assert any("could not be asked whether it stands there" in text for text in told)
    assert any("P1 also tags @bob@other.example, whom" in text for text in told)


async def test_a_surprise_in_a_change_of_what_is_public_is_told(world: World) -> None:
    await world.asked()
    world.fediverse.tags_besides = ("erika@remote.example", "carl@other.example")
    await world.say(ANNA, TEAM, "!answer 1 Yes, @carl@other.example")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    world.fediverse.tags_besides = ("erika@remote.example", "carl@other.example", "bob@other.example")
    await world.say(ANNA, TEAM, "!edit 1 No.")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    told = [one.text for one in world.rooms.shown(TEAM) if "also tags" in one.text]
    assert told == ["ben: P1 also tags @bob@other.example, whom the preview did not name: the server read the text so."]


async def test_a_surprise_in_a_change_of_a_direct_answer_can_be_deleted(world: World) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example")
    await world.say(ANNA, DIRECT, "!edit 1 No.")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    (told,) = [one for one in world.rooms.shown(DIRECT) if "@bob@other.example can read P1 as well" in one.text]
    assert world.rooms.buttons(told.event) == ["✅", "❌"]
    await world.tap(BEN, DIRECT, told.event, "✅")
    await world.tap(BEN, DIRECT, world.preview(3, DIRECT), "✅")
    assert world.fediverse.deleted


async def test_whom_a_server_reads_in_the_asker_s_handle_is_a_surprise(world: World) -> None:
    """Some servers read `@erika@münchen.de` as a local `@erika`, or stop at `@erika@m`."""
    erika = Author("erika@münchen.de", "Erika")
    await world.asked(visibility=Visibility.DIRECT, author=erika)
    world.fediverse.tags_besides = ("erika@social.example.org", "erika@m")
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    (told,) = [one.text for one in world.rooms.shown(DIRECT) if "can read P1 as well" in one.text]
    assert "@erika@social.example.org, @erika@m can read" in told


@pytest.mark.parametrize("acct", ["erika@münchen.de", "erika@xn--mnchen-3ya.de"])
async def test_the_asker_herself_is_no_surprise_however_her_host_is_written(world: World, acct: str) -> None:
    await world.asked(visibility=Visibility.DIRECT, author=Author("erika@münchen.de", "Erika"))
    world.fediverse.tags_besides = (acct,)
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    assert not any("can read P1" in one.text for one in world.rooms.shown(DIRECT))


async def test_a_change_of_a_direct_answer_cannot_tag_who_only_shares_the_asker_s_name(world: World) -> None:
    await world.asked(visibility=Visibility.DIRECT, author=Author("erika@münchen.de", "Erika"))
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    refused = await world.say(ANNA, DIRECT, "!edit 1 No, ask @erika")
    assert "@erika is not in the conversation" in world.replies(refused)[-1]
    assert world.fediverse.edits == []


async def test_a_server_that_would_tag_others_refuses_and_the_room_hears_whom(world: World) -> None:
    async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        told = Refusal("the server would also tag {accts}, whom the preview did not name", accts="@bob@other.example")
        raise TagsOthers("bsi: HTTP 422", 422, told)

    world.fediverse.publish = publish  # type: ignore[method-assign]
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert any(
        "P1 was not published" in one.text and "the server would also tag @bob@other.example" in one.text
        for one in world.rooms.shown(TEAM)
    )
    failed = await world.database.read(lambda tx: posts.find_post(tx, PostId(1)))
    assert failed is not None
    assert failed.state is PostState.FAILED
    assert world.fediverse.published == {}


async def test_the_deletion_that_is_offered_is_of_the_post_with_the_surprise_whatever_was_published_since(
    world: World,
) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example")
    await world.say(ANNA, DIRECT, "!interim 1 Soon.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    (told,) = [one for one in world.rooms.shown(DIRECT) if "@bob@other.example can read P1 as well" in one.text]
    assert "`!unpublish P1`" in told.text
    world.fediverse.tags_besides = ("erika@remote.example",)
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    await world.tap(BEN, DIRECT, told.event, "✅")
    await world.tap(BEN, DIRECT, world.preview(3, DIRECT), "✅")
    assert world.fediverse.deleted == [next(iter(world.fediverse.published))]


# --- shown to more people than was asked ---

LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(30))


def shows_as(world: World, visibility: Visibility) -> None:
    """The server gives new statuses that visibility, whatever it is asked for."""
    say = world.fediverse.say
    world.fediverse.say = lambda new: say(replace(new, visibility=visibility))  # type: ignore[method-assign]


def shown(world: World, words: str) -> list[Sent]:
    return [one for one in world.rooms.shown(DIRECT) if words in one.text]


@pytest.mark.parametrize("lost_answers", [0, 1])
async def test_a_direct_answer_that_the_server_shows_to_everybody_is_told_and_can_be_deleted(
    world: World, lost_answers: int
) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    shows_as(world, Visibility.PUBLIC)
    world.fediverse.lost_answers = lost_answers
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    (told,) = shown(world, "P1 was to be direct, and the server shows it as public")
    await world.tap(BEN, DIRECT, told.event, "✅")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    assert world.fediverse.deleted


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (Visibility.DIRECT, Visibility.DIRECT),
        (Visibility.PRIVATE, Visibility.DIRECT),
        (Visibility.PRIVATE, Visibility.PRIVATE),
    ],
)
async def test_an_answer_for_as_many_or_fewer_is_no_surprise(
    world: World, asked: Visibility, given: Visibility
) -> None:
    room = DIRECT if asked is Visibility.DIRECT else TEAM
    await world.asked(visibility=asked)
    shows_as(world, given)
    await world.say(ANNA, room, "!answer 1 Yes.")
    await world.tap(BEN, room, world.preview(1, room), "✅")
    assert len(world.fediverse.published) == 1
    assert not any("was to be" in one.text for one in world.rooms.sent.values())


@pytest.mark.parametrize("what", ["tagged", "public"])
async def test_a_direct_thread_stops_at_the_first_part_that_too_many_can_read(world: World, what: str) -> None:
    await world.asked(visibility=Visibility.DIRECT)
    if what == "tagged":
        world.fediverse.tags_besides = ("erika@remote.example", "bob@other.example")
    else:
        shows_as(world, Visibility.PUBLIC)
    await world.say(ANNA, DIRECT, f"!answer 1 {LONG}")
    await world.tap(BEN, DIRECT, world.preview(1, DIRECT), "✅")
    await world.crash()
    await world.deliver()
    assert len(world.fediverse.published) == 1
    assert shown(world, "P1 stopped after part 1 of")
    assert not shown(world, "Published:")
    (offer,) = shown(world, "asks for the deletion")
    await world.tap(BEN, DIRECT, offer.event, "✅")
    await world.tap(BEN, DIRECT, world.preview(2, DIRECT), "✅")
    assert len(world.fediverse.deleted) == 1
    await world.say(ANNA, DIRECT, "!answer 1 Yes.")
    assert world.preview(3, DIRECT)


@pytest.mark.parametrize("sentences", [3, 30])
async def test_of_a_series_that_too_many_can_read_the_next_one_is_to_be_confirmed(world: World, sentences: int) -> None:
    words = " ".join(f"Sentence number {number} is about TLS." for number in range(sentences))
    await world.say(ANNA, TEAM, f"!schedule every monday 9:00 --visibility private | {words}")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    shows_as(world, Visibility.PUBLIC)
    await world.live_until(world.clock.now() + timedelta(days=15))
    assert len(world.fediverse.published) == 1
    states = [row["state"] for row in await world.rows("posts")]
    assert states[:2] == ["published", "missed"]


async def test_nor_does_the_next_one_go_out_that_waits_already(world: World) -> None:
    """The first one was held back by a freeze, and is let out after the next one was made."""
    await world.say(ANNA, TEAM, "!schedule every monday 9:00 --visibility private | Words.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(world.clock.now() + timedelta(days=8))
    await world.say(ANNA, TEAM, "!unfreeze")
    assert [row["state"] for row in await world.rows("posts")] == ["missed", "confirmed"]
    shows_as(world, Visibility.PUBLIC)
    await world.say(BEN, TEAM, "!publish P1")
    assert [row["state"] for row in await world.rows("posts")] == ["published", "draft"]
    event = await world.say(ANNA, TEAM, "!history P2")
    assert world.replies(event)
    await world.live_until(world.clock.now() + timedelta(days=15))
    assert len(world.fediverse.published) == 1
