"""One line while it is being typed: keys in, entered lines out. Nothing here touches a terminal."""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum


class End(Enum):
    """What `feed` yields when there will be no more lines."""

    END = "end"


END = End.END

# The escape sequence of a key (ECMA-48), a whole paste between its brackets, or one character.
_KEY = re.compile(r"\x1b\[200~(.*?)\x1b\[201~|\x1b(?:\[[0-9;?]*[@-~]|O.|[^\[O])|.", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?]*|O)?\Z|\x1b\[200~(?:(?!\x1b\[201~).)*\Z", re.DOTALL)
_WORD_BEFORE = re.compile(r"\S*\s*\Z")
_LONGEST = 20_000


class LineEditor:
    """Knows the usual keys: arrows, Home, End, Delete, Backspace, Ctrl-A E U K W, Ctrl-C and Ctrl-D.

    A pasted text stays one message, even with line breaks in it.
    """

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0
        self._pending = ""
        self._history: list[str] = []
        self._place = 0

    def feed(self, typed: str) -> Iterator[str | End]:
        """Take keys; gives each line entered, and END for Ctrl-C, or for Ctrl-D on an empty line."""
        keys = self._pending + typed
        unfinished = _UNFINISHED.search(keys)
        self._pending = keys[unfinished.start() :] if unfinished else ""
        for match in _KEY.finditer(keys[: unfinished.start()] if unfinished else keys):
            key = match[0]
            if match[1] is not None:
                self._insert(match[1].replace("\r\n", "\n").replace("\r", "\n"))
            elif key in ("\r", "\n"):
                yield self._enter()
            elif key == "\x03" or (key == "\x04" and not self.text):
                yield END
            else:
                self._press(key)

    def view(self, columns: int) -> tuple[str, int]:
        """As much of the line around the cursor as fits, and how many cells the cursor is before its end."""
        shown = ["⏎" if char == "\n" else char for char in self.text]
        start = end = self.cursor
        left = columns
        while start and _cells(shown[start - 1]) <= left:
            start -= 1
            left -= _cells(shown[start])
        while end < len(shown) and _cells(shown[end]) <= left:
            left -= _cells(shown[end])
            end += 1
        return "".join(shown[start:end]), sum(map(_cells, shown[self.cursor : end]))

    def _enter(self) -> str:
        line, self.text, self.cursor = self.text, "", 0
        if line.strip() and self._history[-1:] != [line]:
            self._history.append(line)
        self._place = len(self._history)
        return line

    def _press(self, key: str) -> None:
        before, behind = self.text[: self.cursor], self.text[self.cursor :]
        match key:
            case "\x7f" | "\x08":
                self._set(before[:-1], behind)
            case "\x1b[3~" | "\x04":
                self._set(before, behind[1:])
            case "\x15":
                self._set("", behind)
            case "\x0b":
                self._set(before, "")
            case "\x17":
                self._set(_WORD_BEFORE.sub("", before, count=1), behind)
            case "\x1b[A" | "\x1bOA" | "\x10":
                self._recall(-1)
            case "\x1b[B" | "\x1bOB" | "\x0e":
                self._recall(1)
            case _:
                self._move_or_insert(key)

    def _move_or_insert(self, key: str) -> None:
        match key:
            case "\x1b[D" | "\x1bOD" | "\x02":
                self.cursor = max(0, self.cursor - 1)
            case "\x1b[C" | "\x1bOC" | "\x06":
                self.cursor = min(len(self.text), self.cursor + 1)
            case "\x1b[H" | "\x1bOH" | "\x1b[1~" | "\x01":
                self.cursor = 0
            case "\x1b[F" | "\x1bOF" | "\x1b[4~" | "\x05":
                self.cursor = len(self.text)
            case _:
                self._insert(key)

    def _insert(self, text: str) -> None:
        if text.startswith("\x1b"):
            return  # a key that means nothing here
        kept = "".join(char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"})
        room = _LONGEST - len(self.text)
        self._set(self.text[: self.cursor] + kept[:room], self.text[self.cursor :])

    def _set(self, before: str, behind: str) -> None:
        self.text, self.cursor = before + behind, len(before)

    def _recall(self, step: int) -> None:
        place = self._place + step
        if 0 <= place <= len(self._history):
            self._place = place
            self._set(self._history[place] if place < len(self._history) else "", "")


def _cells(char: str) -> int:
    """How many cells a character takes on a terminal."""
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
