"""The demo's console: Anna's place in the team's room, on a terminal."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from fedichat.adapters.matrix_events import normal_key
from fedichat.demo import console_words as words
from fedichat.demo.guide import AUDIENCES
from fedichat.demo.scroll import Scroll
from fedichat.demo.showing import Both, Show
from fedichat.demo.stage import Stage
from fedichat.demo.terminal import Terminal
from fedichat.demo.timeline import Line
from fedichat.domain.names import EventId, RoomId
from fedichat.errors import FarEndError
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.citizens import Citizens

PACE = 5.0
"""Seconds between two citizens."""

_REACTION = re.compile(r"([+-]|/react\b)\s*(\S*)\s*(.*)")
_IN_THREAD = re.compile(r"#?(\d+)\s+(.+)", re.DOTALL)


class Console:
    """Shows the rooms and does what is typed."""

    def __init__(self, stage: Stage, terminal: Terminal, language: str) -> None:
        self._stage = stage
        self._terminal = terminal
        self._language = language
        self._show = Show(terminal.print)
        self._rooms: dict[RoomId, str] = {stage.team: words.ROOMS["team"].said_in(language)}
        if stage.direct is not None:
            self._rooms[stage.direct] = words.ROOMS["direct"].said_in(language)
        self._scroll = Scroll(stage.bot, self._show, {**self._rooms, stage.team: ""})
        self._citizens = Citizens(stage.sandbox, stage.account, language)
        self._lines: dict[EventId, Line] = {}
        self._reactions: dict[tuple[EventId, str], EventId] = {}
        self._last: tuple[RoomId, EventId] | None = None
        self._room = stage.team
        self._go_to(stage.team)

    async def run(self) -> None:
        """Until /quit, Ctrl-D or Ctrl-C."""
        self._tell(words.GREETING, account=self._stage.account.username)
        async with asyncio.TaskGroup() as group:
            around = [
                group.create_task(self._watch_rooms()),
                group.create_task(self._citizens.talk(pace=PACE)),
                *(group.create_task(self._watch_citizen(each)) for each in self._citizens.accounts),
            ]
            async for typed in self._terminal.lines():
                if typed.strip() in {"/quit", "/ende", "/exit"}:
                    break
                await self._take(typed.strip())
            for task in around:
                task.cancel()

    async def _take(self, typed: str) -> None:
        try:
            await self._obey(typed)
        except FarEndError as error:
            self._show.bad(str(error))

    async def _obey(self, typed: str) -> None:
        if not typed:
            return
        if match := _REACTION.fullmatch(typed):
            await self._touch(match[1] == "-", words.KEYS.get(match[2], match[2]), match[3])
        elif typed.startswith("/"):
            name, _, rest = typed.partition(" ")
            known = self._known()
            if name in known:
                await known[name](rest.strip())
            else:
                self._tell(words.UNKNOWN, typed=name)
        else:
            await self._say(typed)

    def _known(self) -> Mapping[str, Callable[[str], Awaitable[None]]]:
        by_name = (
            (("/help", "/hilfe"), self._help),
            (("/room", "/raum"), self._other_room),
            (("/edit", "/ändern", "/aendern"), self._edit),
            (("/thread",), self._say_in_thread),
        )
        return {name: do for names, do in by_name for name in names}

    # --- doing ---

    async def _say(self, text: str, thread: Line | None = None) -> None:
        room = thread.room if thread else self._room
        event = await self._stage.anna.say(room, text, thread=thread.event_id if thread else None)
        self._last = room, event

    async def _say_in_thread(self, rest: str) -> None:
        match = _IN_THREAD.fullmatch(rest)
        if match is None:
            self._tell(words.HOW_TO_THREAD)
            return
        card = self._newest(f"#{match[1]} ")
        if card is None:
            self._tell(words.NO_CARD, target=f"#{match[1]}")
        else:
            await self._say(match[2], card)

    async def _edit(self, text: str) -> None:
        if self._last is None or not text:
            self._tell(words.NOTHING_SAID)
        else:
            await self._stage.anna.edit(*self._last, text)

    async def _touch(self, back: bool, key: str, target: str) -> None:  # noqa: FBT001 - plus or minus
        if not key:
            self._tell(words.HOW_TO_REACT)
            return
        on_preview = normal_key(key) in words.ON_PREVIEWS
        number = target.lstrip("#Pp")
        beginning = f"📝 P{number}" if on_preview else f"#{number}"
        line = self._newest(f"{beginning} " if number else beginning)
        if line is None:
            self._tell(words.NO_PREVIEW if on_preview else words.NO_CARD, target=target)
            return
        place = line.event_id, normal_key(key)
        if not back:
            self._reactions[place] = await self._stage.anna.react(line.room, line.event_id, key)
        elif place in self._reactions:
            await self._stage.anna.redact(line.room, self._reactions.pop(place))
        else:
            self._tell(words.NO_REACTION, key=key)

    async def _help(self, _rest: str) -> None:
        self._tell(words.HELP)

    async def _other_room(self, _rest: str) -> None:
        self._go_to(next((room for room in self._rooms if room != self._room), self._room))

    def _go_to(self, room: RoomId) -> None:
        self._room = room
        self._terminal.set_prompt(f"anna @ {self._rooms[room]} › ")

    def _newest(self, beginning: str) -> Line | None:
        """The newest of the bot's cards or previews that begins like this."""
        fits = (
            line
            for line in reversed(self._lines.values())
            if line.sender == self._stage.bot
            and line.body.startswith(beginning)
            and (beginning.startswith("📝") or (line.thread is None and line.reply_to is None))
        )
        return next(fits, None)

    # --- showing ---

    async def _watch_rooms(self) -> None:
        async for line in self._stage.anna.sync():
            self._lines[line.event_id] = line
            self._scroll.print(line)

    async def _watch_citizen(self, citizen: SandboxAccount) -> None:
        heard = 0
        while True:
            row = await citizen.next_notification(heard)
            heard += 1
            status = row.status
            if status is not None and status.author is self._stage.account:
                audience = AUDIENCES[status.visibility].said_in(self._language)
                who = words.READS.said_in(self._language).format(name=citizen.display_name, audience=audience)
                self._show.write("")
                self._show.quoted(f"Fediverse · {who}", status.text)

    def _tell(self, text: Both, **fields: str) -> None:
        self._show.write("")
        for line in text.said_in(self._language).format(**fields).splitlines():
            self._show.line(line)
