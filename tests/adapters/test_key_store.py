"""The store with the encryption keys: one process at a time, and never once it was put back. On a real Synapse."""

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from fedichat.adapters.matrix.encryption import key_store
from fedichat.adapters.matrix.user import Matrix
from fedichat.demo.homeserver_client import HomeserverClient, quoted
from fedichat.errors import StartError, StopError, TryLater
from fedichat.ports import Message, RoomId, Spoken, UserId
from tests.adapters.test_matrix_encrypted import is_signed, served_keys
from tests.carla import Carla, body_of, event_of
from tests.flaky import Fault, Flaky, answering, dropping
from tests.office import Office, listening
from tests.step_book import Book

STORE = "matrix-store"


class Desk:
    """An encrypted room with Carla and the bot, which runs, stops, and has its store put back."""

    def __init__(self, office: Office, carla: Carla, bot: UserId, room: RoomId, url: str) -> None:
        self.office = office
        self.carla = carla
        self.bot = bot
        self.room = room
        self.url = url
        self.book = Book()
        self.token: str | None = None
        self.sent = 0

    @property
    def folder(self) -> Path:
        return self.office.folder / STORE

    @property
    def session(self) -> dict[str, str]:
        said: dict[str, str] = json.loads((self.folder / "session.json").read_text())
        return said

    def keys(self, device: str) -> Path:
        return self.folder / f"{self.bot}_{device}.db"

    async def at_work(self) -> str:
        """One run of the bot: Carla and it read each other. Its device."""
        matrix = self.office.matrix(self.bot, self.room, url=self.url)
        await matrix.start(wait=False, steps=self.book)
        try:
            async with listening(matrix, self.token) as ears:
                await self.carla.until_knows(self.room, self.bot)
                await self.talk(matrix)
                await self.carla.say(self.room, f"well {self.sent}")
                await ears.until(lambda heard: any(isinstance(one, Spoken) for one in heard))
                self.token = ears.token
            return matrix.device
        finally:
            await matrix.close()

    async def talk(self, matrix: Matrix) -> None:
        """The bot says something that Carla can read."""
        self.sent += 1
        card = await matrix.send(self.room, Message(f"#{self.sent}", ""), f"t{self.sent}")
        assert body_of(await self.carla.reads(event_of(card))) == f"#{self.sent}"

    def back_up(self) -> Path:
        return Path(shutil.copytree(self.folder, self.office.folder / "backup"))

    def put_back(self, backup: Path) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)

    async def someone(self) -> HomeserverClient:
        """Another client of the bot's user, with the device that the session has."""
        client = await HomeserverClient.login(self.office.synapse.url, self.bot, "Sehr geheim!")
        await self.office.enter(_Closing(client))
        return client

    async def devices(self) -> set[str]:
        listed = (await (await self.someone()).call("GET", "/devices"))["devices"]
        assert isinstance(listed, list)
        return {device["device_id"] for device in listed if device["display_name"] == "fedichat"}

    def account_data(self, device: str) -> str:
        return f"/user/{quoted(self.bot)}/account_data/org.fedichat.key_store.{device}"


class _Closing:
    def __init__(self, client: HomeserverClient) -> None:
        self._client = client

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


@pytest.fixture
async def flaky(office: Office) -> Flaky:
    flaky = Flaky(office.synapse.url)
    await office.enter(flaky)
    return flaky


@pytest.fixture
async def desk(office: Office, flaky: Flaky) -> Desk:
    await office.account("carla")
    carla = Carla(office.synapse.url, office.folder / "carla")
    await office.enter(carla)
    await carla.login(office.local("carla"))
    bot = await office.account("bot")
    return Desk(office, carla, bot, await carla.room(bot), flaky.url)


# --- one at a time ---


async def test_a_store_in_use_is_refused_to_a_second_fedichat(desk: Desk) -> None:
    first = desk.office.matrix(desk.bot)
    await first.start()
    second = desk.office.matrix(desk.bot)
    before = desk.keys(first.device).read_bytes()
    with pytest.raises(StartError, match=r"Another fedichat is using the encryption keys in .*: stop it first"):
        await second.start()
    assert desk.keys(first.device).read_bytes() == before
    await first.close()
    await second.start()
    assert second.device == first_device(desk)


def first_device(desk: Desk) -> str:
    return desk.session["device_id"]


async def test_a_process_that_is_killed_lets_go_of_the_store(tmp_path: Path) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from fedichat.adapters.matrix.encryption.key_store import lock; "
        "held = lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", hold, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        with pytest.raises(StartError, match="Another fedichat"):
            key_store.lock(tmp_path)
    finally:
        process.kill()
        await process.wait()
    key_store.lock(tmp_path).close()


