"""The tour: it ends well when everything happened, and says what did not when something is broken."""

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fedichat.demo.clock import SteeredClock
from fedichat.demo.office import demo_office
from fedichat.demo.play import FAILED, WORKED, lead
from fedichat.demo.showing import Show
from fedichat.demo.stage import Stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.tour.day import UNDO_SECONDS
from fedichat.demo.tour.guide import Guide
from fedichat.sandbox.server import Sandbox


@asynccontextmanager
async def office(synapse: Synapse, folder: Path, language: str) -> AsyncIterator[tuple[Stage, SteeredClock]]:
    clock, tag = SteeredClock(), secrets.token_hex(3)
    async with (
        Sandbox() as sandbox,
        demo_office(synapse, sandbox, folder, language=language, undo_seconds=UNDO_SECONDS, tag=tag) as stage,
        stage.bot_running(clock=clock),
    ):
        yield stage, clock


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_tour_shows_a_whole_day(synapse: Synapse, tmp_path: Path, language: str) -> None:
    printed: list[str] = []
    async with office(synapse, tmp_path, language) as (stage, clock):
        guide = Guide(stage, Show(printed.append, styled=False), language, clock, patience=60)
        assert await lead(guide, time.monotonic()) == WORKED, "\n".join(printed)
    text = "\n".join(printed)
    for sign in (
        "#1 🆕",
        "#1 👀",
        "📝 P1",
        "#1 ✅",
        "↩",
        "#3 🙈",
        "#4 ⏳",
        "💡",
        "(2/2)",
        "📣",
        "📎1",
        "#6 ✅",
        "✏️",
        "⏰",
        "📊",
        "🗓",
        "❄️",
        "🚨",
        "39 ",
    ):
        assert sign in text
    assert ("!übernehmen" in text, "!claim" in text) == (language == "de", language == "en")
    assert "✘" not in text


@pytest.mark.parametrize("whole", [True, False])
async def test_a_tour_on_a_server_that_takes_no_statuses_fails_at_the_right_step(
    synapse: Synapse, tmp_path: Path, whole: bool
) -> None:
    printed: list[str] = []
    async with office(synapse, tmp_path, "en") as (stage, clock):
        stage.sandbox.faults.answer(503, times=None, method="POST", path=r"/statuses/?$")
        guide = Guide(stage, Show(printed.append, styled=False), "en", clock, patience=10)
        assert await lead(guide, time.monotonic(), whole=whole) == FAILED
    at = next(number for number, line in enumerate(printed) if "✘" in line)
    assert ("Out it goes" if whole else "Anna answers") in printed[at]
    assert "expected: Emma Hartley is notified of the answer." in printed[at + 1]
    assert not any("really happened" in line for line in printed)


async def test_a_tour_fails_when_an_answer_went_out_twice(synapse: Synapse, tmp_path: Path) -> None:
    """The tour counts on the server itself, whatever the bot believes."""
    printed: list[str] = []
    async with office(synapse, tmp_path, "en") as (stage, clock):
        guide = Guide(stage, Show(printed.append, styled=False), "en", clock, patience=30)
        hears = Guide.hears

        async def doubled(*arguments: object) -> object:
            answer = await hears(*arguments)  # type: ignore[arg-type]
            await stage.account.post(answer.text, in_reply_to=answer.in_reply_to)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Guide, "hears", doubled)
            assert await lead(guide, time.monotonic(), whole=False) == FAILED
    assert any("expected: It went out once." in line for line in printed)
