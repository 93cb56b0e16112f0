"""What citizens write later, change, or delete: in the rooms, noticed by the stream and without one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from fedichat.app import App
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.domain.names import EventId, RoomId
from fedichat.domain.tickets.mention import StatusId
from fedichat.sandbox.model import Status
from fedichat.store import checks
from tests.clocks import BriskClock
from tests.scenarios.at_work import AtWork, Case, at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")

T = TypeVar("T")

POLL = 61
ROUND = 601
SECOND_LOOK = 61
"""Seconds, and one more, until the bot looks for mentions, at what stands in tickets, and at what it missed."""


@dataclass
class Desk:
    """An office with a department; its bot, and the clock that it goes by."""

    work: AtWork
    clock: BriskClock
    app: App

    async def escalated(self, case: Case) -> EventId:
        """The case is put to the department: its card there."""
        await self.work.anna.say(case.room, "!escalate krypto Still allowed?", thread=case.card)
        room = self.work.department()
        line = await self.work.max.wait_for(room, lambda line: line.body.startswith(f"#{case.number} "))
        return line.event_id

    async def answered(self, case: Case, text: str) -> None:
        _, preview = await self.work.drafted(case, text)
        await self.work.anna.react(case.room, preview.event_id, "✅")
        await self.work.in_thread(case, "Published: http")

    async def reply(self, case: Case, text: str, *, tag: bool = True, above: Status | None = None) -> Status:
        """The citizen writes again."""
        handle = f"@{self.work.stage.account.username} " if tag else ""
        return await case.citizen.post(f"{handle}{text}", in_reply_to=above or case.status)

    async def missed(self, status: Status) -> None:
        """The first look has found it missing; from now on the second is due a minute later."""
        database, number = self.app.desk.office.database, StatusId(status.id)
        await eventually(lambda: database.read(lambda tx: checks.missing_since(tx, "bsi", number)), bool)

    async def deleted(self, case: Case, status: Status | None = None) -> None:
        """The citizen deletes something, and the bot looks twice."""
        await case.citizen.delete(status or case.status)
        await self.missed(status or case.status)
        self.clock.advance(SECOND_LOOK)


async def eventually(ask: Callable[[], Awaitable[T]], fits: Callable[[T], object]) -> T:
    """What is asked for, once it fits: neither a database nor a room tells by itself."""
    async with asyncio.timeout(60):
        while not fits(found := await ask()):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)
    return found


async def raw(person: Person, room: RoomId) -> str:
    """Everything that the homeserver still has of a room."""
    said = await person.ask("GET", f"/rooms/{room}/messages?dir=b&limit=1000")
    return json.dumps(said, ensure_ascii=False)


async def redacted(person: Person, room: RoomId, event: EventId) -> None:
    await person.wait_for(room, lambda line: line.event_id == event and line.redacted)


async def running(synapse: Synapse, folder: Path, **options: object) -> AsyncIterator[Desk]:
    clock = BriskClock()
    async with (
        at_work(synapse, folder, departments={"krypto": "Krypto"}, **options) as work,  # type: ignore[arg-type]
        work.stage.bot_running(clock=clock) as app,
    ):
        # Mastodon tells of edits only who follows the author or has taken part.
        work.stage.account.follow(work.citizen())
        yield Desk(work, clock, app)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async for desk in running(synapse, tmp_path_factory.mktemp("streamed")):
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def silent(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Desk]:
    """A German office at a server whose stream tells of mentions only when they are polled for."""
    async for desk in running(synapse, tmp_path, language="de"):
        desk.work.sandbox.faults.silent_streams = True
        desk.work.after_a_question = partial(desk.clock.advance, POLL)
        yield desk


# --- written later ---


async def test_what_the_citizen_writes_next_pings_the_claimant_and_reaches_the_department(desk: Desk) -> None:
    work = desk.work
    case = await work.asked()
    await work.anna.say(work.team, "!claim", thread=case.card)
    await work.card(case, "with anna")
    there = await desk.escalated(case)
    await desk.reply(case, "And TLS 1.1?")
    line = await work.in_thread(case, "And TLS 1.1?")
    assert (line.pings, line.notice) == ((work.anna.user_id,), False)
    in_department = await work.max.wait_for(work.department(), lambda line: "And TLS 1.1?" in line.body)
    assert (in_department.thread, in_department.pings, in_department.notice) == (there, (), True)
    await work.card(case, "1 more message in the thread", "⏳")


async def test_an_answered_ticket_reopens_and_an_ignored_one_only_counts(desk: Desk) -> None:
    work = desk.work
    case = await work.asked()
    await desk.answered(case, "Yes, it is.")
    await work.card(case, "✅ answered")
    await desk.reply(case, "Really?", above=work.answers_to(case)[0])
    assert (await work.in_thread(case, "Really?")).pings == (work.anna.user_id,)
    await work.card(case, "with anna", "1 more message")
    await work.anna.say(work.team, "!ignore enough said", thread=case.card)
    await work.card(case, "🙈 ignored")
    for text in ("Hello?", "Anybody?"):
        await desk.reply(case, text)
        line = await work.in_thread(case, text)
        assert (line.pings, line.notice) == ((), True)
    await work.card(case, "🙈 ignored", "3 more messages in the thread", "2 came after it was ignored")


async def test_other_people_s_talk_in_the_conversation_is_no_ticket_unless_they_mention_us(desk: Desk) -> None:
    work = desk.work
    case = await work.asked()
    kim = work.citizen("kim")
    chatter = await kim.post("@erika@remote.example I wonder, too.", in_reply_to=case.status)
    await desk.reply(case, "@kim@remote.example So do I, Kim.", tag=False, above=chatter)
    await kim.post(f"@{work.stage.account.username} Is it?", in_reply_to=chatter)
    card = await work.anna.wait_for(
        work.team, lambda line: line.body.startswith("#") and "> @" in line.body and "Is it?" in line.body
    )
    assert card.event_id != case.card
    cards = [line for line in await work.anna.lines(work.team) if line.body.startswith("#") and line.thread is None]
    assert not [line for line in cards if "Is it?" not in line.body and "> I wonder" in line.body]


# --- changed ---


async def test_an_edit_that_the_stream_tells_is_shown_old_and_new_and_the_draft_is_confirmed_anew(desk: Desk) -> None:
    work = desk.work
    case = await work.asked("Is TLS 1.2 still allowed?")
    there = await desk.escalated(case)
    _, old = await work.drafted(case, "Yes, it is.")
    await case.citizen.edit(case.status, f"@{work.stage.account.username} Is SSL 3 still allowed?")
    line = await work.in_thread(case, "has changed a message", "Is TLS 1.2 still allowed?", "Is SSL 3 still allowed?")
    assert line.pings == (work.anna.user_id,)
    in_department = await work.max.wait_for(work.department(), lambda line: "has changed" in line.body)
    assert (in_department.thread, in_department.pings) == (there, ())
    await work.card(case, "Is SSL 3 still allowed?", "edited")
    await work.line(case, old.event_id, "out of date")
    await work.anna.react(work.team, old.event_id, "✅")
    await work.in_thread(case, "This preview of", "is out of date")
    assert work.answers_to(case) == []
    assert "changed what they had written" in "\n".join(await work.history(case))


# --- deleted ---


async def test_what_a_citizen_deletes_leaves_every_room_and_the_ticket_closes(desk: Desk) -> None:
    work = desk.work
    word = "Geheimnis17"
    case = await work.asked(f"I am {word}.")
    await work.anna.say(work.team, "!claim", thread=case.card)
    there = await desk.escalated(case)
    await case.citizen.edit(case.status, f"@{work.stage.account.username} My name is {word}.")
    changed = await work.in_thread(case, "has changed a message")
    shown = await work.told(work.ben, work.team, f"!show {case.number}")
    listed = await work.told(work.ben, work.team, "!queue")
    assert word in listed.body
    _, preview = await work.drafted(case, "Please do not say that here.")
    await desk.deleted(case)
    for event in (case.card, changed.event_id, shown.event_id, listed.event_id):
        await redacted(work.anna, work.team, event)
    await redacted(work.max, work.department(), there)
    told = await work.in_thread(case, "Nothing is left to answer", f"#{case.number} is closed")
    assert told.pings == (work.anna.user_id,)
    in_department = await work.max.wait_for(work.department(), lambda line: "Nothing is left to answer" in line.body)
    assert (in_department.thread, in_department.pings) == (there, ())
    await work.line(case, preview.event_id, "withdrawn")
    await work.settled()
    assert word not in await raw(work.anna, work.team)
    assert word not in await raw(work.max, work.department())
    history = await work.history(case)
    assert "deleted what they had written" in "\n".join(history)
    assert word not in "\n".join(history)
    refused = await work.told(work.anna, work.team, f"!answer {case.number} Hello.")
    assert "has deleted" in refused.body


async def test_when_the_first_message_is_deleted_the_card_begins_anew_with_what_remains(desk: Desk) -> None:
    work = desk.work
    case = await work.asked("Never mind Geheimnis18.")
    await desk.reply(case, "The question that remains.")
    await work.in_thread(case, "The question that remains.")
    await desk.deleted(case)
    await redacted(work.anna, work.team, case.card)
    fresh = await work.anna.wait_for(
        work.team,
        lambda line: line.body.startswith(f"#{case.number} 🆕") and "The question that remains." in line.body,
    )
    told = await work.anna.wait_for(
        work.team, lambda line: line.thread == fresh.event_id and "has deleted a message" in line.body
    )
    assert told.pings == ()
    assert "Geheimnis18" not in await raw(work.anna, work.team)
    # The old thread is understood still.
    await work.anna.say(work.team, "!claim", thread=case.card)
    await work.anna.wait_for(work.team, lambda line: line.event_id == fresh.event_id and "with anna" in line.body)


# --- without a stream, in German ---


async def test_without_a_stream_looking_again_finds_replies_edits_and_deletions(silent: Desk) -> None:
    work, clock = silent.work, silent.clock
    clock.advance(1)
    case = await work.asked("Ist TLS 1.2 erlaubt?")
    await silent.reply(case, "Ich meine im Behördennetz.", tag=False)
    clock.advance(ROUND)
    await work.in_thread(case, "Ich meine im Behördennetz.")
    await case.citizen.edit(case.status, f"@{work.stage.account.username} Ist SSL 3 erlaubt?")
    clock.advance(ROUND)
    await work.in_thread(case, "Ist TLS 1.2 erlaubt?", "Ist SSL 3 erlaubt?")
    await case.citizen.delete(case.status)
    clock.advance(ROUND)
    await silent.missed(case.status)
    clock.advance(SECOND_LOOK)
    await redacted(work.anna, work.team, case.card)
    await work.anna.wait_for(
        work.team, lambda line: line.body.startswith(f"#{case.number} ") and "Behördennetz" in line.body
    )


async def test_one_answer_of_404_costs_nobody_their_question(silent: Desk) -> None:
    work, clock = silent.work, silent.clock
    case = await work.asked("Ist TLS 1.3 besser?")
    work.sandbox.faults.answer(404, times=1, path=f"statuses/{case.status.id}")
    clock.advance(ROUND)
    await silent.missed(case.status)
    clock.advance(SECOND_LOOK)
    await case.citizen.edit(case.status, f"@{work.stage.account.username} Ist TLS 1.3 viel besser?")
    clock.advance(ROUND)
    await work.card(case, "🆕", "viel besser?")


# --- encrypted, across a restart ---


async def readable(person: Person, room: RoomId, bot: str) -> list[str]:
    """The bot's encrypted messages in a room that are not redacted."""
    said = await person.ask("GET", f"/rooms/{room}/messages?dir=f&limit=1000")
    chunk = said["chunk"]
    assert isinstance(chunk, list)
    of_bot = [one for one in chunk if (one["sender"], one["type"]) == (bot, "m.room.encrypted")]
    return [one["event_id"] for one in of_bot if one["content"]]


async def test_a_deletion_is_noticed_across_a_restart_in_an_encrypted_office(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path, encrypted=True) as work:
        stage = work.stage

        async def shown() -> list[str]:
            return await readable(work.anna, work.team, stage.bot)

        clock = BriskClock()
        async with work.stage.bot_running(clock=clock) as app:
            citizen = work.citizen()
            first = await citizen.post(f"@{stage.account.username} Geheim.")
            await eventually(shown, lambda events: len(events) == 1)
            second = await citizen.post(f"@{stage.account.username} Mehr.", in_reply_to=first)
            # The card, what was written next, and the card's edit.
            before = await eventually(shown, lambda events: len(events) == 3)
            for status in (second, first):
                await citizen.delete(status)
                await Desk(work, clock, app).missed(status)
        async with work.stage.bot_running(clock=BriskClock(timedelta(minutes=2))):
            left = await eventually(shown, lambda events: not {*before} & {*events})
            assert left, "what happened is told"
