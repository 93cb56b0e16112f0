"""The duty rota on real servers: the handover, its acknowledgement, and whom a ticket pings that nobody has."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fedichat.config.model import Config
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from tests.scenarios.at_work import AtWork, SteeredClock, at_work, who

BERLIN = ZoneInfo("Europe/Berlin")
TEN_MINUTES = 600


def rota(work: AtWork, clock: SteeredClock) -> Config:
    """In ten minutes Ben takes over from Anna; the office is always open."""
    moment = clock.now().astimezone(BERLIN) + timedelta(minutes=10)
    duty = {
        "rotation": [work.ben.user_id, work.anna.user_id],
        "handover": f"{moment:%a %H:%M}",
        "since": moment.date(),
    }
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return work.stage.config(duty=duty, working_hours=dict.fromkeys(days, "00:00-24:00"))


async def handovers(work: AtWork) -> list[Line]:
    return [line for line in await work.anna.lines(work.team) if "🔁" in line.body]


async def test_the_new_officer_is_told_acknowledges_and_gets_the_pings(synapse: Synapse, tmp_path: Path) -> None:
    clock = SteeredClock()
    async with at_work(synapse, tmp_path, supervisors=True) as work:
        config = rota(work, clock)
        async with work.stage.bot_running(config, clock=clock):
            first = await work.asked("Is TLS 1.2 still allowed?")
            assert (await work.card(first)).pings == (work.anna.user_id,)
            shown = await work.told(work.anna, work.team, "!duty")
            assert shown.body.startswith(f"{who(work.anna)} has the duty until ")

            clock.advance(TEN_MINUTES)
            told = await work.anna.wait_for(work.team, lambda line: "🔁" in line.body and line.reacted("✅"))
            assert told.pings == (work.ben.user_id,)
            assert not told.notice
            assert f"1 open ticket · nobody has: #{first.number}" in told.body
            assert "TLS" not in told.body

            second = await work.asked("And VPN?", by="frida")
            assert (await work.card(second)).pings == (work.ben.user_id,)
            await first.citizen.post(f"@{work.stage.account.username} Hello?", in_reply_to=first.status)
            assert (await work.in_thread(first, "Hello?")).pings == (work.ben.user_id,)

            await work.anna.react(work.team, told.event_id, "✅")
            refused = await work.anna.wait_for(work.team, lambda line: "to acknowledge" in line.body)
            assert refused.pings == (work.anna.user_id,)
            await work.ben.react(work.team, told.event_id, "✅")
            await work.anna.wait_for(work.team, lambda line: line.event_id == told.event_id and line.reacted("🤝"))

        async with work.stage.bot_running(config, clock=clock):
            shown = await work.told(work.ben, work.team, "!duty")
            assert shown.body.startswith(f"{who(work.ben)} has the duty until ")
            assert "not acknowledged" not in shown.body
            assert len(await handovers(work)) == 1


async def test_whoever_falls_ill_is_replaced_at_once_by_a_word_of_the_supervisors(
    synapse: Synapse, tmp_path: Path
) -> None:
    clock = SteeredClock()
    async with (
        at_work(synapse, tmp_path, supervisors=True) as work,
        work.stage.bot_running(rota(work, clock), clock=clock),
    ):
        vera = work.stage.vera
        assert vera is not None
        for colleague in (who(work.anna), work.anna.user_id):
            refused = await work.told(work.ben, work.team, f"!duty absent {colleague} today")
            assert refused.body.startswith("A colleague's duty is changed by the supervisors")
        answer = await work.told(vera, work.supervisors, f"!duty absent {who(work.anna)} today")
        assert f"The duty falls to {who(work.ben)}" in answer.body
        told = await work.anna.wait_for(work.team, lambda line: "🔁" in line.body)
        assert told.pings == (work.ben.user_id,)
        case = await work.asked()
        assert (await work.card(case)).pings == (work.ben.user_id,)
        await work.told(vera, work.supervisors, f"!duty present {work.anna.user_id}")
        await work.anna.wait_for(work.team, lambda line: "🔁" in line.body and line.pings == (work.anna.user_id,))
