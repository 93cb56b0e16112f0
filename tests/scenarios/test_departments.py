"""A department is asked: two rooms, one conversation, on a real homeserver; also encrypted, and in German."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.adapters.matrix.events import part, relation_of, shared_file, word
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.ports import EventId, FileData
from tests.scenarios.at_work import AtWork, Case, at_work, who
from tests.scenarios.test_encrypted import SafeClient
from tests.scenarios.test_media import SafeSender, has_file

pytestmark = pytest.mark.asyncio(loop_scope="module")

KRYPTO = {"krypto": "Referat Kryptografie"}
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
"""A picture of one pixel."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    folder: Path = tmp_path_factory.mktemp("desk")
    async with (
        at_work(synapse, folder, departments=KRYPTO, direct_room=True) as work,
        work.stage.bot_running(),
    ):
        yield work


async def put(work: AtWork, case: Case, question: str = "Is that so?", command: str = "escalate") -> Case:
    """The department is asked; the case as Max sees it."""
    await work.anna.say(case.room, f"!{command} krypto {question}", thread=case.card)
    return await as_max_sees_it(work, case, question)


async def as_max_sees_it(work: AtWork, case: Case, *words: str) -> Case:
    room = work.department()

    def is_card(line: Line) -> bool:
        return line.body.startswith(f"#{case.number} ") and all(one in line.body for one in words)

    line = await work.max.wait_for(room, is_card)
    return Case(room, line.event_id, case.number, case.status, case.citizen)


async def hears(work: AtWork, person: Person, case: Case, *words: str) -> Line:
    """What the bot says to somebody in a case's thread, once all these words are there."""

    def fits(line: Line) -> bool:
        from_bot = line.thread == case.card and line.sender == work.stage.bot
        return from_bot and not line.redacted and all(one in line.body for one in words)

    return await person.wait_for(case.room, fits)


async def test_a_question_goes_to_the_experts_and_comes_back_as_an_answer(desk: AtWork) -> None:
    case = await desk.asked("Is TLS 1.2 still allowed?")
    await desk.anna.react(desk.team, case.card, "👀")
    await desk.card(case, "👀 with")
    await desk.anna.react(desk.team, case.card, "🆘")
    offer = await desk.anna.wait_for(
        desk.team, lambda line: line.thread == case.card and bool(line.reacted("1️⃣")) and bool(line.reacted("❌"))
    )
    assert "1️⃣ Referat Kryptografie" in offer.body
    await desk.anna.react(desk.team, offer.event_id, "1️⃣")
    await desk.card(case, "⏳ waiting for Referat Kryptografie", f"with {who(desk.anna)}")
    there = await as_max_sees_it(desk, case, "asks for help", "Is TLS 1.2 still allowed?")

    said = await desk.max.say(there.room, "Only with modren ciphers.", thread=there.card)
    copy = await hears(desk, desk.anna, case, "Max (Referat Kryptografie): Only with modren ciphers.")
    assert copy.notice
    assert copy.pings == ()
    await desk.anna.say(desk.team, "Which are those?", thread=case.card)
    await hears(desk, desk.max, there, "Anna (team): Which are those?")
    await desk.max.edit(there.room, said, "Only with modern ciphers.")
    await desk.line(case, copy.event_id, "Max (Referat Kryptografie): Only with modern ciphers.")
    slip = await desk.max.say(there.room, "My password is 1234", thread=there.card)
    shown = await hears(desk, desk.anna, case, "1234")
    await desk.max.redact(there.room, slip)
    await desk.anna.wait_for(desk.team, lambda line: line.event_id == shown.event_id and line.redacted)

    refused = await desk.told(desk.max, there.room, "!answer Yes!", thread=there.card)
    assert "for the communications team" in refused.body
    made = await desk.max.say(there.room, "!propose Yes, with modern ciphers.", thread=there.card)
    proposal = await hears(desk, desk.anna, case, "💡 Proposal 1 by Max (Referat Kryptografie)", "> Yes, with modern")
    assert proposal.pings == (desk.anna.user_id,)
    assert "`!answer" in proposal.body
    await desk.max.wait_for(there.room, lambda line: line.event_id == made and bool(line.reacted("💡1")))
    await desk.max.react(there.room, made, "✅")
    await desk.anna.react(desk.team, copy.event_id, "✅")
    await hears(desk, desk.anna, case, "💡 Proposal 2 by Max (Referat Kryptografie)", "> Only with modern ciphers.")
    await desk.card(case, "💡 2 proposals")
    assert desk.answers_to(case) == []

    await desk.anna.say(desk.team, "!answer --proposal 1", thread=case.card)
    preview = await desk.preview(case, "Yes, with modern ciphers.")
    await desk.anna.react(desk.team, preview.event_id, "✅")
    told = await hears(desk, desk.max, there, "📣 This was answered:", "Yes, with modern ciphers.")
    (status,) = desk.answers_to(case)
    assert status.text == "@erika@remote.example Yes, with modern ciphers."
    assert "http" in told.body
    await as_max_sees_it(desk, case, "✅ answered")
    late = await desk.told(desk.max, there.room, "!propose No!", thread=there.card)
    assert "is dealt with" in late.body


