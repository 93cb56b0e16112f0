"""Ears before mouth: nothing leaves before everything is heard that was said before its moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.effects import Publish
from fedichat.domain.names import EventId
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.errors import TryLater
from fedichat.ports import AnyHeard, Edited, NewStatus, PublishedStatus, Reacted, Redacted, Spoken
from fedichat.workers.delivery.gate import TOLD_AFTER, WITHOUT_EARS
from tests.desk.plans import NINE, an_office, approve, at, out, state, steps, told
from tests.world import ANNA, BEN, BOSS, TEAM, VERA, World

Said = Callable[[World], AnyHeard]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await an_office(tmp_path)
    yield world
    await world.close()


def hears_late(world: World, seconds: float, *heard: AnyHeard) -> None:
    """What is said reaches the bot so long after it asked for it."""

    async def catch_up() -> None:
        await world.clock.shows(world.clock.now() + timedelta(seconds=seconds))
        for one in heard:
            await world.hears(one)

    world.rooms.catch_up = catch_up


def is_cut_off(world: World) -> None:
    """The homeserver does not answer any more."""

    async def never() -> None:
        await asyncio.Event().wait()

    world.rooms.catch_up = never
    world.rooms.is_away = True


def is_back(world: World) -> None:
    """It answers again."""
    hears_late(world, 0)
    world.rooms.is_away = False
    world.rooms.answers += 1


async def confirmed_by_ben(world: World, kind: str) -> EventId:
    """A confirmed post that could go out now; the message that asked for it."""
    if kind == "planned":
        event = await world.say(ANNA, TEAM, NINE)
        await approve(world, 1)
        world.clock.time = at("2026-11-24 09:00")
        return event
    await world.asked()
    event = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    if kind in ("edit", "removal"):
        await world.tap(ANNA, TEAM, world.preview(1), "✅")
        event = await world.say(ANNA, TEAM, "!edit 1 No." if kind == "edit" else "!unpublish 1")
    elif kind == "interim":
        event = await world.say(ANNA, TEAM, "!interim 1 We look into it.")
    elif kind == "warning":
        event = await world.say(ANNA, TEAM, "!crisis Do not open it.")
    number = {"answer": 1, "edit": 2, "removal": 2, "interim": 2, "warning": 2}[kind]
    await world.hears(Reacted(world.event(), TEAM, BEN, world.clock.now(), world.preview(number), "✅"))
    assert await state(world, number) is PostState.CONFIRMED
    world.clock.advance(seconds=1)
    return event


def done(world: World) -> tuple[list[str], int, int]:
    """What the instance was asked to publish, to change and to delete."""
    return out(world), len(world.fediverse.edits), len(world.fediverse.deleted)


KINDS = ["answer", "interim", "warning", "edit", "removal", "planned"]
SECOND_THOUGHTS: dict[str, Callable[[World, EventId, EventId], AnyHeard]] = {
    "❌": lambda world, event, preview: Reacted(world.event(), TEAM, ANNA, world.clock.now(), preview, "❌"),
    "a deleted message": lambda world, event, preview: Redacted(world.event(), TEAM, ANNA, world.clock.now(), event),
    "!withdraw": lambda world, event, preview: Spoken(
        world.event(), TEAM, ANNA, world.clock.now(), f"!withdraw {world.rooms.sent[preview].texts[0].split()[1]}"
    ),
    "an edit that cannot be understood": lambda world, event, preview: Edited(
        world.event(), TEAM, ANNA, world.clock.now(), event, "never mind"
    ),
}


@pytest.mark.parametrize("seconds", [0.5, 25, 400])
@pytest.mark.parametrize(
    ("kind", "thought"),
    # There are no words to be changed in a deletion.
    [(k, t) for k in KINDS for t in SECOND_THOUGHTS if (k, t) != ("removal", "an edit that cannot be understood")],
)
async def test_what_was_taken_back_before_its_moment_does_not_go_out_however_late_it_is_heard(
    world: World, kind: str, thought: str, seconds: float
) -> None:
    event = await confirmed_by_ben(world, kind)
    before = done(world)
    preview = world.preview(1 if kind in ("answer", "planned") else 2)
    hears_late(world, seconds, SECOND_THOUGHTS[thought](world, event, preview))
    await world.deliver()
    assert done(world) == before


@pytest.mark.parametrize("seconds", [0.5, 25, 400])
async def test_a_freeze_said_before_the_moment_holds_however_late_it_is_heard(world: World, seconds: float) -> None:
    await confirmed_by_ben(world, "planned")
    freeze = Spoken(world.event(), BOSS, VERA, at("2026-11-24 08:59"), "!freeze")
    hears_late(world, seconds, freeze)
    await world.deliver()
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED


async def test_the_room_hears_once_why_a_post_waits_and_it_goes_out_when_all_is_heard(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    hears_late(world, TOLD_AFTER * 4)
    await world.deliver()
    assert out(world) == ["@erika@remote.example Yes."]
    waits = [text for text in told(world) if "still being read" in text]
    assert waits == ["P1 waits: something that was said before its time is still being read. Then it goes out."]


async def test_nobody_is_told_of_a_short_wait(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    hears_late(world, TOLD_AFTER / 2)
    await world.deliver()
    assert out(world) == ["@erika@remote.example Yes."]
    assert not [text for text in told(world) if "still being read" in text]


# --- cut off from the homeserver ---


async def test_cut_off_what_is_planned_waits_as_long_as_it_may_be_late_and_is_asked_about(world: World) -> None:
    await confirmed_by_ben(world, "planned")
    is_cut_off(world)
    await world.deliver()
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED
    assert at("2026-11-24 09:15") <= world.clock.now() <= at("2026-11-24 09:16")
    assert "P1" in told(world)[-1]


async def test_what_is_planned_goes_out_late_when_the_homeserver_is_back_in_time(world: World) -> None:
    await confirmed_by_ben(world, "planned")
    is_cut_off(world)

    async def back_in_five_minutes() -> None:
        await world.clock.shows(at("2026-11-24 09:05"))

    world.rooms.catch_up = back_in_five_minutes
    await world.deliver()
    assert out(world) == ["Our guide is out."]
    assert "late" in told(world)[-1]


async def test_a_homeserver_that_stumbles_while_something_is_being_read_lets_nothing_out(world: World) -> None:
    """It does not answer for a second, after more than a minute in which somebody's word was being dealt with."""
    await confirmed_by_ben(world, "answer")
    hears_late(world, 100, Reacted(world.event(), TEAM, ANNA, world.clock.now(), world.preview(1), "❌"))
    started, catch_up = world.clock.now(), world.rooms.catch_up

    async def stumbling() -> None:
        hearing = asyncio.ensure_future(catch_up())
        for seconds in (WITHOUT_EARS + 1, WITHOUT_EARS + 3):
            await world.clock.shows(started + timedelta(seconds=seconds))
            world.rooms.is_away = not world.rooms.is_away
        await hearing

    world.rooms.catch_up = stumbling
    await world.deliver()
    assert out(world) == []
    assert await state(world, 1) is PostState.WITHDRAWN


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "planned"])
async def test_cut_off_everything_else_waits_a_minute_then_goes_and_that_is_said_once(world: World, kind: str) -> None:
    await confirmed_by_ben(world, kind)
    before, started = done(world), world.clock.now()
    is_cut_off(world)
    await world.deliver()
    assert done(world) != before
    waited = (world.clock.now() - started).total_seconds()
    assert WITHOUT_EARS <= waited <= WITHOUT_EARS + 10
    number = 1 if kind == "answer" else 2
    unheard = [text for text in told(world) if "unheard" in text]
    assert len(unheard) == 1
    assert f"P{number} went on its way" in unheard[0]
    assert unheard[0].startswith("ben: "), "who confirmed it is woken"
    assert "unheard" in await steps(world, number)


