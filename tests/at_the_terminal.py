"""A person at `fedichat verify`: the command as a process of its own, on a terminal of its own."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CODE = """
import signal, sys
from pathlib import Path
from typing import TypeVar
from fedichat.cli import verify
from fedichat.cli.comparing import compare
from fedichat.cli.main import main
# Whoever started the tests may ignore it, and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder, language = sys.argv[1:]
verify.run = lambda _options: compare(Path(folder), language)
sys.argv[1:] = ["verify"]
sys.exit(main())
"""


@dataclass
class AtTheTerminal:
    """A person at `fedichat verify`."""

    folder: Path
    language: str = "en"
    shown: str = ""
    process: subprocess.Popen[bytes] = field(init=False)
    terminal: int = field(init=False)

    def start(self) -> None:
        self.terminal, inside = pty.openpty()
        command = [sys.executable, "-c", CODE, str(self.folder), self.language]
        self.process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside, start_new_session=True)
        os.close(inside)
        os.set_blocking(self.terminal, False)

    async def sees(self, *words: str) -> None:
        """Until all of it is shown, in this order."""
        pattern = ".*".join(map(re.escape, words))
        async with asyncio.timeout(20):
            while not re.search(pattern, self.shown, re.DOTALL):
                await self._read()

    async def ends(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(20):
            while self.process.poll() is None:
                await self._read()
        await self._read()
        return self.process.returncode

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    async def _read(self) -> None:
        try:
            self.shown += os.read(self.terminal, 65_536).decode()
        except OSError:  # nothing there, or nobody at the other end any more
            await asyncio.sleep(0.01)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
