"""Answers: nothing goes out by accident, twice, or to more people than the question; it can be taken back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work, who

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNDO = 60


@pytest.fixture(scope="module")
def clock() -> SteeredClock:
    return SteeredClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory, clock: SteeredClock
) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("answering")
    async with (
        at_work(synapse, folder, undo_seconds=UNDO) as work,
        work.stage.bot_running(clock=clock),
    ):
        yield work


async def nothing_goes_out(work: AtWork, clock: SteeredClock, case: Case) -> None:
    """Also not when the time is over."""
    clock.advance(UNDO + 1)
    await work.settled()
    assert work.answers_to(case) == []


# --- what may be drafted ---


async def test_an_answer_may_be_narrower_than_the_question_and_never_wider(work: AtWork, clock: SteeredClock) -> None:
    case = await work.asked(visibility="unlisted")
    refused = await work.told(work.anna, work.team, "!answer --visibility public Yes.", thread=case.card)
    assert "The question is unlisted, so an answer cannot be public" in refused.body
    assert refused.thread == case.card
    _, preview = await work.drafted(case, "Yes, it is.", "—visibility=private")
    assert "🔒 followers only" in preview.body
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    clock.advance(UNDO + 1)
    await work.in_thread(case, "Published: http")
    (status,) = work.answers_to(case)
    assert status.visibility.value == "private"
    lines = await work.anna.lines(work.team)
    assert len([line for line in lines if line.thread == case.card and line.body.startswith("📝")]) == 1


async def test_an_answer_becomes_a_thread_with_the_first_character_too_many(work: AtWork) -> None:
    case = await work.asked()
    mention = len("@erika ")  # a mention counts without its host
    text = "x" * (500 - mention)
    _, preview = await work.drafted(case, text)
    assert "500 of 500 characters" in preview.body
    assert "(1/2)" not in preview.body
    await work.anna.say(work.team, f"!answer {text}x", thread=case.card)
    thread = await work.preview(case, "this becomes a thread of 2")
    assert "(2/2)" in thread.body
    refused = await work.told(work.anna, work.team, f"!answer {'x' * 9_800}", thread=case.card)
    assert refused.body.startswith("That is too long even for a thread: it would take 2")


async def test_the_content_warning_and_the_language_of_the_question_are_kept_unless_changed(
    work: AtWork,
) -> None:
    case = await work.asked(spoiler_text="security")
    _, first = await work.drafted(case, "First.", "--lang de")
    assert "⚠️ Content warning: security" in first.body
    assert "German" in first.body
    _, second = await work.drafted(case, "Second.", "--cw „“")
    assert "Content warning" not in second.body
    await work.line(case, first.event_id, "withdrawn, nothing was published")


async def test_the_others_in_the_conversation_are_tagged_only_on_request(work: AtWork) -> None:
    work.citizen("kim")
    case = await work.asked("Is this allowed, @kim@remote.example?")
    _, alone = await work.drafted(case, "Yes, alone.")
    assert "> @erika@remote.example Yes, alone." in alone.body
    assert "Also in the conversation, not tagged: @kim@remote.example" in alone.body
    _, together = await work.drafted(case, "Yes, together.", "--all")
    assert "> @erika@remote.example @kim@remote.example Yes, together." in together.body
    assert "Also tagged: @kim@remote.example" in together.body


async def test_what_somebody_else_works_on_is_answered_by_them(work: AtWork) -> None:
    case = await work.asked()
    await work.ben.say(work.team, "!claim", thread=case.card)
    await work.card(case, "with ben")
    refused = await work.told(work.anna, work.team, "!answer Yes.", thread=case.card)
    assert refused.body.startswith(f"#{case.number} is with {who(work.ben)}.")


# --- second thoughts before it is out ---


async def test_editing_the_message_changes_the_preview_and_voids_an_earlier_confirmation(
    work: AtWork, clock: SteeredClock
) -> None:
    case = await work.asked()
    event, old = await work.drafted(case, "Yes.")
    await work.anna.react(work.team, old.event_id, "✅")
    await work.line(case, old.event_id, "confirmed by")
    await work.anna.edit(work.team, event, "!answer --cw tech No, it is not.")
    new = await work.preview(case, "No, it is not.", "Content warning: tech")
    assert new.event_id != old.event_id
    await work.line(case, old.event_id, "this preview is out of date")
    await nothing_goes_out(work, clock, case)

    await work.ben.react(work.team, old.event_id, "✅")
    await work.in_thread(case, "is out of date. Look at the newest one")
    await nothing_goes_out(work, clock, case)

    await work.anna.react(work.team, new.event_id, "✅")
    await work.line(case, new.event_id, "confirmed by")
    clock.advance(UNDO + 1)
    await work.in_thread(case, "Published: http")
    assert [(status.text, status.spoiler_text) for status in work.answers_to(case)] == [
        ("@erika@remote.example No, it is not.", "tech")
    ]
    await work.anna.edit(work.team, event, "!answer Sorry, yes.")
    refused = await work.in_thread(case, "cannot be changed any more")
    assert refused.reply_to == event
    assert len(work.answers_to(case)) == 1


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        ("!answer " + "x" * 9_800, "too long even for a thread"),
        ("I am not sure about this.", "is no longer `!answer`"),
        ("!claim", "is no longer `!answer`"),
        ("!answer --visibility everyone Yes.", "`--visibility` can be"),
    ],
    ids=["too long", "talk", "another command", "a wrong option"],
)
async def test_an_edit_that_cannot_be_followed_holds_a_confirmed_answer_back(
    work: AtWork, clock: SteeredClock, edited: str, says: str
) -> None:
    case = await work.asked()
    event, preview = await work.drafted(case, "Yes, it is.")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    await work.anna.edit(work.team, event, edited)
    await work.in_thread(case, says)
    await work.in_thread(case, "stays as its preview shows it, and is not confirmed")
    await work.line(case, preview.event_id, "draft by")
    await nothing_goes_out(work, clock, case)


async def test_an_edit_by_somebody_else_s_hand_or_of_other_messages_runs_nothing(work: AtWork) -> None:
    case = await work.asked()
    talk = await work.anna.say(work.team, "Good morning!", thread=case.card)
    await work.anna.edit(work.team, talk, "!answer Good morning!")
    claim = await work.anna.say(work.team, "!claim", thread=case.card)
    await work.done(work.team, claim)
    await work.anna.edit(work.team, claim, "!release")
    await work.settled()
    await work.card(case, "with anna")
    lines = await work.anna.lines(work.team)
    assert not [line for line in lines if line.thread == case.card and line.body.startswith("📝")]


@pytest.mark.parametrize("is_confirmed", [False, True])
async def test_deleting_the_message_withdraws_its_draft(work: AtWork, clock: SteeredClock, is_confirmed: bool) -> None:
    case = await work.asked()
    event, preview = await work.drafted(case, "Yes, it is.")
    if is_confirmed:
        await work.ben.react(work.team, preview.event_id, "✅")
        await work.line(case, preview.event_id, "confirmed by")
    await work.anna.redact(work.team, event)
    await work.line(case, preview.event_id, "withdrawn, nothing was published")
    await nothing_goes_out(work, clock, case)


async def test_what_is_out_is_out_and_whoever_deletes_the_message_is_told_so(work: AtWork, clock: SteeredClock) -> None:
    case = await work.asked()
    event, preview = await work.drafted(case, "Yes, it is.")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    clock.advance(UNDO + 1)
    await work.card(case, "✅ answered")
    await work.anna.redact(work.team, event)
    told = await work.in_thread(case, "is out already: http")
    assert told.pings == (work.anna.user_id,)
    assert len(work.answers_to(case)) == 1


async def test_a_confirmed_answer_is_taken_back_before_another_one_is_drafted(
    work: AtWork, clock: SteeredClock
) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Yes, it is.")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    refused = await work.told(work.anna, work.team, "!answer No.", thread=case.card)
    assert "is confirmed and about to go out" in refused.body
    await work.anna.say(work.team, "!ignore changed our minds", thread=case.card)
    await work.line(case, preview.event_id, "withdrawn, nothing was published")
    await nothing_goes_out(work, clock, case)


# --- the time to take it back ---


async def test_a_confirmed_answer_can_be_taken_back_with_a_cross(work: AtWork, clock: SteeredClock) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Yes, it is.")
    await work.anna.react(work.team, preview.event_id, "✅")
    line = await work.line(case, preview.event_id, "confirmed by")
    assert "❌ takes it back until then" in line.body
    clock.advance(UNDO - 5)
    await work.ben.react(work.team, preview.event_id, "❌")
    await work.line(case, preview.event_id, "withdrawn, nothing was published")
    await nothing_goes_out(work, clock, case)


async def test_who_takes_the_tick_back_and_ticks_again_waits_the_full_time_again(
    work: AtWork, clock: SteeredClock
) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Yes, it is.")
    tick = await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    clock.advance(UNDO - 10)
    await work.anna.redact(work.team, tick)
    await work.line(case, preview.event_id, "draft by")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, "confirmed by")
    clock.advance(UNDO - 10)
    await work.settled()
    assert work.answers_to(case) == []
    clock.advance(11)
    await work.in_thread(case, "Published: http")
    await work.settled()
    assert len(work.answers_to(case)) == 1


async def test_a_tick_that_somebody_else_takes_back_changes_nothing(work: AtWork, clock: SteeredClock) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Yes, it is.")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.line(case, preview.event_id, f"confirmed by {who(work.anna)}")
    second = await work.ben.react(work.team, preview.event_id, "✅")
    told = await work.in_thread(case, f"confirmed already, by {who(work.anna)}")
    assert told.pings == (work.ben.user_id,)
    await work.ben.redact(work.team, second)
    await work.settled()
    clock.advance(UNDO + 1)
    await work.in_thread(case, "Published: http")


# --- the question changes ---


async def test_an_answer_to_a_question_that_was_edited_since_is_confirmed_anew(
    work: AtWork, clock: SteeredClock
) -> None:
    case = await work.asked()
    _, old = await work.drafted(case, "Yes, it is.")
    await case.citizen.edit(case.status, f"@{work.stage.account.username} Is SSL 3 allowed?")
    await work.anna.react(work.team, old.event_id, "✅")
    await work.line(case, old.event_id, "confirmed by")
    clock.advance(UNDO + 1)
    await work.in_thread(case, "has changed a message", "Is SSL 3 allowed?")
    told = await work.in_thread(case, "Nothing was published: the question was edited.")
    assert told.pings == (work.anna.user_id,)
    new = await work.anna.wait_for(
        work.team,
        lambda line: (
            line.thread == case.card
            and line.event_id != old.event_id
            and line.body.startswith("📝")
            and line.reacted("✅")
        ),
    )
    await work.line(case, old.event_id, "out of date")
    await work.card(case, "Is SSL 3 allowed?", "edited")
    await nothing_goes_out(work, clock, case)
    await work.anna.react(work.team, new.event_id, "✅")
    await work.line(case, new.event_id, "confirmed by")
    clock.advance(UNDO + 1)
    await work.in_thread(case, "Published: http")
    assert len(work.answers_to(case)) == 1


async def test_an_answer_to_a_question_that_is_gone_is_held_back(work: AtWork, clock: SteeredClock) -> None:
    case = await work.asked()
    _, old = await work.drafted(case, "Yes, it is.")
    await case.citizen.delete(case.status)
    await work.anna.react(work.team, old.event_id, "✅")
    await work.line(case, old.event_id, "confirmed by")
    before = len(work.published)
    clock.advance(UNDO + 1)
    await work.in_thread(case, "Nothing was published: the question was deleted or hidden.")
    await work.in_thread(case, "this would appear on its own, not as a reply")
    clock.advance(UNDO + 1)
    await work.settled()
    assert len(work.published) == before


# --- who may confirm ---


async def test_with_four_eyes_the_author_s_own_tick_does_not_publish(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path) as work:
        publishing = {"undo_seconds": 0, "four_eyes": {"answers": True}}
        users = {str(work.ben.user_id): {"deny": ["ignore"]}}
        async with work.stage.bot_running(work.stage.config(publishing=publishing, users=users)):
            case = await work.asked()
            denied = await work.told(work.ben, work.team, "!ignore spam", thread=case.card)
            assert "`!ignore` is not open to you" in denied.body
            await work.ben.react(work.team, case.card, "🙈")
            told = await work.in_thread(case, "`!ignore` is not open to you", after=denied.event_id)
            assert told.pings == (work.ben.user_id,)

            _, preview = await work.drafted(case, "Yes, it is.")
            assert f"✅ counts by somebody other than {who(work.anna)}" in preview.body
            await work.anna.react(work.team, preview.event_id, "✅")
            told = await work.in_thread(case, "needs a second pair of eyes")
            assert told.pings == (work.anna.user_id,)
            refused = await work.told(work.anna, work.team, "!publish", thread=case.card)
            assert "needs a second pair of eyes" in refused.body
            assert work.answers_to(case) == []
            await work.ben.react(work.team, preview.event_id, "✅")
            await work.in_thread(case, "Published: http")
            assert len(work.answers_to(case)) == 1
