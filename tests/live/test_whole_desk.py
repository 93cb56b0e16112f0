"""A day at the desk on real servers: departments, files, threads, changes, follow-ups, and citizens' second thoughts.

What snac2 2.75 makes of it, as measured:

- It takes 100,000 characters, more than a message in a Matrix room can hold: here the instance is taken to say 500, so
  that a thread comes about; all else about it is snac2's own.
- `PUT /api/v1/statuses/:id` changes the text alone: content warning, media and audience stay as they were.
- It cannot delete by its API and answers 404: fedichat says so, and takes note once it was done on the user's page.
- It reads no port in `@name@host`, so on loopback it notifies only whom a status replies to: of a thread, the first
  part. The others can be read by her and stand below the question.
- What is for the people mentioned it calls `private`, like what is for followers; the server notifies them alone,
  but shows the status to whoever knows its address.
- Nothing tells of edits and deletions: they are found by looking again. What was edited has another id from then on,
  and is found by the old one, too.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.demo.stage import ACCOUNT, Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.ports import EventId, FileData, Limits, RoomId
from fedichat.sandbox.pages import png
from fedichat.sandbox.server import Sandbox
from tests.live.snac import NO_SNAC, SNAC, Snac, SnacUser
from tests.scenarios.at_work import SteeredClock

pytestmark = [pytest.mark.skipif(SNAC is None, reason=NO_SNAC), pytest.mark.asyncio(loop_scope="module")]

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds: snac2 works its queue off every few seconds."""
MAP = FileData("karte.png", "image/png", png(4, 3, (0, 90, 160)))
LOCK = png(3, 3, (160, 90, 0))
LONG = " ".join(f"Satz Nummer {number} sagt etwas über TLS." for number in range(30))


@dataclass(frozen=True, slots=True)
class Case:
    """A question on snac2 and its card."""

    room: RoomId
    status: str
    card: EventId
    number: int


@dataclass
class Town:
    """An office whose account is on snac2, two citizens there, and the clock that the bot goes by."""

    stage: Stage
    office: SnacUser
    erika: SnacUser
    kim: SnacUser
    clock: SteeredClock
    asked: dict[str, str]
    """The questions that wait, by their first word: snac2 takes its time once for all of them."""

    async def case(self, word: str, room: RoomId | None = None) -> Case:
        """The card of one of the questions, in the team's room or that one."""
        room = room or self.stage.team
        card = await self.seen(room, lambda line: line.body.startswith("#") and word in line.body)
        return Case(room, self.asked[word], card.event_id, int(card.body[1:].split()[0]))

    async def seen(self, room: RoomId, fits: Callable[[Line], object]) -> Line:
        """What Anna sees in a room, once it is there."""
        return await self.stage.anna.wait_for(room, fits, PATIENCE)

    async def card(self, case: Case, *words: str) -> Line:
        """The card, once all these words are on it."""
        return await self.seen(
            case.room, lambda line: line.event_id == case.card and all(word in line.body for word in words)
        )

    async def in_thread(self, case: Case, *words: str) -> Line:
        """The bot's message in the thread that has all these words."""

        def fits(line: Line) -> bool:
            said_there = line.thread == case.card and line.sender == self.stage.bot
            return said_there and all(word in line.body for word in words)

        return await self.seen(case.room, fits)

    async def redacted(self, case: Case, event: EventId) -> None:
        await self.seen(case.room, lambda line: line.event_id == event and line.redacted)

    async def released(self, case: Case, command: str, *words: str) -> None:
        """Anna asks for something to be published, and releases the preview with these words."""

        def fits(line: Line) -> bool:
            is_preview = line.thread == case.card and line.body.startswith("📝")
            tappable = line.reacted("✅") and line.reacted("❌")
            return bool(is_preview and tappable and all(word in line.body for word in words))

        await self.stage.anna.say(case.room, command, thread=case.card)
        preview = await self.seen(case.room, fits)
        await self.stage.anna.react(case.room, preview.event_id, "✅")

    async def quickly(self, waiting: Coroutine[None, None, T]) -> T:
        """What is waited for, while the bot's time passes faster than ours."""
        task = asyncio.create_task(waiting)
        try:
            while not task.done():
                self.clock.advance(3)
                await asyncio.wait({task}, timeout=0.1)
            return task.result()
        finally:
            task.cancel()


