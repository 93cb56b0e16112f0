"""Processes to measure, and what Linux knows about them."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Running:
    """A process that runs. `lines` is what it has printed so far."""

    process: asyncio.subprocess.Process
    started: float
    lines: list[str] = field(default_factory=list)
    _said: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    async def said(self, word: str, timeout: float = 60) -> str:
        """The first line with that word, waiting for it. Raises TimeoutError with what was printed instead."""
        try:
            async with asyncio.timeout(timeout), self._said:
                while True:
                    found = next((line for line in self.lines if word in line), None)
                    if found is not None:
                        return found
                    assert self.process.returncode is None, "\n".join(["it ended:", *self.lines[-20:]])
                    await self._said.wait()
        except TimeoutError:
            raise TimeoutError(f"never said {word!r}:\n" + "\n".join(self.lines[-20:])) from None

    async def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()

    async def listen(self) -> None:
        """Read what it prints, until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            async with self._said:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._said.notify_all()
        await self.process.wait()
        async with self._said:
            self._said.notify_all()

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Its proportional set size, in MB: what it shares with other processes is divided among them."""
        return self._field("smaps_rollup", "Pss:") * 1024 / 1e6

    def threads(self) -> int:
        """How many it has."""
        return self._field("status", "Threads:")

    def _field(self, file: str, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/{file}").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1])


@asynccontextmanager
async def python(
    arguments: Sequence[str], cwd: Path | None = None, interpreter: str = sys.executable
) -> AsyncIterator[Running]:
    """Run Python with these arguments until the end of the block, reading all that it prints."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        interpreter,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=cwd,
    )
    running = Running(process, started)
    listening = asyncio.create_task(running.listen())
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()
        await listening