@pytest.mark.parametrize("encrypt", [False, True], ids=["plain", "encrypted"])
async def test_a_picture_goes_along_and_goes_away_with_the_original(desk: AtWork, encrypt: bool) -> None:
    case = await desk.asked("What is a keyring?")
    there = await put(desk, case)
    picture = FileData("ring.png", "image/png", PIXEL)
    sent = await desk.max.send_file(there.room, picture, "Like this", thread=there.card, encrypt=encrypt)
    await desk.max.wait_for(there.room, lambda line: line.event_id == sent and bool(line.reacted("📎1")))
    copy = await hears(desk, desk.anna, case, "📎1 Max (Referat Kryptografie): Like this")
    assert copy.file is not None
    assert (copy.file.name, copy.file.mimetype) == ("ring.png", "image/png")
    assert await desk.anna.read_file(copy.file) == PIXEL
    await desk.max.redact(there.room, sent)
    await desk.anna.wait_for(desk.team, lambda line: line.event_id == copy.event_id and line.redacted)


async def test_what_was_taken_back_hears_no_more(desk: AtWork) -> None:
    case = await desk.asked("Is MD5 still fine?")
    there = await put(desk, case)
    await desk.anna.say(desk.team, "!recall", thread=case.card)
    await hears(desk, desk.max, there, "has taken", "back")
    await as_max_sees_it(desk, case, "Taken back by")
    await desk.card(case, "🆕 new")
    await desk.anna.say(desk.team, "For our ears only", thread=case.card)
    late = await desk.told(desk.max, there.room, "!propose No!", thread=there.card)
    assert "no proposal is needed any more" in late.body
    assert not [line for line in await desk.max.lines(there.room) if "our ears" in line.body]


async def test_a_private_message_is_put_to_a_department_only_when_somebody_says_yes(desk: AtWork) -> None:
    case = await desk.asked("My key was stolen", visibility="direct", room=desk.direct)
    await desk.anna.say(desk.direct, "!escalate krypto Can we help?", thread=case.card)
    question = await desk.anna.wait_for(
        desk.direct, lambda line: line.thread == case.card and "is private" in line.body and bool(line.reacted("✅"))
    )
    assert "Max" in question.body
    assert not [line for line in await desk.max.lines(desk.department()) if "stolen" in line.body]
    await desk.anna.react(desk.direct, question.event_id, "✅")
    there = await as_max_sees_it(desk, case, "My key was stolen", "Can we help?")
    await desk.max.say(there.room, "Revoke it", thread=there.card)
    await hears(desk, desk.anna, case, "Max (Referat Kryptografie): Revoke it")
    assert not [line for line in await desk.anna.lines(desk.team) if "Revoke" in line.body or "stolen" in line.body]


