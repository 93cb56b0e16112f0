"""What is taken out of a room counts: previews, cards, questions, and a ✅; and what is tapped instead of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.names import EventId
from fedichat.domain.posts.post import PostState
from fedichat.ports import Message
from fedichat.store import posts
from tests.desk.plans import at
from tests.world import ANNA, BEN, BOSS, BOT, EVA, GUS, KRYPTO, TEAM, VERA, World

UNDO = {"undo_seconds": 30}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path, publishing=UNDO)
    yield world
    await world.close()


async def state(world: World, number: int) -> tuple[PostState, int]:
    found = await world.database.read(lambda tx: posts.find_post(tx, number))  # type: ignore[arg-type]
    assert found is not None
    return found.state, found.revision


async def moderated(world: World, event: EventId, who: str = GUS) -> None:
    """A moderator removes a message, as a homeserver shows it: its words are gone."""
    if event in world.rooms.sent:
        world.rooms.sent[event].is_gone = True
    await world.redact(who, TEAM, event)  # type: ignore[arg-type]


async def answered(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Text")


async def passed(world: World) -> None:
    await world.live_until(world.clock.now() + timedelta(seconds=90))


def told(world: World) -> list[str]:
    return [one.text for one in world.rooms.shown(TEAM)]


async def test_a_preview_that_a_moderator_removes_holds_back_what_was_confirmed(world: World) -> None:
    await answered(world)
    first = world.preview(1)
    await world.tap(ANNA, TEAM, first, "✅")

    await moderated(world, first)
    await passed(world)

    assert world.fediverse.published == {}
    assert await state(world, 1) == (PostState.DRAFT, 2)
    assert any("gus took the preview of P1 away, so it is held back" in text for text in told(world))
    assert world.rooms.sent[first].versions == [] or not world.rooms.sent[first].versions[1:], (
        "nothing edits it in vain"
    )

    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await passed(world)
    assert len(world.fediverse.published) == 1


async def test_and_a_draft_s_is_shown_anew(world: World) -> None:
    await answered(world)
    first = world.preview(1)
    await moderated(world, first)

    assert world.preview(1) != first
    await world.tap(ANNA, TEAM, first, "✅")
    await passed(world)
    assert world.fediverse.published == {}, "a tap on what nobody can read confirms nothing"


async def test_a_removal_that_happened_while_the_bot_was_away_counts(world: World) -> None:
    await answered(world)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.crash()
    await moderated(world, world.preview(1))
    await passed(world)
    assert world.fediverse.published == {}


async def test_a_planned_post_is_held_back_and_shown_in_the_room_again(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 10:00 | Text")
    first = world.preview(1)
    await world.tap(BEN, TEAM, first, "✅")
    assert (await state(world, 1))[0] is PostState.CONFIRMED

    await moderated(world, first)

    assert await state(world, 1) == (PostState.DRAFT, 2)
    shown = world.rooms.sent[world.preview(1)].message
    assert isinstance(shown, Message)
    assert shown.thread is None, "a thread below what was removed is seen by nobody"
    await world.live_until(world.clock.now() + timedelta(days=2))
    assert world.fediverse.published == {}


async def test_of_a_warning_all_accounts_are_held_back(tmp_path: Path) -> None:
    world = await World.open(tmp_path, cert=True, publishing=UNDO)
    await world.say(VERA, BOSS, "!crisis --all-accounts Text")
    preview = world.preview(1, BOSS)
    world.rooms.sent[preview].is_gone = True
    await world.redact(VERA, BOSS, preview)

    assert {(await state(world, 1)), (await state(world, 2))} == {(PostState.DRAFT, 2)}
    assert world.preview(1, BOSS) != preview
    await world.close()


async def test_what_is_out_stays_out_and_nothing_is_said(world: World) -> None:
    await answered(world)
    preview = world.preview(1)
    await world.tap(ANNA, TEAM, preview, "✅")
    await passed(world)
    before = len(world.rooms.sent)

    await moderated(world, preview)
    assert (await state(world, 1))[0] is PostState.PUBLISHED
    assert len(world.rooms.sent) == before


async def test_the_card_of_an_open_ticket_comes_again_and_both_threads_are_understood(world: World) -> None:
    await world.asked()
    first = world.card(1)
    await moderated(world, first)

    second = [one.event for one in world.rooms.shown(TEAM) if one.texts[0].startswith("#1 ")][-1]
    assert second != first
    assert any("gus took the card of #1 away" in text for text in told(world))
    edits = len(world.rooms.sent[first].versions)
    await world.say(ANNA, TEAM, "!claim", thread=first)
    await passed(world)
    assert len(world.rooms.sent[first].versions) == edits
    assert "with anna" in world.rooms.sent[second].text
    await world.say(ANNA, TEAM, "!release", thread=second)
    await passed(world)
    assert "with anna" not in world.rooms.sent[second].text


async def test_the_card_of_a_closed_ticket_does_not(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!ignore 1 spam")
    await passed(world)
    before = len(world.rooms.shown(TEAM))
    await moderated(world, world.card(1))
    assert len(world.rooms.shown(TEAM)) < before


async def test_what_a_moderation_bot_removes_for_ever_is_not_shown_for_ever(world: World) -> None:
    await answered(world)
    for _ in range(6):
        for one in world.rooms.shown(TEAM):
            await moderated(world, one.event)
    assert not [one for one in world.rooms.shown(TEAM) if one.texts[0].startswith(("#1 🆕", "📝"))]
    assert (await state(world, 1))[0] is PostState.DRAFT


async def test_a_question_that_was_removed_is_not_asked_any_more(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1")
    question = next(one.event for one in world.rooms.shown(TEAM) if "Which department" in one.text)
    await moderated(world, question)

    await world.tap(ANNA, TEAM, question, "1️⃣")
    assert world.rooms.sent[question].versions == []
    assert not [one for one in world.rooms.shown(KRYPTO) if one.texts[0].startswith("#1 ")]


async def test_removing_the_bots_own_button_is_no_withdrawal(world: World) -> None:
    await answered(world)
    preview = world.preview(1)
    await world.tap(ANNA, TEAM, preview, "✅")
    for button, (target, _) in list(world.rooms.reactions.items()):
        if target == preview:
            await world.redact(GUS, TEAM, button)
    await passed(world)
    assert len(world.fediverse.published) == 1


async def test_what_we_take_away_ourselves_is_nobodys_second_thought(world: World) -> None:
    """The adapter leaves out what our own user did: `heard_from`."""
    status = await world.asked()
    await world.say(ANNA, TEAM, "!answer 1 Text")
    world.fediverse.take_away(status.id)
    await world.recheck(status.id)
    assert not any("took the card" in text for text in told(world))
    assert BOT not in {row["actor"] for row in await world.rows("history")}


# --- two ✅ ---


async def test_of_two_the_first_takes_theirs_back_and_the_second_is_told(world: World) -> None:
    await answered(world)
    preview = world.preview(1)
    first = await world.tap(ANNA, TEAM, preview, "✅")
    await world.tap(BEN, TEAM, preview, "✅")
    await world.redact(ANNA, TEAM, first)
    await passed(world)

    assert world.fediverse.published == {}
    assert await state(world, 1) == (PostState.DRAFT, 2)
    (said,) = [one for one in world.rooms.shown(TEAM) if "came second and does not count" in one.text]
    assert isinstance(said.message, Message)
    assert said.message.mentions == (BEN,), "and woken"

    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await passed(world)
    assert len(world.fediverse.published) == 1


async def test_a_second_that_was_taken_back_before_is_not_told_of(world: World) -> None:
    await answered(world)
    preview = world.preview(1)
    first = await world.tap(ANNA, TEAM, preview, "✅")
    second = await world.tap(BEN, TEAM, preview, "✅")
    await world.redact(BEN, TEAM, second)
    assert (await state(world, 1))[0] is PostState.CONFIRMED, "it was Anna who confirmed"
    await world.redact(ANNA, TEAM, first)

    assert await state(world, 1) == (PostState.DRAFT, 1)
    assert not any("came second" in text for text in told(world))


async def test_a_confirmation_that_a_moderator_removes_does_not_hold(world: World) -> None:
    await answered(world)
    tap = await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.redact(GUS, TEAM, tap)
    await passed(world)
    assert world.fediverse.published == {}
    assert (await state(world, 1))[0] is PostState.DRAFT


# --- what is no ✅ ---


@pytest.mark.parametrize("key", ["✔️", "✔", "☑️", "👍", "👍🏽", "🆗", "💯", "👌", "🙆🏽\u200d♀️"])
async def test_what_looks_like_a_yes_is_answered_once_with_what_counts(world: World, key: str) -> None:
    await answered(world)
    await world.tap(BEN, TEAM, world.preview(1), key)
    await world.tap(ANNA, TEAM, world.preview(1), "👍")
    await passed(world)

    said = [text for text in told(world) if "✅ publishes P1" in text]
    assert len(said) == 1
    assert world.fediverse.published == {}


@pytest.mark.parametrize("key", ["🐈", "❤️", "😂"])
async def test_any_other_emoji_is_nobodys_business(world: World, key: str) -> None:
    await answered(world)
    before = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), key)
    assert len(world.rooms.sent) == before


async def test_and_on_what_is_confirmed_it_is_applause(world: World) -> None:
    await answered(world)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    before = len(world.rooms.sent)
    await world.tap(BEN, TEAM, world.preview(1), "👍")
    assert len(world.rooms.sent) == before


NOES = ["👎", "👎🏿", "❎", "✖️", "⛔", "🛑", "🚫", "✋", "🙅\u200d♂️", "🙅🏽\u200d♀️"]


@pytest.mark.parametrize("key", NOES)
async def test_what_looks_like_a_no_is_answered_once_on_a_draft(world: World, key: str) -> None:
    await answered(world)
    await world.tap(BEN, TEAM, world.preview(1), "👍")
    await world.tap(BEN, TEAM, world.preview(1), key)
    await world.tap(ANNA, TEAM, world.preview(1), "👎")
    said = [text for text in told(world) if "✅ publishes P1" in text]
    assert len(said) == 2
    assert key[0] in said[1]


@pytest.mark.parametrize("key", NOES)
async def test_and_at_once_and_each_time_on_what_would_go_out_in_spite_of_it(world: World, key: str) -> None:
    await answered(world)
    await world.tap(BEN, TEAM, world.preview(1), key)
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.tap(BEN, TEAM, world.preview(1), key)
    await world.tap(VERA, TEAM, world.preview(1), key)
    said = [text for text in told(world) if "P1 is confirmed. ❌ withdraws it." in text]
    assert len(said) == 2


async def test_a_department_s_card_comes_again_as_long_as_it_is_asked(world: World) -> None:
    await world.asked()
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    first = world.card(1, KRYPTO)
    world.rooms.sent[first].is_gone = True
    await world.redact(EVA, KRYPTO, first)
    assert [one.event for one in world.rooms.shown(KRYPTO) if one.texts[0].startswith("#1 ")] != [first]
    await world.say(ANNA, TEAM, "!recall 1")
    second = next(one.event for one in world.rooms.shown(KRYPTO) if one.texts[0].startswith("#1 "))
    world.rooms.sent[second].is_gone = True
    await world.redact(EVA, KRYPTO, second)
    assert not [one for one in world.rooms.shown(KRYPTO) if one.texts[0].startswith("#1 ")]


async def missed(world: World) -> None:
    """A post that was approved, and whose time passed during a freeze."""
    await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 | Overdue.")
    await world.say(BEN, TEAM, "!publish P1")
    await world.say(VERA, TEAM, "!freeze")
    await world.live_until(at("2026-11-24 12:00"))
    assert await state(world, 1) == (PostState.MISSED, 1)


@pytest.mark.parametrize("line", ["!unfreeze --all", "!unfreeze"])
async def test_a_preview_that_a_moderator_removes_holds_back_what_missed_its_time(world: World, line: str) -> None:
    await missed(world)
    await moderated(world, world.preview(1))
    assert any("gus took the preview of P1 away" in one for one in told(world))
    await world.say(VERA, TEAM, line)
    await passed(world)
    assert world.fediverse.published == {}
    assert await state(world, 1) == (PostState.MISSED, 2)
    # Who has seen the new one may still let it out.
    await world.say(BEN, TEAM, "!publish P1")
    await passed(world)
    assert [new.text for new in world.fediverse.published.values()] == ["Overdue."]


async def test_a_preview_that_nobody_can_see_any_more_lets_nothing_out_by_a_number_either(world: World) -> None:
    await missed(world)
    for _ in range(4):
        await moderated(world, world.preview(1))
    await world.say(VERA, TEAM, "!unfreeze")
    event = await world.say(BEN, TEAM, "!publish P1")
    await passed(world)
    assert world.fediverse.published == {}
    assert "has not been shown yet" in world.replies(event)[-1]
