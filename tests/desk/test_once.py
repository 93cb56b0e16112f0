"""Once, whatever the clocks say; and "published" is said when it is true. The whole bot on a real database."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal
from unicodedata import normalize

import pytest

from fedichat.domain.names import PostId
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Gone, Rejected, TryLater, Unsure
from fedichat.ports import NewStatus, PublishedStatus, Spoken
from fedichat.store import posts
from tests.world import ANNA, BEN, BOSS, TEAM, VERA, World

LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(30))
TEXT = "Our guide is out."


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.look()
    yield world
    await world.close()


async def answered(world: World, text: str) -> None:
    """Erika asks, and P1, confirmed by Ben, answers."""
    await world.asked()
    await world.say(ANNA, TEAM, f"!answer 1 {text}")
    await world.tap(BEN, TEAM, world.preview(1), "✅")


async def warned(world: World, text: str = "Do not open it!") -> None:
    """P1, confirmed by Ben, warns."""
    await world.say(ANNA, TEAM, f"!crisis {text}")
    await world.tap(BEN, TEAM, world.preview(1), "✅")


async def post(world: World, number: int = 1) -> Post:
    found = await world.database.read(lambda tx: posts.find_post(tx, PostId(number)))
    assert found is not None
    return found


def out(world: World) -> list[str]:
    """What the account has published by the bot's hand, once for each time that it stands there."""
    return [new.text for new in world.fediverse.published.values()]


def told(world: World) -> list[str]:
    return [one.text for one in world.rooms.shown(TEAM) if not one.text.startswith(("#", "📝"))]


class Fate:
    """Loses one answer of the server, or kills the process around one request; and then the clocks are set."""

    def __init__(self, world: World, number: int, how: str, *, step: timedelta, servers_step: timedelta) -> None:
        self._world = world
        self._left = number
        self._how = how
        self._step = step
        self._servers_step = servers_step
        self._works = world.fediverse.publish
        world.fediverse.publish = self._publish  # type: ignore[method-assign]

    async def _publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        self._left -= 1
        if self._left != 0:
            return await self._works(new, idempotency_key)
        if self._how != "killed before":
            await self._works(new, idempotency_key)
        self._world.clock.time += self._step
        self._world.fediverse.clock_offset += self._servers_step - self._step
        if self._how.startswith("killed"):
            raise Killed
        raise Unsure("no answer came")


OFFSETS = [timedelta(hours=-5), timedelta(minutes=-6), timedelta(), timedelta(minutes=6), timedelta(hours=5)]
STEPS = [timedelta(hours=-2), timedelta(), timedelta(hours=2)]


@pytest.mark.parametrize("number", range(40))
async def test_nothing_is_published_twice_or_lost_whatever_the_clocks_say(tmp_path: Path, number: int) -> None:
    """The key is ignored here, as by most servers: only what is found counts."""
    random = Random(number)
    world = await World.open(tmp_path)
    try:
        await world.look()
        fediverse = world.fediverse
        fediverse.clock_offset = random.choice(OFFSETS)
        fediverse.lists_late = timedelta(seconds=random.choice([0, 0, 20]))
        for older in range(random.choice([0, 3, 60])):
            world.clock.advance(minutes=7)
            fediverse.say(NewStatus(f"Post {older}", Visibility.PUBLIC))
        world.clock.advance(minutes=7)
        how = random.choice(["lost", "killed before", "killed after"])
        Fate(
            world,
            random.choice([1, 2]),
            how,
            step=random.choice(STEPS),
            servers_step=random.choice([timedelta(), timedelta(minutes=3)]),
        )
        with contextlib.suppress(Killed, BaseExceptionGroup):
            await answered(world, LONG)
        for newer in range(random.choice([0, 0, 90])):
            fediverse.say(NewStatus(f"Newer post {newer}", Visibility.PUBLIC))
        await world.crash()
        await world.deliver()
        world.clock.advance(hours=3)  # it was planned for a moment that a clock put back has yet to show
        await world.deliver()
        done = await post(world)
        assert out(world) == list(done.parts), (number, how)
        assert done.state is PostState.PUBLISHED
        assert [one.status for one in done.out] == list(fediverse.published)
    finally:
        await world.close()


