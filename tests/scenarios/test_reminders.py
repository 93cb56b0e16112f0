"""What is promised, on a real homeserver: due on the card, reminders in the thread, a breach with the supervisors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from tests.scenarios.at_work import AtWork, Case, SteeredClock, at_work, who

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE, HOUR = 60, 3600
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KRYPTO = {"krypto": "Referat Kryptografie"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AtWork]:
    """An office that never closes, so that hours can pass at any time of day."""
    folder: Path = tmp_path_factory.mktemp("reminders")
    async with at_work(synapse, folder, departments=KRYPTO, supervisors=True, direct_room=True) as work:
        settings = work.stage.settings
        settings["working_hours"] = dict.fromkeys(DAYS, "00:00-24:00")
        settings["sla"] = {"first_response": "10 working hours", "interim_extends": "20 working hours"}
        settings["departments"]["krypto"]["answer_within"] = "2 working hours"  # type: ignore[index]
        settings["commands"] = {"max_age": "100 days"}  # what is typed is as old as the bot's clock is ahead
        yield work


async def reminded(work: AtWork, case: Case, *words: str) -> Line:
    """The reminder in the thread: an ordinary message for whom it is meant."""
    line = await work.in_thread(case, *words)
    assert not line.notice
    return line


async def test_whoever_has_it_is_reminded_also_by_a_bot_that_was_away_and_an_interim_reply_gives_time(
    work: AtWork,
) -> None:
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        case = await work.asked()
        await work.card(case, "⏰ due", "10 h of working time left")
        await work.anna.say(work.team, "!claim", thread=case.card)
        await work.card(case, f"with {who(work.anna)}")
        clock.advance(5 * HOUR)
        half = await reminded(work, case, "50 % of the time is over", "5 h of working time left")
        assert half.pings == (work.anna.user_id,)
        await work.card(case, "5 h of working time left")
    clock.advance(4.5 * HOUR)
    async with work.stage.bot_running(clock=clock):
        offer = await reminded(work, case, "Shall an interim reply go out?")
        assert offer.pings == (work.anna.user_id,)
        assert not [line for line in await work.anna.lines(work.team) if "80 % of" in line.body]
        await work.anna.wait_for(work.team, lambda line: line.event_id == offer.event_id and line.reacted("✅"))
        await work.anna.react(work.team, offer.event_id, "✅")
        preview = await work.preview(case, "Thank you for your question.")
        assert work.answers_to(case) == []
        await work.anna.react(work.team, preview.event_id, "✅")
        await work.in_thread(case, "Interim reply published")
        assert len(work.answers_to(case)) == 1
        await work.card(case, "20 h of working time left")


async def test_the_supervisors_hear_of_a_breach_once_and_nothing_of_what_was_written_in_private(work: AtWork) -> None:
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        case = await work.asked("My password is Sesame.", visibility="direct", room=work.direct)
    clock.advance(10 * HOUR)
    for _ in range(2):
        async with work.stage.bot_running(clock=clock):
            await reminded(work, case, f"#{case.number} is overdue")
            clock.advance(5 * MINUTE)  # breaches of a few minutes reach the supervisors together
            told = await work.vera.wait_for(work.supervisors, lambda line: f"#{case.number} is overdue" in line.body)
            assert "with nobody · ✉️ direct message" in told.body
            await work.settled()
            await work.told(work.vera, work.supervisors, "!help")
    for reader, room in ((work.vera, work.supervisors), (work.anna, work.direct)):
        lines = [line.body for line in await reader.lines(room) if f"#{case.number} is overdue" in line.body]
        assert len(lines) == 1
    assert not [line for line in await work.vera.lines(work.supervisors) if "Sesame" in line.body]


async def test_a_department_is_reminded_of_the_proposal_that_it_owes(work: AtWork) -> None:
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        case = await work.asked()
        await work.anna.say(work.team, "!escalate krypto Is it?", thread=case.card)
        await work.card(case, "⏰ Referat Kryptografie: a proposal is due")
        clock.advance(1 * HOUR)
        krypto = work.department()
        await work.max.wait_for(krypto, lambda line: f"#{case.number}: 50 % of the time is over" in line.body)
        clock.advance(1 * HOUR)
        await work.max.wait_for(krypto, lambda line: f"#{case.number}: a proposal was due" in line.body)
        await reminded(work, case, "Referat Kryptografie was to propose an answer")


async def test_the_queue_shows_what_is_due_first(work: AtWork) -> None:
    clock = SteeredClock()
    async with work.stage.bot_running(clock=clock):
        first = await work.asked()
        clock.advance(1 * HOUR)
        second = await work.asked()
        shown = await work.told(work.ben, work.team, "!queue")
        numbers = [line.split()[0] for line in shown.body.splitlines() if line.startswith("#")]
        assert numbers.index(f"#{first.number}") < numbers.index(f"#{second.number}")
        overdue = await work.told(work.ben, work.team, "!queue --overdue")
        assert f"#{first.number} " not in overdue.body