async def test_a_start_that_fails_lets_go_of_the_store(desk: Desk) -> None:
    with pytest.raises(StartError, match="was refused"):
        await desk.office.matrix(desk.bot, password="wrong").start()
    await desk.office.matrix(desk.bot).start()


# --- put back ---


async def forget_at_server(desk: Desk, device: str) -> None:
    """The homeserver was put back too, or another one has taken its place."""
    await (await desk.someone()).call("PUT", desk.account_data(device), {})


async def forget_in_database(desk: Desk, device: str) -> None:
    desk.book = Book()


async def remember_all(desk: Desk, device: str) -> None:
    pass


@pytest.mark.parametrize("lost", [remember_all, forget_at_server, forget_in_database])
async def test_keys_that_were_put_back_are_left_alone_for_a_new_device(
    desk: Desk, lost: Callable[[Desk, str], object]
) -> None:
    old = await desk.at_work()
    backup = desk.back_up()
    assert await desk.at_work() == old  # each run has a new session for the room
    await asyncio.wait_for(lost(desk, old), 20)  # type: ignore[arg-type]
    desk.put_back(backup)
    before = {file.name: file.read_bytes() for file in backup.iterdir()}

    new = await desk.at_work()

    assert new != old
    assert desk.keys(old).read_bytes() == before[desk.keys(old).name]
    assert (desk.folder / "cross_signing.json").read_bytes() == before["cross_signing.json"]
    assert await desk.devices() == {new}
    assert is_signed(await served_keys(desk.carla, desk.bot), desk.bot, new)
    assert await desk.at_work() == new
    assert await desk.at_work() == new


async def test_an_edit_of_an_old_card_by_the_new_device_is_read(desk: Desk) -> None:
    matrix = desk.office.matrix(desk.bot, desk.room, url=desk.url)
    await matrix.start()
    async with listening(matrix) as ears:
        await desk.carla.until_knows(desk.room, desk.bot)
        card = await matrix.send(desk.room, Message("#1 new", ""), "card")
        await desk.carla.reads(event_of(card))
    old = matrix.device
    await matrix.close()
    backup = desk.back_up()
    await desk.at_work()
    desk.put_back(backup)

    again = desk.office.matrix(desk.bot, desk.room, url=desk.url)
    await again.start()
    assert again.device != old
    async with listening(again, ears.token):
        edit = await again.send(desk.room, Message("#1 claimed", "").editing(card), "edit")
        read = await desk.carla.reads(event_of(edit))
    assert read.decrypted
    assert read.source["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": card}
    assert read.source["content"]["m.new_content"]["body"] == "#1 claimed"
    assert read.sender == desk.bot


async def test_keys_that_nothing_was_said_with_since_go_on(desk: Desk) -> None:
    old = await desk.at_work()
    desk.put_back(desk.back_up())
    assert await desk.at_work() == old


async def test_a_homeserver_or_a_database_that_was_put_back_changes_nothing(desk: Desk) -> None:
    old = await desk.at_work()
    await desk.at_work()
    desk.book.steps = dict.fromkeys(desk.book.steps, 1)
    kept = await (await desk.someone()).call("GET", desk.account_data(old))
    await (await desk.someone()).call("PUT", desk.account_data(old), {**kept, "steps": 1})
    assert await desk.at_work() == old


async def test_nonsense_in_the_account_data_changes_nothing(desk: Desk) -> None:
    old = await desk.at_work()
    someone = await desk.someone()
    kept = await someone.call("GET", desk.account_data(old))
    nonsense: tuple[object, ...] = ("9", None, 1000000.5, [], {})
    for steps in nonsense:
        await someone.call("PUT", desk.account_data(old), {**kept, "steps": steps})
        matrix = desk.office.matrix(desk.bot, url=desk.url)
        await matrix.start(wait=False)
        assert matrix.device == old
        await matrix.close()


async def test_a_login_that_fails_leaves_the_old_device_for_the_next_try(desk: Desk, flaky: Flaky) -> None:
    old = await desk.at_work()
    backup = desk.back_up()
    await desk.at_work()
    desk.put_back(backup)
    flaky.fault = answering("/login", 503, "{}", times=1)
    with pytest.raises(TryLater):
        await desk.office.matrix(desk.bot, url=desk.url).start(wait=False)
    assert await desk.devices() == {old}
    assert desk.keys(old).read_bytes() == (backup / desk.keys(old).name).read_bytes()
    assert await desk.at_work() != old
    assert desk.keys(old).exists()