QUESTIONS = {
    "Verlauf": "public",
    "Faden": "public",
    "Korrektur": "public",
    "Fachfrage": "public",
    "Vertraulich": "direct",
    "Umentschieden": "public",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder: Path = tmp_path_factory.mktemp("desk")
    (folder / "snac").mkdir()
    of_server = MastodonAccount.limits

    async def short(account: MastodonAccount) -> Limits:
        return replace(await of_server(account), characters=500)

    async with (
        Snac(folder / "snac") as snac,
        Sandbox() as unused,
        set_stage(
            synapse, unused, folder, tag=secrets.token_hex(3), departments={"krypto": "Krypto"}, direct_room=True
        ) as stage,
    ):
        office, erika, kim = [await snac.add_user(name) for name in ("bsi", "erika", "kim")]
        asked = {
            word: await erika.post(f"@bsi {word} @kim", visibility=visibility) for word, visibility in QUESTIONS.items()
        }
        asked["Bildfrage"] = await erika.post("@bsi Bildfrage", picture=(LOCK, "Ein offenes Schloss"))
        rooms = {"team": stage.team, "direct": stage.direct}
        account = {"instance": snac.url, "access_token": office.token, "poll_seconds": 1, "rooms": rooms}
        changes = {"accounts": {ACCOUNT: account}, "recheck": {"every": "1 minute"}, "commands": {"max_age": "1 day"}}
        clock = SteeredClock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(MastodonAccount, "limits", short)
            async with stage.bot_running(stage.config(**changes), clock):
                yield Town(stage, office, erika, kim, clock, asked)


async def test_a_citizens_picture_is_shown_in_the_room_with_its_alt_text(town: Town) -> None:
    case = await town.case("Bildfrage")
    shown = await town.seen(case.room, lambda line: line.thread == case.card and line.file is not None)
    assert shown.body == "Ein offenes Schloss"
    assert shown.file is not None
    assert await town.stage.anna.read_file(shown.file) == LOCK


async def test_interim_reply_then_answer_with_a_picture_then_what_the_citizen_adds_reopens_it(town: Town) -> None:
    anna, team = town.stage.anna, town.stage.team
    case = await town.case("Verlauf")
    await town.released(case, "!interim Wir fragen nach.", "Wir fragen nach.")
    await town.in_thread(case, "Interim reply published: http", f"#{case.number} stays open")
    picture = await anna.send_file(team, MAP, "Karte des Amtes", thread=case.card)
    await town.seen(case.room, lambda line: line.event_id == picture and "📎" in str(line.reactions))
    await town.released(case, "!answer --with Hier ist sie.", "Hier ist sie.", "karte.png: Karte des Amtes")
    await town.in_thread(case, "Published: http")
    await town.card(case, "✅ answered")

    interim = await town.erika.mention("Wir fragen nach.", PATIENCE)
    answer = await town.erika.mention("Hier ist sie.", PATIENCE)
    assert (interim["in_reply_to_id"], answer["in_reply_to_id"]) == (case.status, case.status)
    assert isinstance(answer["media_attachments"], list)
    (attached,) = answer["media_attachments"]
    assert attached["description"] == "Karte des Amtes"
    assert await town.erika.file(str(attached["url"])) == MAP.data

    more = f"Danke, und nun? {secrets.token_hex(4)}"
    await town.erika.post(f"@bsi {more}", in_reply_to=str(answer["id"]))
    assert (await town.in_thread(case, more)).pings == (anna.user_id,)
    await town.card(case, "👀", "1 more message in the thread")


async def test_a_long_answer_is_a_thread_of_which_the_citizen_sees_each_part(town: Town) -> None:
    case = await town.case("Faden")
    await town.released(case, f"!answer {LONG}", "becomes a thread of 3", "(3/3)")
    await town.in_thread(case, "Published: http")
    above = case.status
    for number in (1, 2, 3):
        (part,) = [one for one in await town.office.below(above) if one["in_reply_to_id"] == above]
        above = str(part["id"])
        shown = await town.erika.status(above)
        assert shown is not None
        assert f"({number}/3)" in str(shown["content"])
    assert await town.office.below(above) == []
    await town.erika.mention("(1/3)", PATIENCE)


async def test_what_is_published_is_changed_and_what_the_server_cannot_delete_is_said(town: Town) -> None:
    case = await town.case("Korrektur")
    await town.released(case, "!answer Das ist erlaubt.", "Das ist erlaubt.")
    await town.in_thread(case, "Published: http")
    await town.released(case, "!edit Das ist nicht erlaubt.", "change of P", "Das ist nicht erlaubt.")
    await town.in_thread(case, "Changed what is published: http")
    answer = await town.erika.mention("Das ist nicht erlaubt.", PATIENCE)
    assert answer["in_reply_to_id"] == case.status
    assert await town.erika.told("Das ist erlaubt.") == []

    await town.released(case, "!unpublish", "deletion of P")
    refused = await town.in_thread(case, "was not carried out", "please do it there")
    assert "What is published stays as it is." in refused.body
    assert refused.pings == (town.stage.anna.user_id,)
    await town.card(case, "✅ answered")
    assert await town.erika.told("Das ist nicht erlaubt.")

    # They do it there, and say so here.
    await town.office.delete(str(answer["id"]))
    await town.erika.gone(str(answer["id"]))
    await town.released(case, "!unpublish", "deletion of P")
    await town.in_thread(case, "is deleted from the server", f"#{case.number} is open again")
    await town.card(case, "👀")


async def test_a_departments_proposal_is_the_answer_and_the_department_reads_it(town: Town) -> None:
    stage = town.stage
    case = await town.case("Fachfrage")
    assert stage.max is not None
    room = stage.departments["krypto"]
    await stage.anna.say(stage.team, "!escalate krypto Stimmt das?", thread=case.card)
    there = await stage.max.wait_for(room, lambda line: line.body.startswith(f"#{case.number} "), PATIENCE)
    await stage.max.say(room, "!propose Das stimmt so.", thread=there.event_id)
    await town.in_thread(case, "Das stimmt so.")
    await town.released(case, "!answer --proposal 1", "Das stimmt so.")
    await town.in_thread(case, "Published: http")
    out = await stage.max.wait_for(
        room, lambda line: line.thread == there.event_id and "http" in line.body and "stimmt so" in line.body, PATIENCE
    )
    assert out.sender == stage.bot
    assert (await town.erika.mention("Das stimmt so.", PATIENCE))["in_reply_to_id"] == case.status


async def test_the_answer_to_a_direct_message_reaches_the_asker_alone(town: Town) -> None:
    stage = town.stage
    assert stage.direct is not None
    case = await town.case("Vertraulich", stage.direct)
    await town.released(case, "!answer Nur für dich.", "Nur für dich.")
    await town.in_thread(case, "Published: http")
    answer = await town.erika.mention("Nur für dich.", PATIENCE)
    assert answer["visibility"] == "private"
    assert await town.kim.told("Vertraulich")
    assert await town.kim.told("Nur für dich.") == []
    assert "Nur für dich." not in await town.office.public_page()
    assert not [line for line in await stage.anna.lines(stage.team) if "Vertraulich" in line.body]


async def test_what_a_citizen_changes_is_shown_and_what_they_delete_leaves_the_room(town: Town) -> None:
    case = await town.case("Umentschieden")
    await town.erika.edit(case.status, "@bsi Umformuliert: gilt das noch?")
    changed = await town.quickly(town.in_thread(case, "has changed a message", "Umentschieden", "Umformuliert"))
    await town.card(case, "Umformuliert", "edited")
    await town.erika.delete(case.status)
    await town.erika.gone(case.status)
    await town.quickly(town.in_thread(case, "Nothing is left to answer", f"#{case.number} is closed"))
    for event in (case.card, changed.event_id):
        await town.redacted(case, event)
