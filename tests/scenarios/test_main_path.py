"""From a citizen's question to its answer, as people see it: by number, in the thread, under the card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from tests.scenarios.at_work import AtWork, at_work, who

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("main-path")
    async with at_work(synapse, folder) as work, work.stage.bot_running():
        yield work


async def test_a_question_becomes_a_card_that_says_who_asks_what_and_whom(work: AtWork) -> None:
    case = await work.asked("Is TLS 1.2 still allowed?\nI have an old router.", spoiler_text="security")
    line = await work.card(case)
    assert line.body.startswith(f"#{case.number} 🆕 new · Erika Muster (@erika@remote.example)")
    assert "⚠️ Content warning: security" in line.body
    assert line.body.index("security") < line.body.index("TLS")
    assert "public" in line.body
    assert not line.notice
    assert line.pings == ()


@pytest.mark.parametrize("way", ["by number", "in the thread", "as a reply to the card"])
async def test_a_ticket_is_claimed_answered_and_published(work: AtWork, way: str) -> None:
    case = await work.asked()
    number = f" {case.number}" if way == "by number" else ""
    thread = case.card if way == "in the thread" else None
    reply_to = case.card if way == "as a reply to the card" else None

    claim = await work.anna.say(work.team, f"!claim{number}", thread=thread, reply_to=reply_to)
    await work.done(work.team, claim)
    await work.card(case, "👀 with anna")

    text = "Yes, it is.\n\n  Please read on: https://example.org/tls"
    await work.anna.say(work.team, f"!answer{number} {text}", thread=thread, reply_to=reply_to)
    preview = await work.preview(case, "Yes, it is.")
    assert f"draft by {who(work.anna)}, answer to #{case.number}" in preview.body
    assert "> @erika@remote.example Yes, it is." in preview.body
    assert "of 500 characters" in preview.body
    assert "🌐 public" in preview.body
    assert work.answers_to(case) == [], "nothing is out before somebody confirms it"

    await work.anna.say(work.team, f"!publish{number}", thread=thread, reply_to=reply_to)
    out = await work.in_thread(case, "Published: http")
    await work.card(case, "✅ answered", "Answer: http")
    await work.line(case, preview.event_id, "published")
    (status,) = work.answers_to(case)
    assert status.text == f"@erika@remote.example {text}"
    assert status.visibility.value == "public"
    assert status.id in out.body
    assert status in case.citizen.mentions


async def test_a_tap_on_the_preview_publishes_once_however_often_it_is_tapped(work: AtWork) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Yes, it is.")
    await work.ben.react(work.team, preview.event_id, "✅️")
    await work.in_thread(case, "Published: http")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.in_thread(case, "nothing to confirm", after=preview.event_id)
    assert len(work.answers_to(case)) == 1
    line = await work.anna.wait_for(
        work.team, lambda line: line.event_id == preview.event_id and work.stage.bot not in line.reacted("✅")
    )
    assert "❌" not in {emoji for emoji, _ in line.reactions}


async def test_the_answer_of_the_citizen_opens_the_same_ticket_again(work: AtWork) -> None:
    case = await work.asked()
    _, preview = await work.drafted(case, "Which router?")
    await work.anna.react(work.team, preview.event_id, "✅")
    await work.card(case, "✅ answered")
    (answer,) = work.answers_to(case)
    await case.citizen.post(f"@{work.stage.account.username} The grey one.", in_reply_to=answer)
    follow_up = await work.in_thread(case, "Erika Muster", "The grey one.")
    assert follow_up.pings == (work.anna.user_id,)
    await work.card(case, "👀 with anna", "1 more message")


async def test_an_ignored_ticket_tells_the_reason_and_can_be_opened_again(work: AtWork) -> None:
    case = await work.asked()
    await work.anna.say(work.team, "!ignore asked and answered before", thread=case.card)
    await work.card(case, "🙈 ignored: asked and answered before")
    refused = await work.told(work.ben, work.team, "!claim", thread=case.card)
    assert refused.body == f"#{case.number} is ignored. To work on it again: `!reopen {case.number}`."
    await work.ben.say(work.team, f"!reopen {case.number}")
    await work.card(case, "🆕 new")


async def test_the_queue_lists_what_is_open_with_the_oldest_first(work: AtWork) -> None:
    first, closed, second = await work.asked(), await work.asked(), await work.asked("Who are you?", by="kim")
    await work.anna.say(work.team, f"!ignore {closed.number} spam")
    await work.card(closed, "ignored")
    await work.ben.say(work.team, f"!claim {first.number}")
    await work.card(first, "with ben")
    queue = await work.told(work.anna, work.team, "!queue")
    numbers = [line.split()[0] for line in queue.body.splitlines() if line.startswith("#")]
    assert numbers.index(f"#{first.number}") < numbers.index(f"#{second.number}")
    assert f"#{closed.number}" not in numbers
    assert "Kim Muster: " in queue.body
    assert "with ben" in queue.body
    assert queue.notice


async def test_the_history_tells_who_did_what(work: AtWork) -> None:
    case = await work.asked()
    await work.anna.say(work.team, "!claim", thread=case.card)
    await work.anna.say(work.team, "!note asked the crypto people", thread=case.card)
    _, preview = await work.drafted(case, "Yes, it is.")
    await work.ben.react(work.team, preview.event_id, "✅")
    await work.in_thread(case, "Published: http")
    history = "\n".join(await work.history(case))
    steps = [
        "· arrived",
        f"· {who(work.anna)} · claimed",
        f"· {who(work.anna)} · note: asked the crypto people",
        f"· {who(work.anna)} · drafted: answer · P",
        f"· {who(work.ben)} · draft confirmed · P",
        "· published · P",
    ]
    places = [history.index(step) for step in steps]
    assert places == sorted(places)


async def test_ordinary_talk_is_never_published_or_answered(work: AtWork) -> None:
    case = await work.asked()
    await work.anna.say(work.team, "!claim", thread=case.card)
    talk = [
        await work.anna.say(work.team, text, thread=thread)
        for text in ("I would say: yes, it is.", "!!! really !!!", "! claim", "answer Yes.", "> !answer Yes.")
        for thread in (None, case.card)
    ]
    talk += [
        await work.ben.say(work.team, notice, thread=case.card, notice=True)
        for notice in ("!answer I am another bot.", "!release")
    ]
    await work.settled()
    lines = await work.anna.lines(work.team)
    assert not [line for line in lines if line.reply_to in talk and line.sender == work.stage.bot]
    assert not [line for line in lines if line.event_id in talk and line.reactions]
    assert not [line for line in lines if line.thread == case.card and line.body.startswith("📝")]
    await work.card(case, "with anna")
    assert work.answers_to(case) == []
