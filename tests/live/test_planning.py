"""Planned posts on real servers only: a real Synapse and a real snac2, with the bot between them.

What snac2 2.75 makes of it: the text of a post can be changed, and it can be pinned; deleting is nothing for programs
there, and fedichat says so.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from fedichat.demo.stage import ACCOUNT, Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.sandbox.server import Sandbox
from tests.live.snac import NO_SNAC, SNAC, Snac, SnacUser
from tests.scenarios.at_work import SteeredClock

pytestmark = [pytest.mark.skipif(SNAC is None, reason=NO_SNAC), pytest.mark.asyncio(loop_scope="module")]

PATIENCE = 60.0
"""Seconds: snac2 works its queue off every few seconds."""
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Town:
    """An office whose account is on snac2, and the clock that the bot goes by."""

    stage: Stage
    office: SnacUser
    clock: SteeredClock

    async def preview(self, *words: str) -> Line:
        """The preview with these words, once both buttons are on it."""

        def ready(line: Line) -> bool:
            tappable = line.reacted("✅") and line.reacted("❌")
            return bool(line.body.startswith("📝") and tappable and all(word in line.body for word in words))

        return await self.stage.anna.wait_for(self.stage.team, ready, PATIENCE)

    async def said(self, *words: str) -> Line:
        """What the bot says in the room."""

        def fits(line: Line) -> bool:
            is_told = line.sender == self.stage.bot and not line.body.startswith("📝")
            return is_told and all(word in line.body for word in words)

        return await self.stage.anna.wait_for(self.stage.team, fits, PATIENCE)

    async def approved(self, command: str, *words: str) -> None:
        """Anna asks for it, Ben approves it."""
        await self.stage.anna.say(self.stage.team, command)
        preview = await self.preview(*words)
        await self.stage.ben.react(self.stage.team, preview.event_id, "✅")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder: Path = tmp_path_factory.mktemp("live-plan")
    (folder / "snac").mkdir()
    clock = SteeredClock()
    async with (
        Snac(folder / "snac") as snac,
        Sandbox() as unused,
        set_stage(synapse, unused, folder, tag=secrets.token_hex(3)) as stage,
    ):
        office = await snac.add_user("bsi")
        account = {"instance": snac.url, "access_token": office.token, "poll_seconds": 5, "rooms": {"team": stage.team}}
        async with stage.bot_running(stage.config(accounts={ACCOUNT: account}), clock):
            yield Town(stage, office, clock)


async def test_it_is_scheduled_published_changed_and_cannot_be_deleted_by_a_program(town: Town) -> None:
    due = (town.clock.now() + timedelta(minutes=3)).replace(second=0, microsecond=0)
    spelled = due.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")
    await town.approved(f"!schedule {spelled} | Unser Leitfaden ist da.", "P1", "Unser Leitfaden ist da.")
    await town.stage.anna.wait_for(town.stage.team, lambda line: "scheduled, confirmed by" in line.body)
    town.clock.advance((due - town.clock.now()).total_seconds() - 1)
    published = await town.said("P1 is published: http")
    assert "late" not in published.body
    assert await shown(town, "Unser Leitfaden ist da.") == 1

    await town.approved("!edit P1 Unser Leitfaden ist jetzt da.", "change of P1")
    await town.said("Changed what is published: http")
    assert (await shown(town, "Unser Leitfaden"), await shown(town, "Unser Leitfaden ist jetzt da.")) == (1, 1)

    await town.approved("!unpublish P1", "deletion of P1")
    await town.said("the server cannot do this for a program; please do it there")
    assert await shown(town, "Unser Leitfaden ist jetzt da.") == 1


async def test_a_warning_is_out_at_once_and_pinned(town: Town) -> None:
    await town.approved("!crisis Bitte nicht öffnen.", "🚨", "Bitte nicht öffnen.")
    await town.said("P4 is published: http")
    assert await shown(town, "Bitte nicht öffnen.") == 1
    await town.stage.anna.wait_for(
        town.stage.team, lambda line: line.body.startswith("📝 P4") and line.reacted("📌"), PATIENCE
    )
    (pinned,) = await town.office.statuses(pinned=True)
    assert "Bitte nicht öffnen." in pinned


async def shown(town: Town, words: str) -> int:
    """How many statuses of the account have these words."""
    return sum(words in status for status in await town.office.statuses())
