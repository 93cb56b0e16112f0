"""Backup and restore as docs/operating.md says, in an encrypted room: what comes back, and who can read it."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from fedichat.adapters.matrix.encryption import key_store
from fedichat.adapters.matrix.events import part, relation_of, word
from fedichat.demo.synapse import Synapse
from fedichat.ports import EventId
from tests.scenarios._process import BotProcess, write_config
from tests.scenarios.at_work import AtWork, at_work, who
from tests.scenarios.test_encrypted import SafeClient

PATIENCE = 180.0
"""Seconds for a start: the machine may be busy."""


class Office:
    """The bot as a process on its machine, and Anna with her encrypting client."""

    def __init__(self, work: AtWork, anna: SafeClient, machine: Path, bot: BotProcess) -> None:
        self.work = work
        self.anna = anna
        self.machine = machine
        self.bot = bot

    async def asked(self, question: str) -> EventId:
        """A citizen asks, and Anna reads the card."""
        await self.work.citizen().post(f"@{self.work.stage.account.username} {question}")
        card = await self.anna.reads(self.work.stage.bot, "🆕 new", question)
        return EventId(word(card, "event_id"))

    async def claimed(self, card: EventId) -> None:
        """Anna claims it, and reads that in the card: also with another bot's device than the one that showed it."""
        await self.anna.say(self.work.team, "!claim", thread=card)
        await self.anna.reads(
            self.work.stage.bot,
            f"with {who(self.work.anna)}",
            fits=lambda event: relation_of(part(event, "content")).replaces == card,
        )

    def keys(self) -> dict[str, key_store.Keys | None]:
        return {file.name: key_store.look(file) for file in (self.machine / "matrix-store").glob("@*.db")}


@pytest.fixture
async def office(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Office]:
    machine = tmp_path / "fedichat"
    machine.mkdir()
    (tmp_path / "anna").mkdir()
    async with (
        at_work(synapse, machine, encrypted=True) as work,
        SafeClient.login(synapse.url, work.anna.user_id, tmp_path / "anna") as anna,
        BotProcess(write_config(machine, work.stage.settings)) as bot,
    ):
        await bot.ready(PATIENCE)
        await anna.knows(work.team, work.stage.bot)
        yield Office(work, anna, machine, bot)


async def run(*command: str) -> None:
    await asyncio.to_thread(subprocess.run, command, check=True)


async def test_a_lost_machine_comes_back_as_a_new_device_and_everybody_reads_it(office: Office) -> None:
    first = await office.asked("Is this safe?")
    backup = office.machine.parent / "backup.tar.gz"
    await office.bot.stop()
    await run("tar", "-C", str(office.machine.parent), "-czf", str(backup), "fedichat")
    await office.bot.start()
    await office.bot.ready(PATIENCE)
    await office.asked("And this?")  # with a key that the backup does not know
    await office.bot.kill()
    gone = office.keys()

    shutil.rmtree(office.machine)
    await run("tar", "-C", str(office.machine.parent), "-xzpf", str(backup))
    (old,) = before = {file: file.read_bytes() for file in (office.machine / "matrix-store").glob("@*.db")}
    await office.bot.start()
    await office.bot.ready(PATIENCE)

    assert office.bot.has_logged("matrix-keys-put-back")
    assert office.bot.has_logged("cross-signing-device-signed")
    assert not office.bot.has_logged("matrix-device-unsigned|cross-signing-replaced|cross-signing-uploaded")
    assert old.read_bytes() == before[old]
    assert set(office.keys()) > set(gone)
    third = await office.asked("And that?")
    await office.claimed(third)
    await office.claimed(first)
    assert office.anna.unreadable == []

    await office.bot.stop()
    await office.bot.start()
    await office.bot.ready(PATIENCE)
    assert not office.bot.has_logged("matrix-keys-put-back|matrix-logged-in")
    await office.asked("Still there?")
    assert office.anna.unreadable == []


async def test_a_database_that_is_put_back_alone_leaves_the_device_as_it_is(office: Office) -> None:
    first = await office.asked("Is this safe?")
    database, backup = office.machine / "fedichat.db", office.machine / "backup.db"
    with closing(connect(database)) as here, closing(connect(backup)) as there:
        here.backup(there)
    await office.bot.stop()
    await office.bot.start()
    await office.bot.ready(PATIENCE)
    await office.asked("And this?")
    await office.bot.kill()
    keys = set(office.keys())

    for name in ("fedichat.db", "fedichat.db-wal", "fedichat.db-shm"):
        (office.machine / name).unlink(missing_ok=True)
    backup.rename(database)
    await office.bot.start()
    await office.bot.ready(PATIENCE)

    assert not office.bot.has_logged("matrix-keys-put-back|matrix-logged-in")
    assert set(office.keys()) == keys
    await office.claimed(first)
    assert office.anna.unreadable == []
