"""`fedichat run` as an operator meets it: starting, stopping, refusing, and what stands in the log."""

import asyncio
import json
import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from fedichat.demo.stage import PASSWORD, Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.sandbox.server import Sandbox
from tests.flaky import Flaky, holding
from tests.scenarios._door import Door
from tests.scenarios._process import BotProcess, count, until, write_config


@pytest.fixture
async def stage(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Stage]:
    async with (
        Sandbox() as sandbox,
        set_stage(synapse, sandbox, tmp_path, tag=secrets.token_hex(3), direct_room=True) as stage,
    ):
        yield stage


@asynccontextmanager
async def bot_of(
    stage: Stage, *options: str, settings: Mapping[str, object] | None = None
) -> AsyncIterator[BotProcess]:
    async with BotProcess(write_config(stage.folder, settings or stage.settings), *options) as bot:
        yield bot


def matrix_token(stage: Stage) -> str:
    """The access token under which the bot is logged in."""
    return str(json.loads((stage.folder / "matrix-store" / "session.json").read_text())["access_token"])


async def log_out(stage: Stage, token: str) -> None:
    """What an administrator does who takes a device's access away."""
    url = f"{stage.synapse.url}/_matrix/client/v3/logout"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.post(url, json={}) as answer,
    ):
        assert answer.status == 200


# --- stopping ---


async def test_sigterm_stops_an_idle_bot_at_once(stage: Stage) -> None:
    async with bot_of(stage) as bot:
        await bot.ready()
        code, seconds = await bot.stop()
    assert code == 0
    assert seconds < 5
    assert bot.has_logged("stopped")


async def test_sigterm_stops_a_bot_whose_instance_has_stopped_answering(stage: Stage) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example")
    async with bot_of(stage) as bot:
        await bot.ready()
        held = stage.sandbox.faults.hold(times=None)
        await erika.post(f"@{stage.account.username} Ist da jemand?")
        await until(lambda: held.hits, "the bot waits for the instance")
        code, seconds = await bot.stop()
        stage.sandbox.faults.release()
    assert code == 0
    assert seconds < 5


async def test_sigterm_stops_a_bot_whose_homeserver_has_stopped_answering(stage: Stage) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example")
    held, release = asyncio.Event(), asyncio.Event()
    async with Flaky(stage.synapse.url) as flaky:
        settings = {**stage.settings, "matrix": {**_part(stage, "matrix"), "homeserver": flaky.url}}
        async with bot_of(stage, settings=settings) as bot:
            await bot.ready()
            flaky.fault = holding("/_matrix/", held, release)
            await erika.post(f"@{stage.account.username} Ist da jemand?")
            await asyncio.wait_for(held.wait(), 60)
            code, seconds = await bot.stop()
    assert code == 0
    assert seconds < 5


async def test_sigterm_stops_a_bot_that_is_handing_over_an_answer_and_the_next_run_finishes_it(
    stage: Stage,
) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example")
    async with bot_of(stage) as bot:
        await bot.ready()
        await erika.post(f"@{stage.account.username} Wann ist offen?")
        card = await stage.anna.wait_for(stage.team, lambda line: "Wann ist offen?" in line.body)
        await stage.anna.say(stage.team, "!answer Immer.", thread=card.event_id)
        preview = await stage.anna.wait_for(stage.team, lambda line: line.body.startswith("📝"))
        held = stage.sandbox.faults.hold(method="POST", path="/statuses", after=True)
        await stage.anna.react(stage.team, preview.event_id, "✅")
        await until(lambda: held.hits, "the answer is under way")
        code, seconds = await bot.stop()
        assert (code, seconds < 5) == (0, True)
        stage.sandbox.faults.release()
        await bot.start()
        await stage.anna.wait_for(stage.team, lambda line: line.body.startswith("Published:"))
        assert [status.text for status in erika.mentions] == ["@erika@remote.example Immer."]


async def test_sigterm_stops_a_bot_that_still_waits_for_its_homeserver(stage: Stage) -> None:
    async with Door(stage.synapse.url, is_open=False) as door:
        settings = {**stage.settings, "matrix": {**_part(stage, "matrix"), "homeserver": door.url}}
        async with bot_of(stage, settings=settings) as bot:
            await bot.logged("matrix-start-waits")
            code, seconds = await bot.stop()
    assert code == 0
    assert seconds < 5


# --- starting ---


async def test_a_second_run_on_the_same_database_refuses_to_start(stage: Stage) -> None:
    async with bot_of(stage) as bot:
        await bot.ready()
        async with bot_of(stage) as second:
            assert await second.ended() == 1
            assert second.log[-1].startswith(f"Another fedichat is running on {stage.folder / 'fedichat.db'}.")
        erika = stage.sandbox.add_account("erika", domain="remote.example")
        await erika.post(f"@{stage.account.username} Der erste arbeitet weiter.")
        await stage.anna.wait_for(stage.team, lambda line: "arbeitet weiter" in line.body)


