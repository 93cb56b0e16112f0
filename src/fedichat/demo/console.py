"""The demo's console: a seat in each of the office's rooms, in a terminal. It begins as Anna, in the team's room."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fedichat.adapters.matrix.events import normal_key
from fedichat.demo import console_words as words
from fedichat.demo.office import DEPARTMENT_NAME
from fedichat.demo.person import Person
from fedichat.demo.scroll import Scroll
from fedichat.demo.showing import Both, Show
from fedichat.demo.stage import Stage
from fedichat.demo.terminal import Terminal
from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import AUDIENCES
from fedichat.domain.names import EventId, RoomId, localpart
from fedichat.errors import FarEndError
from fedichat.ports import FileData
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.citizens import Citizens
from fedichat.sandbox.pages import png

PACE = 5.0
"""Seconds between two citizens' messages."""

_REACTION = re.compile(r"([+-]|/react\b)\s*(\S*)\s*(.*)")
_PICTURE = png(800, 600, (0, 120, 80))
_IN_THREAD = re.compile(r"#?(P?\d+)(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a room."""

    room: RoomId
    person: Person
    name: str


class Console:
    """Shows the rooms, and does what is typed."""

    def __init__(self, stage: Stage, terminal: Terminal, language: str) -> None:
        self._stage = stage
        self._terminal = terminal
        self._language = language
        self._show = Show(terminal.print)
        self._seats = _seats(stage, language)
        self._seat = self._seats[0]
        names = {seat.room: seat.name for seat in self._seats}
        self._scroll = Scroll(stage.bot, self._show, {**names, stage.team: ""})
        self._citizens = Citizens(stage.sandbox, stage.account, language)
        self._lines: dict[EventId, Line] = {}
        self._reactions: dict[tuple[EventId, str, Person], EventId] = {}
        self._last: tuple[RoomId, EventId, Person] | None = None
        self._sit_on(self._seat)

    async def run(self) -> None:
        """Run until /quit, Ctrl-D or Ctrl-C."""
        self._tell(words.GREETING, account=self._stage.account.username)
        async with asyncio.TaskGroup() as group:
            around = [
                *(group.create_task(self._watch_rooms(person)) for person in self._readers()),
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
        room = thread.room if thread else self._seat.room
        person = self._person_in(room)
        event = await person.say(room, text, thread=thread.event_id if thread else None)
        self._last = room, event, person

    async def _say_in_thread(self, rest: str) -> None:
        match = _IN_THREAD.fullmatch(rest)
        if match is None or not match[2]:
            self._tell(words.HOW_TO_THREAD)
            return
        head = self._head(match[1])
        if head is not None:
            await self._say(match[2], head)

    async def _send_picture(self, rest: str) -> None:
        match = _IN_THREAD.fullmatch(rest)
        if match is None:
            self._tell(words.HOW_TO_PICTURE)
            return
        head = self._head(match[1])
        if head is not None:
            file = FileData(words.PICTURE.said_in(self._language), "image/png", _PICTURE)
            caption = (match[2] or "").strip()
            await self._person_in(head.room).send_file(head.room, file, caption, thread=head.event_id)

    async def _edit(self, text: str) -> None:
        if self._last is None or not text:
            self._tell(words.NOTHING_SAID)
        else:
            room, event, person = self._last
            await person.edit(room, event, text)

    async def _touch(self, back: bool, key: str, target: str) -> None:  # noqa: FBT001 - plus or minus
        if not key:
            self._tell(words.HOW_TO_REACT)
            return
        number = target.lstrip("#Pp")
        line = self._addressed(normal_key(key), number)
        if line is None:
            self._tell(
                words.NO_CARD if normal_key(key) in words.ON_CARDS else words.NO_PREVIEW,
                target=f" {target}" if target else "",
            )
            return
        person = self._person_in(line.room)
        place = (line.event_id, normal_key(key), person)
        if not back:
            self._reactions[place] = await person.react(line.room, line.event_id, key)
        elif place in self._reactions:
            await person.redact(line.room, self._reactions.pop(place))
        else:
            self._tell(words.NO_REACTION, key=key)

    async def _help(self, _rest: str) -> None:
        self._tell(words.HELP)

    async def _other_room(self, name: str) -> None:
        next_one = self._seats.index(self._seat) + 1
        for seat in self._seats if name else [*self._seats[next_one:], *self._seats[:next_one]]:
            known = (seat.name, localpart(seat.person.user_id))
            if any(word.casefold().startswith(name.casefold()) for word in known):
                self._sit_on(seat)
                return
        there = dict.fromkeys(known for seat in self._seats for known in (seat.name, localpart(seat.person.user_id)))
        self._tell(words.NO_ROOM, name=name, rooms=", ".join(there))

    def _sit_on(self, seat: Seat) -> None:
        self._seat = seat
        self._terminal.set_prompt(f"{localpart(seat.person.user_id)} @ {seat.name} › ")

    def _person_in(self, room: RoomId) -> Person:
        """Who speaks in that room: the person being played if they are in it, or else the first who is."""
        there = [seat.person for seat in self._seats if seat.room == room]
        return self._seat.person if self._seat.person in there else there[0]

    def _head(self, number: str) -> Line | None:
        """The card of that ticket, or the preview of that post (`P1`); says so if there is none."""
        is_post = number[0] in "Pp"
        line = self._newest(f"📝 P{number[1:]} " if is_post else f"#{number} ")
        if line is None:
            self._tell(
                words.NO_PREVIEW if is_post else words.NO_CARD, target=f" {number}" if is_post else f" #{number}"
            )
        return line

    def _addressed(self, key: str, number: str) -> Line | None:
        """What a tap on that emoji is meant for: a card, a preview, or a question of the bot's."""
        if key in words.ON_CARDS:
            return self._newest(f"#{number} " if number else "#")
        if number:
            return self._newest(f"📝 P{number} ")
        for line in reversed(self._lines.values()):
            if line.room in self._rooms() and self._stage.bot in line.reacted(key):
                return line
        return self._newest("📝")

    def _newest(self, beginning: str) -> Line | None:
        """The newest of the bot's cards or previews that begins like this, preferably in this room."""
        fits = [
            line
            for line in reversed(self._lines.values())
            if line.sender == self._stage.bot
            and line.room in self._rooms()
            and line.body.startswith(beginning)
            and (beginning.startswith("📝") or (line.thread is None and line.reply_to is None))
        ]
        return next((line for line in fits if line.room == self._seat.room), fits[0] if fits else None)

    def _rooms(self) -> set[RoomId]:
        """The rooms of the person being played."""
        return {seat.room for seat in self._seats if seat.person is self._seat.person}

    # --- showing ---

    def _readers(self) -> set[Person]:
        """One person for each room: with two in the same room, each line would appear twice."""
        return set({seat.room: seat.person for seat in reversed(self._seats)}.values())

    async def _watch_rooms(self, person: Person) -> None:
        async for line in person.sync():
            if any(line.room == seat.room for seat in self._seats):
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


def _seats(stage: Stage, language: str) -> Sequence[Seat]:
    seats = [Seat(stage.team, stage.anna, words.ROOMS["team"].said_in(language))]
    if stage.direct is not None:
        seats.append(Seat(stage.direct, stage.anna, words.ROOMS["direct"].said_in(language)))
    if stage.max is not None:
        seats += [Seat(room, stage.max, DEPARTMENT_NAME.said_in(language)) for room in stage.departments.values()]
    if stage.vera is not None and stage.supervisors is not None:
        seats.append(Seat(stage.supervisors, stage.vera, words.ROOMS["supervisors"].said_in(language)))
    return [*seats, Seat(stage.team, stage.ben, words.ROOMS["team"].said_in(language))]