async def test_our_clock_that_is_set_while_it_is_looked_for_changes_nothing(world: World) -> None:
    """It is put on by an hour at each look; the status is in the list after twenty seconds of real time."""
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    looks, own_statuses = 0, world.fediverse.own_statuses
    hidden = True

    async def listed(since: object) -> object:
        nonlocal looks
        looks += 1
        world.clock.time += timedelta(hours=1)
        found = await own_statuses(since)  # type: ignore[arg-type]
        return () if hidden and looks < 12 else found

    async def none(status: StatusId) -> tuple[object, ...]:
        return ()

    world.fediverse.own_statuses = listed  # type: ignore[method-assign, assignment]
    world.fediverse.replies = none  # type: ignore[method-assign, assignment]
    world.fediverse.lost_answers = 1
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert len(out(world)) == 1
    assert (await post(world)).state is PostState.PUBLISHED


async def test_what_shows_up_after_the_search_is_not_sent_again(world: World) -> None:
    """The list lags longer than anybody looks, and the server is away when it is tried again."""
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    publish, tries = world.fediverse.publish, 0

    async def once(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        nonlocal tries
        tries += 1
        if tries == 1:
            world.fediverse.lists_late = timedelta(seconds=50)
            await publish(new, idempotency_key)
            raise Unsure("no answer came")
        if tries == 2:
            raise Unsure("no answer came")  # nor did it arrive
        return await publish(new, idempotency_key)

    async def none(status: StatusId) -> tuple[object, ...]:
        return ()

    world.fediverse.publish = once  # type: ignore[method-assign]
    world.fediverse.replies = none  # type: ignore[method-assign, assignment]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert (tries, len(out(world))) == (2, 1)
    assert (await post(world)).state is PostState.PUBLISHED


async def test_nor_when_the_server_takes_nothing_in_between(world: World) -> None:
    """That the second try was refused says nothing about the first."""
    await world.say(ANNA, TEAM, f"!draft {TEXT}")
    publish, tries = world.fediverse.publish, 0

    async def once(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        nonlocal tries
        tries += 1
        if tries == 1:
            world.fediverse.lists_late = timedelta(seconds=50)
            await publish(new, idempotency_key)
            raise Unsure("no answer came")
        if tries == 2:
            world.clock.advance(minutes=1)
            raise TryLater("busy")
        return await publish(new, idempotency_key)

    world.fediverse.publish = once  # type: ignore[method-assign]
    await world.say(BEN, TEAM, "!publish P1")
    assert (tries, len(out(world))) == (2, 1)
    assert (await post(world)).state is PostState.PUBLISHED


@pytest.mark.parametrize("hours", [-20, -2, 2, 200])
async def test_a_server_whose_own_clock_is_set_while_an_answer_is_lost_has_it_once(world: World, hours: int) -> None:
    for older in range(3):
        world.clock.advance(minutes=7)
        world.fediverse.say(NewStatus(f"Post {older}", Visibility.PUBLIC))
    await world.say(ANNA, TEAM, f"!draft {TEXT}")
    world.fediverse.clock_offset = timedelta(hours=hours)
    world.fediverse.lost_answers = 1
    await world.say(BEN, TEAM, "!publish P1")
    assert out(world) == [TEXT]
    assert (await post(world)).state is PostState.PUBLISHED


@pytest.mark.parametrize("front", ["(", "„", ".", "–", "", "* "])
@pytest.mark.parametrize("behind", [")", "“", "'s", ".", ", hello", ""])
async def test_a_lost_post_is_known_again_whatever_a_mention_stands_between(
    world: World, front: str, behind: str
) -> None:
    """Servers show a mention without its host, or add their own to one without."""
    await world.say(ANNA, TEAM, f"!draft Thanks {front}@bob@other.example{behind} and all")
    say = world.fediverse.say

    def shown_short(new: NewStatus) -> object:
        return say(replace(new, text=new.text.replace("@other.example", "")))

    world.fediverse.say = shown_short  # type: ignore[method-assign, assignment]
    world.fediverse.lost_answers = 1
    await world.say(BEN, TEAM, "!publish P1")
    assert len(out(world)) == 1
    assert (await post(world)).state is PostState.PUBLISHED


@pytest.mark.parametrize("arrived", [True, False])
async def test_the_same_words_that_somebody_published_before_are_not_taken_for_ours(
    world: World, *, arrived: bool
) -> None:
    earlier = world.fediverse.say(NewStatus(TEXT, Visibility.PUBLIC))
    await world.say(ANNA, TEAM, f"!draft {TEXT}")
    publish, tries = world.fediverse.publish, 0

    async def lost(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        nonlocal tries
        tries += 1
        if tries > 1 or arrived:
            there = await publish(new, idempotency_key)
            if tries > 1:
                return there
        raise Unsure("no answer came")

    world.fediverse.publish = lost  # type: ignore[method-assign]
    await world.say(BEN, TEAM, "!publish P1")
    done = await post(world)
    assert out(world) == [TEXT]
    assert done.published_as in world.fediverse.published
    assert done.published_as != earlier.id


async def test_of_the_same_words_published_twice_on_purpose_each_is_found_for_itself(world: World) -> None:
    for number in (1, 2):
        await world.say(ANNA, TEAM, f"!draft {TEXT}")
        world.fediverse.lost_answers = 1
        await world.say(BEN, TEAM, f"!publish P{number}")
    assert out(world) == [TEXT, TEXT]
    assert [(await post(world, number)).published_as for number in (1, 2)] == list(world.fediverse.published)


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_server_that_refuses_to_show_conversations_gets_the_answer_once(world: World, *, is_lost: bool) -> None:
    async def refused(status: StatusId) -> tuple[Status, ...]:
        raise Rejected("not for you", 403)

    world.fediverse.replies = refused  # type: ignore[method-assign, assignment]
    world.fediverse.lost_answers = int(is_lost)
    await answered(world, "Yes.")
    assert len(out(world)) == 1
    assert (await post(world)).state is PostState.PUBLISHED


# --- "published" is said when it is true ---


async def test_an_answer_that_the_server_has_not_kept_is_said_and_not_tried_again(world: World) -> None:
    world.fediverse.phantoms = 1
    await answered(world, "Yes.")
    assert (await post(world)).state is PostState.FAILED
    assert "P1 is NOT published" in told(world)[-1]
    assert not any(text.startswith("Published") for text in told(world))
    await world.crash()
    await world.deliver()
    assert out(world) == []

    await world.say(ANNA, TEAM, "!answer 1 Yes, it is.")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert len(out(world)) == 1
    assert told(world)[-1].startswith("Published: ")


async def test_the_picture_of_what_the_server_has_not_kept_does_not_stay_there(world: World) -> None:
    await world.asked()
    picture = SharedFile("plan.png", "image/png", "mxc://example.org/plan", 1000)
    await world.say(ANNA, TEAM, '!answer 1 --alt "A plan" Yes.', file=picture)
    world.fediverse.phantoms = 1
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert len(world.fediverse.uploads) == 1
    assert world.fediverse.discarded == ["m1"]


async def test_a_warning_that_the_server_has_not_kept_is_neither_published_nor_pinned(world: World) -> None:
    world.fediverse.phantoms = 1
    await warned(world)
    assert "The warning P1 is NOT out" in told(world)[-1]
    assert "!crisis" in told(world)[-1]
    assert (world.fediverse.pinned, out(world)) == ([], [])


async def test_a_thread_stops_at_the_part_that_was_not_kept_and_goes_on_when_somebody_says_so(world: World) -> None:
    publish = world.fediverse.publish

    async def second(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        world.fediverse.phantoms = int(len(world.fediverse.published) == 1 and not told(world))
        return await publish(new, idempotency_key)

    world.fediverse.publish = second  # type: ignore[method-assign]
    await answered(world, LONG)
    stopped = await post(world)
    assert (stopped.state, len(stopped.out), len(out(world))) == (PostState.DRAFT, 1, 1)
    assert f"took part 2 of {len(stopped.parts)}, but it is not there" in told(world)[-1]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert out(world) == list(stopped.parts)


async def test_a_status_that_is_seen_a_moment_later_is_published(world: World) -> None:
    status, left = world.fediverse.status, 2

    async def cluster(status_id: StatusId) -> object:
        nonlocal left
        if status_id in world.fediverse.published and left:
            left -= 1
            raise Gone("not here yet", 404)
        return await status(status_id)

    world.fediverse.status = cluster  # type: ignore[method-assign, assignment]
    await answered(world, "Yes.")
    assert (await post(world)).state is PostState.PUBLISHED
    assert len(out(world)) == 1


async def test_what_has_another_id_by_now_is_found_by_its_words(world: World) -> None:
    status = world.fediverse.status

    async def other(status_id: StatusId) -> object:
        if status_id in world.fediverse.published:
            raise Gone("under another id", 404)
        return await status(status_id)

    world.fediverse.status = other  # type: ignore[method-assign, assignment]
    await answered(world, "Yes.")
    assert (await post(world)).state is PostState.PUBLISHED


@pytest.mark.parametrize("error", [TryLater("no answer"), Rejected("not for you", 403)])
async def test_where_it_cannot_be_seen_the_servers_word_counts_and_that_is_said(world: World, error: Exception) -> None:
    status = world.fediverse.status

    async def away(status_id: StatusId) -> object:
        if status_id in world.fediverse.published:
            raise error
        return await status(status_id)

    world.fediverse.status = away  # type: ignore[method-assign, assignment]
    await answered(world, "Yes.")
    assert (await post(world)).state is PostState.PUBLISHED
    assert "could not be asked whether it stands there" in told(world)[-1]
    assert len(out(world)) == 1


@pytest.mark.parametrize("error", [TryLater("no answer"), Rejected("not for you", 403)])
async def test_what_is_not_there_is_not_called_published_because_the_list_cannot_be_read(
    world: World, error: Exception
) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    world.fediverse.phantoms = 1
    own_statuses, looks = world.fediverse.own_statuses, 0

    async def fails_once(since: datetime | None) -> tuple[Status, ...]:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise error
        return await own_statuses(since)

    world.fediverse.own_statuses = fails_once  # type: ignore[method-assign]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert (await post(world)).state is PostState.FAILED
    assert "P1 is NOT published" in told(world)[-1]


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("dies_at", ["reported", "published", "not_kept"])
async def test_killed_around_reading_it_back_nothing_is_lost_doubled_or_tried_again(
    world: World, dies_at: str, *, kept: bool
) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    world.fediverse.phantoms = 0 if kept else 1
    part = world.desk.posts.failing if dies_at == "not_kept" else world.desk.posts.publishing
    works = getattr(part, dies_at)

    async def dying(*args: object, **options: object) -> object:
        if dies_at == "reported":
            await works(*args, **options)
        raise Killed

    setattr(part, dies_at, dying)
    with contextlib.suppress(Killed):
        await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.crash()
    await world.deliver()
    assert (await post(world)).state is (PostState.PUBLISHED if kept else PostState.FAILED)
    assert len(out(world)) == int(kept)
    assert sum("Published: " in text for text in told(world)) == int(kept)
    assert sum("NOT published" in text for text in told(world)) == int(not kept)


# --- what showed up after nobody looked for it any more ---


def shows_up_late(world: World, *, lost: int, also: Callable[[], Awaitable[None]]) -> None:
    """That request's answer is lost, `also` happens, and the status is in the list only when nobody looks any more."""
    publish, requests = world.fediverse.publish, 0

    async def late(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        nonlocal requests
        requests += 1
        if requests != lost:
            return await publish(new, idempotency_key)
        world.fediverse.lists_late = timedelta(seconds=50)
        await publish(new, idempotency_key)
        await also()
        raise Unsure("no answer came")

    async def none(status: StatusId) -> tuple[object, ...]:
        return ()

    world.fediverse.publish = late  # type: ignore[method-assign]
    world.fediverse.replies = none  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize(("words", "lost"), [(TEXT, 1), (LONG, 2)])
async def test_what_a_freeze_held_back_after_a_lost_answer_is_not_sent_again(
    world: World, words: str, lost: int
) -> None:
    """A freeze is said while the answer is lost; later it is let out, or what is left of the thread goes on."""

    async def frozen() -> None:
        await world.hears(Spoken(world.event(), BOSS, VERA, world.clock.now(), "!freeze"))

    await world.say(ANNA, TEAM, f"!schedule tomorrow 9:00 | {words}")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    due = (await post(world)).due_at
    assert due is not None
    shows_up_late(world, lost=lost, also=frozen)
    world.clock.time = due
    await world.deliver()
    assert (await post(world)).state is (PostState.DRAFT if lost > 1 else PostState.MISSED)
    world.clock.advance(minutes=2)
    await world.say(VERA, BOSS, "!unfreeze")
    await world.say(BEN, TEAM, "!publish P1")
    done = await post(world)
    assert out(world) == list(done.texts)
    assert done.state is PostState.PUBLISHED


@pytest.mark.parametrize(("typed", "kept"), [("NFD", "NFC"), ("NFC", "NFD")])
async def test_a_lost_post_is_known_again_in_the_server_s_own_form_of_umlauts(
    world: World, typed: Literal["NFC", "NFD"], kept: Literal["NFC", "NFD"]
) -> None:
    await world.say(ANNA, TEAM, f"!draft {normalize(typed, 'Grüße für alle, ﬁx.')}")
    say = world.fediverse.say
    world.fediverse.say = lambda new: say(replace(new, text=normalize(kept, new.text)))  # type: ignore[method-assign]
    world.fediverse.lost_answers = 1
    await world.say(BEN, TEAM, "!publish P1")
    assert len(out(world)) == 1
    assert (await post(world)).state is PostState.PUBLISHED


# --- changes of what is published ---


@pytest.mark.parametrize("kind", ["edit", "removal"])
async def test_a_change_whose_first_try_had_no_answer_and_that_is_refused_then_is_not_said_to_be_undone(
    world: World, kind: str
) -> None:
    await answered(world, "Yes.")
    name = "edit" if kind == "edit" else "delete"
    works, tries = getattr(world.fediverse, name), 0

    async def lost_then_refused(*args: object) -> object:
        nonlocal tries
        tries += 1
        if tries > 1:
            raise Rejected("not so", 403)
        await works(*args)
        raise Unsure("no answer came")

    setattr(world.fediverse, name, lost_then_refused)
    await world.say(ANNA, TEAM, "!edit 1 No." if kind == "edit" else "!unpublish 1")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert (await post(world, 2)).state is PostState.FAILED
    assert "It is not known whether P2 was carried out" in told(world)[-1]


async def test_a_thread_of_which_only_some_parts_could_be_deleted_is_not_said_to_stand(world: World) -> None:
    await answered(world, LONG)
    delete = world.fediverse.delete

    async def only_the_last(status: StatusId) -> None:
        if world.fediverse.deleted:
            raise Rejected("not so", 403)
        await delete(status)

    world.fediverse.delete = only_the_last  # type: ignore[method-assign, assignment]
    await world.say(ANNA, TEAM, "!unpublish 1")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert len(world.fediverse.deleted) == 1
    assert "It is not known whether P2 was carried out" in told(world)[-1]
    assert "as it is" not in told(world)[-1]
