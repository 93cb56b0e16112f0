"""A terminal in which somebody types while other things are printed above."""

import asyncio
import codecs
import os
import sys
import termios
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from fedichat.demo.lineeditor import END, LineEditor

_CLEAR_LINE = "\r\x1b[K"
_PASTE_ON, _PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"


class Terminal:
    """Standard input and output as a person's terminal: `async with Terminal() as terminal:`.

    If the output is no real terminal (a file, `TERM=dumb`), the system edits the lines that are read.
    """

    def __init__(self) -> None:
        self._prompt = "› "
        self._editor = LineEditor()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stdin = sys.stdin.fileno()
        self._before: list[Any] | None = None
        self._raw = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    async def __aenter__(self) -> Self:
        if self._raw:
            self._before = termios.tcgetattr(self._stdin)
            mode = termios.tcgetattr(self._stdin)
            # Ctrl-C comes as a character: a signal would also hit the servers that we started.
            mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
            mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self._stdin, termios.TCSADRAIN, mode)
            self._out(_PASTE_ON)
        asyncio.get_running_loop().add_reader(self._stdin, self._read)
        self._draw()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._stdin)
        if self._before is not None:
            self._out(_CLEAR_LINE + _PASTE_OFF)
            termios.tcsetattr(self._stdin, termios.TCSADRAIN, self._before)

    async def lines(self) -> AsyncIterator[str]:
        """What is typed, line by line, until Ctrl-D or Ctrl-C."""
        while (line := await self._lines.get()) is not None:
            yield line

    def set_prompt(self, prompt: str) -> None:
        """Set what is shown before the typed text."""
        self._prompt = prompt
        self._draw()

    def print(self, text: str) -> None:
        """Print above what is being typed."""
        if self._raw:
            self._out(f"{_CLEAR_LINE}{text}\n")
            self._draw()
        else:
            self._out(f"{text}\n")

    def write(self, text: str) -> int:
        """The same for code that writes to a file, such as logging."""
        if text.strip():
            self.print(text.rstrip("\n"))
        return len(text)

    def flush(self) -> None:
        """Do nothing: everything is written at once."""

    def _read(self) -> None:
        try:
            given = os.read(self._stdin, 4096)
        except OSError:
            given = b""  # this is how Linux reports that the terminal has gone
        if not given:
            asyncio.get_running_loop().remove_reader(self._stdin)  # the terminal was closed
            self._lines.put_nowait(None)
            return
        for entered in self._editor.feed(self._decoder.decode(given)):
            self._lines.put_nowait(None if entered is END else str(entered))
        self._draw()

    def _draw(self) -> None:
        if self._raw:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
            shown, back = self._editor.view(max(columns - len(self._prompt) - 1, 10))
            moved = f"\x1b[{back}D" if back else ""
            self._out(f"{_CLEAR_LINE}\x1b[1m{self._prompt}\x1b[0m{shown}{moved}")

    @staticmethod
    def _out(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
