"""Planned posts and their moment: on time, late, missed, held up by a server; whatever happens in between, once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Author
from fedichat.errors import Refusal, Rejected, TryLater
from fedichat.ports import Edited, FileData, Message, Reacted, Spoken
from fedichat.workers.delivery.turn import Turn
from tests.desk.plans import MAP, NINE, Outage, an_office, approve, at, out, post, preview, state, steps, told
from tests.world import ANNA, BEN, TEAM, World


async def away_until(world: World, moment: str, *, timers_first: bool = True) -> None:
    """The bot does not run until then; whether timers or deliveries come first is chance."""
    world.clock.time = at(moment)
    await world.crash()
    if not timers_first:
        await world.deliver()
    await world.wake()


@pytest.mark.parametrize("what", ["❌", "!withdraw P1", "!unschedule P1", "!freeze"])
async def test_what_was_taken_back_while_the_bot_was_away_does_not_go_out(scheduled: World, what: str) -> None:
    scheduled.clock.time = at("2026-11-24 09:05")
    await scheduled.crash()
    earlier = at("2026-11-24 06:00")
    if what == "❌":
        await scheduled.hear(Reacted(scheduled.event(), TEAM, ANNA, earlier, scheduled.preview(1), what))
    else:
        await scheduled.hear(Spoken(scheduled.event(), TEAM, ANNA, earlier, what))
    await scheduled.wake()
    assert out(scheduled) == []


def question(world: World, words: str) -> Message:
    """The newest message in the room with those words."""
    message = [one.message for one in world.rooms.shown(TEAM) if words in one.text][-1]
    assert isinstance(message, Message)
    return message


# --- after downtime ---


@pytest.mark.parametrize("timers_first", [True, False])
async def test_within_the_grace_it_is_published_late_and_said_so(scheduled: World, timers_first: bool) -> None:
    await away_until(scheduled, "2026-11-24 09:14", timers_first=timers_first)
    assert out(scheduled) == ["Our guide is out."]
    assert "P1 is published, late: it was planned for Tue 24 Nov 2026 09:00 CET." in told(scheduled)[-1]


@pytest.mark.parametrize("timers_first", [True, False])
async def test_beyond_the_grace_the_room_is_asked(scheduled: World, timers_first: bool) -> None:
    await away_until(scheduled, "2026-11-24 09:16", timers_first=timers_first)
    assert out(scheduled) == []
    assert await state(scheduled, 1) is PostState.MISSED
    asked = question(scheduled, "P1 has missed its time")
    assert "Tue 24 Nov 2026 09:00 CET" in asked.plain
    assert "“Our guide is out.”" in asked.plain
    assert not asked.notice, "it should wake somebody"
    assert "did not go out" in preview(scheduled, 1)


async def missed(world: World) -> None:
    await away_until(world, "2026-11-24 12:00")


def asked_about(world: World, words: str = "P1 has missed its time") -> object:
    return next(one.event for one in world.rooms.shown(TEAM) if words in one.text and not one.text.startswith("📝"))


async def test_a_missed_post_can_be_published_now_by_a_tap_of_a_second_person(scheduled: World) -> None:
    await missed(scheduled)
    question = asked_about(scheduled)
    await scheduled.tap(ANNA, TEAM, question, "✅")  # type: ignore[arg-type]
    assert out(scheduled) == []
    await scheduled.tap(BEN, TEAM, question, "✅")  # type: ignore[arg-type]
    assert out(scheduled) == ["Our guide is out."]
    assert "late" in told(scheduled)[-1]


async def test_a_missed_post_can_be_dropped_by_a_tap(scheduled: World) -> None:
    await missed(scheduled)
    await scheduled.tap(ANNA, TEAM, asked_about(scheduled), "❌")  # type: ignore[arg-type]
    assert await state(scheduled, 1) is PostState.WITHDRAWN
    await scheduled.live_until(at("2026-12-01 09:00"))
    assert out(scheduled) == []


async def test_a_missed_post_can_be_moved(scheduled: World) -> None:
    await missed(scheduled)
    await scheduled.say(ANNA, TEAM, "!reschedule P1 2026-11-25 09:00")
    await approve(scheduled, 1)
    await scheduled.live_until(at("2026-11-25 09:00"))
    assert out(scheduled) == ["Our guide is out."]
    assert "late" not in told(scheduled)[-1]


async def test_a_tap_under_an_old_question_approves_no_other_words(scheduled: World) -> None:
    await missed(scheduled)
    question = asked_about(scheduled)
    await scheduled.say(ANNA, TEAM, "!edit P1 Something that Ben has not read.")
    await scheduled.say(ANNA, TEAM, "!reschedule P1 2026-11-25 09:00")
    await scheduled.tap(BEN, TEAM, question, "✅")  # type: ignore[arg-type]
    assert await state(scheduled, 1) is PostState.DRAFT
    assert out(scheduled) == []


async def test_a_tick_on_the_preview_of_a_missed_post_does_not_publish_it(scheduled: World) -> None:
    await missed(scheduled)
    await approve(scheduled, 1)
    assert await state(scheduled, 1) is PostState.MISSED
    assert out(scheduled) == []


async def test_several_missed_posts_are_one_list(world: World) -> None:
    for minute in range(3):
        await world.say(ANNA, TEAM, f"!schedule 2026-11-24 09:0{minute} | Number {minute} of several.")
        await approve(world, minute + 1)
    await away_until(world, "2026-11-24 12:00")
    assert out(world) == []
    lists = [words for words in told(world) if "missed their time" in words]
    assert len(lists) == 1
    assert lists[0].startswith("⏰ 3 planned posts have missed their time.")
    for number in (1, 2, 3):
        assert f"P{number}" in lists[0]
    await world.say(BEN, TEAM, "!publish P2")
    assert out(world) == ["Number 1 of several."]
    said = await world.say(BEN, TEAM, "!plan this week")
    assert "Missed their time:" in world.replies(said)[-1]


# --- not approved in time ---


async def test_who_has_not_been_approved_is_warned_of_ahead_and_missed_after(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.live_until(at("2026-11-24 08:44"))
    assert told(world) == []
    await world.live_until(at("2026-11-24 08:45"))
    warning = question(world, "nobody has confirmed it")
    assert ANNA in warning.mentions
    await world.live_until(at("2026-11-24 09:14"))
    assert await state(world, 1) is PostState.DRAFT
    await world.live_until(at("2026-11-24 09:15"))
    assert await state(world, 1) is PostState.MISSED
    assert out(world) == []
    assert sum("nobody has confirmed it" in words for words in told(world)) == 1


async def test_whoever_has_just_written_it_is_not_warned_at_once(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-23 10:10 | Soon.")
    await world.wake()
    assert told(world) == []
    await world.live_until(at("2026-11-23 10:09"))
    assert sum("nobody has confirmed it" in words for words in told(world)) == 1


async def test_an_approval_within_the_grace_publishes_it_late(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.live_until(at("2026-11-24 09:05"))
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:06"))
    assert out(world) == ["Our guide is out."]
    assert "late" in told(world)[-1]


# --- servers ---


async def test_a_server_that_is_down_at_the_time_is_tried_again_and_said_once(scheduled: World) -> None:
    outage = Outage(scheduled, scheduled.fediverse)
    outage.over = at("2026-11-24 09:05")
    await scheduled.live_until(at("2026-11-24 09:30"))
    assert out(scheduled) == ["Our guide is out."]
    said = [words for words in told(scheduled) if "could not be published at its time yet" in words]
    assert len(said) == 1
    assert "until Tue 24 Nov 2026 09:15 CET" in said[0]
    assert "late" in told(scheduled)[-1]


async def test_a_server_that_is_down_for_longer_means_that_it_is_missed(scheduled: World) -> None:
    outage = Outage(scheduled, scheduled.fediverse)
    outage.over = at("2026-11-24 10:00")
    await scheduled.live_until(at("2026-11-24 11:00"))
    assert await state(scheduled, 1) is PostState.MISSED
    assert out(scheduled) == []
    assert "Our guide is out." in question(scheduled, "P1 has missed its time").plain
    await scheduled.say(BEN, TEAM, "!publish P1")
    assert out(scheduled) == ["Our guide is out."]


async def test_a_lost_answer_publishes_nothing_twice(scheduled: World) -> None:
    scheduled.fediverse.lost_answers = 1
    await scheduled.live_until(at("2026-11-24 10:00"))
    assert out(scheduled) == ["Our guide is out."]
    assert await state(scheduled, 1) is PostState.PUBLISHED


async def test_what_the_server_refuses_is_said_at_once(scheduled: World) -> None:
    async def publish(*_args: object, **_options: object) -> object:
        raise Rejected("Validation failed: Text is bad", 422)

    scheduled.fediverse.publish = publish  # type: ignore[method-assign, assignment]
    await scheduled.live_until(at("2026-11-24 09:00"))
    assert await state(scheduled, 1) is PostState.FAILED
    assert "P1 was not published" in told(scheduled)[-1]
    assert "!copy P1" in told(scheduled)[-1]
    assert BEN in question(scheduled, "P1 was not published").mentions


async def test_a_server_that_cannot_be_asked_ahead_is_said_in_time_to_act(scheduled: World) -> None:
    works = scheduled.fediverse.me

    async def me() -> Author:
        if scheduled.clock.now() < at("2026-11-24 08:58"):
            raise TryLater("the server does not answer")
        return await works()

    scheduled.fediverse.me = me  # type: ignore[method-assign]
    await scheduled.live_until(at("2026-11-24 09:01"))
    said = [words for words in told(scheduled) if "It is tried again; nothing is lost." in words]
    assert len(said) == 1
    assert out(scheduled) == ["Our guide is out."]
    assert "late" not in told(scheduled)[-1]


async def test_a_file_is_there_before_the_post_s_time(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 08:45"))
    assert len(world.fediverse.uploads) == 1
    await world.live_until(at("2026-11-24 09:00"))
    assert len(world.fediverse.uploads) == 1
    (new,) = world.fediverse.published.values()
    assert new.media == ("m1",)


@pytest.mark.parametrize(
    ("what", "discarded"),
    [
        ("!unschedule P1", ["m1"]),
        ("!withdraw P1", ["m1"]),
        ("another alt text", ["m1"]),
        ("the file deleted", ["m1"]),
        ("✅ taken back", []),
        ("nothing", []),
    ],
)
async def test_an_upload_that_is_not_used_does_not_stay_at_the_server(
    world: World, what: str, discarded: list[str]
) -> None:
    line = NINE.replace(" |", ' --alt "A map" |')
    said = await world.say(ANNA, TEAM, line, file=MAP)
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.live_until(at("2026-11-24 08:46"))
    assert (len(world.fediverse.uploads), world.fediverse.discarded) == (1, [])
    if what.startswith("!"):
        await world.say(ANNA, TEAM, what)
    elif what == "another alt text":
        await world.edit(ANNA, TEAM, said, line.replace("A map", "Our map"))
    elif what == "the file deleted":
        await world.redact(ANNA, TEAM, said)
    elif what == "✅ taken back":
        await world.redact(BEN, TEAM, tick)
    assert world.fediverse.discarded == discarded
    await world.live_until(at("2026-11-24 09:10"))
    assert world.fediverse.discarded == discarded


async def test_what_is_taken_back_during_the_upload_does_not_stay_at_the_server(world: World) -> None:
    works = world.fediverse.upload

    async def upload(file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        media = await works(file, alt, progress)
        await world.hears(Spoken(world.event(), TEAM, ANNA, world.clock.now(), "!unschedule P1", None, None, None))
        return media

    world.fediverse.upload = upload  # type: ignore[method-assign]
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:10"))
    assert (world.fediverse.discarded, out(world)) == (["m1"], [])


@pytest.mark.parametrize("status", [404, 405, 422])
async def test_a_server_that_discards_no_uploads_does_no_harm(world: World, status: int) -> None:
    async def discard(media: str) -> None:
        raise Rejected("no such thing", status)

    world.fediverse.discard = discard  # type: ignore[method-assign]
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 08:46"))
    await world.say(ANNA, TEAM, "!unschedule P1")
    assert "Discard" not in [row["kind"] for row in await world.rows("effects")]
    assert await state(world, 1) is PostState.WITHDRAWN


async def test_the_change_of_what_is_published_takes_none_of_its_files_when_it_is_withdrawn(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    await world.say(ANNA, TEAM, "!edit P1 Our map is out.")
    await world.say(ANNA, TEAM, "!withdraw P2")
    await world.say(ANNA, TEAM, "!unpublish P1")
    await world.say(ANNA, TEAM, "!withdraw P3")
    assert world.fediverse.discarded == []


async def test_a_file_that_the_server_will_not_take_is_said_ahead(world: World) -> None:
    async def upload(*_args: object) -> str:
        told = Refusal("the server says “{words}” ({status})", words="the file is broken", status=422)
        raise Rejected("bsi: HTTP 422 (the file is broken)", 422, told)

    world.fediverse.upload = upload  # type: ignore[method-assign, assignment]
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 08:46"))
    expected = "will not be taken by the server: the server says “the file is broken” (422)"
    assert any(expected in words for words in told(world))
    await world.live_until(at("2026-11-24 09:30"))
    assert await state(world, 1) is PostState.FAILED
    assert out(world) == []


async def test_an_alt_text_that_was_changed_during_the_upload_is_the_one_that_goes_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stands_still(_seconds: float) -> None:
        await asyncio.Event().wait()

    said = await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A nap" |'), file=MAP)
    await approve(world, 1)
    works, alts = world.fediverse.upload, list[str]()

    async def upload(file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        alts.append(alt)
        if len(alts) == 1:
            monkeypatch.setattr(world.clock, "sleep", stands_still)
            now, hear = world.clock.now(), world.hears
            await hear(Edited(world.event(), TEAM, ANNA, now, said, NINE.replace(" |", ' --alt "A map" |')))
            for waiting in await world.desk.room.outbox.take("team/bsi", 20):
                await world.app.delivery.settle(waiting, Turn(None))
            await hear(Reacted(world.event(), TEAM, BEN, now, world.preview(1), "✅"))
            monkeypatch.undo()
        return await works(file, alt, progress)

    world.fediverse.upload = upload  # type: ignore[method-assign]
    await world.live_until(at("2026-11-24 09:00"))
    assert alts == ["A nap", "A map"]
    assert [new.media for new in world.fediverse.published.values()] == [("m2",)]


# --- killed between any two steps ---


class Killed(BaseException):
    """The process is gone, and none of its code runs any more."""


class Fate:
    """Kills the process right before, or right after, the `number`th time that it commits, speaks or publishes."""

    def __init__(self, world: World, number: int, *, after: bool) -> None:
        self.left = number
        self.happened = False
        self._after = after
        for far_end, name in (
            (world.database, "write"),
            (world.rooms, "send"),
            (world.rooms, "react"),
            (world.fediverse, "publish"),
            (world.fediverse, "upload"),
        ):
            setattr(far_end, name, self._fatal(getattr(far_end, name)))

    def _fatal(self, works: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def call(*args: object, **options: object) -> object:
            self.left -= 1
            is_now = self.left == 0 and not self.happened
            self.happened = self.happened or is_now
            if is_now and not self._after:
                raise Killed
            result = await works(*args, **options)
            if is_now:
                raise Killed
            return result

        return call


@pytest.mark.parametrize("after", [False, True])
async def test_killed_at_any_step_it_is_published_once_and_said_once(tmp_path: Path, after: bool) -> None:
    number, happened = 0, True
    while happened:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        world = await an_office(folder)
        try:
            await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
            await approve(world, 1)
            fate = Fate(world, number, after=after)
            with contextlib.suppress(Killed):
                await world.live_until(at("2026-11-24 09:00"))
            happened = fate.happened
            await world.crash()
            await world.live_until(at("2026-11-24 09:05"))
            assert out(world) == ["Our guide is out."], number
            assert await state(world, 1) is PostState.PUBLISHED, number
            assert sum("P1 is published" in words for words in told(world)) == 1, number
            assert (await steps(world, 1)).count("published") == 1, number
        finally:
            await world.close()
    assert number > 10


@pytest.mark.parametrize("after", [False, True])
async def test_killed_at_any_step_while_it_is_missed_it_is_asked_once(tmp_path: Path, after: bool) -> None:
    number, happened = 0, True
    while happened:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        world = await an_office(folder)
        try:
            await world.say(ANNA, TEAM, NINE)
            await approve(world, 1)
            world.clock.time = at("2026-11-24 12:00")
            fate = Fate(world, number, after=after)
            with contextlib.suppress(Killed):
                await world.wake()
            happened = fate.happened
            await world.crash()
            await world.live_until(at("2026-11-24 12:30"))
            assert out(world) == []
            assert (await post(world, 1)).state is PostState.MISSED
            assert sum("P1 has missed its time" in words for words in told(world)) == 1, number
            assert (await steps(world, 1)).count("missed") == 1
        finally:
            await world.close()
    assert number > 3


async def test_a_tick_taken_back_in_the_last_minutes_is_noticed_again(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule tomorrow 9:00 | Good morning.")
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.live_until(at("2026-11-24 08:50"))
    await world.redact(BEN, TEAM, tick)
    await world.live_until(at("2026-11-24 08:59"))
    assert any("nobody has confirmed it" in text for text in told(world))
    await world.live_until(at("2026-11-24 09:30"))
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED


async def test_a_tick_can_be_taken_back_for_as_long_as_the_post_waits(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace("2026-11-24", "2027-02-24"))
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.pass_time(at("2027-02-20 12:00"))
    await world.redact(BEN, TEAM, tick)
    assert await state(world, 1) is PostState.DRAFT
    await world.live_until(at("2027-02-24 09:00"))
    assert out(world) == []