async def test_it_may_start_before_its_homeserver_and_says_ready_once_both_sides_are_up(stage: Stage) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example")
    await erika.post(f"@{stage.account.username} Schon da, bevor jemand wach ist.")
    async with Door(stage.synapse.url, is_open=False) as door:
        settings = {**stage.settings, "matrix": {**_part(stage, "matrix"), "homeserver": door.url}}
        async with bot_of(stage, settings=settings) as bot:
            await bot.logged("matrix-start-waits")
            await bot.logged("ticket-opened ticket=1 ")
            assert not bot.has_logged(" ready ")
            await door.open()
            await bot.ready()
            await stage.anna.wait_for(stage.team, lambda line: "bevor jemand wach ist" in line.body)


async def test_it_may_start_before_its_instance(stage: Stage) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example")
    async with Door(stage.sandbox.url) as door:
        accounts = {"bsi": {**_part(stage, "accounts", "bsi"), "instance": door.url}}
        async with bot_of(stage, settings={**stage.settings, "accounts": accounts}) as bot:
            await bot.ready()
            await bot.stop()
            await door.shut()
            await erika.post(f"@{stage.account.username} Noch nicht zu lesen.")
            await bot.start()
            await bot.logged("poll-failed account=bsi")
            asked = await stage.anna.say(stage.team, "!queue")
            await stage.anna.wait_for(stage.team, lambda line: line.reply_to == asked)
            assert not bot.has_logged(" ready ")
            await door.open()
            await bot.ready()
            await stage.anna.wait_for(stage.team, lambda line: "Noch nicht zu lesen." in line.body)


async def test_a_database_of_a_newer_program_is_left_alone(stage: Stage) -> None:
    async with bot_of(stage) as bot:
        await bot.ready()
        await bot.stop()
    database = stage.folder / "fedichat.db"
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    shutil.copy(database, stage.folder / "before.db")
    async with bot_of(stage) as bot:
        assert await bot.ended() == 1
        assert bot.log[-1].startswith("The database is of a newer fedichat (version '9999')")
    assert database.read_bytes() == (stage.folder / "before.db").read_bytes()


# --- access taken away ---


async def test_a_revoked_matrix_token_stops_it_with_a_sentence_and_a_new_start_logs_in_anew(
    stage: Stage,
) -> None:
    async with bot_of(stage) as bot:
        await bot.ready()
        await log_out(stage, matrix_token(stage))
        assert await bot.ended() == 1
        assert "access of this Matrix user was taken away" in bot.log[-1]
        assert not bot.has_logged("Traceback")
        await bot.start()
        await bot.ready()
        assert bot.has_logged("matrix-token-revoked")


async def test_a_revoked_access_token_is_named_and_the_rooms_go_on(stage: Stage) -> None:
    accounts = {"bsi": {**_part(stage, "accounts", "bsi"), "poll_seconds": 2}}
    async with bot_of(stage, settings={**stage.settings, "accounts": accounts}) as bot:
        await bot.ready()
        stage.sandbox.revoke(stage.account.token)
        await bot.logged("refuses the access token of account 'bsi'")
        asked = await stage.anna.say(stage.team, "!queue")
        await stage.anna.wait_for(stage.team, lambda line: line.reply_to == asked)
        assert not bot.has_logged("Traceback")
        assert (await bot.stop())[0] == 0


# --- the log ---


async def test_the_log_never_holds_secrets_or_citizens_words_however_much_it_says(stage: Stage) -> None:
    erika = stage.sandbox.add_account("erika", domain="remote.example", display_name="Erika Muster")
    assert stage.direct is not None
    async with bot_of(stage, "-vv") as bot:
        await bot.ready()
        await erika.post(f"@{stage.account.username} Meine Diagnose: Gicht", visibility="direct")
        await erika.post(f"@{stage.account.username} Meine Adresse: Ahornweg 3")
        card = await stage.anna.wait_for(stage.direct, lambda line: "Gicht" in line.body)
        await stage.anna.say(stage.direct, "!answer Gute Besserung bei Zipperlein!", thread=card.event_id)
        await stage.anna.say(stage.direct, "!note Rückruf Donnerstag", thread=card.event_id)
        preview = await stage.anna.wait_for(stage.direct, lambda line: line.body.startswith("📝"))
        await stage.anna.react(stage.direct, preview.event_id, "✅")
        await stage.anna.wait_for(stage.direct, lambda line: line.body.startswith("Published:"))
        # A traceback, too, must not show what was under way.
        stage.sandbox.faults.malform("status null")
        await erika.post(f"@{stage.account.username} Kaputt wie mein Knie", visibility="direct")
        database = stage.folder / "fedichat.db"
        await until(lambda: count(database, "SELECT count(*) FROM malformed") == 1, "it is set aside")
        assert (await bot.stop())[0] == 0
    log = "\n".join(bot.log)
    assert bot.has_logged(" DEBUG ")
    words = ["Gicht", "Ahornweg", "Zipperlein", "Donnerstag", "Knie"]
    for word in [PASSWORD, stage.account.token, matrix_token(stage), *words]:
        assert word not in log, [line for line in bot.log if word in line][:5]


def _part(stage: Stage, *keys: str) -> dict[str, object]:
    found: object = stage.settings
    for key in keys:
        assert isinstance(found, dict)
        found = found[key]
    assert isinstance(found, dict)
    return dict(found)
