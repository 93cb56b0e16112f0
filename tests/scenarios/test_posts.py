"""Interim replies, threads, proposals, changes of what is published: on a real homeserver, at a real instance's API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.adapters.matrix.events import word
from fedichat.demo.synapse import Synapse
from fedichat.ports import EventId
from tests.scenarios.at_work import AtWork, Case, at_work, who
from tests.scenarios.test_encrypted import SafeClient

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = " ".join(f"Sentence number {number} says something about TLS." for number in range(24))
STATUSES = r"^/api/v1/statuses$"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("posts")
    async with (
        at_work(synapse, folder, departments={"krypto": "Kryptografie"}) as work,
        work.stage.bot_running(),
    ):
        yield work


async def drafted(work: AtWork, case: Case, command: str, *words: str) -> EventId:
    """Anna asks for something to be published; its preview."""
    await work.anna.say(case.room, command, thread=case.card)
    return (await work.preview(case, *words)).event_id


async def published(work: AtWork, case: Case, text: str = "Yes, it is.") -> EventId:
    preview = await drafted(work, case, f"!answer {text}", text)
    await work.ben.react(case.room, preview, "✅")
    await work.in_thread(case, "Published: http")
    return preview


async def test_an_interim_reply_goes_out_and_the_ticket_stays_open_until_it_is_answered(work: AtWork) -> None:
    case = await work.asked()
    preview = await drafted(work, case, "!interim", "interim reply to", "Thank you for your question.")
    await work.ben.react(work.team, preview, "✅")
    await work.in_thread(case, "Interim reply published: http", f"#{case.number} stays open")
    await work.card(case, "👀", "Interim reply: http")
    await published(work, case)
    await work.card(case, "answered")
    interim, answer = work.answers_to(case)
    assert "Thank you for your question." in interim.text
    assert "Yes, it is." in answer.text


async def test_a_long_answer_is_a_thread_and_lost_answers_of_the_server_double_nothing(work: AtWork) -> None:
    case = await work.asked()
    preview = await drafted(work, case, f"!answer {LONG}", "becomes a thread of 3", "(1/3)", "(2/3)", "(3/3)")
    work.sandbox.faults.drop(method="POST", path=STATUSES, times=2, after=True)
    await work.ben.react(work.team, preview, "✅")
    await work.in_thread(case, "Published: http")
    (first,) = work.answers_to(case)
    (second,) = [status for status in work.published if status.in_reply_to is first]
    (third,) = [status for status in work.published if status.in_reply_to is second]
    assert [status.text[-5:] for status in (first, second, third)] == ["(1/3)", "(2/3)", "(3/3)"]
    assert all(status.text.startswith("@erika@remote.example ") for status in (first, second, third))
    await work.card(case, "answered")


async def test_what_is_published_is_changed_and_then_deleted_and_the_card_follows(work: AtWork) -> None:
    case = await work.asked()
    await published(work, case)
    (status,) = work.answers_to(case)

    change = await drafted(work, case, "!edit No, it is not.", "change of P", "Yes, it is.", "No, it is not.")
    assert not status.revisions
    await work.ben.react(work.team, change, "✅")
    await work.in_thread(case, "Changed what is published: http")
    assert "No, it is not." in status.text
    assert len(status.revisions) == 1
    assert status.edited_at is not None

    removal = await drafted(work, case, "!unpublish", "deletion of P", "This post would be deleted:", "No, it is not.")
    await work.ben.react(work.team, removal, "✅")
    await work.in_thread(case, "is deleted from the server", f"#{case.number} is open again")
    assert work.answers_to(case) == []
    await work.card(case, "👀")
    history = await work.history(case)
    assert any("published answer changed" in line for line in history)
    assert any("published answer deleted" in line for line in history)


async def test_somebody_deleted_it_at_the_server_before_it_could_be_changed(work: AtWork) -> None:
    case = await work.asked()
    await published(work, case)
    change = await drafted(work, case, "!edit No.", "change of P")
    (status,) = work.answers_to(case)
    work.sandbox.world.delete(status)
    await work.ben.react(work.team, change, "✅")
    told = await work.in_thread(case, "could not be changed: it is not at the server any more")
    assert told.pings == (work.ben.user_id,)
    await work.card(case, "👀")


async def test_a_department_s_proposal_is_answered_and_the_department_reads_what_went_out(work: AtWork) -> None:
    case = await work.asked()
    await work.anna.say(work.team, "!escalate krypto Is that so?", thread=case.card)
    room = work.department()
    card = await work.max.wait_for(room, lambda line: line.body.startswith(f"#{case.number} "))
    await work.max.say(room, "!propose With TLS 1.2 you are fine.", thread=card.event_id)
    await work.in_thread(case, "With TLS 1.2 you are fine.")
    preview = await drafted(work, case, "!answer --proposal 1", "📝", "With TLS 1.2 you are fine.")
    await work.ben.react(work.team, preview, "✅")
    await work.in_thread(case, "Published: http")
    told = await work.max.wait_for(
        room, lambda line: line.thread == card.event_id and "http" in line.body and "you are fine" in line.body
    )
    assert told.sender == work.stage.bot
    history = await work.history(case)
    assert any(f"proposal 1 by {who(work.max)}" in line for line in history)


async def test_a_private_conversation_warns_of_those_who_would_read_along(work: AtWork) -> None:
    work.citizen("kim")
    case = await work.asked("Between us, @kim@remote.example", visibility="private")
    await drafted(work, case, "!answer --all Yes.", "1 other would read this private conversation: @kim@remote.example")


async def test_in_an_encrypted_room_a_thread_is_published_changed_over_a_restart_and_deleted(
    synapse: Synapse, tmp_path: Path
) -> None:
    keys = tmp_path / "anna"
    keys.mkdir()
    async with (
        at_work(synapse, tmp_path, encrypted=True) as work,
        SafeClient.login(synapse.url, work.anna.user_id, keys) as anna,
    ):
        bot = work.stage.bot

        async def tapped(*words: str) -> None:
            preview = word(await anna.reads(bot, "📝", *words), "event_id")
            await work.anna.react(work.team, EventId(preview), "✅")

        async with work.stage.bot_running():
            await anna.knows(work.team, bot)
            await work.citizen().post(f"@{work.stage.account.username} Is this safe?")
            card = word(await anna.reads(bot, "#1 🆕 new", "Is this safe?"), "event_id")
            await anna.say(work.team, f"!answer {LONG}", thread=card)
            await tapped("becomes a thread of 3", "(3/3)")
            await anna.reads(bot, "Published: http")
            assert len(work.published) == 3
            await anna.say(work.team, "!unpublish", thread=card)
            await anna.reads(bot, "📝 P2", "These 3 posts would be deleted:")
        async with work.stage.bot_running():
            await tapped("These 3 posts would be deleted:")
            await anna.reads(bot, "P1 is deleted from the server. #1 is open again.")
            assert work.published == []
            await anna.say(work.team, "!interim Soon.", thread=card)
            await tapped("interim reply to #1", "Soon.")
            await anna.reads(bot, "Interim reply published: http")
            await anna.say(work.team, "!edit Very soon.", thread=card)
            await tapped("change of P3", "Very soon.")
            await anna.reads(bot, "Changed what is published: http")
            (status,) = work.published
            assert status.text == "@erika@remote.example Very soon."
        assert [line.body for line in await work.anna.lines(work.team) if line.sender == bot] == []


async def test_a_german_office_has_its_own_words_for_all_of_it(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path, language="de") as work, work.stage.bot_running():
        case = await work.asked("Ist TLS 1.2 noch erlaubt?")
        preview = await drafted(work, case, f"!antwort {LONG}", "(1/3)", "(3/3)")
        await work.ben.react(work.team, preview, "✅")
        await work.line(case, preview, f"/@{work.stage.account.username}/")
        removal = await drafted(work, case, "!depublizieren", "(1/3)", "(3/3)", f"#{case.number}")
        await work.ben.react(work.team, removal, "✅")
        await work.in_thread(case, "ist auf dem Server gelöscht", f"#{case.number} ist wieder offen")
        await work.card(case, "👀")
        assert work.answers_to(case) == []
        interim = await drafted(work, case, "!zwischenstand", "📝")
        await work.ben.react(work.team, interim, "✅")
        await work.line(case, interim, f"/@{work.stage.account.username}/")
        change = await drafted(work, case, "!ändern Wir melden uns bald.", "Wir melden uns bald.")
        await work.ben.react(work.team, change, "✅")
        await work.line(case, interim, "Wir melden uns bald.")
        (status,) = work.answers_to(case)
        assert "Wir melden uns bald." in status.text
