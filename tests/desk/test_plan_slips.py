"""What people plan by mistake, late and on a phone: nothing is planned, changed or lost silently. The whole bot."""

from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.names import EventId
from fedichat.domain.posts.post import PostState
from fedichat.ports import Limits, Message, Redacted, Spoken
from tests.desk.plans import MAP, NINE, approve, at, out, post, preview, state, told
from tests.world import ANNA, BEN, BOSS, TEAM, VERA, World

DAILY = '!schedule every day at 9 --alt "A map" | Tip of the day.'


async def picture(world: World, caption: str = "") -> EventId:
    """Anna sends a picture into the room, where others can read it when it is replied to."""
    event = await world.say(ANNA, TEAM, caption, file=MAP)
    world.rooms.spoken[event] = Spoken(event, TEAM, ANNA, world.clock.now(), caption, None, None, MAP)
    return event


# --- files ---


async def test_the_file_of_a_series_stays_when_its_message_is_edited_later(world: World) -> None:
    said = await world.say(ANNA, TEAM, DAILY, file=MAP)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    await world.edit(ANNA, TEAM, said, DAILY.replace("Tip", "Advice"))
    assert "> Advice of the day." in preview(world, 2)
    assert "📎 map.png: A map" in preview(world, 2)
    await approve(world, 2)
    await world.live_until(at("2026-11-26 09:00"))
    assert [len(new.media) for new in world.fediverse.published.values()] == [1, 1, 1]


async def test_a_copy_keeps_its_file_when_it_is_written_anew(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    said = await world.say(ANNA, TEAM, "!copy P1 2026-11-25 09:00")
    await world.edit(ANNA, TEAM, said, "!schedule 2026-11-25 09:00 --with --alt 'A map' | It is still there.")
    assert "> It is still there." in preview(world, 2)
    assert "📎 map.png: A map" in preview(world, 2)


async def test_the_file_of_a_series_outlives_the_retention_of_its_first_post(tmp_path: Path) -> None:
    world = await World.open(
        tmp_path,
        timezone="Europe/Berlin",
        publishing={"undo_seconds": 0},
        retention={"text_days": 3, "history_days": 3},
    )
    await world.say(ANNA, TEAM, DAILY, file=MAP)
    await approve(world, 1)
    await world.desk.clock.timers.set_up_timers()
    await world.live_until(at("2026-12-04 09:00"))
    assert [len(new.media) for new in world.fediverse.published.values()] == [1] * 11
    assert not any("deleted" in words for words in told(world))
    await world.close()


async def test_a_picture_can_be_taken_along_twice(world: World) -> None:
    event = await picture(world, "A map")
    await world.say(ANNA, TEAM, NINE.replace(" |", " --with |"), reply_to=event)
    await world.tap(ANNA, TEAM, world.preview(1), "❌")
    again = await world.say(ANNA, TEAM, "!schedule 2026-11-25 09:00 --with | It is still there.", reply_to=event)
    assert "📎 map.png: A map" in preview(world, 2), world.replies(again)
    await approve(world, 2)
    await world.redact(ANNA, TEAM, event)
    assert await state(world, 2) is PostState.WITHDRAWN


async def test_so_can_one_that_was_sent_into_a_citizen_s_thread(world: World) -> None:
    await world.look()
    await world.asked()
    event = await world.say(ANNA, TEAM, "A map", file=MAP, thread=world.card(1))
    await world.say(ANNA, TEAM, NINE.replace(" |", " --with |"), reply_to=event, thread=world.card(1))
    assert "📎 map.png: A map" in preview(world, 1)
    await approve(world, 1)
    await world.redact(ANNA, TEAM, event)
    assert await state(world, 1) is PostState.WITHDRAWN


async def test_a_command_never_describes_the_picture_under_which_it_stands(world: World) -> None:
    event = await picture(world, NINE)
    assert "has no alt text" in world.replies(event)[-1]
    said = await world.say(ANNA, TEAM, NINE.replace(" |", " --with |"), reply_to=event)
    assert "has no alt text" in world.replies(said)[-1]
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --with --alt "A map" |'), reply_to=event)
    assert "📎 map.png: A map" in preview(world, 1)


# --- numbers ---


async def test_a_number_at_the_beginning_of_a_planned_post_s_words_is_no_ticket(world: World) -> None:
    await world.look()
    for question in ("Is it?", "Is it not?"):
        await world.asked(question)
    await world.say(ANNA, TEAM, "!answer 2 Yes.")
    await approve(world, 1)
    await world.say(ANNA, TEAM, NINE)
    said = await world.say(ANNA, TEAM, "!edit 2 tips for you.", thread=world.preview(2))
    assert world.replies(said) == [
        "This is the thread of P2. If you mean #2, write `!edit #2 …`; if 2 belongs to the text, write `!edit P2 2 …`."
    ]
    await world.say(ANNA, TEAM, "!edit P2 2 tips for you.", thread=world.preview(2))
    assert "> 2 tips for you." in preview(world, 2)
    await world.say(ANNA, TEAM, "!edit #2 Yes, it is.", thread=world.preview(2))
    assert "change of P1" in preview(world, 3)


@pytest.mark.parametrize("line", ["!edit 5 tips for you.", "!edit #5 Tips for you."])
async def test_nor_does_an_edit_lose_it(world: World, line: str) -> None:
    await world.say(ANNA, TEAM, "!draft Tips for you.")
    await world.say(BEN, TEAM, "!publish P1")
    said = await world.say(ANNA, TEAM, "!edit P1 Four tips for you.")
    await world.edit(ANNA, TEAM, said, line)
    assert (await post(world, 2)).text == "Four tips for you."
    assert "#5" in world.replies(said)[-2]


# --- accounts ---


async def test_a_warning_on_several_accounts_is_as_short_as_each_of_them_asks_for_also_when_it_is_edited(
    two: World,
) -> None:
    async def limits() -> Limits:
        return replace(Limits(), characters=5_000)

    two.cert.limits = limits  # type: ignore[method-assign]
    line = "!crisis --account cert --account bsi Please do not open it."
    said = await two.say(BEN, TEAM, line)
    longer = " ".join(f"Sentence number {number} says something about TLS." for number in range(15))
    await two.edit(BEN, TEAM, said, line + longer)
    assert [len((await post(two, number)).parts) for number in (1, 2)] == [2, 2]
    await two.say(BEN, TEAM, "!edit P1 Please delete it.")
    await two.say(BEN, TEAM, f"!edit P1 {longer}")
    assert [len((await post(two, number)).parts) for number in (1, 2)] == [2, 2]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("!draft Ours.", "!draft --account cert Theirs."),
        ("!draft --account cert Theirs.", "!draft --account bsi Ours."),
        ("!crisis Ours.", "!crisis --all-accounts Everybody's."),
        ("!crisis --account bsi --account cert Everybody's.", "!crisis --account cert Theirs."),
    ],
)
async def test_an_edit_does_not_seem_to_change_who_says_it(two: World, first: str, then: str) -> None:
    said = await two.say(BEN, TEAM, first)
    before = preview(two, 1)
    await two.edit(BEN, TEAM, said, then)
    assert any("editing its message does not change that" in words for words in two.replies(said))
    assert preview(two, 1) == before
    await two.edit(BEN, TEAM, said, f"{first} Indeed.")
    assert "Indeed." in preview(two, 1)


