"""What the demo prints: headings, quoted lines and ticks, and nothing that could command a terminal."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable
from typing import NamedTuple, TextIO

Write = Callable[[str], None]

_WIDEST = 110
# Controls (an escape begins a command to the terminal), reordering marks, halves of characters.
_COMMANDING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


class Both(NamedTuple):
    """One sentence in the two languages of the demo."""

    en: str
    de: str

    def said_in(self, language: str) -> str:
        """The sentence in `de` or `en`."""
        return self.de if language == "de" else self.en


def harmless(text: str) -> str:
    """Text without anything that a terminal would obey instead of showing; line breaks stay."""
    return _COMMANDING.sub(" ", _BREAKS.sub("\n", text))


def to_stdout(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def is_styled(out: TextIO) -> bool:
    """Whether bold and colours are welcome there (https://no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Show:
    """Prints for people. `write` takes whole lines, without the break at the end."""

    def __init__(self, write: Write = to_stdout, *, styled: bool | None = None) -> None:
        self.write = write
        self._styled = is_styled(sys.stdout) if styled is None else styled

    def heading(self, text: str) -> None:
        """Something new begins."""
        self.write("")
        self.write(self.bold(harmless(text)))

    def line(self, text: str, indent: int = 2) -> None:
        """A sentence, wrapped where the terminal ends."""
        self._wrapped(harmless(text), " " * indent, " " * indent)

    def quoted(self, who: str, text: str, indent: int = 2) -> None:
        """What somebody reads or writes, set apart, with `who` above it."""
        self.line(who, indent)
        gutter = f"{' ' * indent}{self.dim('│')} "
        for line in harmless(text).splitlines() or [""]:
            self._wrapped(line, gutter, gutter)

    def good(self, text: str) -> None:
        """Something happened as it should."""
        self._wrapped(harmless(text), f"  {self._paint('✔', 32)} ", "    ")

    def bad(self, text: str) -> None:
        """Something did not happen as it should."""
        self._wrapped(harmless(text), f"  {self._paint('✘', 31)} ", "    ")

    def bold(self, text: str) -> str:
        """Bold, if the output takes styles."""
        return self._paint(text, 1)

    def dim(self, text: str) -> str:
        """Dimmed, if the output takes styles."""
        return self._paint(text, 2)

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._styled and text else text

    def _wrapped(self, text: str, first: str, later: str) -> None:
        for number, line in enumerate(text.split("\n")):
            width = min(shutil.get_terminal_size().columns, _WIDEST) - len(later)
            pieces = textwrap.wrap(line, max(width, 30), break_long_words=False, break_on_hyphens=False)
            for place, piece in enumerate(pieces or [""]):
                self.write(f"{later if number or place else first}{piece}")