async def test_with_a_configured_token_the_operator_is_asked_for_a_new_one(desk: Desk) -> None:
    old = await desk.at_work()
    session = desk.session
    backup = desk.back_up()
    await desk.at_work()
    desk.put_back(backup)
    matrix = desk.office.matrix(
        desk.bot, password=None, access_token=session["access_token"], device_id=old, url=desk.url
    )
    with pytest.raises(StartError, match=r"put back to an older state.*Make a new access_token with its device_id"):
        await matrix.start()
    assert desk.keys(old).read_bytes() == (backup / desk.keys(old).name).read_bytes()
    assert await desk.devices() == {old}


async def test_a_store_that_goes_back_under_a_running_bot_stops_it(desk: Desk) -> None:
    """A virtual machine goes back to a snapshot, memory and all: only the homeserver has not forgotten."""
    matrix = desk.office.matrix(desk.bot, desk.room, url=desk.url)
    await matrix.start()
    async with listening(matrix):
        await desk.carla.until_knows(desk.room, desk.bot)
        kept = await (await desk.someone()).call("GET", desk.account_data(matrix.device))
        further = {**kept, "steps": 1000}
        await (await desk.someone()).call("PUT", desk.account_data(matrix.device), further)
        with pytest.raises(StopError, match="put back to an older state"):
            await matrix.send(desk.room, Message("#1", ""), "t1")


# --- what must be true for that ---


async def test_nothing_leaves_before_it_is_kept_that_its_step_was_made(desk: Desk, flaky: Flaky) -> None:
    """Whatever has keys in it: uploads, and letters to devices."""
    at_server: list[int] = []
    left: list[tuple[str, int, int, int]] = []

    async def watch(request: web.Request) -> web.StreamResponse | None:
        path = request.path
        if "/account_data/" in path and request.method == "PUT":
            at_server.append(json.loads(await request.read())["steps"])
        if "/keys/upload" in path or "/sendToDevice/m.room.encrypted" in path:
            (file,) = desk.folder.glob("@*.db")
            keys = key_store.look(file)
            assert keys is not None
            left.append((path, keys.steps, at_server[-1], desk.book.steps[keys.fingerprint]))
        return None

    flaky.fault = watch
    await desk.at_work()
    await desk.at_work()

    assert any("/keys/upload" in path for path, *_ in left)
    assert sum("/sendToDevice/" in path for path, *_ in left) >= 2
    for path, in_store, server, database in left:
        assert in_store == server == database, path


async def test_nobody_is_written_to_while_it_cannot_be_kept(desk: Desk, flaky: Flaky) -> None:
    await desk.at_work()
    matrix = desk.office.matrix(desk.bot, desk.room, url=desk.url)
    await matrix.start()
    async with listening(matrix, desk.token):
        await desk.carla.until_knows(desk.room, desk.bot)
        flaky.seen.clear()
        flaky.fault = dropping("/account_data/")
        with pytest.raises(TryLater, match="account data"):
            await asyncio.wait_for(matrix.send(desk.room, Message("#9", ""), "t9"), 20)
        assert not [path for path in flaky.seen if "sendToDevice" in path or "m.room.encrypted" in path]
        flaky.fault = None
        await asyncio.wait_for(desk.talk(matrix), 20)


async def test_a_start_waits_for_a_homeserver_that_cannot_say_how_far_keys_were(desk: Desk, flaky: Flaky) -> None:
    await desk.at_work()
    flaky.fault = answering("/account_data/", 502, "<h1>502</h1>", content_type="text/html")
    with pytest.raises(TryLater, match="account data"):
        await desk.office.matrix(desk.bot, url=desk.url).start(wait=False)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413])
async def test_a_homeserver_without_account_data_is_worked_with(
    desk: Desk, flaky: Flaky, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    flaky.fault = answering("/account_data/", status, '{"errcode": "M_UNRECOGNIZED", "error": "Unrecognized"}')
    old = await desk.at_work()
    backup = desk.back_up()
    assert await desk.at_work() == old
    assert sum("matrix-key-steps-not-kept" in one.message for one in caplog.records) == 2  # once a run
    desk.put_back(backup)
    assert await desk.at_work() != old  # the database knows


async def test_one_time_keys_survive_a_death_right_after_their_upload(desk: Desk, flaky: Flaky) -> None:
    flaky.fault = once(flaky, "/keys/upload")
    with pytest.raises(TryLater):
        await desk.office.matrix(desk.bot, desk.room, url=desk.url).start(wait=False)
    await desk.at_work()


def once(flaky: Flaky, part: str) -> Fault:
    """The first request with that part arrives, and its answer does not: as if we had died meanwhile."""
    left = [1]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if part not in request.path or not left[0]:
            return None
        left[0] -= 1
        answer = await flaky.forward(request)
        assert answer.status == 200
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return fault
