"""The tour's guide: does what people do, shows what they see, and checks what must follow.

Everything is checked on the servers: rooms through a person's own client, statuses and notifications in the
sandbox.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module

from fedichat.chat.loading import load_commands
from fedichat.demo.clock import SteeredClock
from fedichat.demo.person import Person
from fedichat.demo.showing import Both, Show
from fedichat.demo.stage import Stage
from fedichat.demo.timeline import Line
from fedichat.domain.names import EventId, RoomId, localpart
from fedichat.errors import FedichatError
from fedichat.ports import FileData
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.model import Account, NewMedia, NotificationType, Status, Visibility

AUDIENCES = {
    Visibility.PUBLIC: Both("public", "öffentlich"),
    Visibility.UNLISTED: Both("unlisted", "nicht gelistet"),
    Visibility.PRIVATE: Both("followers only", "nur Follower"),
    Visibility.DIRECT: Both("direct", "direkt"),
}

_LONGEST = 160
_NUMBER = re.compile(r"\d+")


class NotAsExpected(FedichatError):
    """Something did not happen. The text names the step, what was expected, and what was seen instead."""


@dataclass(slots=True)
class Guide:
    """Leads through the steps. `clock` is the bot's; anything may take `patience` seconds."""

    stage: Stage
    show: Show
    language: str
    clock: SteeredClock
    patience: float = 20
    steps: int = 0
    checks: int = 0
    _heading: str = ""
    _heard: dict[SandboxAccount, int] = field(default_factory=dict)

    # --- the story ---

    def step(self, en: str, de: str) -> None:
        """The next step begins."""
        self.steps += 1
        self._heading = f"{self.steps}  {self.words(en, de)}"
        self.show.heading(self._heading)

    def words(self, en: str, de: str) -> str:
        """The sentence in the tour's language."""
        return Both(en, de).said_in(self.language)

    def command(self, name: str, rest: str = "") -> str:
        """A command as people type it in the tour's language."""
        known = load_commands(import_module("fedichat.commands"))
        return f"!{known[name].shown_name(self.language)} {rest}".rstrip()

    # --- what people do ---

    async def writes(
        self, citizen: SandboxAccount, text: str, visibility: str = "public", to: Status | None = None
    ) -> Status:
        """A citizen publishes a status."""
        status = await citizen.post(text, visibility=visibility, in_reply_to=to, language=self.language)
        self._on_fediverse(citizen, self.words("writes", "schreibt"), status)
        return status

    async def writes_with_picture(self, citizen: SandboxAccount, text: str, warning: str, picture: NewMedia) -> Status:
        """A citizen publishes a status with a picture behind a content warning."""
        status = await citizen.post(text, spoiler_text=warning, media=[picture], language=self.language)
        self._on_fediverse(citizen, self.words("writes", "schreibt"), status)
        return status

    async def corrects(self, status: Status, text: str) -> None:
        """A citizen edits a status."""
        self.stage.sandbox.world.edit(status, text=text)
        self._on_fediverse(status.author, self.words("corrects the question", "korrigiert die Frage"), status)

    async def deletes(self, status: Status) -> None:
        """A citizen deletes a status."""
        name = status.author.display_name
        self.show.line(
            self.words(f"Fediverse · {name} deletes the message", f"Fediverse · {name} löscht die Nachricht")
        )
        self.stage.sandbox.world.delete(status)

    def later(self, en: str, de: str) -> None:
        """Say that time passes for the bot, whose `clock` is put forward."""
        self.show.line(f"⏩ {self.words(en, de)}")

    async def says(self, person: Person, text: str, room: RoomId, thread: EventId | None = None) -> EventId:
        """Somebody writes in a room, or in a thread there."""
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        self.show.quoted(f"{self._place(room, thread)} · {_name(person)}", shown)
        return await person.say(room, text, thread=thread)

    async def sends(self, person: Person, file: FileData, room: RoomId, thread: EventId) -> EventId:
        """Somebody puts a file into a thread."""
        self.show.line(f"{self._place(room, thread)} · {_name(person)}: 🖼 {file.name}")
        return await person.send_file(room, file, thread=thread)

    async def rewrites(self, person: Person, event: EventId, text: str, room: RoomId) -> None:
        """Somebody edits a message."""
        edited = self.words("edits the message", "bearbeitet die Nachricht")
        self.show.quoted(f"{self._place(room, event)} · {_name(person)} {edited}", text)
        await person.edit(room, event, text)

    async def taps(self, person: Person, key: str, line: Line) -> EventId:
        """Somebody reacts to a message."""
        await self._touches(person, self.words(f"taps {key} under", f"tippt auf {key} unter"), line)
        return await person.react(line.room, line.event_id, key)

    async def untaps(self, person: Person, reaction: EventId, key: str, line: Line) -> None:
        """Somebody removes their reaction."""
        await self._touches(person, self.words(f"removes {key} from", f"nimmt {key} zurück von"), line)
        await person.redact(line.room, reaction)

    # --- what must follow ---

    async def sees(
        self,
        person: Person,
        room: RoomId,
        en: str,
        de: str,
        fits: Callable[[Line], object],
        *,
        brief: bool = False,
    ) -> Line:
        """Wait until somebody sees such a message, and show it; only its first line if `brief`."""
        expected = self.words(en, de)
        line = await self._wait(person, room, fits, expected)
        shown = head(line) if brief else line.body
        if line.file is not None:
            shown = f"🖼 {shown}"
        self.show.quoted(f"{self._place(room, line.thread)} · {localpart(line.sender)}", shown)
        self._holds(expected)
        return line

    async def sees_gone(self, person: Person, line: Line, en: str, de: str) -> None:
        """Wait until a message that somebody saw is redacted."""
        expected = self.words(en, de)
        await self._wait(person, line.room, lambda now: now.event_id == line.event_id and now.redacted, expected)
        self._holds(expected)

    async def sees_reaction(self, room: RoomId, en: str, de: str, *, event: EventId, key: str) -> None:
        """Wait until Anna sees the bot's reaction to a message."""
        expected = self.words(en, de)

        def fits(line: Line) -> bool:
            return line.event_id == event and self.stage.bot in line.reacted(key)

        line = await self._wait(self.stage.anna, room, fits, expected)
        self.show.line(f"{self._place(room, line.thread)} · {localpart(self.stage.bot)}: {key}")
        self._holds(expected)

    async def hears(self, citizen: SandboxAccount, en: str, de: str) -> Status:
        """Wait until a citizen is notified of one of the office's statuses, and show it."""
        expected = self.words(en, de)
        try:
            async with asyncio.timeout(self.patience):
                status = await self._next_of_office(citizen)
        except TimeoutError:
            out = "\n".join(f"  {status!r}" for status in self.stage.sandbox.statuses_of(self.stage.account))
            raise self._broken(expected, f"the office has published:\n{out or '  nothing'}") from None
        self._on_fediverse(citizen, self.words("reads", "liest"), status)
        self._holds(expected)
        return status

    def insist(self, en: str, de: str, found: object, wanted: object) -> None:
        """Check that what was found on a server is what was wanted. Raises NotAsExpected."""
        expected = self.words(en, de)
        if found != wanted:
            raise self._broken(expected, f"{found!r}, not {wanted!r}")
        self._holds(expected)

    # --- the servers ---

    def answers_to(self, citizen: SandboxAccount) -> list[Status]:
        """What the office has published that mentions a citizen."""
        return [status for status in citizen.mentions if status.author is self.stage.account]

    def url(self, status: Status) -> str:
        """Where a status can be read."""
        return self.stage.sandbox.entities.status_url(status)

    async def _wait(self, person: Person, room: RoomId, fits: Callable[[Line], object], expected: str) -> Line:
        try:
            return await person.wait_for(room, fits, self.patience)
        except TimeoutError as error:
            raise self._broken(expected, str(error)) from None

    async def _next_of_office(self, citizen: SandboxAccount) -> Status:
        while True:
            row = await citizen.next_notification(self._heard.get(citizen, 0))
            self._heard[citizen] = self._heard.get(citizen, 0) + 1
            status = row.status
            if status and row.type is NotificationType.MENTION and status.author is self.stage.account:
                return status

    # --- showing ---

    def _on_fediverse(self, citizen: Account, does: str, status: Status) -> None:
        reply = self.words(" · a reply", " · eine Antwort") if status.in_reply_to else ""
        audience = AUDIENCES[status.visibility].said_in(self.language)
        warning = [f"⚠️ {status.spoiler_text}"] if status.spoiler_text else []
        pictures = [f"📎 {media.description or '–'}" for media in status.media]
        text = "\n".join([*warning, status.text, *pictures])
        self.show.quoted(f"Fediverse · {citizen.display_name} {does} ({audience}{reply})", text)

    async def _touches(self, person: Person, does: str, line: Line) -> None:
        seen = await person.line(line.room, line.event_id, self.patience)
        self.show.line(f"{self._place(line.room, line.thread)} · {_name(person)} {does}: {head(seen)}")

    def _place(self, room: RoomId, thread: EventId | None) -> str:
        known = {self.stage.team: "social", self.stage.direct: "direct", self.stage.supervisors: "leitung"}
        known.update({place: name for name, place in self.stage.departments.items()})
        name = f"#{known[room]}"
        return f"{name}, {self.words('in the thread', 'im Thread')}" if thread else name

    def _holds(self, expected: str) -> None:
        self.checks += 1
        self.show.good(expected)

    def _broken(self, expected: str, seen: str) -> NotAsExpected:
        step = self.words("Step", "Schritt")
        wanted, instead = self.words("expected", "erwartet"), self.words("seen", "gesehen")
        return NotAsExpected(f"{step} {self._heading}\n{wanted}: {expected}\n{instead}: {seen}")


def head(line: Line) -> str:
    """The first line of a message, which says what it is."""
    return line.body.partition("\n")[0]


def numbers(text: str) -> set[int]:
    """The numbers in a text."""
    return {int(number) for number in _NUMBER.findall(text)}


def names(line: Line, person: Person) -> bool:
    """Whether a message's first line names somebody."""
    return re.search(rf"\b{re.escape(localpart(person.user_id))}\b", head(line)) is not None


def now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


def _name(person: Person) -> str:
    return localpart(person.user_id)
