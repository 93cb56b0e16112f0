"""What the office plans: drafted with its time, looked at, approved, changed, dropped, and published once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.domain.posts.post import PostState, plan_of
from fedichat.domain.tickets.mention import Visibility
from fedichat.ports import Limits
from tests.desk.plans import MAP, NINE, an_office, approve, at, out, post, preview, state, steps, told
from tests.world import ANNA, BEN, BOSS, CARL, CERT, DIRECT, EVA, KRYPTO, NETZ, TEAM, VERA, World

LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(36))


# --- from the command to the publication ---


async def test_a_scheduled_post_is_shown_approved_and_published_once_at_its_time(world: World) -> None:
    said = await world.say(
        ANNA, TEAM, "!schedule 2026-11-24 09:00 --label guide --audience parents | Our guide is out."
    )
    shown = world.rooms.sent[world.preview(1)]
    assert world.replies(said) == [shown.text]
    for words in (
        "📝 P1 · draft by anna",
        "🗓 Tue 24 Nov 2026 09:00 CET (in 22 hours)",
        "> Our guide is out.",
        "🌐 public · English · 17 of 500 characters",
        "📣 bsi · for: parents · 🏷 guide",
        "Four eyes: ✅ counts by somebody other than anna.",
    ):
        assert words in shown.text
    assert "⚠️" not in shown.text
    assert world.rooms.buttons(shown.event) == ["✅", "❌"]

    await approve(world, 1, who=ANNA)
    assert await state(world, 1) is PostState.DRAFT
    assert "second pair of eyes" in told(world)[-1]

    await approve(world, 1)
    assert "🗓 scheduled, confirmed by ben · by anna" in preview(world, 1)
    await world.live_until(at("2026-11-24 08:59"))
    assert out(world) == []

    await world.live_until(at("2026-11-24 09:00"))
    assert out(world) == ["Our guide is out."]
    (status,) = world.fediverse.statuses.values()
    assert status.created_at == at("2026-11-24 09:00")
    assert told(world)[-1] == "P1 is published: https://social.example.org/@bsi/p1"

    await world.live_until(at("2026-12-24 09:00"))
    assert len(world.fediverse.published) == 1
    assert await steps(world, 1) == ["drafted", "confirmed", "published"]


async def test_whoever_may_not_publish_cannot_approve(tmp_path: Path) -> None:
    world = await World.open(tmp_path, timezone="Europe/Berlin", users={BEN: {"deny": ["publish"]}})
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    assert await state(world, 1) is PostState.DRAFT
    await world.close()


async def test_where_one_may_decide_alone_the_author_approves(tmp_path: Path) -> None:
    world = await an_office(tmp_path, four_eyes={"planned": False})
    await world.say(ANNA, TEAM, NINE)
    assert "Four eyes" not in preview(world, 1)
    await approve(world, 1, who=ANNA)
    await world.live_until(at("2026-11-24 09:00"))
    assert out(world) == ["Our guide is out."]
    await world.close()


async def test_all_that_was_asked_for_goes_out_with_it(world: World) -> None:
    await world.say(
        ANNA,
        TEAM,
        '!schedule 2026-11-24 09:00 --visibility unlisted --cw "long read" --lang de\nUnser Leitfaden\nist da.',
    )
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    (new,) = world.fediverse.published.values()
    assert (new.text, new.visibility, new.content_warning, new.language) == (
        "Unser Leitfaden\nist da.",
        Visibility.UNLISTED,
        "long read",
        "de",
    )
    assert new.in_reply_to is None


async def test_nothing_planned_is_direct(world: World) -> None:
    said = await world.say(ANNA, TEAM, "!schedule 2026-11-24 09:00 --visibility direct | Psst.")
    assert "cannot be direct" in world.replies(said)[-1]
    assert await world.rows("posts") == []


async def test_a_long_text_becomes_a_thread(world: World) -> None:
    await world.say(ANNA, TEAM, f"!schedule 2026-11-24 09:00 | {LONG}")
    assert "🧵 Too long for one post" in preview(world, 1)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    statuses = list(world.fediverse.published.values())
    assert len(statuses) > 1
    assert [one.in_reply_to for one in statuses[1:]] == list(world.fediverse.published)[:-1]
    assert "Sentence number 35" in statuses[-1].text


async def test_without_a_text_or_a_time_nothing_is_drafted(world: World) -> None:
    for line, answer in (
        ("!schedule", "When?"),
        ("!schedule | Our guide is out.", "When?"),
        ("!schedule 2026-11-24 09:00", "Where does the text begin?"),
        ("!schedule 2026-11-24 09:00 |", "Where does the text begin?"),
        ("!schedule 2026-11-24 09:00 | …", "There are no words"),
        ("!draft", "Something is missing"),
    ):
        said = await world.say(ANNA, TEAM, line)
        assert answer in world.replies(said)[-1], line
    assert await world.rows("posts") == []


# --- what deserves a second look ---


async def test_the_preview_warns_of_what_deserves_a_second_look(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    for line, warning in (
        ("2026-11-24 09:30 | Something else entirely.", "Within an hour of P1."),
        ("2026-11-26 09:00 | our guide is OUT!", "Says nearly the same as P1."),
        ("2026-11-28 09:00 | On a Saturday.", "The office is closed on that day."),
        ("2026-11-27 03:00 | At three in the morning.", "That is at night."),
    ):
        await world.say(ANNA, TEAM, f"!schedule {line}")
        number = len(await world.rows("posts"))
        warnings = [words for words in preview(world, number).splitlines() if words.startswith("⚠️")]
        assert warnings == [f"⚠️ {warning}"]


async def test_a_public_holiday_is_named(tmp_path: Path) -> None:
    world = await World.open(
        tmp_path,
        timezone="Europe/Berlin",
        working_hours={"mon": "08:00-16:30", "fri": "08:00-16:30", "holidays": "DE-NW"},
    )
    await world.say(ANNA, TEAM, "!schedule 2027-01-01 12:00 | A happy new year.")
    assert "That day is a public holiday: New Year's Day." in preview(world, 1)
    await world.close()


async def test_a_file_needs_an_alt_text_or_a_reason(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE, file=MAP)
    assert "has no alt text" in world.replies(said)[-1]
    assert await world.rows("posts") == []

    line = NINE.replace(" |", ' --no-alt "only decoration" |')
    await world.say(ANNA, TEAM, line, file=MAP)
    assert "map.png: without alt text: only decoration" in preview(world, 1)
    assert "⚠️ A file goes along without an alt text." in preview(world, 1)


async def test_a_file_with_the_command_as_its_caption_goes_along(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    assert "📎 map.png: A map" in preview(world, 1)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    (new,) = world.fediverse.published.values()
    assert new.media == ("m1",)


async def test_in_a_citizen_s_thread_the_file_goes_along_too(world: World) -> None:
    await world.look()
    await world.asked()
    line = NINE.replace(" |", ' --alt "A map" |')
    await world.say(ANNA, TEAM, line, file=MAP, thread=world.card(1))
    assert "📎 map.png: A map" in preview(world, 1)


async def test_a_file_of_the_thread_goes_along_when_it_is_named(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.say(BEN, TEAM, "A map", thread=world.preview(1), file=MAP)
    said = (await world.rows("posts"))[0]["source"]
    await world.edit(ANNA, TEAM, str(said), NINE.replace(" |", " --with 1 |"))  # type: ignore[arg-type]
    assert "📎 map.png: A map" in preview(world, 1)


# --- a draft without a time ---


async def test_a_draft_waits_for_its_time(world: World) -> None:
    await world.say(ANNA, TEAM, "!draft Our guide is out.")
    assert "🗓 no time yet" in preview(world, 1)
    await approve(world, 1)
    assert "P1 has no time yet" in told(world)[-1]
    assert await state(world, 1) is PostState.DRAFT

    await world.say(ANNA, TEAM, "!reschedule P1 2026-11-24 09:00")
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    assert out(world) == ["Our guide is out."]


async def test_a_draft_without_a_time_goes_out_when_somebody_says_so_in_words(world: World) -> None:
    await world.say(ANNA, TEAM, "!draft Our guide is out.")
    await world.say(ANNA, TEAM, "!publish P1")
    assert out(world) == []
    await world.say(BEN, TEAM, "!publish p1")
    assert out(world) == ["Our guide is out."]


# --- moved, dropped, shown, copied ---


async def test_a_moved_post_needs_a_new_approval(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    old = world.preview(1)
    await world.say(ANNA, TEAM, "!reschedule P1 2026-11-25 11:00")
    assert "Wed 25 Nov 2026 11:00 CET" in preview(world, 1)
    await world.tap(BEN, TEAM, old, "✅")
    assert await state(world, 1) is PostState.DRAFT

    await world.live_until(at("2026-11-24 12:00"))
    assert out(world) == []
    await approve(world, 1)
    await world.live_until(at("2026-11-25 11:00"))
    assert out(world) == ["Our guide is out."]
    assert await steps(world, 1) == ["drafted", "confirmed", "rescheduled", "confirmed", "published"]


@pytest.mark.parametrize(
    ("words", "due", "was"),
    [
        ("11:00", "2026-11-24 11:00", "was: Tue 24 Nov 2026 09:00"),
        ("um 15 Uhr", "2026-11-24 15:00", "was: Tue 24 Nov 2026 09:00"),
        ("one hour later", "2026-11-24 10:00", "was: Tue 24 Nov 2026 09:00"),
        ("eine Stunde früher", "2026-11-24 08:00", "was: Tue 24 Nov 2026 09:00"),
        ("friday", "2026-11-27 09:00", "was: Tue 24 Nov 2026 09:00"),
    ],
)
async def test_what_moves_a_post_is_read_against_its_own_time_and_the_preview_says_what_it_was(
    world: World, words: str, due: str, was: str
) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    said = await world.say(ANNA, TEAM, f"!reschedule P1 {words}")
    assert (await post(world, 1)).due_at == at(due)
    assert was in preview(world, 1)
    assert await state(world, 1) is PostState.DRAFT

    # An edit of that message moves nothing.
    await world.edit(ANNA, TEAM, said, "!reschedule P1 23:00")
    assert (await post(world, 1)).due_at == at(due)


async def test_where_two_times_can_be_meant_it_is_asked_and_the_post_stays(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.say(ANNA, TEAM, "!reschedule P1 one hour")
    assert (await post(world, 1)).due_at == at("2026-11-24 09:00")
    question = world.rooms.shown(TEAM)[-1]
    assert "own time or from now" in question.text
    await world.tap(ANNA, TEAM, question.event, "1️⃣")
    assert (await post(world, 1)).due_at == at("2026-11-24 10:00")


async def test_new_words_for_a_time_in_the_message_are_shown_with_what_it_was(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    assert "was:" not in preview(world, 1)
    await world.edit(ANNA, TEAM, said, NINE.replace("09:00", "12:00"))
    assert "was: Tue 24 Nov 2026 09:00" in preview(world, 1)
    await world.edit(ANNA, TEAM, said, NINE.replace("09:00", "12:00").replace("guide", "map"))
    assert "was:" not in preview(world, 1)


async def test_it_can_be_moved_in_its_thread_without_its_number(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.say(ANNA, TEAM, "!reschedule 2026-11-25 11:00", thread=world.preview(1))
    assert (await post(world, 1)).due_at == at("2026-11-25 11:00")
    said = await world.say(ANNA, TEAM, "!reschedule 2026-11-25 12:00")
    assert "Which post?" in world.replies(said)[-1]


@pytest.mark.parametrize("by", ["❌", "!unschedule P1", "!withdraw P1", "!absetzen p1"])
async def test_what_is_dropped_is_not_published(world: World, by: str) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    if by == "❌":
        await world.tap(ANNA, TEAM, world.preview(1), by)
    else:
        await world.say(ANNA, TEAM, by)
    assert await state(world, 1) is PostState.WITHDRAWN
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == []


async def test_whoever_takes_their_tick_back_has_not_approved(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    tick = await world.tap(BEN, TEAM, world.preview(1), "✅")
    await world.redact(BEN, TEAM, tick)
    assert await state(world, 1) is PostState.DRAFT
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == []


async def test_its_history_can_be_shown(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    said = await world.say(BEN, TEAM, "!show P1")
    shown = world.replies(said)[-1]
    for words in (
        "🗓 P1 scheduled · Tue 24 Nov 2026 09:00 CET",
        "> Our guide is out.",
        "anna: drafted",
        "ben: confirmed",
    ):
        assert words in shown


async def test_a_copy_is_a_draft_of_its_own(world: World) -> None:
    await world.say(ANNA, TEAM, NINE.replace(" |", ' --cw "long read" --label guide |'))
    await world.say(ANNA, TEAM, "!unschedule P1")
    await world.say(BEN, TEAM, "!copy P1")
    await world.say(BEN, TEAM, "!copy P1 2026-11-25 11:00")
    assert (await post(world, 2)).due_at is None
    copied = await post(world, 3)
    assert (copied.text, copied.content_warning, plan_of(copied).labels, copied.author, copied.due_at) == (
        "Our guide is out.",
        "long read",
        ("guide",),
        BEN,
        at("2026-11-25 11:00"),
    )
    await approve(world, 3)
    assert await state(world, 3) is PostState.DRAFT
    await approve(world, 3, who=ANNA)
    await world.live_until(at("2026-11-25 11:00"))
    assert out(world) == ["Our guide is out."]


async def test_a_copy_leaves_out_a_file_that_is_gone(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE.replace(" |", ' --alt "A map" |'), file=MAP)
    await world.redact(ANNA, TEAM, said)
    await world.say(ANNA, TEAM, "!copy P1 2026-11-24 09:00")
    assert "map.png" not in preview(world, 2)


async def test_the_plan_has_all_of_it_by_day(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.say(ANNA, TEAM, "!schedule 2026-11-26 11:00 | Another one.")
    await world.say(ANNA, TEAM, "!draft Some day.")
    said = await world.say(ANNA, TEAM, "!plan this week")
    lines = world.replies(said)[-1].splitlines()
    assert lines[0] == "Editorial plan, Mon 23 Nov 2026 to Sun 29 Nov 2026"
    for words in (
        "Mon 23 Nov 2026: –",
        "09:00 🗓 P1 · bsi: Our guide is out.",
        "Wed 25 Nov 2026: –",
        "📝 P3 · no time yet · bsi: Some day.",
    ):
        assert words in lines
    assert any(line.startswith("11:00 📝 P2 · ") and "Another one." in line for line in lines)
    assert not any("Sat 28" in line for line in lines), "nobody works on a Saturday"


# --- second thoughts of the author ---


async def test_editing_the_message_edits_the_post_and_asks_again(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    old = world.preview(1)
    await world.edit(ANNA, TEAM, said, "!schedule 2026-11-24 10:00 --cw careful | Our guide is there.")
    assert "out of date" in world.rooms.sent[old].text
    assert (await post(world, 1)).revision == 2
    await world.tap(BEN, TEAM, old, "✅")
    assert await state(world, 1) is PostState.DRAFT
    await world.live_until(at("2026-11-24 09:45"))
    assert out(world) == []
    await approve(world, 1)
    await world.live_until(at("2026-11-24 10:00"))
    (new,) = world.fediverse.published.values()
    assert (new.text, new.content_warning) == ("Our guide is there.", "careful")


async def test_an_edit_that_cannot_be_understood_keeps_the_post_and_its_approval_not(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.edit(ANNA, TEAM, said, "!schedule 2026-11-24 09:00 --nonsense | Our guide is there.")
    kept = await post(world, 1)
    assert (kept.text, kept.state) == ("Our guide is out.", PostState.DRAFT)
    assert told(world)[-1] == "anna: P1 stays as its preview shows it, and is not confirmed." or any(
        "P1 stays as its preview shows it" in words for words in told(world)
    )


async def test_an_edit_with_an_unclear_time_asks_when(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.edit(ANNA, TEAM, said, "!schedule sometime | Our guide is there.")
    kept = await post(world, 1)
    assert (kept.text, kept.state, kept.due_at) == ("Our guide is there.", PostState.DRAFT, None)
    assert "“sometime” is too vague" in told(world)[-1]
    assert "`!reschedule P1 friday 10:00` gives it a time" in preview(world, 1)


async def test_a_time_may_stand_in_a_phone_s_quotation_marks(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule „Friday 10:00“ | Our guide is out.")
    assert "🗓 Fri 27 Nov 2026 10:00 CET" in preview(world, 1)
    await world.say(ANNA, TEAM, "!schedule “some day” | Another one.")
    assert told(world)[-1].startswith("“some day” ")


async def test_an_unclear_time_is_asked_about_once(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule friday | Our guide is out.")
    assert told(world) == ["“friday” names a day. At what time? For example: “friday 10:00”."]


async def test_only_the_author_s_edit_counts(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await world.edit(BEN, TEAM, said, NINE.replace("guide", "hoax"))
    assert (await post(world, 1)).text == "Our guide is out."


async def test_deleting_the_message_drops_the_post(world: World) -> None:
    said = await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.redact(ANNA, TEAM, said)
    assert await state(world, 1) is PostState.WITHDRAWN
    await world.live_until(at("2026-11-25 09:00"))
    assert out(world) == []


async def test_deleting_the_file_in_the_room_drops_the_post_that_would_take_it_along(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    file = await world.say(BEN, TEAM, "A map", thread=world.preview(1), file=MAP)
    source = (await post(world, 1)).source
    assert source is not None
    await world.edit(ANNA, TEAM, source, NINE.replace(" |", " --with 1 |"))
    await approve(world, 1)
    await world.live_until(at("2026-11-24 08:50"))
    assert len(world.fediverse.uploads) == 1, "it is brought there ahead of its time"
    await world.redact(BEN, TEAM, file)
    assert await state(world, 1) is PostState.WITHDRAWN
    await world.live_until(at("2026-11-24 09:30"))
    assert out(world) == []


# --- what is not clear is asked ---


async def test_an_unclear_time_loses_no_word_and_is_asked(world: World) -> None:
    said = await world.say(ANNA, TEAM, "!schedule 2026-11-24 | Our guide is out.")
    kept = await post(world, 1)
    assert (kept.text, kept.due_at) == ("Our guide is out.", None)
    assert any("names a day. At what time?" in words for words in told(world))
    assert world.replies(said)
    await world.say(ANNA, TEAM, "!reschedule 2026-11-24 09:00", thread=world.preview(1))
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    assert out(world) == ["Our guide is out."]


async def test_a_time_that_is_past_is_never_published_at_once(world: World) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-23 09:00 | Our guide is out.")
    assert (await post(world, 1)).due_at is None
    await approve(world, 1)
    assert out(world) == []


# --- after it is published ---


async def test_what_is_out_can_be_changed_and_deleted(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.live_until(at("2026-11-24 09:00"))
    await world.say(ANNA, TEAM, "!edit P1 Our guide is there.")
    await approve(world, 2, who=ANNA)
    assert world.fediverse.edits == []
    await approve(world, 2)
    assert [new.text for _, new in world.fediverse.edits] == ["Our guide is there."]
    await world.say(ANNA, TEAM, "!unpublish P1")
    await approve(world, 3)
    assert len(world.fediverse.deleted) == 1
    assert await state(world, 1) is PostState.REMOVED


async def test_before_that_its_words_are_changed_where_they_are(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    await world.say(ANNA, TEAM, "!edit P1 Our guide is there.")
    changed = await post(world, 1)
    assert (changed.text, changed.state, changed.due_at) == (
        "Our guide is there.",
        PostState.DRAFT,
        at("2026-11-24 09:00"),
    )
    said = await world.say(ANNA, TEAM, "!unpublish P1")
    assert "Nothing of P1 stands at the server." in world.replies(said)[-1]


async def test_nobody_approves_their_own_words_in_somebody_else_s_post(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await world.say(BEN, TEAM, "!edit P1 Ben's own words.")
    assert "somebody other than ben" in preview(world, 1)
    await approve(world, 1)
    assert await state(world, 1) is PostState.DRAFT
    await approve(world, 1, who=ANNA)
    assert await state(world, 1) is PostState.CONFIRMED


# --- whose business it is ---


async def test_a_department_s_room_sees_and_may_nothing_of_it(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    for line in ("!show P1", "!publish P1", "!reschedule P1 2026-11-25 09:00", "!edit P1 No.", "!copy P1", "!freeze"):
        said = await world.say(EVA, KRYPTO, line)
        assert "Our guide" not in "".join(world.replies(said)), line
        assert world.replies(said), line
    said = await world.say(EVA, NETZ, "!plan this week")
    assert "Our guide" not in "".join(world.replies(said))
    untouched = await post(world, 1)
    assert (untouched.state, untouched.revision) == (PostState.DRAFT, 1)
    assert len(await world.rows("posts")) == 1


async def test_the_supervisors_say_which_account_is_meant(two: World) -> None:
    said = await two.say(VERA, BOSS, NINE)
    assert "Which account?" in two.replies(said)[-1]
    await two.say(VERA, BOSS, NINE.replace(" |", " --account CERT |"))
    assert (await post(two, 1)).account == "cert"
    said = await two.say(VERA, BOSS, NINE.replace(" |", " --account nobody |"))
    assert "there are: bsi, cert" in two.replies(said)[-1]


async def test_nobody_speaks_for_another_team_s_account(two: World) -> None:
    said = await two.say(ANNA, TEAM, NINE.replace(" |", " --account cert |"))
    assert "you cannot post for that account" in two.replies(said)[-1]
    await two.say(BEN, TEAM, NINE.replace(" |", " --account cert |"))
    assert (await post(two, 1)).account == "cert", "he is in that team's room as well"


async def test_another_team_cannot_see_approve_or_change_it(two: World) -> None:
    await two.say(ANNA, TEAM, NINE)
    for line in (
        "!show P1",
        "!publish P1",
        "!withdraw P1",
        "!reschedule P1 2026-11-25 09:00",
        "!edit P1 No.",
        "!copy P1",
    ):
        said = await two.say(CARL, CERT, line)
        assert two.replies(said) == ["There is no post P1 in this room."], line
    said = await two.say(CARL, CERT, "!plan this week")
    assert "Our guide" not in two.replies(said)[-1]
    await two.tap(CARL, CERT, two.preview(1), "✅")
    assert await state(two, 1) is PostState.DRAFT
    said = await two.say(VERA, BOSS, "!plan this week")
    assert "P1 · bsi: Our guide is out." in two.replies(said)[-1]


async def test_nothing_of_a_direct_message_gets_into_the_plan(world: World) -> None:
    await world.look()
    await world.asked("A secret", visibility=Visibility.DIRECT)
    await world.say(ANNA, DIRECT, "!answer A secret answer.", thread=world.card(1, DIRECT))
    for line in ("!plan this week", "!show P1", "!copy P1", "!edit P1 No."):
        said = await world.say(ANNA, TEAM, line)
        assert "secret" not in "".join(world.replies(said)), line
    said = await world.say(ANNA, DIRECT, "!copy P1")
    assert "no planned post" in world.replies(said)[-1]


# --- the clocks are changed ---


@pytest.mark.parametrize(
    ("day", "words", "published_at"),
    [
        ("2027-03-27 09:00", "Sat 27 Mar 2027 09:00 CET", "2027-03-27T08:00:00+00:00"),
        ("2027-03-28 09:00", "Sun 28 Mar 2027 09:00 CEST", "2027-03-28T07:00:00+00:00"),
    ],
)
async def test_a_time_is_the_office_s_own_also_when_the_clocks_are_changed(
    world: World, day: str, words: str, published_at: str
) -> None:
    await world.say(ANNA, TEAM, f"!schedule {day} | Our guide is out.")
    assert words in preview(world, 1)
    await approve(world, 1)
    await world.live_until(at("2027-04-01 09:00"))
    (status,) = world.fediverse.statuses.values()
    assert status.created_at.isoformat() == published_at


# --- what the instance takes ---


async def test_what_the_instance_has_come_to_refuse_is_said_ahead(world: World) -> None:
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)

    async def limits() -> Limits:
        return replace(Limits(), characters=5)

    world.fediverse.limits = limits  # type: ignore[method-assign]
    await world.live_until(at("2026-11-24 08:46"))
    assert any(
        "will not be taken by the server" in words and "longer than the instance takes" in words
        for words in told(world)
    )
    assert world.clock.now() < at("2026-11-24 09:00") - timedelta(minutes=5)
