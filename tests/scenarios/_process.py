"""The bot as a process of its own, as an operator runs it; and waiting for what must come true."""

import asyncio
import json
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

READY = r"fedichat\.app ready "
_STEERED = Path(__file__).with_name("_steered_bot.py")


async def until(holds: Callable[[], object], what: str, timeout: float = 60) -> None:
    """Wait until it holds. Raises TimeoutError that says what did not come true."""
    try:
        async with asyncio.timeout(timeout):
            while not holds():  # noqa: ASYNC110 - other processes and servers set no event of ours
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"waited {timeout:.0f} s in vain until {what}") from None


def write_config(folder: Path, settings: Mapping[str, object]) -> Path:
    """The configuration as a file: JSON is YAML."""
    file = folder / "fedichat.yaml"
    file.touch(mode=0o600)
    file.write_text(json.dumps(settings, indent=1))
    return file


def count(database: Path, question: str) -> int:
    """A number out of the bot's database, read beside it; 0 while there are no tables."""
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return int(connection.execute(question).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


class BotProcess:
    """`fedichat run`; `log` has every line that it wrote, one run after the other.

    At the end of the block a process that still runs is killed. `is_steered`: its clock can be put forward, by
    `advance`, and stays so when it is started again.
    """

    def __init__(self, config: Path, *options: str, is_steered: bool = False) -> None:
        self._config = config
        self._options = options
        self._ahead = 0.0
        self._steered_by = config.with_name("seconds-ahead") if is_steered else None
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._begun = 0
        self.log: list[str] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        if error is not None:
            sys.stdout.write("\n".join(["", "what the bot logged last:", *self.log[-60:], ""]))

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; `ready` waits until it works."""
        self._begun = len(self.log)
        if self._steered_by is None:
            program = ["-m", "fedichat"]
        else:
            program = [str(_STEERED), str(self._steered_by)]
            self.advance(0)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *program, "run", "--config", str(self._config), *self._options,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, limit=10_000_000,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))

    def now(self) -> datetime:
        """The time by its clock."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def advance(self, seconds: float) -> None:
        """That many seconds have passed for it, whether it runs or not."""
        assert self._steered_by is not None, "it goes by the machine's clock"
        self._ahead += seconds
        fresh = self._steered_by.with_suffix(".new")
        fresh.write_text(str(self._ahead))
        fresh.replace(self._steered_by)

    async def ready(self, timeout: float = 60) -> None:
        """Wait until this run says that it is ready."""
        await self.logged(READY, timeout)

    def has_logged(self, pattern: str) -> bool:
        """Whether this run wrote a line in which the regular expression is found."""
        return any(re.search(pattern, line) for line in self.log[self._begun :])

    async def logged(self, pattern: str, timeout: float = 60) -> None:
        """Wait for a line of this run. Raises TimeoutError, also when the process ended without it."""
        await until(lambda: self.has_logged(pattern) or not self.running, f"{pattern!r} is logged", timeout)
        if not self.has_logged(pattern):
            await self.ended()
        if not self.has_logged(pattern):
            raise TimeoutError(f"the bot ended without logging {pattern!r}: {self.log[self._begun :]}")

    async def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        if self._process is not None and self.running:
            self._process.kill()
        await self.ended()

    async def stop(self, timeout: float = 20) -> tuple[int, float]:
        """SIGTERM. Returns the exit code and how many seconds it took."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        return await self.ended(timeout), time.monotonic() - begun

    async def ended(self, timeout: float = 60) -> int:
        """Wait for the end. Returns the exit code."""
        if self._process is None:
            return 0
        async with asyncio.timeout(timeout):
            code = await self._process.wait()
            if self._reading is not None:
                await self._reading
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.log.append(line.decode(errors="replace").rstrip("\n"))