@pytest.mark.parametrize("change", ["edited", "deleted", "private"])
@pytest.mark.parametrize("wait", ["heard late", "cut off"])
@pytest.mark.parametrize("kind", ["answer", "interim"])
async def test_a_question_that_changes_while_its_answer_waits_for_our_ears_is_not_answered(
    world: World, kind: str, wait: str, change: str
) -> None:
    await confirmed_by_ben(world, kind)
    before = done(world)
    if wait == "cut off":
        is_cut_off(world)
    else:
        hears_late(world, 40)
    sleep, slept = world.clock.sleep, 0.0

    async def meanwhile(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        status = next(iter(world.fediverse.statuses.values()), None)
        if slept == 20 and status is not None:
            if change == "edited":
                world.fediverse.change(status.id, "Is it a scandal?")
            elif change == "deleted":
                world.fediverse.take_away(status.id)
            else:
                world.fediverse.statuses[status.id] = replace(status, visibility=Visibility.DIRECT)
        await sleep(seconds)

    world.clock.sleep = meanwhile  # type: ignore[method-assign]
    await world.deliver()
    assert slept >= 20
    assert done(world) == before
    number = 1 if kind == "answer" else 2
    assert await state(world, number) is PostState.DRAFT
    assert any("Nothing was published: the question was" in text for text in told(world))


async def test_what_is_said_while_the_question_is_looked_at_again_is_heard(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    hears_late(world, 20)
    look, looks = world.fediverse.status, 0

    async def slow(status_id: StatusId) -> Status:
        nonlocal looks
        looks += 1
        if looks == 2:
            taken_back = Reacted(world.event(), TEAM, ANNA, world.clock.now(), world.preview(1), "❌")
            hears_late(world, 0, taken_back)
        return await look(status_id)

    world.fediverse.status = slow  # type: ignore[method-assign]
    await world.deliver()
    assert looks == 2
    assert out(world) == []
    assert await state(world, 1) is PostState.WITHDRAWN


async def test_an_answer_goes_out_also_where_the_homeserver_is_slow_every_time(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    hears_late(world, 20)
    await world.deliver()
    assert len(out(world)) == 1


async def test_several_answers_do_not_wait_a_minute_each(world: World) -> None:
    for number in (1, 2, 3):
        await world.asked(f"Question {number}?")
        await world.say(ANNA, TEAM, f"!answer {number} Yes, number {number}.")
    for number in (1, 2, 3):
        tick = Reacted(world.event(), TEAM, BEN, world.clock.now(), world.preview(number), "✅")
        await world.hears(tick)
    started = world.clock.now()
    is_cut_off(world)
    await world.deliver()
    assert len(out(world)) == 3
    assert (world.clock.now() - started).total_seconds() < WITHOUT_EARS * 2


async def test_after_the_homeserver_was_back_the_next_one_waits_for_it_again(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    is_cut_off(world)
    await world.deliver()
    is_back(world)
    await world.asked("And you?")
    await world.say(ANNA, TEAM, "!answer 2 Later.")
    tick = Reacted(world.event(), TEAM, BEN, world.clock.now(), world.preview(2), "✅")
    await world.hears(tick)
    is_cut_off(world)
    started = world.clock.now()
    await world.deliver()
    assert len(out(world)) == 2
    assert (world.clock.now() - started).total_seconds() >= WITHOUT_EARS


async def test_the_rest_of_a_thread_does_not_wait_a_minute_for_each_part(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 " + " ".join(f"Sentence number {number} is here." for number in range(60)))
    await world.hears(Reacted(world.event(), TEAM, BEN, world.clock.now(), world.preview(1), "✅"))
    is_cut_off(world)
    started = world.clock.now()
    await world.deliver()
    assert len(out(world)) > 2
    assert (world.clock.now() - started).total_seconds() < WITHOUT_EARS * 2


async def test_it_is_said_again_when_a_post_that_was_confirmed_anew_goes_unheard(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    publish, delayed = world.fediverse.publish, world.desk.room.troubles.delayed

    async def busy(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        raise TryLater("busy")

    async def confirmed_anew(effect: Publish, reason: Phrase) -> None:
        await delayed(effect, reason)
        world.fediverse.publish = publish  # type: ignore[method-assign]
        (tick,) = [row["event_id"] for row in await world.rows("reactions") if row["sender"] == BEN]
        taken_back = Redacted(world.event(), TEAM, BEN, world.clock.now(), EventId(str(tick)))
        anew = Reacted(world.event(), TEAM, BEN, world.clock.now(), world.preview(1), "✅")
        for heard in (taken_back, anew):
            await world.hears(heard)

    world.fediverse.publish = busy  # type: ignore[method-assign]
    world.desk.room.troubles.delayed = confirmed_anew  # type: ignore[method-assign]
    is_cut_off(world)
    await world.deliver()
    assert len(out(world)) == 1
    assert (await steps(world, 1)).count("confirmed") == 2
    assert len([text for text in told(world) if "unheard" in text]) == 2


async def test_killed_while_it_waits_it_waits_again_and_goes_out_once(world: World) -> None:
    await confirmed_by_ben(world, "answer")
    is_cut_off(world)
    waiting = asyncio.create_task(world.deliver())
    await world.clock.shows(world.clock.now() + timedelta(seconds=30))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert out(world) == []
    await world.crash()
    is_back(world)
    await world.deliver()
    assert out(world) == ["@erika@remote.example Yes."]


# --- a fault of ours ---


@pytest.mark.parametrize("thought", list(SECOND_THOUGHTS))
@pytest.mark.parametrize("kind", ["answer", "planned"])
async def test_what_could_not_be_taken_back_because_of_a_fault_is_held_back(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, thought: str
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("nobody has thought of that")

    event = await confirmed_by_ben(world, kind)
    monkeypatch.setattr(world.desk.posts.confirming, "withdraw", breaks)
    monkeypatch.setattr(world.desk.plan.scheduling, "unschedule", breaks)
    monkeypatch.setattr(world.desk.room.replies, "refuse_revision", breaks)
    await world.hears(SECOND_THOUGHTS[thought](world, event, world.preview(1)))
    await world.deliver()
    assert out(world) == []
    assert await state(world, 1) is PostState.DRAFT
    assert any("P1 is held back" in text for text in told(world))
    assert any("Something went wrong inside fedichat" in text for text in told(world))
    monkeypatch.undo()
    await approve(world, 1)
    await world.deliver()
    assert len(out(world)) == 1


async def test_a_freeze_that_breaks_holds_everything_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("nobody has thought of that")

    await confirmed_by_ben(world, "planned")
    monkeypatch.setattr(world.desk.plan.crisis, "freeze", breaks)
    await world.hears(Spoken(world.event(), BOSS, VERA, world.clock.now(), "!freeze"))
    await world.deliver()
    assert out(world) == []


async def test_a_fault_elsewhere_holds_nothing_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("nobody has thought of that")

    await confirmed_by_ben(world, "answer")
    monkeypatch.setattr(world.desk.room.replies, "reply", breaks)
    await world.hears(Spoken(world.event(), TEAM, ANNA, world.clock.now(), "!help"))
    await world.deliver()
    assert len(out(world)) == 1


# --- what a confirmation counts for ---


async def a_new_preview(world: World) -> EventId:
    """Anna has changed her draft, and the preview of that stands in the room."""
    await world.asked()
    event = await world.say(ANNA, TEAM, "!answer 1 Yes.")
    await world.edit(ANNA, TEAM, event, "!answer 1 No.")
    return world.preview(1)


@pytest.mark.parametrize("words", ["!publish 1", "!publish P1", "!veröffentlichen 1"])
async def test_words_confirm_only_what_stood_in_the_room_before_them(world: World, words: str) -> None:
    preview = await a_new_preview(world)
    place = world.rooms.positions[preview]
    too_early = Spoken(world.event(), TEAM, BEN, world.clock.now(), words, position=place - 1)
    await world.hear(replace(too_early, arrived_at=world.clock.now()))
    assert await state(world, 1) is PostState.DRAFT
    assert world.replies(too_early.event_id) == [
        "P1 is newer than what you wrote. Look at its newest preview, then confirm."
    ]
    await world.hear(Spoken(world.event(), TEAM, BEN, world.clock.now(), words, position=place + 1))
    assert out(world) == ["@erika@remote.example No."]


async def test_words_for_a_planned_post_too(world: World) -> None:
    event = await world.say(ANNA, TEAM, NINE)
    await world.edit(ANNA, TEAM, event, NINE + " At last.")
    place = world.rooms.positions[world.preview(1)]
    await world.hear(Spoken(world.event(), TEAM, BEN, world.clock.now(), "!publish P1", position=place - 1))
    assert await state(world, 1) is PostState.DRAFT


async def test_a_tap_counts_for_the_preview_that_it_is_on(world: World) -> None:
    preview = await a_new_preview(world)
    tap = Reacted(world.event(), TEAM, BEN, world.clock.now(), preview, "✅", position=1)
    await world.hear(tap)
    assert out(world) == ["@erika@remote.example No."]


async def test_words_count_by_the_order_of_the_room_and_by_no_clock(world: World) -> None:
    """Our clock is set back after the preview was shown: what is said after it is later all the same."""
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Yes.")
    world.clock.time -= timedelta(hours=2)
    said = Spoken(world.event(), TEAM, BEN, world.clock.now(), "!publish 1", arrived_at=world.clock.now())
    await world.hear(said)
    assert await state(world, 1) is PostState.PUBLISHED
