"""The supervisors' digest on a real homeserver: it comes once, text and picture, whatever the process suffers."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from tests.drills import drill, times
from tests.scenarios._process import BotProcess, count, until, write_config
from tests.scenarios.at_work import AtWork, at_work

BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00")
KRYPTO = {"krypto": "Kryptografie"}
WAITING = "select count(*) from effects where set_aside is null"


async def reports(work: AtWork) -> Sequence[Line]:
    """What of digests is in the supervisors' room: texts and pictures."""
    lines = await work.vera.lines(work.supervisors)
    return [line for line in lines if line.sender == work.stage.bot and (line.body.startswith("📊") or line.file)]


def in_an_hour() -> datetime:
    """A full minute that is far enough away for all that comes before it."""
    return (datetime.now(BERLIN) + timedelta(hours=1)).replace(second=0, microsecond=0)


@drill
async def test_it_comes_once_though_the_process_is_killed_again_and_again(synapse: Synapse, tmp_path: Path) -> None:
    chance = random.Random(7)
    async with at_work(synapse, tmp_path, supervisors=True, departments=KRYPTO) as work:
        due = in_an_hour()
        digest = {"at": f"{due:%H:%M}", "weekly": "never", "monthly": False}
        settings = {
            **work.stage.settings,
            "digest": digest,
            "working_hours": ALWAYS,
            "sla": {"first_response": "1 hour"},
        }
        database = tmp_path / "fedichat.db"
        async with BotProcess(write_config(tmp_path, settings), is_steered=True) as bot:
            await bot.ready()
            await work.asked()
            bot.advance((due - bot.now()).total_seconds() - 2)
            for _ in range(times(4, 40)):
                await asyncio.sleep(chance.uniform(0.2, 4.0))
                await bot.kill()
                await bot.start()
            await bot.ready()
            await until(lambda: not count(database, WAITING), "all is said")
            await work.vera.wait_for(work.supervisors, lambda line: line.file is not None)
            text, picture = await reports(work)

            await bot.kill()
            await bot.start()
            await bot.ready()
            await work.told(work.vera, work.supervisors, "!help")
            assert list(await reports(work)) == [text, picture]
    assert text.body.startswith("📊 Daily digest · ")
    assert not text.notice
    assert "now 1 open, 0 overdue" in text.body
    assert "late" not in text.body
    assert picture.file is not None
    assert picture.file.mimetype == "image/png"
    assert picture.body.startswith("The last 14 working days, until ")


async def test_it_can_be_asked_for_in_german(synapse: Synapse, tmp_path: Path) -> None:
    async with at_work(synapse, tmp_path, supervisors=True, departments=KRYPTO, language="de") as work:
        config = work.stage.config(sla={"first_response": "2 Arbeitstage"})
        async with work.stage.bot_running(config):
            case = await work.asked()
            shown = await work.told(work.vera, work.supervisors, "!tagesbericht heute")
            picture = await work.vera.wait_for(work.supervisors, lambda line: line.file is not None)
            figures = await work.told(work.vera, work.supervisors, "!statistik dieses Jahr --fachreferat krypto")
            refused = await work.told(work.anna, work.team, "!statistik")
    assert "1 eingegangen, 0 beantwortet, 0 ignoriert · jetzt 1 offen" in shown.body
    assert f"#{case.number} 🆕 neu · seit " in shown.body
    assert f"https://matrix.to/#/{work.team}/{case.card}?via=" in shown.body
    assert picture.body.startswith("Die letzten 14 Arbeitstage, bis ")
    assert "· Kryptografie: 0 eingegangen" in figures.body
    assert refused.body.endswith("der Befehl ist der Leitung vorbehalten.")
