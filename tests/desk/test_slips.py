"""What people type and tap by mistake, late and on a phone: nothing goes wrong silently. The whole bot."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.domain.tickets.mention import Author, Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.ports import Spoken
from tests.desk.test_posts import out, said, shown, told
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
async def test_a_change_of_an_answer_by_its_number_leaves_the_next_answer_in_work_as_it_is(
    world: World, command: str
) -> None:
    await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    await said(world, "!answer By the way.")
    await said(world, command)
    assert "draft by anna, answer to #1" in shown(world, 2)
    assert [row["id"] for row in await world.rows("posts") if row["state"] == "draft"] == [2, 3]


async def test_experts_read_an_answer_when_it_is_out_and_no_draft(world: World) -> None:
    await said(world, "!escalate krypto")
    await said(world, "!answer Yes.")
    refused = await world.say(EVA, KRYPTO, "!show P1")
    assert world.replies(refused) == ["There is no post P1 in this room."]
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    shown_there = world.replies(await world.say(EVA, KRYPTO, "!show P1"))[0]
    assert shown_there.startswith("✅ P1 published · #1\n> @erika@remote.example Yes.")


# --- messages that are edited ---


@pytest.mark.parametrize("text", ["!answer 2 Hello Kim!", "!answer #2 Hello Kim!"])
async def test_an_edit_does_not_give_a_draft_to_somebody_else(world: World, text: str) -> None:
    await world.asked("Hello?", by=KIM)
    event = await world.say(ANNA, TEAM, "!answer 1 Hello Kim!")
    await world.edit(ANNA, TEAM, event, text)
    assert world.replies(event)[0] == (
        "This message is about #1, and editing it does not change that. For #2, send a new one; if 2 belongs to the "
        "text, write `!answer #1 2 …`."
    )
    assert [(row["ticket"], row["revision"]) for row in await world.rows("posts")] == [(1, 1)]
    await world.edit(ANNA, TEAM, event, "!answer #1 2 of 3.")
    assert "> @erika@remote.example 2 of 3." in shown(world, 1)


async def test_nor_a_proposal_to_another_ticket(world: World) -> None:
    await world.say(ANNA, TEAM, "!escalate 1 krypto")
    event = await world.say(EVA, KRYPTO, "!propose 1 Yes")
    await world.edit(EVA, KRYPTO, event, "!propose #2 No")
    assert world.replies(event)[0].startswith("This message is about #1, and editing it does not change that.")
    assert world.rooms.shown(KRYPTO)[-1].message.thread == world.card(1, KRYPTO)
    assert [row["text"] for row in await world.rows("proposals")] == ["Yes"]


async def test_nor_the_change_of_a_planned_post_to_another_one(world: World) -> None:
    for text in ("Our guide is out.", "Our fair is open."):
        await world.say(ANNA, TEAM, f"!draft {text}")
    for number in (1, 2):
        await world.say(BEN, TEAM, f"!publish P{number}")
    event = await world.say(ANNA, TEAM, "!edit P1 Our guide is there.")
    await world.edit(ANNA, TEAM, event, "!edit P2 Our fair is over.")
    assert world.replies(event)[-2] == (
        "This message is about P1, and editing it does not change that. For P2, send a new one."
    )
    assert "fair" not in str((await world.rows("posts"))[2]["text"])


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("!answer 1 --nonsense Yes.", "!answer 1 Yes."),
        ("!escalate 1 kripto Is it?", "!escalate 1 krypto Is it?"),
        ("!label 1 tsl", "!label 1 tls"),
        ("answer 1 Yes.", "!answer 1 Yes."),
    ],
)
async def test_an_edit_that_runs_nothing_says_so_where_the_message_stands(world: World, first: str, then: str) -> None:
    event = await world.say(ANNA, TEAM, first, thread=world.card(1))
    world.rooms.spoken[event] = Spoken(event, TEAM, ANNA, world.clock.now(), first, world.card(1), None)
    before = len(world.replies(event))
    await world.edit(ANNA, TEAM, event, then)
    [told] = world.replies(event)[before:]
    assert told == (
        "This edit does nothing: only drafts, proposals and notes follow the message that made them. Please send "
        "it as a new message."
    )
    assert world.rooms.shown(TEAM)[-1].message.thread == world.card(1)
    assert await world.rows("posts") == await world.rows("escalations") == []


async def test_a_command_never_becomes_the_alt_text_of_the_file_that_it_stands_under(world: World) -> None:
    event = await world.say(ANNA, TEAM, "!answer --nonsense Yes.", thread=world.card(1), file=MAP)
    await world.edit(ANNA, TEAM, event, "!answer --lang en Yes.")
    assert world.replies(event)[-1].startswith("This edit does nothing")
    refused = await said(world, "!answer --with 1 Yes.")
    assert world.replies(refused)[0].startswith("📎1 map.png has no alt text.")


async def test_nor_what_an_expert_proposes(world: World) -> None:
    await said(world, "!escalate krypto")
    event = await world.say(EVA, KRYPTO, "Yes!", thread=world.card(1, KRYPTO))
    copy = world.rooms.shown(TEAM)[-1]
    await world.tap(ANNA, TEAM, copy.event, "✅")
    await world.edit(EVA, KRYPTO, event, "!propose Yes, it is.")
    assert world.replies(event)[-1].startswith("This edit does nothing")
    assert copy.text == "Eva (Kryptografie): Yes!"
    assert [row["text"] for row in await world.rows("proposals")] == ["Yes!"]


@pytest.mark.parametrize("text", ["Good morning!", "!!! Good morning", "!important: good morning"])
async def test_talk_can_be_edited_as_before(world: World, text: str) -> None:
    await said(world, "!escalate krypto")
    event = await said(world, "Good morning")
    await world.edit(ANNA, TEAM, event, text)
    assert world.replies(event) == []
    assert world.rooms.shown(KRYPTO)[-1].text == f"Anna (team): {text}"


@pytest.mark.parametrize("is_in_a_thread", [False, True])
async def test_a_reply_to_a_file_never_takes_another_one_along(world: World, is_in_a_thread: bool) -> None:
    await world.asked("Hello?", by=KIM)
    await world.say(ANNA, TEAM, "Only for us", thread=world.card(1), file=MAP)
    there = world.card(2) if is_in_a_thread else None
    event = await world.say(ANNA, TEAM, "A chart", thread=there, file=replace(MAP, name="chart.png"))
    world.rooms.spoken[event] = Spoken(event, TEAM, ANNA, world.clock.now(), "A chart", there, None, MAP)
    refused = await world.say(ANNA, TEAM, "!answer #1 --with Yes.", reply_to=event)
    assert world.replies(refused) == [
        "The file that you reply to is not in the thread of #1. Send it there, then `--with` takes it along."
    ]
    assert await world.rows("posts") == []
    # The card is what those reply to whose client has no threads.
    await world.say(ANNA, TEAM, "!answer --with Yes.", reply_to=world.card(1))
    assert "📎 map.png: Only for us" in shown(world, 1)


# --- taps ---


async def test_a_colleague_s_tick_on_what_the_team_says_among_itself_proposes_nothing(world: World) -> None:
    await said(world, "!escalate krypto")
    event = await said(world, "I shall call them.", who=BEN)
    await world.tap(ANNA, TEAM, event, "✅")
    assert await world.rows("proposals") == []
    assert not any("💡" in one.text for one in world.rooms.sent.values())


# --- words ---


@pytest.mark.parametrize("typed", ["kim", "Kim", "@KIM", "@kim@elsewhere.example", "@Kim@Elsewhere.Example"])
async def test_a_person_is_found_however_the_phone_writes_their_name(world: World, typed: str) -> None:
    await world.asked("Hello?", by=KIM)
    event = await world.say(ANNA, TEAM, f"!author {typed}")
    assert world.replies(event)[0].startswith("1 ticket · ")


async def test_an_alt_text_without_its_file_says_how_to_take_that_along(world: World) -> None:
    await world.say(ANNA, TEAM, "", thread=world.card(1), file=MAP)
    event = await said(world, "!answer --alt „Eine Karte“ Yes.")
    assert world.replies(event) == [
        "There is an `--alt`, but no file goes along: `--with` takes one of the thread along."
    ]
    await said(world, "!answer --with 📎1 --alt „Eine Karte“ Yes.")
    assert "📎 map.png: Eine Karte" in shown(world, 1)


async def test_labels_are_the_words_without_their_marks(world: World) -> None:
    await said(world, "!label „Passwort Manager“ +tls 'school'")
    assert (await world.rows("tickets"))[0]["labels"] == '["manager", "passwort", "school", "tls"]'
    await said(world, "!label -„tls“ --school")
    assert (await world.rows("tickets"))[0]["labels"] == '["manager", "passwort"]'


@pytest.mark.parametrize("both", ["krypto, netz", "krypto und netz:", "Krypto & Netz"])
async def test_two_departments_are_not_asked_as_if_one_were_the_question(world: World, both: str) -> None:
    event = await said(world, f"!escalate {both} Is that so?")
    assert world.replies(event)[0].startswith("One department at a time, please: first “")
    assert await world.rows("escalations") == []
    await said(world, "!escalate krypto, and netzwerk is which of you?")
    assert [row["question"] for row in await world.rows("escalations")] == ["and netzwerk is which of you?"]


# --- very long ---


async def test_a_question_that_would_not_fit_on_the_card_is_refused_with_where_to_say_it(world: World) -> None:
    event = await said(world, f"!escalate krypto {'x' * 5_001}")
    assert world.replies(event)[0].startswith("That question is too long by 1: 5001 of 5000 characters.")
    assert await world.rows("escalations") == []


async def test_however_often_a_department_is_asked_its_card_fits_into_a_message(world: World) -> None:
    for _ in range(8):
        await said(world, f"!escalate krypto {'x' * 5_000}")
    world.clock.advance(seconds=5)
    await world.deliver()
    card = world.rooms.sent[world.card(1, KRYPTO)].versions[-1]
    assert len(card.plain.encode()) + len(card.html.encode()) < 25_000
    assert "Is TLS 1.2 still allowed?" in card.plain


async def test_a_very_long_proposal_is_shown_cut(world: World) -> None:
    await said(world, "!escalate krypto")
    await world.say(EVA, KRYPTO, f"!propose 1 {'x' * 11_000}")
    shown_there = world.rooms.shown(TEAM)[-1].text
    assert "x […]" in shown_there
    assert len(shown_there) < 13_000


# --- when nobody listens ---


async def test_experts_are_told_when_the_team_does_not_read_along_any_more(world: World) -> None:
    await said(world, "!escalate krypto")
    await said(world, "!interim Soon.")
    await world.tap(BEN, TEAM, world.preview(1), "✅")
    assert "read along in this thread any more" not in world.rooms.shown(KRYPTO)[-1].text
    await said(world, "!answer Yes.")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    assert world.rooms.shown(KRYPTO)[-1].text.endswith("\nThe team does not read along in this thread any more.")


async def test_a_department_that_does_not_go_along_with_a_merge_is_named(world: World) -> None:
    await world.asked("And TLS 1.3?")
    await world.say(ANNA, TEAM, "!escalate 2 krypto")
    await world.say(ANNA, TEAM, "!merge 2 1")
    assert told(world)[-1] == (
        "Not asked any more, since #2 was merged: Kryptografie. `!escalate 1 krypto …` asks there about #1."
    )
    await world.asked("And TLS 1.1?")
    for number in (1, 3):
        await world.say(ANNA, TEAM, f"!escalate {number} krypto")
    await world.say(ANNA, TEAM, "!merge 3 1")
    assert not any("since #3 was merged" in text for text in told(world))


# --- notes ---


async def noted(world: World) -> list[object]:
    return [row["text"] for row in await world.rows("history") if row["step"] == "noted"]


async def test_a_note_follows_its_message_and_goes_with_it(world: World) -> None:
    event = await world.say(ANNA, TEAM, "!note 1 Her number is 0123.")
    await world.edit(BEN, TEAM, event, "!note 1 Not mine to change.")
    await world.edit(ANNA, TEAM, event, "!note 1 Call her back.")
    assert await noted(world) == ["Call her back."]
    await world.edit(ANNA, TEAM, event, "!claim 1")
    await world.edit(ANNA, TEAM, event, "!note 2 Call her back.")
    assert [told.split(".")[0] for told in world.replies(event)] == [
        "The edited message is no longer `!note`",
        "This message is about #1, and editing it does not change that",
    ]
    assert await noted(world) == ["Call her back."]
    await world.redact(BEN, TEAM, event)
    assert await noted(world) == [""]
    await world.edit(ANNA, TEAM, event, "!note 1 Her number is 0123.")
    assert await noted(world) == [""], "what is gone does not come back"
    found = await world.say(ANNA, TEAM, "!search 0123")
    assert "Her number" not in world.replies(found)[0]
