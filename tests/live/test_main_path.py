"""The main job on real servers only: a real Synapse and a real snac2, with the bot between them."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.stage import ACCOUNT, Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.sandbox.server import Sandbox
from tests.live.snac import NO_SNAC, SNAC, Snac, SnacUser

pytestmark = [pytest.mark.skipif(SNAC is None, reason=NO_SNAC), pytest.mark.asyncio(loop_scope="module")]

PATIENCE = 60.0
"""Seconds: snac2 works its queue off every few seconds, and has no streaming."""


QUESTIONS = {
    "Erste Frage": "public",
    "Zweite Frage": "public",
    "Dritte Frage": "direct",
    "Vertrauliche Frage": "direct",
    "Frage mit Nachtrag": "public",
}


@dataclass
class Town:
    """An office whose account is on snac2, and a citizen there."""

    stage: Stage
    office: SnacUser
    erika: SnacUser
    asked: dict[str, str]
    """The questions that wait, by their words: snac2 takes its time once for all of them."""

    async def card(self, words: str) -> Line:
        """The card of the mention with these words."""
        anna = self.stage.anna
        return await anna.wait_for(
            self.stage.team, lambda line: line.body.startswith("#") and words in line.body, PATIENCE
        )

    async def preview(self, card: Line) -> Line:
        """The newest preview in the thread of a card that can be confirmed."""
        return await self.stage.anna.wait_for(
            self.stage.team,
            lambda line: line.thread == card.event_id and "📝" in line.body and len(line.reactions) >= 2,
            PATIENCE,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder: Path = tmp_path_factory.mktemp("live")
    (folder / "snac").mkdir()
    async with (
        Snac(folder / "snac") as snac,
        Sandbox() as unused,
        set_stage(synapse, unused, folder, tag=secrets.token_hex(3)) as stage,
    ):
        office, erika = await snac.add_user("bsi"), await snac.add_user("erika")
        asked = {words: await erika.post(f"@bsi {words}", visibility=kind) for words, kind in QUESTIONS.items()}
        rooms = {"team": stage.team}
        account = {"instance": snac.url, "access_token": office.token, "poll_seconds": 1, "rooms": rooms}
        async with stage.bot_running(stage.config(accounts={ACCOUNT: account})):
            yield Town(stage, office, erika, asked)


@pytest.mark.parametrize(
    ("words", "options", "answered"),
    [
        ("Erste Frage", "", "public"),
        ("Zweite Frage", "--visibility private ", "private"),
        # snac2 knows "for everybody" and "for those mentioned", and calls the second one private.
        ("Dritte Frage", "", "private"),
    ],
)
async def test_a_citizens_question_is_answered_where_it_was_asked(
    town: Town, words: str, options: str, answered: str
) -> None:
    anna, team = town.stage.anna, town.stage.team
    card = await town.card(words)
    await anna.say(team, "!claim", thread=card.event_id)
    await anna.wait_for(team, lambda line: line.event_id == card.event_id and "👀" in line.body)
    reply = f"Antwort auf {words}"
    await anna.say(team, f"!answer {options}{reply}", thread=card.event_id)
    preview = await town.preview(card)
    await anna.react(team, preview.event_id, "✅")
    await anna.wait_for(team, lambda line: line.event_id == card.event_id and "✅" in line.body, PATIENCE)

    heard = await town.erika.mention(reply, PATIENCE)
    assert heard["in_reply_to_id"] == town.asked[words]
    assert heard["visibility"] == answered
    seen = [row for row in await town.erika.notifications() if reply in str(row.get("status"))]
    assert len(seen) == 1


async def test_a_wider_answer_than_the_question_is_refused(town: Town) -> None:
    anna, team = town.stage.anna, town.stage.team
    card = await town.card("Vertrauliche Frage")

    asked = await anna.say(team, "!answer --visibility public Für alle!", thread=card.event_id)

    refusal = await anna.wait_for(team, lambda line: line.reply_to == asked)
    assert "public" in refusal.body
    assert not [line for line in await anna.lines(team) if "Für alle!" in line.body and "📝" in line.body]


async def test_what_the_citizen_writes_next_joins_the_ticket(town: Town) -> None:
    anna, team = town.stage.anna, town.stage.team
    words = "Frage mit Nachtrag"
    card = await town.card(words)

    more = f"Noch etwas {secrets.token_hex(4)}"
    await town.erika.post(f"@bsi {more}", in_reply_to=town.asked[words])

    follow_up = await anna.wait_for(team, lambda line: more in line.body, PATIENCE)
    assert follow_up.thread == card.event_id