@pytest.mark.parametrize("command", ["!edit P1 Please delete it.", "!unpublish P1"])
async def test_a_change_of_a_warning_says_where_else_it_stands(two: World, command: str) -> None:
    await two.say(BEN, TEAM, "!crisis --all-accounts Please do not open it.")
    await approve(two, 1, who=ANNA)
    await two.say(BEN, TEAM, command)
    assert told(two)[-1] == "This is about P1 on bsi alone. The same warning stands as: P2 (cert)."


# --- series ---


@pytest.mark.parametrize("edit", ["!schedule every day at 9 | Better.", "schedule every day at 9 | Better."])
async def test_what_a_freeze_held_back_of_a_series_is_not_let_out_with_words_that_were_changed(
    world: World, edit: str
) -> None:
    said = await world.say(ANNA, TEAM, "!schedule every day at 9 | Wrong.")
    await approve(world, 1)
    await world.say(ANNA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 10:00"))
    await world.edit(ANNA, TEAM, said, edit)
    await world.say(BEN, TEAM, "!unfreeze --all")
    await world.live_until(at("2026-11-24 12:00"))
    assert out(world) == []
    assert await state(world, 1) is PostState.MISSED


async def test_a_series_whose_message_is_deleted_while_one_is_on_its_way_ends(world: World) -> None:
    works = world.fediverse.publish

    async def publish(*args: object, **options: object) -> object:
        world.fediverse.publish = works  # type: ignore[method-assign]
        await world.hears(gone)
        return await works(*args, **options)  # type: ignore[arg-type]

    said = await world.say(ANNA, TEAM, "!schedule every day at 9 | Tip of the day.")
    await approve(world, 1)
    gone = Redacted(world.event(), TEAM, ANNA, at("2026-11-24 09:00"), said)
    world.fediverse.publish = publish  # type: ignore[method-assign, assignment]
    await world.live_until(at("2026-11-27 09:00"))
    assert out(world) == ["Tip of the day."]
    assert any("no other one of its series follows" in words for words in told(world))


# --- from another room ---


async def test_who_changes_a_post_from_another_room_sees_that_it_is_done(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    for command in ("!reschedule P1 2026-11-24 10:00", "!edit P1 Our guide is there."):
        said = await world.say(VERA, BOSS, command)
        assert world.rooms.buttons(said) == ["👍"], command
    await approve(world, 1, who=ANNA)
    world.clock.time = at("2026-11-24 12:00")  # nothing ran at its time
    await world.crash()
    await world.wake()
    said = await world.say(BEN, BOSS, "!publish P1")
    assert world.rooms.buttons(said) == ["👍"]
    assert out(world) == ["Our guide is there."]


# --- the plan ---


async def test_however_much_is_planned_the_plan_fits_into_a_message(world: World) -> None:
    for number in range(250):
        await world.say(
            ANNA,
            TEAM,
            f"!schedule 2026-11-24 09:00 | Über {number} Gründe für längere Passwörter, und so "
            "weiter, und so fort, bis hierher.",
        )
    said = await world.say(ANNA, TEAM, "!plan")
    messages = [one.message for one in world.rooms.shown(TEAM) if isinstance(one.message, Message)]
    (shown,) = [message for message in messages if message.reply_to == said]
    assert len(shown.plain.encode()) + len(shown.html.encode()) < 30_000
    assert shown.plain.splitlines()[-1] == f"… and {250 - shown.plain.count('Über')} more."


# --- copies ---


async def test_that_a_copy_does_not_follow_its_message_is_said(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    said = await world.say(ANNA, TEAM, "!copy P1 2026-11-25 09:00")
    await approve(world, 2)
    await world.edit(ANNA, TEAM, said, "!copy P1 2026-11-25 10:00")
    assert world.replies(said)[-1].startswith("This edit does nothing: a copy does not follow")
    assert await state(world, 2) is PostState.CONFIRMED
