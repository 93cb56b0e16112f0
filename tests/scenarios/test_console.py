"""The demo's console on a real pseudo-terminal: what Anna types happens, and she sees what came of it."""

import asyncio
import os
import pty
import secrets
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from fedichat.demo.console import Console
from fedichat.demo.office import demo_office
from fedichat.demo.stage import Stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.terminal import Terminal
from fedichat.sandbox.model import Visibility
from fedichat.sandbox.server import Sandbox

PATIENCE = 60
RAW = termios.ICANON | termios.ECHO | termios.ISIG


class Person:
    """Whoever sits at the terminal: types, and reads."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._seen = bytearray()
        self._read_up_to = 0
        self._more = asyncio.Event()

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._master, self._look)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._master)

    def _look(self) -> None:
        self._seen += os.read(self._master, 65536)
        self._more.set()

    async def reads(self, text: str) -> None:
        """Wait until that appears after what was read before."""
        wanted = text.encode()
        try:
            async with asyncio.timeout(PATIENCE):
                while (place := self._seen.find(wanted, self._read_up_to)) < 0:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} did not appear:\n{self._seen.decode(errors='replace')}") from None
        self._read_up_to = place + len(wanted)

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())


@contextmanager
def at_terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal; the inner one is standard input and output."""
    # Not a fixture: pytest sets its own standard output again before the test itself.
    master, slave = pty.openpty()
    with (
        os.fdopen(slave, "r", closefd=False) as stdin,
        os.fdopen(slave, "w", closefd=False) as stdout,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TERM", "xterm")
        patch.setattr(sys, "stdin", stdin)
        patch.setattr(sys, "stdout", stdout)
        yield master, slave
    os.close(slave)
    os.close(master)


@pytest.fixture
async def stage(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Stage]:
    tag = secrets.token_hex(3)
    async with (
        Sandbox() as sandbox,
        demo_office(synapse, sandbox, tmp_path, language="en", undo_seconds=0, tag=tag) as stage,
        stage.bot_running(),
    ):
        yield stage


def mode(terminal: int) -> int:
    return int(termios.tcgetattr(terminal)[3]) & RAW


async def _a_day(anna: Person, stage: Stage) -> None:
    await anna.reads("#1 🆕 new · Emma Hartley")
    anna.types("/help\r")
    await anna.reads("+ 👀 [1]")
    anna.types("/nonsense\r")
    await anna.reads("does not know /nonsense")
    anna.types("+ yes\r")
    await anna.reads("There is no preview")
    anna.types("+ 👀 1\r")
    await anna.reads("#1 👀 with anna")
    anna.types("- claim\r")
    await anna.reads("#1 🆕 new")
    anna.types("/thread 9 !claim\r")
    await anna.reads("There is no card #9")
    anna.types("/thread 1 !claim\r")
    await anna.reads("#1 👀 with anna")
    await _an_expert_helps(anna, stage)
    anna.types("/picture 9\r")
    await anna.reads("There is no card #9")
    anna.types("/picture\r")
    await anna.reads("/picture 1")
    anna.types("/picture #1 A map\r")
    await anna.reads("📎1 fedichat")
    anna.types("!answer 1 Thnaks\r")
    await anna.reads("> @emma@brookside.example Thnaks")
    anna.types("/edit !answer 1 Thanks\r")
    await anna.reads("> @emma@brookside.example Thanks")
    anna.types("/react ✅ P1\r")
    await anna.reads("Fediverse · Emma Hartley reads (public)")
    await anna.reads("#1 ✅ answered")
    await _a_colleague_confirms(anna)
    anna.types("/room\rnobody needs a number here\r")
    await anna.reads("[Direct messages] ")
    anna.types("half a line\x15/quit\r")


async def _an_expert_helps(anna: Person, stage: Stage) -> None:
    anna.types("!escalate 1\r")
    await anna.reads("Which department is to be asked about #1? 1️⃣")
    await stage.anna.wait_for(stage.team, lambda line: line.reacted("1️⃣"))
    anna.types("+ 1\r")
    await anna.reads("#1 ⏳ waiting for Crypt")
    anna.types("/room nowhere\r")
    await anna.reads("There is no room nowhere. There are: Social media")
    anna.types("/room max\r")
    await anna.reads("max")
    await anna.reads(" @ Cryptography department › ")
    anna.types("/thread 1 !propose No.\r")
    await anna.reads("💡1")
    anna.types("/room social\r")
    await anna.reads("@ Social media › ")


async def _a_colleague_confirms(anna: Person) -> None:
    anna.types("!schedule in 2 hours | Good morning\r")
    await anna.reads("> Good morning")
    anna.types("/thread P9 hello\r")
    await anna.reads("There is no preview P9 here")
    anna.types("+ yes P2\r")
    await anna.reads("↳ P2 · fedichat")
    anna.types("/room ben\r")
    await anna.reads("ben")
    await anna.reads(" @ Social media › ")
    anna.types("+ yes P2\r")
    await anna.reads("scheduled, confirmed by ben")
    anna.types("/thread P2 !reschedule in 3 hours\r")
    await anna.reads("📝 P2 · draft by anna")
    anna.types("/room anna\r")
    await anna.reads("anna")
    await anna.reads(" @ Social media › ")


async def test_anna_works_at_the_console(stage: Stage) -> None:
    with at_terminal() as (master, slave), Person(master) as anna:
        before = mode(slave)
        async with Terminal() as terminal:
            assert mode(slave) == 0
            console = asyncio.create_task(Console(stage, terminal, "en").run())
            await _a_day(anna, stage)
            async with asyncio.timeout(PATIENCE):
                await console
        assert mode(slave) == before
    [answer] = stage.sandbox.statuses_of(stage.account)
    assert (answer.text, answer.visibility) == ("@emma@brookside.example Thanks", Visibility.PUBLIC)
    said = [line.body for line in await stage.anna.lines(stage.direct or stage.team)]
    assert "nobody needs a number here" in said


@pytest.mark.parametrize("key", ["\x03", "\x04"])
async def test_the_console_ends_by_a_key(stage: Stage, key: str) -> None:
    with at_terminal() as (master, slave), Person(master) as anna:
        before = mode(slave)
        async with Terminal() as terminal:
            console = asyncio.create_task(Console(stage, terminal, "de").run())
            await anna.reads("/hilfe")
            anna.types(key)
            async with asyncio.timeout(PATIENCE):
                await console
        assert mode(slave) == before
