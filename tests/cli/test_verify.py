"""`fedichat verify` as the person at the terminal meets it: a process of its own, on a terminal of its own."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from fedichat.adapters.matrix.encryption.sas_emoji import EMOJI
from fedichat.adapters.matrix.encryption.verification import PREFIX
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.encryption.verify_socket import NAME, connected, listening
from fedichat.adapters.matrix.encryption.visits import Visits
from fedichat.cli.comparing import compare
from fedichat.errors import FedichatError
from fedichat.ports import UserId
from tests.at_the_terminal import AtTheTerminal
from tests.sas_peer import Peer
from tests.verifying import ANNA, BOT, OURS, THEIRS, Homeserver, StillClock, quiet

T = TypeVar("T")


@dataclass
class Running:
    """A fedichat with that store folder, whose homeserver is played."""

    folder: Path
    server: Homeserver
    verifier: Verifier
    clock: StillClock

    def asks(self, user: UserId = ANNA) -> Peer:
        moment = int(self.clock.now().timestamp() * 1000)
        content = {"from_device": "PHONE", "methods": ["m.sas.v1"], "transaction_id": "t1", "timestamp": moment}
        self.verifier.hear_to_device({"type": f"{PREFIX}request", "sender": user, "content": content})
        keys = {f"ed25519:{OURS.device}": OURS.signing, f"ed25519:{OURS.master}": OURS.master}
        theirs = THEIRS[user]
        return Peer(user, "PHONE", theirs.signing, theirs.master, BOT, OURS.device, keys, "t1")

    def says(self, kind: str, content: dict[str, object]) -> None:
        self.verifier.hear_to_device({"type": kind, "sender": ANNA, "content": content})

    async def answers(self, kind: str) -> dict[str, object]:
        return dict(
            await until(lambda: next((o.content for _, o in self.server.sent if o.kind == PREFIX + kind), None))
        )

    async def compares(self, peer: Peer) -> None:
        await self.answers("ready")
        self.says(*peer.start())
        self.says(*peer.on_accept(await self.answers("accept")))
        peer.on_key(await self.answers("key"))

    async def cancelled(self) -> tuple[object, object]:
        content = await self.answers("cancel")
        return content["code"], content["reason"]


async def until(find: Callable[[], T | None]) -> T:
    async with asyncio.timeout(20):
        while (found := find()) is None:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    return found


@asynccontextmanager
async def fedichat(folder: Path) -> AsyncIterator[Running]:
    server, clock = Homeserver(), StillClock()
    verifier = Verifier(server, Visits(server, folder, lambda _: False), clock, BOT, lambda _: True, lambda _: True)
    working = asyncio.create_task(verifier.run())
    try:
        async with listening(folder, verifier):
            yield Running(folder, server, verifier, clock)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with fedichat(tmp_path) as running:
        yield running


@pytest.fixture
async def person(running: Running) -> AsyncIterator[AtTheTerminal]:
    person = AtTheTerminal(running.folder)
    person.start()
    await person.sees("Waiting for somebody")
    yield person
    person.close()


async def test_a_colleague_and_the_person_at_the_terminal_compare_emoji(
    running: Running, person: AtTheTerminal
) -> None:
    groups = " ".join(OURS.signing[at : at + 4] for at in range(0, 43, 4))
    await person.sees(f"@bot:example.org, device BOTDEVICE, fingerprint {groups}")
    peer = running.asks()
    await person.sees("@anna:example.org (“Anna”) asks, from the device Element (PHONE).")
    await running.compares(peer)
    lines = [f"{EMOJI[number].sign}  {EMOJI[number].english}" for number in peer.emoji]
    await person.sees("not in a chat:", *lines, "Do they match? [y/N]")
    person.types("y\n")
    await person.sees("Waiting for their answer.")
    peer.verified_by(await running.answers("mac"))
    running.says(*peer.mac())
    running.says(*peer.done())
    await person.sees("Verified: both sides have the same keys.", "Waiting for the next one.")
    person.process.send_signal(signal.SIGINT)
    assert await person.ends() == 0


async def test_a_device_that_its_owner_has_not_verified_is_named_as_such(
    running: Running, person: AtTheTerminal
) -> None:
    running.server.is_signed = False
    running.asks()
    await person.sees("asks, from the device Element (PHONE).", "They have not verified that device themselves")


async def test_a_german_office_reads_the_names_in_german_too(running: Running) -> None:
    person = AtTheTerminal(running.folder, "de")
    person.start()
    await person.sees("Waiting for somebody")
    peer = running.asks()
    await running.compares(peer)
    await person.sees(*(f"{EMOJI[one].sign}  {EMOJI[one].german} ({EMOJI[one].english})" for one in peer.emoji))
    person.types("ja\n")
    await running.answers("mac")
    person.close()


async def test_a_terminal_without_emoji_shows_their_names(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    person = AtTheTerminal(running.folder)
    person.start()
    await person.sees("Waiting for somebody")
    peer = running.asks()
    await running.compares(peer)
    await person.sees(*(EMOJI[number].english for number in peer.emoji), "Do they match? [y/N]")
    person.close()


@pytest.mark.parametrize("typed", ["n\n", "\n", "yy\n", "\x04"])
async def test_anything_but_a_yes_is_a_no(running: Running, person: AtTheTerminal, typed: str) -> None:
    await running.compares(running.asks())
    await person.sees("Do they match? [y/N]")
    person.types(typed)
    await person.sees("Not verified: the emoji were not the same.")
    assert (await running.cancelled())[0] == "m.mismatched_sas"


async def test_a_yes_from_before_the_emoji_says_nothing(running: Running, person: AtTheTerminal) -> None:
    peer = running.asks()
    await person.sees("asks, from the device")
    person.types("y\ny\ny")
    await asyncio.sleep(0)
    await running.compares(peer)
    await person.sees("Do they match? [y/N]")
    person.types("n\n")
    assert (await running.cancelled())[0] == "m.mismatched_sas"


async def test_a_no_before_the_emoji_refuses_the_person(running: Running, person: AtTheTerminal) -> None:
    running.asks()
    await person.sees("type n and Enter to refuse")
    person.types("n\n")
    assert await running.cancelled() == ("m.user", "whoever is at “fedichat verify” has refused")
    await person.sees("Refused. They get no answer", "Not verified.")


async def test_ctrl_c_cancels_kindly(running: Running, person: AtTheTerminal) -> None:
    await running.compares(running.asks())
    await person.sees("Do they match? [y/N]")
    person.process.send_signal(signal.SIGINT)
    assert await running.cancelled() == ("m.user", "whoever was at “fedichat verify” has left")
    assert await person.ends() == 130
    assert "Cancelled; their client has been notified." in person.shown
    assert "Traceback" not in person.shown


async def test_what_the_colleague_cancels_is_said_under_the_question(running: Running, person: AtTheTerminal) -> None:
    peer = running.asks()
    await running.compares(peer)
    await person.sees("Do they match? [y/N]")
    reason = "\x1b[2J\n ok: verified"
    running.says(f"{PREFIX}cancel", peer.about({"code": "m.user", "reason": reason}))
    await person.sees("Not verified: it was cancelled in their client.", r"They say: “\u001b[2J\n ok: verified”")
    assert "\x1b" not in person.shown


async def test_where_fedichat_stops_it_is_said(running: Running, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    person = AtTheTerminal(other)
    async with fedichat(other):
        person.start()
        await person.sees("Waiting for somebody")
    assert await person.ends() == 1
    assert "fedichat has stopped; nothing more can be verified." in person.shown
    assert not (other / NAME).exists()
    person.close()


async def test_there_is_one_at_a_time(running: Running, person: AtTheTerminal) -> None:
    second = AtTheTerminal(running.folder)
    second.start()
    assert await second.ends() == 1
    assert "Somebody else is running fedichat verify already" in second.shown
    second.close()
    running.asks()
    await person.sees("asks, from the device")


@pytest.mark.parametrize("left", ["nothing", "a dead socket", "no folder"])
async def test_without_a_running_fedichat_it_says_what_to_do(tmp_path: Path, left: str) -> None:
    folder = tmp_path / "none" if left == "no folder" else tmp_path
    if left == "a dead socket":
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(str(tmp_path / NAME))
        dead.close()
    person = AtTheTerminal(folder)
    person.start()
    assert await person.ends() == 1
    assert "No fedichat is running with the store folder" in person.shown
    assert "Start it, wait until its log says that it is ready" in person.shown
    person.close()


async def test_a_folder_of_somebody_else_says_whose_user_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, who may go anywhere."""

    def refused(_folder: Path) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("fedichat.cli.comparing.connected", refused)
    with pytest.raises(FedichatError, match="sudo -u fedichat fedichat verify"):
        compare(tmp_path, "en")


