"""The demo's console: a place in each room of the office, on a terminal. It begins at Anna's in the team's room."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fedichat.adapters.matrix_events import normal_key
from fedichat.demo import console_words as words
from fedichat.demo.guide import AUDIENCES
from fedichat.demo.office import DEPARTMENT_NAME
from fedichat.demo.person import Person
from fedichat.demo.scroll import Scroll
from fedichat.demo.showing import Both, Show
from fedichat.demo.stage import Stage
from fedichat.demo.terminal import Terminal
from fedichat.demo.timeline import Line
from fedichat.domain.names import EventId, RoomId, localpart
from fedichat.errors import FarEndError
from fedichat.ports import FileData
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.citizens import Citizens
from fedichat.sandbox.pages import png

PACE = 5.0
"""Seconds between two citizens."""

_REACTION = re.compile(r"([+-]|/react\b)\s*(\S*)\s*(.*)")
_PICTURE = png(800, 600, (0, 120, 80))
_IN_THREAD = re.compile(r"#?(\d+)\s+(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a room."""

    person: Person
    name: str


class Console:
    """Shows the rooms and does what is typed."""

    def __init__(self, stage: Stage, terminal: Terminal, language: str) -> None:
        self._stage = stage
        self._terminal = terminal
        self._language = language
        self._show = Show(terminal.print)
        self._seats = _seats(stage, language)
        names = {room: seat.name for room, seat in self._seats.items()}
        self._scroll = Scroll(stage.bot, self._show, {**names, stage.team: ""})
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
                *(group.create_task(self._watch_rooms(person)) for person in self._people()),
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
            (("/picture", "/bild"), self._send_picture),
        )
        return {name: do for names, do in by_name for name in names}

    # --- doing ---

    async def _say(self, text: str, thread: Line | None = None) -> None:
        room = thread.room if thread else self._room
        event = await self._seats[room].person.say(room, text, thread=thread.event_id if thread else None)
        self._last = room, event

    async def _say_in_thread(self, rest: str) -> None:
        match = _IN_THREAD.fullmatch(rest)
        if match is None:
            self._tell(words.HOW_TO_THREAD)
            return
        card = self._card(match[1])
        if card is not None:
            await self._say(match[2], card)

    async def _send_picture(self, rest: str) -> None:
        number, _, caption = rest.lstrip("#").partition(" ")
        if not number.isdecimal():
            self._tell(words.HOW_TO_PICTURE)
            return
        card = self._card(number)
        if card is not None:
            file = FileData(words.PICTURE.said_in(self._language), "image/png", _PICTURE)
            person = self._seats[card.room].person
            await person.send_file(card.room, file, caption.strip(), thread=card.event_id)

    async def _edit(self, text: str) -> None:
        if self._last is None or not text:
            self._tell(words.NOTHING_SAID)
        else:
            room, event = self._last
            await self._seats[room].person.edit(room, event, text)

    async def _touch(self, back: bool, key: str, target: str) -> None:  # noqa: FBT001 - plus or minus
        if not key:
            self._tell(words.HOW_TO_REACT)
            return
        number = target.lstrip("#Pp")
        line = self._meant(normal_key(key), number)
        if line is None:
            self._tell(
                words.NO_CARD if normal_key(key) in words.ON_CARDS else words.NO_PREVIEW,
                target=f" {target}" if target else "",
            )
            return
        person, place = self._seats[line.room].person, (line.event_id, normal_key(key))
        if not back:
            self._reactions[place] = await person.react(line.room, line.event_id, key)
        elif place in self._reactions:
            await person.redact(line.room, self._reactions.pop(place))
        else:
            self._tell(words.NO_REACTION, key=key)

    async def _help(self, _rest: str) -> None:
        self._tell(words.HELP)

    async def _other_room(self, name: str) -> None:
        """To the room whose name begins so, or to that person's; without one to the next."""
        rooms = list(self._seats)
        here = rooms.index(self._room)
        for room in [*rooms[here + 1 :], *rooms[: here + 1]]:
            seat = self._seats[room]
            known = (seat.name, localpart(seat.person.user_id))
            if any(word.casefold().startswith(name.casefold()) for word in known):
                self._go_to(room)
                return
        self._tell(words.NO_ROOM, name=name, rooms=", ".join(seat.name for seat in self._seats.values()))

    def _go_to(self, room: RoomId) -> None:
        self._room = room
        seat = self._seats[room]
        self._terminal.set_prompt(f"{localpart(seat.person.user_id)} @ {seat.name} › ")

    def _card(self, number: str) -> Line | None:
        """The card of that ticket; where there is none, that is said."""
        card = self._newest(f"#{number} ")
        if card is None:
            self._tell(words.NO_CARD, target=f" #{number}")
        return card

    def _meant(self, key: str, number: str) -> Line | None:
        """What a tap on that emoji is for: a card, a preview, or a question that the bot asks back."""
        if key in words.ON_CARDS:
            return self._newest(f"#{number} " if number else "#")
        if number:
            return self._newest(f"📝 P{number} ")
        person = self._seats[self._room].person
        for line in reversed(self._lines.values()):
            if self._seats[line.room].person is person and self._stage.bot in line.reacted(key):
                return line
        return self._newest("📝")

    def _newest(self, beginning: str) -> Line | None:
        """The newest of the bot's cards or previews that begins like this, of those in this room if there is any."""
        person = self._seats[self._room].person
        fits = [
            line
            for line in reversed(self._lines.values())
            if line.sender == self._stage.bot
            and self._seats[line.room].person is person
            and line.body.startswith(beginning)
            and (beginning.startswith("📝") or (line.thread is None and line.reply_to is None))
        ]
        return next((line for line in fits if line.room == self._room), fits[0] if fits else None)

    # --- showing ---

    def _people(self) -> set[Person]:
        return {seat.person for seat in self._seats.values()}

    async def _watch_rooms(self, person: Person) -> None:
        async for line in person.sync():
            if line.room in self._seats:
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


def _seats(stage: Stage, language: str) -> Mapping[RoomId, Seat]:
    seats = {stage.team: Seat(stage.anna, words.ROOMS["team"].said_in(language))}
    if stage.direct is not None:
        seats[stage.direct] = Seat(stage.anna, words.ROOMS["direct"].said_in(language))
    if stage.max is not None:
        expert = stage.max
        seats.update({room: Seat(expert, DEPARTMENT_NAME.said_in(language)) for room in stage.departments.values()})
    if stage.vera is not None and stage.supervisors is not None:
        seats[stage.supervisors] = Seat(stage.vera, words.ROOMS["supervisors"].said_in(language))
    return seats