async def test_what_was_said_while_the_bot_was_away_is_brought_along(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path, departments=KRYPTO) as work:
        async with work.stage.bot_running():
            case = await work.asked("Is SHA-1 broken?")
            there = await put(work, case)
        first = await work.max.say(there.room, "Long since.", thread=there.card)
        second = await work.max.say(there.room, "And before that, too.", thread=there.card)
        await work.max.redact(there.room, second)
        async with work.stage.bot_running():
            copy = await hears(work, work.anna, case, "Max (Referat Kryptografie): Long since.")
            await work.max.edit(there.room, first, "Since 2017.")
            await work.line(case, copy.event_id, "Since 2017.")
            await work.settled()
            copies = [line for line in await work.anna.lines(work.team) if "Max (Referat" in line.body]
            assert len(copies) == 1


async def test_encrypted_rooms_are_one_conversation_as_well(synapse: Synapse, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("anna", "max")]
    for folder in folders:
        folder.mkdir()
    async with (
        at_work(synapse, tmp_path, departments=KRYPTO, encrypted=True) as work,
        SafeClient.login(synapse.url, work.anna.user_id, folders[0]) as anna,
        SafeSender.login(synapse.url, work.max.user_id, folders[1]) as expert,
    ):
        assert isinstance(expert, SafeSender)
        bot, krypto = work.stage.bot, work.department()
        async with work.stage.bot_running():
            await anna.knows(work.team, bot)
            await expert.knows(krypto, bot)
            await work.citizen().post(f"@{work.stage.account.username} Is this safe?")
            card = word(await anna.reads(bot, "#1 🆕 new", "Is this safe?"), "event_id")
            await anna.say(work.team, "!escalate krypto Well?", thread=card)
            there = word(await expert.reads(bot, "Question from the team", "Well?", "Is this safe?"), "event_id")
            await expert.say(krypto, "It is.", thread=there)
            copy = await anna.reads(bot, "Max (Referat Kryptografie): It is.")
            assert relation_of(part(copy, "content")).thread == card
            await expert.send_file(krypto, FileData("ring.png", "image/png", PIXEL), "Look", thread=EventId(there))
            shown = await anna.reads(bot, "📎1 Max (Referat Kryptografie): Look", fits=has_file)
            file = shared_file(part(shown, "content"))
            assert file is not None
            assert await work.anna.read_file(file) == PIXEL
        async with work.stage.bot_running():
            await anna.say(work.team, "Are you sure?", thread=card)
            await expert.reads(bot, "Anna (team): Are you sure?")
            await work.anna.react(work.team, EventId(word(copy, "event_id")), "✅")
            await anna.reads(bot, "💡 Proposal 1 by Max (Referat Kryptografie)", "> It is.")
        for person, room in ((work.anna, work.team), (work.max, krypto)):
            assert [line.body for line in await person.lines(room) if line.sender == bot] == []


async def test_a_german_office_asks_in_german(synapse: Synapse, tmp_path: Path) -> None:
    async with (
        at_work(synapse, tmp_path, language="de", departments=KRYPTO) as work,
        work.stage.bot_running(),
    ):
        case = await work.asked("Ist TLS 1.2 noch erlaubt?")
        there = await put(work, case, "Stimmt das?", "weiterleiten")
        card = await work.max.line(there.room, there.card)
        assert f"Frage aus dem Team ({who(work.anna)}): Stimmt das?" in card.body
        await work.card(case, "wartet auf Referat Kryptografie")
        await work.max.say(there.room, "!vorschlagen Ja, das stimmt.", thread=there.card)
        proposal = await hears(work, work.anna, case, "💡 Vorschlag 1 von Max (Referat Kryptografie)")
        assert f"`!antwort {case.number} --vorschlag 1`" in proposal.body
        await work.anna.say(work.team, f"!antwort {case.number} --vorschlag 1 Ja, mit neuen Verfahren.")
        preview = await work.preview(case, "Ja, mit neuen Verfahren.")
        await work.anna.react(work.team, preview.event_id, "✅")
        await hears(work, work.max, there, "📣 Das wurde geantwortet:", "Ja, mit neuen Verfahren.")
        second = await work.asked("Und TLS 1.1?")
        there = await put(work, second, "Und?", "eskalieren")
        await work.anna.say(work.team, "!zurückholen krypto", thread=second.card)
        await hears(work, work.max, there, "zurückgeholt")
