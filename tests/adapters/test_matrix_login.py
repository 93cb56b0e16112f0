"""Being the same device after every restart, and what happens when that cannot be. On a real Synapse."""

import asyncio
import json
import stat
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from fedichat.adapters.matrix import login as matrix_login
from fedichat.adapters.matrix.user import Matrix
from fedichat.clock import SystemClock
from fedichat.demo.synapse import Synapse
from fedichat.errors import StartError, StopError, TryLater
from fedichat.ports import UserId
from tests.office import Ears, Office


def session_of(office: Office, store: str = "matrix-store") -> dict[str, str]:
    return cast("dict[str, str]", json.loads((office.folder / store / "session.json").read_text()))


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def restarted(office: Office, bot: UserId) -> Matrix:
    matrix = office.matrix(bot)
    await matrix.start()
    return matrix


async def devices_of_bot(office: Office) -> set[str]:
    """As the server knows them."""
    me = await office.again("bot")
    listed = (await me.ask("GET", "/devices"))["devices"]
    assert isinstance(listed, list)
    await me.ask("POST", "/logout")
    return {device["device_id"] for device in listed if device["display_name"] == "fedichat"}


async def test_a_restart_is_the_same_device(office: Office) -> None:
    bot = await office.account("bot")
    first = await restarted(office, bot)
    device = first.device
    await first.close()
    second = await restarted(office, bot)

    assert second.device == device
    assert second.user == bot
    assert await devices_of_bot(office) == {device}


async def test_secrets_are_for_us_only(office: Office) -> None:
    bot = await office.account("bot")
    await restarted(office, bot)
    folder = office.folder / "matrix-store"

    assert mode(folder) == 0o700
    files = {file.name: mode(file) for file in folder.iterdir()}
    assert set(files.values()) == {0o600}, files
    assert {"session.json", "cross_signing.json"} <= set(files)


async def test_a_revoked_token_is_replaced_by_a_new_login(office: Office) -> None:
    bot = await office.account("bot")
    first = await restarted(office, bot)
    device = first.device
    await first.close()
    await log_out(office)

    second = await restarted(office, bot)

    assert second.device != device
    assert await devices_of_bot(office) == {second.device}


async def test_a_token_revoked_while_running_stops_with_advice(office: Office) -> None:
    bot = await office.account("bot")
    matrix = await restarted(office, bot)
    ears, ready = Ears(), asyncio.Event()
    running = asyncio.create_task(matrix.run(None, ears.hear, ears.keep, ready.set))
    await ready.wait()
    await log_out(office)
    with pytest.raises(StopError, match=r"M_UNKNOWN_TOKEN.*Log in again"):
        await asyncio.wait_for(running, 60)


async def test_lost_keys_make_a_new_device(office: Office) -> None:
    bot = await office.account("bot")
    first = await restarted(office, bot)
    device = first.device
    await first.close()
    for file in (office.folder / "matrix-store").glob("*.db"):
        file.unlink()

    second = await restarted(office, bot)

    assert second.device != device
    assert await devices_of_bot(office) == {second.device}


async def test_an_unreadable_session_is_a_new_login(office: Office) -> None:
    bot = await office.account("bot")
    first = await restarted(office, bot)
    await first.close()
    (office.folder / "matrix-store" / "session.json").write_text("{")

    await restarted(office, bot)


async def test_a_configured_token_needs_its_device(office: Office) -> None:
    bot = await office.account("bot")
    await (await restarted(office, bot)).close()
    kept = session_of(office)

    again = office.matrix(
        bot, password=None, access_token=kept["access_token"], device_id=kept["device_id"], store="other"
    )
    with pytest.raises(StartError, match="keys"):
        await again.start(wait=False)  # the keys of this device are in the first store, not in this one
    wrong = office.matrix(bot, password=None, access_token=kept["access_token"], device_id="OTHER")
    with pytest.raises(StartError, match=kept["device_id"]):
        await wrong.start(wait=False)
    unknown = office.matrix(bot, password=None, access_token="syt_nothing", device_id="OTHER")
    with pytest.raises(StartError, match="access_token"):
        await unknown.start(wait=False)
    right = office.matrix(bot, password=None, access_token=kept["access_token"], device_id=kept["device_id"])
    await right.start(wait=False)
    assert right.device == kept["device_id"]


async def test_somebody_elses_token_is_refused(office: Office) -> None:
    bot, other = await office.account("bot"), await office.account("other")
    await (await restarted(office, bot)).close()
    kept = session_of(office)
    matrix = office.matrix(other, password=None, access_token=kept["access_token"], device_id=kept["device_id"])
    with pytest.raises(StartError, match=f"belongs to {bot}"):
        await matrix.start(wait=False)


async def test_a_wrong_password_is_said(office: Office) -> None:
    bot = await office.account("bot")
    with pytest.raises(StartError, match=f"login of {bot} was refused") as refused:
        await office.matrix(bot, password="wrong-password").start()
    assert "wrong-password" not in str(refused.value)


async def test_no_way_to_log_in_is_said(office: Office) -> None:
    bot = await office.account("bot")
    with pytest.raises(StartError, match="neither a password nor an access_token"):
        await office.matrix(bot, password=None).start()


async def test_without_encryption_nothing_starts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_login, "ENCRYPTION_ENABLED", False)
    with pytest.raises(StartError, match="Encryption is not available"):
        await office.matrix(UserId("@bot:office.test")).start()


async def test_an_unusable_store_is_said(office: Office) -> None:
    bot = await office.account("bot")
    (office.folder / "file").write_text("")
    with pytest.raises(StartError, match="cannot be used"):
        await office.matrix(bot, store="file").start()


async def test_damaged_keys_are_said(office: Office) -> None:
    bot = await office.account("bot")
    await (await restarted(office, bot)).close()
    for file in (office.folder / "matrix-store").glob("*.db"):
        file.write_bytes(b"not a database, though long enough to look like one" * 100)
    with pytest.raises(StartError, match="damaged"):
        await office.matrix(bot).start()


async def test_a_homeserver_that_is_away_is_waited_for_unless_told_otherwise(tmp_path: Path) -> None:
    matrix = Matrix(
        homeserver="http://127.0.0.1:9",
        user="@bot:office.test",
        password="x",
        store=tmp_path / "store",
        rooms=(),
        clock=SystemClock(),
    )
    with pytest.raises(TryLater, match="cannot be reached"):
        await matrix.start(wait=False)
    await matrix.close()


async def log_out(office: Office) -> None:
    """Take the bot's token away, and with it its device."""
    headers = {"Authorization": f"Bearer {session_of(office)['access_token']}"}
    url = f"{office.synapse.url}/_matrix/client/v3/logout"
    async with aiohttp.ClientSession() as http, http.post(url, headers=headers) as answer:
        assert answer.status == 200


async def test_a_server_is_restarted_on_its_own_port(tmp_path: Path) -> None:
    async with Synapse(tmp_path / "synapse") as synapse:
        url = synapse.url
        await synapse.register("anna", "x")
        await synapse.stop()
        await synapse.start()
        assert synapse.url == url
        with pytest.raises(StopError, match="taken"):
            await synapse.register("anna", "x")
