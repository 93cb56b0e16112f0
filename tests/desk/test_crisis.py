"""In a crisis: all that is planned is held back at once, and a warning goes out with a second person's yes."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.posts.post import PostState
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Rejected, TryLater, Unsure
from fedichat.ports import NewStatus, PublishedStatus, Spoken
from tests.desk.plans import MAP, NINE, Outage, an_office, approve, at, out, post, preview, state, told
from tests.factories import a_cause
from tests.world import ANNA, BEN, BOSS, CARL, CERT, EVA, KRYPTO, TEAM, VERA, World

LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(36))


# --- freezing ---


@pytest.mark.parametrize("who", [(ANNA, TEAM), (VERA, BOSS)])
async def test_nothing_planned_leaves_during_a_freeze(scheduled: World, who: tuple[object, object]) -> None:
    said = await scheduled.say(*who, "!freeze An incident")  # type: ignore[arg-type]
    held = scheduled.replies(said)[-1]
    assert held.startswith("❄️ All that is planned is held back: 1 post.")
    assert "P1" in held
    other = BOSS if who[1] == TEAM else TEAM
    assert any("has held back all planned posts: 1 wait. An incident" in words for words in told(scheduled, other))

    await scheduled.live_until(at("2026-11-24 12:00"))
    assert out(scheduled) == []
    assert not any("missed its time" in words for words in told(scheduled)), "the end of the freeze asks"


@pytest.mark.parametrize("end", ["2026-11-24 09:05", "2026-11-24 12:00"])
async def test_its_end_lists_what_is_overdue_and_releases_it_one_by_one(scheduled: World, end: str) -> None:
    await scheduled.say(ANNA, TEAM, "!freeze")
    await scheduled.live_until(at(end))
    said = await scheduled.say(ANNA, TEAM, "!unfreeze")
    listed = scheduled.replies(said)[-1]
    assert "Their time has passed meanwhile:" in listed
    assert "P1" in listed
    assert out(scheduled) == []
    await scheduled.say(ANNA, TEAM, "!publish P1")
    assert out(scheduled) == [], "its author is no second person"
    await scheduled.say(BEN, TEAM, "!publish P1")
    assert out(scheduled) == ["Our guide is out."]


async def test_its_end_releases_all_that_was_approved_and_nothing_else(scheduled: World) -> None:
    await scheduled.say(ANNA, TEAM, "!schedule 2026-11-24 09:30 | Never approved.")
    await scheduled.say(ANNA, TEAM, "!schedule 2026-11-25 11:00 | Still to come.")
    await approve(scheduled, 3)
    await scheduled.say(ANNA, TEAM, "!freeze")
    await scheduled.live_until(at("2026-11-24 12:00"))
    said = await scheduled.say(ANNA, TEAM, "!unfreeze --all")
    assert out(scheduled) == ["Our guide is out."]
    ended = scheduled.replies(said)[-1]
    assert "published now: P1" in ended
    assert "P2" in ended
    assert await state(scheduled, 2) is PostState.MISSED
    await scheduled.live_until(at("2026-11-25 11:00"))
    assert out(scheduled) == ["Our guide is out.", "Still to come."]


async def test_who_takes_their_tick_back_during_a_freeze_has_approved_nothing(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    await world.redact(BEN, TEAM, tick)
    await world.say(ANNA, TEAM, "!unfreeze --all")
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED
    await world.say(BEN, TEAM, "!publish P1")
    assert out(world) == ["Our guide is out."]


async def test_an_edit_during_a_freeze_that_cannot_be_understood_lets_out_nothing_old(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    await world.edit(ANNA, TEAM, said, "!schedule 2026-11-24 09:00 --nonsense | Our guide is not out.")
    await world.say(ANNA, TEAM, "!unfreeze --all")
    assert out(world) == []


async def test_the_room_whose_posts_are_overdue_is_asked_when_somebody_else_ends_the_freeze(scheduled: World) -> None:
    await scheduled.say(VERA, BOSS, "!freeze")
    await scheduled.live_until(at("2026-11-24 12:00"))
    await scheduled.say(VERA, BOSS, "!unfreeze")
    assert any("P1 has missed its time" in words for words in told(scheduled))


async def test_a_freeze_that_is_over_before_the_time_changes_nothing(scheduled: World) -> None:
    await scheduled.say(ANNA, TEAM, "!freeze")
    await scheduled.say(ANNA, TEAM, "!unfreeze")
    await scheduled.live_until(at("2026-11-24 09:00"))
    assert out(scheduled) == ["Our guide is out."]


async def test_what_is_approved_during_a_freeze_waits_for_its_end(world: World) -> None:
    await world.say(ANNA, TEAM, "!freeze")
    await world.say(ANNA, TEAM, NINE)
    await world.say(ANNA, TEAM, "!draft Without a time.")
    await approve(world, 1)
    assert await state(world, 1) is PostState.CONFIRMED
    await world.say(BEN, TEAM, "!publish P2")
    assert "is held back since anna said" in told(world)[-1]
    await world.live_until(at("2026-11-24 12:00"))
    assert out(world) == []
    await world.say(BEN, TEAM, "!publish P1")
    assert out(world) == []


async def test_a_freeze_outlives_the_process(scheduled: World) -> None:
    await scheduled.say(ANNA, TEAM, "!freeze")
    await scheduled.crash()
    scheduled.clock.time = at("2026-11-24 09:00")
    await scheduled.crash()
    await scheduled.live_until(at("2026-11-24 09:30"))
    assert out(scheduled) == []
    said = await scheduled.say(ANNA, TEAM, "!freeze")
    assert "held back already, since anna" in scheduled.replies(said)[-1]
    await scheduled.say(ANNA, TEAM, "!unfreeze --all")
    assert out(scheduled) == ["Our guide is out."]


async def test_answers_and_warnings_go_out_during_a_freeze(scheduled: World) -> None:
    await scheduled.look()
    await scheduled.asked()
    await scheduled.say(ANNA, TEAM, "!freeze")
    await scheduled.say(ANNA, TEAM, "!answer 1 Yes.")
    await approve(scheduled, 2)
    await scheduled.say(ANNA, TEAM, "!crisis Please do not open it.")
    await approve(scheduled, 3)
    assert out(scheduled) == ["@erika@remote.example Yes.", "Please do not open it."]


async def test_what_is_in_the_server_s_hands_is_said_not_to_be_stopped_and_is_out_once(scheduled: World) -> None:
    async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        scheduled.fediverse.publish = works  # type: ignore[method-assign]
        result = await works(new, idempotency_key)
        await scheduled.hears(freeze)
        return result

    works = scheduled.fediverse.publish
    freeze = Spoken(scheduled.event(), TEAM, BEN, at("2026-11-24 09:00"), "!freeze")
    scheduled.fediverse.publish = publish  # type: ignore[method-assign]
    await scheduled.live_until(at("2026-11-24 09:01"))
    held = scheduled.replies(freeze.event_id)[-1]
    assert "On its way to the server already, and not to be stopped: P1" in held
    assert out(scheduled) == ["Our guide is out."]
    assert await state(scheduled, 1) is PostState.PUBLISHED


async def test_a_thread_stops_where_the_freeze_finds_it_and_goes_on_after_it(world: World) -> None:
    await world.say(ANNA, TEAM, f"!schedule 2026-11-24 09:00 | {LONG}")
    await approve(world, 1)
    works = world.fediverse.publish
    freeze = Spoken(world.event(), TEAM, BEN, at("2026-11-24 09:00"), "!freeze")

    async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        world.fediverse.publish = works  # type: ignore[method-assign]
        result = await works(new, idempotency_key)
        await world.hears(freeze)
        return result

    world.fediverse.publish = publish  # type: ignore[method-assign]
    await world.live_until(at("2026-11-24 12:00"))
    assert len(out(world)) == 1
    assert any("P1 stopped" in words for words in told(world))
    await approve(world, 1)
    assert len(out(world)) == 1, "it is still frozen"
    await world.say(ANNA, TEAM, "!unfreeze")
    await approve(world, 1)
    texts = (await post(world, 1)).texts
    assert out(world) == list(texts)


async def test_what_is_left_of_a_late_thread_is_not_called_missed(world: World) -> None:
    await world.say(ANNA, TEAM, f"!schedule 2026-11-24 09:00 | {LONG}")
    await world.live_until(at("2026-11-24 09:05"))
    works = world.fediverse.publish
    freeze = Spoken(world.event(), TEAM, BEN, at("2026-11-24 09:05"), "!freeze")

    async def publish(new: NewStatus, idempotency_key: str) -> PublishedStatus:
        world.fediverse.publish = works  # type: ignore[method-assign]
        result = await works(new, idempotency_key)
        await world.hears(freeze)
        return result

    world.fediverse.publish = publish  # type: ignore[method-assign]
    await approve(world, 1)
    await world.live_until(at("2026-11-24 12:00"))
    assert len(out(world)) == 1
    assert await state(world, 1) is PostState.DRAFT
    assert not any("missed its time" in words for words in told(world))


async def test_experts_freeze_nothing(scheduled: World) -> None:
    said = await scheduled.say(EVA, KRYPTO, "!freeze")
    assert "communications team" in scheduled.replies(said)[-1]
    assert await scheduled.rows("freezes") == []


async def test_who_froze_and_why_is_removed_with_the_history(world: World) -> None:
    await world.say(ANNA, TEAM, "!freeze An incident")
    await world.say(ANNA, TEAM, "!unfreeze")
    await world.say(VERA, BOSS, "!freeze Still going on")
    world.clock.time += timedelta(days=731)
    await world.desk.clock.timers.set_up_timers()
    await world.desk.clock.timers.fire(Timer(TimerKind.CLEAN_UP))
    assert [row["reason"] for row in await world.rows("freezes")] == ["Still going on"]


async def test_the_end_of_no_freeze_is_refused(world: World) -> None:
    said = await world.say(ANNA, TEAM, "!unfreeze")
    assert "Nothing is held back" in world.replies(said)[-1]


# --- warning ---


async def test_one_tick_of_a_second_person_publishes_a_warning_at_once_and_pins_it(world: World) -> None:
    await world.say(ANNA, TEAM, "!crisis Please do not open it.")
    shown = preview(world, 1)
    assert "🚨 warning, drafted by anna" in shown
    await approve(world, 1, who=ANNA)
    assert out(world) == []
    assert "second pair of eyes" in told(world)[-1]
    await approve(world, 1)
    assert out(world) == ["Please do not open it."]
    assert world.fediverse.pinned == list(world.fediverse.published)


async def test_a_warning_needs_a_second_person_whatever_is_configured(tmp_path: Path) -> None:
    world = await an_office(tmp_path, four_eyes={"planned": False}, undo_seconds=60)
    await world.say(ANNA, TEAM, "!crisis Please do not open it.")
    await approve(world, 1, who=ANNA)
    assert out(world) == []
    await approve(world, 1)
    assert out(world) == ["Please do not open it."], "nobody waits for it"
    await world.close()


async def test_other_words_for_a_warning_need_a_second_person_whatever_is_configured(tmp_path: Path) -> None:
    world = await an_office(tmp_path, four_eyes={"planned": False})
    await world.say(ANNA, TEAM, "!crisis Please do not open it.")
    await approve(world, 1)
    await world.say(ANNA, TEAM, "!edit P1 Please delete it.")
    assert "Four eyes" in preview(world, 2)
    await approve(world, 2, who=ANNA)
    assert world.fediverse.edits == []
    await approve(world, 2)
    assert [new.text for _, new in world.fediverse.edits] == ["Please delete it."]
    await world.say(ANNA, TEAM, "!unpublish P1")
    await approve(world, 3, who=ANNA)
    assert len(world.fediverse.deleted) == 1
    await world.close()


async def test_a_warning_takes_an_image_along_with_its_alt_text(world: World) -> None:
    said = await world.say(ANNA, TEAM, "!crisis Please do not open it.", file=MAP)
    assert "has no alt text" in world.replies(said)[-1]
    await world.say(ANNA, TEAM, '!crisis --alt "What it looks like" Please do not open it.', file=MAP)
    await approve(world, 1)
    (new,) = world.fediverse.published.values()
    assert new.media == ("m1",)


async def test_a_warning_goes_out_on_several_accounts_at_once(two: World) -> None:
    await two.say(VERA, BOSS, '!crisis --all-accounts --alt "What it looks like" Please do not open it.', file=MAP)
    assert "📣 bsi, cert" in preview(two, 1, BOSS)
    assert sum(one.text.startswith("📝") for one in two.rooms.shown(BOSS)) == 1, "one preview for both"
    await two.tap(VERA, BOSS, two.preview(1, BOSS), "✅")
    assert out(two) == []
    await two.tap(BEN, BOSS, two.preview(1, BOSS), "✅")
    for fediverse in (two.fediverse, two.cert):
        assert [(new.text, new.media) for new in fediverse.published.values()] == [("Please do not open it.", ("m1",))]
        assert fediverse.pinned == list(fediverse.published)


async def both(two: World) -> None:
    """Ben, of both teams, drafts a warning on both accounts."""
    await two.say(BEN, TEAM, "!crisis --account bsi --account cert Please do not open it.")


async def test_nobody_warns_on_another_team_s_account(two: World) -> None:
    said = await two.say(ANNA, TEAM, "!crisis --all-accounts Please do not open it.")
    assert "you cannot post for that account" in two.replies(said)[-1]
    assert await two.rows("posts") == []


async def test_one_account_that_refuses_does_not_stop_the_other(two: World) -> None:
    async def publish(*_args: object, **_options: object) -> object:
        raise Rejected("no", 422)

    two.fediverse.publish = publish  # type: ignore[method-assign, assignment]
    await both(two)
    await approve(two, 1, who=ANNA)
    assert len(two.cert.published) == 1
    assert two.cert.pinned == list(two.cert.published)
    assert await state(two, 1) is PostState.FAILED
    assert any("P1 was not published" in words for words in told(two))


async def test_one_account_that_does_not_answer_does_not_stop_the_other_and_can_be_taken_back(two: World) -> None:
    slept = two.clock.sleep

    async def sleep(seconds: float) -> None:
        two.clock.sleep = slept  # type: ignore[method-assign]
        await two.desk.posts.confirming.withdraw(
            a_cause(ANNA, event="$taken-back", at=two.clock.now()), (await post(two, 2)).id
        )
        await slept(seconds)

    Outage(two, two.cert)
    two.clock.sleep = sleep  # type: ignore[method-assign]
    await both(two)
    await approve(two, 1, who=ANNA)
    assert out(two) == ["Please do not open it."]
    assert two.cert.published == {}
    assert [await state(two, number) for number in (1, 2)] == [PostState.PUBLISHED, PostState.WITHDRAWN]


async def test_what_is_changed_for_the_account_that_lags_behind_can_be_confirmed(two: World) -> None:
    slept, outage = two.clock.sleep, Outage(two, two.cert)

    async def sleep(seconds: float) -> None:
        two.clock.sleep = slept  # type: ignore[method-assign]
        outage.over = two.clock.now()
        now, hear = two.clock.now(), two.hears
        await hear(Spoken(two.event(), TEAM, BEN, now, "!edit P2 Please delete it."))
        await slept(seconds)

    two.clock.sleep = sleep  # type: ignore[method-assign]
    await both(two)
    await approve(two, 1, who=ANNA)
    assert (out(two), two.cert.published) == (["Please do not open it."], {})
    await approve(two, 2, who=ANNA)
    assert [new.text for new in two.cert.published.values()] == ["Please delete it."]


async def test_a_warning_on_several_accounts_is_changed_and_dropped_as_one(two: World) -> None:
    said = await two.say(BEN, TEAM, "!crisis --account bsi --account cert Please do not open it.")
    await two.edit(BEN, TEAM, said, "!crisis --account bsi --account cert Please delete it.")
    assert [(await post(two, number)).text for number in (1, 2)] == ["Please delete it."] * 2
    current = [one for one in two.rooms.shown(TEAM) if one.text.startswith("📝")]
    assert len(current) == 1, [one.text for one in current]
    await two.tap(ANNA, TEAM, two.preview(1), "❌")
    assert [await state(two, number) for number in (1, 2)] == [PostState.WITHDRAWN] * 2
    assert two.fediverse.published == two.cert.published == {}


async def test_a_warning_whose_file_the_server_does_not_take_for_now_is_said_to_wait(world: World) -> None:
    works, tried_until = world.fediverse.upload, world.clock.now() + timedelta(minutes=5)

    async def upload(*args: object) -> str:
        if world.clock.now() < tried_until:
            raise Unsure("HTTP 503")
        return await works(*args)  # type: ignore[arg-type]

    world.fediverse.upload = upload  # type: ignore[method-assign, assignment]
    await world.say(ANNA, TEAM, '!crisis --alt "What it looks like" Please do not open it.', file=MAP)
    await approve(world, 1)
    assert out(world) == ["Please do not open it."]
    assert any("P1 could not be published yet" in words for words in told(world))


@pytest.mark.parametrize("stuck", ["upload", "pin"])
async def test_a_warning_that_is_stuck_holds_up_no_other_one(world: World, stuck: str) -> None:
    async def busy(*_args: object) -> object:
        await asyncio.sleep(0.01)
        raise TryLater("busy")

    async def until(words: str) -> None:
        async with asyncio.timeout(30):
            while not any(words in one.text for one in world.rooms.shown(TEAM)):  # noqa: ASYNC110 - no room tells
                await asyncio.sleep(0.01)

    async def goes_on_by_itself() -> None:
        return

    setattr(world.fediverse, stuck, busy)
    world.deliver = goes_on_by_itself  # type: ignore[method-assign]
    working = asyncio.create_task(world.app.delivery.run())
    await world.say(ANNA, TEAM, '!crisis --alt "What it looks like" Please do not open it.', file=MAP)
    await until("📝 P1 ")
    await approve(world, 1)
    await until("confirmed by ben")
    await world.say(ANNA, TEAM, "!crisis Please delete it.")
    await until("📝 P2 ")
    await approve(world, 2)
    await until("P2 is published")
    working.cancel()
    await asyncio.wait([working])
    assert "Please delete it." in out(world)


async def test_a_server_that_cannot_pin_is_said_kindly(world: World) -> None:
    async def pin(_status: object) -> None:
        raise Rejected("no such method", 404)

    world.fediverse.pin = pin  # type: ignore[method-assign, assignment]
    await world.say(ANNA, TEAM, "!crisis Please do not open it.")
    await approve(world, 1)
    assert out(world) == ["Please do not open it."]
    assert any("pin" in words for words in told(world))
    assert await state(world, 1) is PostState.PUBLISHED


async def test_a_warning_says_what_else_is_about_to_go_out(scheduled: World) -> None:
    await scheduled.say(ANNA, TEAM, "!crisis Please do not open it.")
    assert "1 planned post goes out within a day all the same; `!freeze` holds it back." in preview(scheduled, 2)


async def test_a_team_ends_no_warning_of_another_one(two: World) -> None:
    await two.say(ANNA, TEAM, "!crisis Please do not open it.")
    for line in ("!withdraw P1", "!publish P1"):
        said = await two.say(CARL, CERT, line)
        assert two.replies(said) == ["There is no post P1 in this room."]


async def test_a_freeze_shows_a_team_its_own_posts_and_counts_those_of_others(two: World) -> None:
    await two.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Ours.")
    await approve(two, 1)
    await two.say(CARL, CERT, "!schedule 2026-11-24 09:00 | Embargoed until tomorrow.")
    await approve(two, 2, who=BEN, room=CERT)
    said = await two.say(ANNA, TEAM, "!freeze")
    (answer,) = two.replies(said)
    assert "All that is planned is held back: 2 posts." in answer
    assert "Ours." in answer
    assert "… and 1 of other accounts." in answer
    assert "Embargoed" not in answer


async def test_supervisors_let_out_what_was_approved_and_approve_nothing_that_they_have_not_seen(world: World) -> None:
    for number, moment in ((1, "2026-11-24 09:00"), (2, "2026-11-24 10:00")):
        await world.say(ANNA, TEAM, f"!schedule {moment} | Number {number}.")
    await approve(world, 1)
    await world.say(VERA, BOSS, "!freeze")
    await world.live_until(at("2026-11-24 09:30"))
    await world.say(VERA, BOSS, "!unfreeze")
    await world.say(VERA, BOSS, "!publish P1")
    assert out(world) == ["Number 1."]
    refused = await world.say(VERA, BOSS, "!publish P2")
    assert world.replies(refused) == ["The preview of P2 is in another room, and is confirmed there."]


async def test_an_edited_copy_command_changes_nothing(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Ours.")
    copied = await world.say(ANNA, TEAM, "!copy P1 2026-11-25 09:00")
    await approve(world, 2)
    await world.edit(ANNA, TEAM, copied, "!copy P1 2026-11-26 09:00")
    assert await state(world, 2) is PostState.CONFIRMED
    assert world.replies(copied) == [
        preview(world, 2),
        (
            "This edit does nothing: a copy does not follow the message that made it. `!reschedule P2 …` moves it, "
            "`!edit P2 …` changes its words."
        ),
    ]


async def test_the_end_of_a_freeze_lets_out_what_it_held_back_and_nothing_older(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-23 20:00 | Tonight there is a talk.")
    await approve(world, 1)
    world.clock.time = at("2026-11-24 08:00")  # nothing ran at its time, and nobody decided what becomes of it
    await world.crash()
    await world.wake()
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Our guide is out.")
    await approve(world, 2)
    await world.say(BEN, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    said = await world.say(BEN, TEAM, "!unfreeze --all")
    await world.live_until(at("2026-11-24 12:05"))
    assert out(world) == ["Our guide is out."]
    assert await state(world, 1) is PostState.MISSED
    assert "P1" in world.replies(said)[-1]
