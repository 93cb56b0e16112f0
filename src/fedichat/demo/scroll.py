"""The rooms as they scroll by in a console: what is new, what was edited, who reacted."""

import re
from collections import Counter
from collections.abc import Mapping

from fedichat.demo.showing import Show
from fedichat.demo.timeline import Line
from fedichat.domain.names import EventId, RoomId, UserId, localpart

_TICKET = re.compile(r"(#\d+) ")
_PLANNED = re.compile(r"📝 (P\d+) ")
_SHORT = 60


class Scroll:
    """Prints each line once, and afterwards only what changes."""

    def __init__(self, bot: UserId, show: Show, names: Mapping[RoomId, str]) -> None:
        """`names` go before the lines of each room, unless they are empty."""
        self._bot = bot
        self._show = show
        self._names = names
        self._seen: dict[EventId, Line] = {}
        self._numbers: dict[EventId, str] = {}

    def print(self, line: Line) -> None:
        """Show a line that is new or has changed."""
        before = self._seen.get(line.event_id)
        self._seen[line.event_id] = line
        if before is None:
            self._new(line)
            return
        if line.redacted and not before.redacted:
            self._short(line, f"✂ {localpart(line.sender)}: {_first(before)}")
        elif line.edited > before.edited:
            self._short(line, f"✎ {localpart(line.sender)}: {_first(line)}")
        self._reactions(before, line)

    def _new(self, line: Line) -> None:
        number = _TICKET.match(line.body) or _PLANNED.match(line.body)
        if number and line.sender == self._bot and not line.thread:
            self._numbers[line.event_id] = number[1]
        if line.redacted or not line.body:
            return
        self._show.write("")
        who = f"{self._where(line)}{localpart(line.sender)}"
        said = f"🖼 {line.body}" if line.file else line.body
        if "\n" in said:
            self._show.quoted(who, said, _indent(line))
        else:
            self._show.line(f"{who}: {said}", _indent(line))

    def _reactions(self, before: Line, line: Line) -> None:
        had, has = Counter(before.reactions), Counter(line.reactions)
        for key, who in has - had:
            if self._is_worth_showing(line, who):
                self._short(line, f"{key} {localpart(who)} → {_first(line)}")
        for key, who in had - has:
            if self._is_worth_showing(line, who) and not line.redacted:
                self._short(line, f"✂ {key} {localpart(who)} → {_first(line)}")

    def _is_worth_showing(self, line: Line, who: UserId) -> bool:
        """The bot's own buttons are not: its text says what they are for."""
        return not (who == self._bot == line.sender)

    def _short(self, line: Line, text: str) -> None:
        self._show.line(f"{self._where(line)}{text}", _indent(line))

    def _where(self, line: Line) -> str:
        name = self._names.get(line.room, line.room)
        room = f"[{name}] " if name else ""
        thread = f"↳ {self._numbers.get(line.thread, '')} · " if line.thread else ""
        return room + thread


def _indent(line: Line) -> int:
    return 6 if line.thread else 2


def _first(line: Line) -> str:
    text = line.body.partition("\n")[0]
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
