"""Ears before mouth, on a real homeserver: what was said in time holds a post back, however late the bot hears it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from fedichat.demo.synapse import Synapse
from tests.clocks import pass_time, while_time_passes
from tests.flaky import Flaky, answering, holding
from tests.scenarios.at_work import AtWork, SteeredClock, at_work
from tests.scenarios.test_planning import in_minutes, scheduled


@pytest.fixture
async def work(synapse: Synapse, tmp_path: Path) -> AsyncIterator[AtWork]:
    """The office; an answer can be taken back for a minute. The bot is not started."""
    async with at_work(synapse, tmp_path, supervisors=True, undo_seconds=60) as work:
        yield work


@asynccontextmanager
async def bot_behind(work: AtWork, clock: SteeredClock) -> AsyncIterator[Flaky]:
    """The bot at work, by way of a proxy that can be told to misbehave."""
    async with Flaky(work.stage.synapse.url) as flaky:
        matrix = {**dict(work.stage.settings["matrix"]), "homeserver": flaky.url}  # type: ignore[call-overload]
        async with work.stage.bot_running(work.stage.config(matrix=matrix), clock):
            yield flaky


@pytest.mark.parametrize("said", ["❌", "!freeze"])
async def test_a_preview_that_takes_long_makes_the_bot_deaf_to_nothing(
    work: AtWork, caplog: pytest.LogCaptureFixture, said: str
) -> None:
    clock = SteeredClock()
    moment = in_minutes(clock, 30)
    async with bot_behind(work, clock) as flaky:
        await scheduled(work, "Our guide is out.", moment)
        preview = await work.anna.wait_for(
            work.team, lambda line: line.body.startswith("📝 P1") and "scheduled, confirmed by" in line.body
        )
        case = await work.asked()
        clock.advance((moment - clock.now()).total_seconds() - 7)
        held, release = asyncio.Event(), asyncio.Event()
        flaky.fault = holding("/send/m.room.message", held, release)
        await work.anna.say(work.team, "!answer Yes, it is.", thread=case.card)
        async with asyncio.timeout(20):
            await held.wait()
        await work.anna.say(work.team, f"!publish {case.number}")
        if said == "❌":
            await work.ben.react(work.team, preview.event_id, "❌")
        else:
            await work.vera.say(work.supervisors, "!freeze")
        # The preview stays away until the post's moment is over, and longer.
        await pass_time(clock, lambda: any(log in caplog.text for log in ("post-waits post=1", "post-missed post=1")))
        assert work.published == []
        assert clock.now() < moment + timedelta(minutes=15), "it is not held back because it would be late"
        flaky.fault = None
        release.set()
        state = "withdrawn" if said == "❌" else "did not go out"
        await work.anna.wait_for(work.team, lambda line: line.event_id == preview.event_id and state in line.body)
        await work.settled()
        assert not [status for status in work.published if "guide" in status.text]


async def test_cut_off_from_the_homeserver_an_answer_waits_a_minute_and_goes_and_what_is_planned_is_missed(
    work: AtWork, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SteeredClock()
    moment = in_minutes(clock, 30)
    async with bot_behind(work, clock) as flaky:
        await scheduled(work, "Our guide is out.", moment)
        case = await work.asked()
        _, preview = await work.drafted(case, "Yes, it is.")
        clock.advance((moment - clock.now()).total_seconds() - 30)
        await work.ben.react(work.team, preview.event_id, "✅")
        await work.line(case, preview.event_id, "confirmed by")
        flaky.fault = answering("/", 502, "{}")
        await work.vera.say(work.supervisors, "!freeze")
        await pass_time(clock, lambda: work.published)
        assert [status.text.split()[-1] for status in work.published] == ["is."]
        clock.advance(14 * 60)
        await pass_time(clock, lambda: "post-missed post=1" in caplog.text)
        flaky.fault = None
        await while_time_passes(clock, work.in_thread(case, "went on its way", "unheard"))
        await work.settled()
        assert len(work.published) == 1


async def test_a_question_that_is_deleted_while_its_answer_waits_for_the_homeserver_is_not_answered(
    work: AtWork, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SteeredClock()
    async with bot_behind(work, clock) as flaky:
        case = await work.asked()
        _, preview = await work.drafted(case, "Yes, it is.")
        await work.ben.react(work.team, preview.event_id, "✅")
        await work.line(case, preview.event_id, "confirmed by")
        flaky.fault = answering("/", 502, "{}")
        # Its time is over after a minute; then it waits a minute for the homeserver.
        after_a_while = clock.now() + timedelta(seconds=85)
        await pass_time(clock, lambda: clock.now() >= after_a_while)
        assert work.published == []
        await case.citizen.delete(case.status)
        await pass_time(clock, lambda: "post-not-waiting post=1" in caplog.text)
        flaky.fault = None
        await work.in_thread(case, "Nothing was published: the question was deleted")
        await work.settled()
        assert work.published == []
