"""What `fedichat check` says about the bot's device, without touching its keys; also while the bot runs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fedichat.adapters.matrix.encryption import key_store
from fedichat.adapters.matrix.encryption.own_device import OwnDevice
from fedichat.cli.checking.device import check_device
from fedichat.config.servers import Matrix as MatrixLogin
from fedichat.demo.homeserver_client import HomeserverClient
from fedichat.store import keys
from fedichat.store.database import Database
from tests.cli.checking.offices import CheckedOffice
from tests.flaky import Flaky
from tests.office import PASSWORD, Office, listening


@pytest.fixture
async def flaky(office: Office) -> Flaky:
    flaky = Flaky(office.synapse.url)
    await office.enter(flaky)
    return flaky


@pytest.fixture
async def behind(office: Office, checked: CheckedOffice, flaky: Flaky) -> CheckedOffice:
    """The office with a team's room, reaching its homeserver by way of `flaky`."""
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot, encrypted=True)
    checked.tree["matrix"]["homeserver"] = flaky.url
    return checked


async def keys_line(behind: CheckedOffice) -> str:
    (line,) = [line for line in (await behind.check())[1] if " encryption: " in line]
    return line


def store_of(behind: CheckedOffice) -> Path:
    return behind.folder / "matrix-store"


def files_of(behind: CheckedOffice) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in store_of(behind).iterdir()}


async def devices(office: Office, behind: CheckedOffice) -> set[str]:
    me = await HomeserverClient.login(office.synapse.url, behind.bot, PASSWORD)
    listed = (await me.call("GET", "/devices"))["devices"]
    await me.call("POST", "/logout")
    await me.close()
    assert isinstance(listed, list)
    return {device["device_id"] for device in listed if device["display_name"] == "fedichat"}


async def shown_by_a_client(office: Office, behind: CheckedOffice, device: str) -> str:
    """The fingerprint as somebody's client has it of the bot's device, in groups of four."""
    await office.account("carla")
    person = await office.again("carla")
    answer = await person.ask("POST", "/keys/query", {"device_keys": {behind.bot: []}})
    served = answer["device_keys"]
    assert isinstance(served, dict)
    key = served[behind.bot][device]["keys"][f"ed25519:{device}"]
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


async def test_the_fingerprint_is_the_one_that_clients_show_and_the_keys_are_left_alone_while_the_bot_runs(
    office: Office, behind: CheckedOffice, flaky: Flaky
) -> None:
    matrix = office.matrix(behind.bot, office.alias("team"), url=flaky.url)
    await matrix.start()
    async with listening(matrix):
        keys_file = store_of(behind) / f"{behind.bot}_{matrix.device}.db"
        before = key_store.look(keys_file)
        flaky.seen.clear()

        line = await keys_line(behind)

        fingerprint = await shown_by_a_client(office, behind, matrix.device)
        assert line == (
            f"ok   encryption: device {matrix.device}, fingerprint {fingerprint}, signed by its user, keys in "
            "~/matrix-store"
        )
        assert key_store.look(keys_file) == before
        assert not [path for path in flaky.seen if "upload" in path or "/login" in path or "sendToDevice" in path]
    assert await devices(office, behind) == {matrix.device}


async def test_a_check_before_the_first_start_makes_the_device_that_the_start_goes_on_with(
    office: Office, behind: CheckedOffice, flaky: Flaky
) -> None:
    line = await keys_line(behind)
    matrix = office.matrix(behind.bot, office.alias("team"), url=flaky.url)
    await matrix.start()
    assert line.startswith(f"ok   encryption: device {matrix.device}, fingerprint ")
    assert await devices(office, behind) == {matrix.device}


async def test_keys_that_were_put_back_are_told_and_left_to_the_start(
    office: Office, behind: CheckedOffice, flaky: Flaky
) -> None:
    matrix = office.matrix(behind.bot, office.alias("team"), url=flaky.url)
    await matrix.start()
    device = matrix.device
    await matrix.close()
    shutil.copytree(store_of(behind), behind.folder / "backup")
    again = office.matrix(behind.bot, office.alias("team"), url=flaky.url)
    await again.start()
    assert again._started is not None
    assert again._started.client.steps is not None
    again._started.client.olm.save_account()
    await again._started.client.steps.keep()
    await again.close()
    shutil.rmtree(store_of(behind))
    shutil.copytree(behind.folder / "backup", store_of(behind))
    before = files_of(behind)

    line = await keys_line(behind)

    assert line == (
        f"warn encryption: the keys of the device {device} in ~/matrix-store were put back to an older state; the next "
        "start logs in as a new device"
    )
    assert files_of(behind) == before
    assert await devices(office, behind) == {device}


async def test_keys_that_are_behind_the_database_are_told(office: Office, behind: CheckedOffice) -> None:
    await behind.check()
    session = json.loads((store_of(behind) / "session.json").read_text())
    here = key_store.look(store_of(behind) / f"{behind.bot}_{session['device_id']}.db")
    assert here is not None
    database = await Database.open(behind.config.database_url)
    await database.write(lambda tx: keys.keep_key_steps(tx, here.fingerprint, here.steps + 1))
    await database.close()
    assert "were put back to an older state" in await keys_line(behind)


async def test_a_device_that_nobody_has_signed_is_told(office: Office, behind: CheckedOffice) -> None:
    await behind.check()
    (store_of(behind) / "cross_signing.json").unlink()
    line = await keys_line(behind)
    assert line.startswith("warn encryption: device ")
    assert "not signed by its user" in line


FINGERPRINT = "uABYSOtnm3sQfl3M7LcjG4yszd0zeolfXCu54L/e3vc"
GROUPS = "uABY SOtn m3sQ fl3M 7Lcj G4ys zd0z eolf XCu5 4L/e 3vc"
NOT_THERE = "the keys of the device D are not in /store"
PUT_BACK = "the keys of the device D in /store were put back to an older state"
OTHERS = "the homeserver has other keys of the device D than /store"


SOUND = OwnDevice("D", FINGERPRINT, FINGERPRINT, is_signed=True, was_put_back=False)
TOKEN = "make a new access_token with its device_id"


@pytest.mark.parametrize(
    ("device", "with_token", "finding"),
    [
        (SOUND, False, f"ok   encryption: device D, fingerprint {GROUPS}, signed by its user, keys in /store"),
        (
            replace(SOUND, fingerprint=""),
            False,
            f"warn encryption: {NOT_THERE}; the next start logs in as a new device",
        ),
        (replace(SOUND, fingerprint=""), True, f"FAIL encryption: {NOT_THERE}; {TOKEN}"),
        (replace(SOUND, was_put_back=True), True, f"FAIL encryption: {PUT_BACK}; {TOKEN}"),
        (
            replace(SOUND, published=FINGERPRINT[::-1]),
            False,
            f"FAIL encryption: {OTHERS}; move its .db file away to start as a new device",
        ),
        (replace(SOUND, published=FINGERPRINT[::-1]), True, f"FAIL encryption: {OTHERS}; {TOKEN}"),
    ],
)
def test_how_a_device_stands(device: OwnDevice, *, with_token: bool, finding: str) -> None:
    login = {"access_token": "t", "device_id": "D"} if with_token else {"password": "p"}
    settings = MatrixLogin.model_validate(
        {"homeserver": "https://m.example", "user": "@b:m.example", "store": "/store", **login}
    )
    assert str(check_device(device, settings)) == finding
