"""Whatever is backed up, put back and lost: what the bot writes, a colleague's device can read."""

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from nio.crypto import InboundSession, Olm, OlmAccount
from vodozemac import AnyOlmMessage

from fedichat.adapters.matrix.encryption import key_store
from fedichat.adapters.matrix.encryption.key_store import CountingStore, Keys, Steps
from fedichat.errors import TryLater
from tests.step_book import Book

BOT = "@bot:office.test"


class Homeserver:
    """The account data of one user, as in the client-server API, "Client Config"."""

    def __init__(self) -> None:
        self.data: dict[str, str] = {}
        self.is_away = False

    async def send(self, method: str, path: str, data: str | None, headers: object) -> SimpleNamespace:
        if self.is_away:
            raise ConnectionError("nobody there")
        if method == "PUT":
            self.data[path] = data or ""
            return SimpleNamespace(status=200, body={})
        if path in self.data:
            return SimpleNamespace(status=200, body=json.loads(self.data[path]))
        return SimpleNamespace(status=404, body={"errcode": "M_NOT_FOUND", "error": "Not found"})


class Client:
    """As much of nio's client as the keys need."""

    def __init__(self, homeserver: Homeserver, folder: Path, device: str) -> None:
        self.user_id, self.device_id, self.access_token = BOT, device, "token"
        self.store_path = str(folder)
        self.send = homeserver.send
        self.store: CountingStore
        self.olm: Olm

    async def parse_body(self, answer: SimpleNamespace) -> object:
        return answer.body

    def load(self) -> None:
        self.store = CountingStore(BOT, self.device_id, self.store_path, key_store.PICKLE_KEY)
        self.olm = Olm(BOT, self.device_id, self.store)


def done(doing: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return asyncio.run(doing)


class Desk:
    """The bot and Carla. Its keys are put back, with the database or with the homeserver, whichever does not remember.

    Where both are put back as well, nobody knows: docs/operating.md says what to do then.
    """

    def __init__(self, place: Path, remembers: str) -> None:
        self.remembers = remembers
        self.folder = place / "store"
        self.folder.mkdir()
        self.homeserver, self.book = Homeserver(), Book()
        self.backups: list[tuple[Path, dict[str, int], dict[str, str]]] = []
        self.devices = 0
        self.carla = OlmAccount()
        self.conversations: dict[str, InboundSession] = {}
        self.new_device()

    def new_device(self) -> None:
        self.devices += 1
        (self.folder / "session").write_text(f"D{self.devices}")
        self.begin(f"D{self.devices}")

    def begin(self, device: str) -> None:
        self.client = Client(self.homeserver, self.folder, device)
        self.client.load()
        self.steps = Steps(self.client, self.book)

    def the_bot_writes(self, *, homeserver_is_away: bool = False) -> None:
        """After a backup."""
        backup = self.folder.with_name(f"backup-{len(self.backups)}")
        shutil.copytree(self.folder, backup)
        self.backups.append((backup, dict(self.book.steps), dict(self.homeserver.data)))
        carla = self.carla.identity_keys["curve25519"]
        session = self.client.olm.session_store.get(carla)
        if session is None:
            self.carla.generate_one_time_keys(1)
            one_time_key = next(iter(self.carla.one_time_keys["curve25519"].values()))
            self.carla.mark_keys_as_published()
            session = self.client.olm.create_session(one_time_key, carla)
        letter = session.encrypt("m.room_key")
        self.client.store.save_session(carla, session)
        self.homeserver.is_away = homeserver_is_away
        try:
            done(self.steps.keep())
        except TryLater:
            assert homeserver_is_away
        else:
            self.carla_reads(session.id, letter)
        self.homeserver.is_away = False

    def carla_reads(self, session: str, letter: AnyOlmMessage) -> None:
        bot = self.client.olm.account.identity_keys["curve25519"]
        if session not in self.conversations:
            self.conversations[session] = InboundSession(self.carla, letter, bot)
        assert self.conversations[session].decrypt(letter) == "m.room_key"

    def carla_writes(self) -> None:
        carla = self.carla.identity_keys["curve25519"]
        session = self.client.olm.session_store.get(carla)
        if session is None or session.id not in self.conversations:
            return
        assert session.decrypt(self.conversations[session.id].encrypt("m.room_key")) == "m.room_key"
        self.client.store.save_session(carla, session)
        done(self.steps.keep())

    def the_bot_is_started_again(self) -> None:
        self.client.store.database.close()
        device = (self.folder / "session").read_text()
        self.client = Client(self.homeserver, self.folder, device)
        file = self.folder / f"{BOT}_{device}.db"
        keys = key_store.look(file)
        assert isinstance(keys, Keys)
        before = file.read_bytes()
        if done(key_store.was_put_back(self.client, device, keys, self.book)):
            self.new_device()
            assert file.read_bytes() == before
        else:
            self.begin(device)

    def put_back(self, which: int, *, alone: bool) -> None:
        """The store as it was in one of the backups, and what does not remember with it; then a start."""
        if not self.backups:
            return
        self.client.store.database.close()
        backup, steps, account_data = self.backups[which % len(self.backups)]
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)
        if not alone and self.remembers == "homeserver":
            self.book.steps = dict(steps)
        if not alone and self.remembers == "database":
            self.homeserver.data = dict(account_data)
        self.the_bot_is_started_again()


Doing = Callable[[Desk], None]


def away(desk: Desk) -> None:
    desk.the_bot_writes(homeserver_is_away=True)


@st.composite
def putting_back(draw: st.DrawFn) -> Doing:
    which, alone = draw(st.integers(0, 5)), draw(st.booleans())
    return lambda desk: desk.put_back(which, alone=alone)


DOINGS = st.one_of(
    st.just(Desk.the_bot_writes),
    st.just(Desk.the_bot_writes),
    st.just(away),
    st.just(Desk.carla_writes),
    st.just(Desk.the_bot_is_started_again),
    putting_back(),
)
WRITES = [Desk.the_bot_writes] * 3


@settings(max_examples=30, deadline=None)
@given(doings=st.lists(DOINGS, min_size=4, max_size=12), remembers=st.sampled_from(["homeserver", "database"]))
@example(doings=[*WRITES, lambda desk: desk.put_back(1, alone=True), *WRITES], remembers="homeserver")
@example(doings=[*WRITES, lambda desk: desk.put_back(1, alone=False), *WRITES], remembers="homeserver")
@example(doings=[*WRITES, lambda desk: desk.put_back(1, alone=False), *WRITES], remembers="database")
def test_whatever_is_put_back_what_the_bot_writes_is_read(doings: list[Doing], remembers: str) -> None:
    with TemporaryDirectory() as place:
        desk = Desk(Path(place), remembers)
        for do in doings:
            do(desk)
        desk.client.store.database.close()