# --- the socket ---


async def test_only_we_reach_the_socket_and_one_that_was_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("left")
    async with fedichat(tmp_path) as running:
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
        with await asyncio.to_thread(connected, tmp_path):
            await until(lambda: running.verifier._console)
        await until(lambda: running.verifier._console is None or None)
    assert not (tmp_path / NAME).exists()


async def test_a_long_path_works_as_well(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a" * 60] * 3)
    deep.mkdir(parents=True)
    async with fedichat(deep):
        person = AtTheTerminal(deep)
        person.start()
        await person.sees("Waiting for somebody")
        person.close()


async def test_where_no_socket_can_be_made_fedichat_works_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / NAME).mkdir()
    async with fedichat(tmp_path) as running:
        running.asks()
        await quiet()
    assert "verify-socket-failed" in caplog.text


@pytest.mark.parametrize("line", [b"{\n", b"[]\n7\n", b'{"matches": "yes"}\n', b"x" * 200_000, b"\xff\n"])
async def test_what_is_no_answer_confirms_nothing_and_the_next_one_is_heard(running: Running, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(running.folder / NAME))
    assert b"hello" in await reader.readline()
    await running.compares(running.asks())
    writer.write(line)
    writer.write_eof()
    assert (await running.cancelled())[0] == "m.user"
    writer.close()
    person = AtTheTerminal(running.folder)
    person.start()
    await person.sees("Waiting for somebody")
    person.close()


async def test_a_terminal_that_does_not_read_is_let_go(running: Running) -> None:
    reader, writer = await asyncio.open_unix_connection(str(running.folder / NAME), limit=1)
    await until(lambda: running.verifier._console)
    console = running.verifier._console
    assert console is not None
    for _ in range(5000):
        console.tell({"says": "x" * 500})
    await until(lambda: running.verifier._console is None or None)
    writer.close()
    assert reader is not None
