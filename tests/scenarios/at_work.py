"""An office at work: real Synapse, the sandbox, the bot, and what one says and sees there. For scenarios."""

import itertools
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fedichat.demo.clock import SteeredClock as SteeredClock
from fedichat.demo.person import Person
from fedichat.demo.stage import Stage, set_stage
from fedichat.demo.synapse import Synapse
from fedichat.demo.timeline import Line
from fedichat.domain.names import localpart
from fedichat.ports import EventId, RoomId
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.model import Status
from fedichat.sandbox.server import Sandbox

_words = itertools.count(1)


def who(person: Person) -> str:
    """How the bot calls somebody."""
    return localpart(person.user_id)


@dataclass
class Case:
    """A citizen's question and its card in a room."""

    room: RoomId
    card: EventId
    number: int
    status: Status
    citizen: SandboxAccount


@dataclass
class AtWork:
    """What people in the office and outside do, and what they see."""

    stage: Stage
    sandbox: Sandbox
    citizens: dict[str, SandboxAccount] = field(default_factory=dict)
    after_a_question: Callable[[], None] = lambda: None
    """Called when a citizen has asked: lets the next poll come where no stream tells the bot."""

    @property
    def anna(self) -> Person:
        return self.stage.anna

    @property
    def ben(self) -> Person:
        return self.stage.ben

    @property
    def team(self) -> RoomId:
        return self.stage.team

    @property
    def direct(self) -> RoomId:
        assert self.stage.direct is not None
        return self.stage.direct

    @property
    def max(self) -> Person:
        """The departments' expert."""
        assert self.stage.max is not None
        return self.stage.max

    @property
    def vera(self) -> Person:
        """The supervisor."""
        assert self.stage.vera is not None
        return self.stage.vera

    @property
    def supervisors(self) -> RoomId:
        assert self.stage.supervisors is not None
        return self.stage.supervisors

    def department(self, name: str = "krypto") -> RoomId:
        return self.stage.departments[name]

    @property
    def published(self) -> list[Status]:
        """What the account has published."""
        return self.sandbox.statuses_of(self.stage.account)

    def answers_to(self, case: Case) -> list[Status]:
        """What the account has published in reply to that question."""
        return [status for status in self.published if status.in_reply_to is case.status]

    def citizen(self, name: str = "erika") -> SandboxAccount:
        """A citizen from another server, the same one each time."""
        if name not in self.citizens:
            self.citizens[name] = self.sandbox.add_account(
                name, domain="remote.example", display_name=f"{name.capitalize()} Muster"
            )
        return self.citizens[name]

    # --- a question ---

    async def asked(
        self,
        text: str = "Is TLS 1.2 still allowed?",
        *,
        by: str = "erika",
        visibility: str = "public",
        spoiler_text: str = "",
        room: RoomId | None = None,
    ) -> Case:
        """A citizen asks, and the card is there."""
        word = f"Nr{next(_words)}x"
        citizen = self.citizen(by)
        status = await citizen.post(
            f"@{self.stage.account.username} {text} {word}", visibility=visibility, spoiler_text=spoiler_text
        )
        self.after_a_question()
        room = room or self.team
        line = await self.anna.wait_for(room, lambda line: word in line.body and line.body.startswith("#"))
        number = re.match(r"#(\d+)", line.body)
        assert number
        return Case(room, line.event_id, int(number[1]), status, citizen)

    async def card(self, case: Case, *words: str) -> Line:
        """The card, once all these words are on it."""

        def shows(line: Line) -> bool:
            return line.event_id == case.card and all(word in line.body for word in words)

        return await self.anna.wait_for(case.room, shows)

    # --- what the bot says ---

    async def told(self, person: Person, room: RoomId, text: str, *, thread: EventId | None = None) -> Line:
        """Say something that the bot answers in words; its answer to it, once Anna has it too where she is."""
        event = await person.say(room, text, thread=thread)
        is_annas = room in (self.stage.team, self.stage.direct)
        return await self.reply_to(room, event, self.anna if is_annas else person)

    async def reply_to(self, room: RoomId, event: EventId, reader: Person | None = None) -> Line:
        """What the bot answers to that message; `reader` is who is in that room, else Anna."""
        reader = reader or self.anna
        return await reader.wait_for(room, lambda line: line.reply_to == event and line.sender == self.stage.bot)

    async def done(self, room: RoomId, event: EventId, reader: Person | None = None) -> Line:
        """The message with the bot's thumb up."""
        reader = reader or self.anna
        return await reader.wait_for(room, lambda line: line.event_id == event and line.reacted("👍"))

    async def in_thread(self, case: Case, *words: str, after: EventId | None = None) -> Line:
        """The bot's message in a card's thread that has all these words; after that event, if given."""

        def of_the_bot(line: Line) -> bool:
            said_there = line.thread == case.card and line.sender == self.stage.bot
            return said_there and all(word in line.body for word in words)

        if after is None:
            return await self.anna.wait_for(case.room, of_the_bot)
        return await self.later(case.room, after, of_the_bot)

    async def later(self, room: RoomId, after: EventId, fits: Callable[[Line], object]) -> Line:
        """The first line that fits and was said after that event."""
        await self.anna.line(room, after)
        lines = [line.event_id for line in await self.anna.lines(room)]
        known = set(lines[: lines.index(after) + 1])
        return await self.anna.wait_for(room, lambda line: line.event_id not in known and fits(line))

    async def preview(self, case: Case, *words: str) -> Line:
        """The preview that shows these words, with both buttons on it."""

        def ready(line: Line) -> bool:
            is_preview = line.thread == case.card and line.body.startswith("📝")
            tappable = line.reacted("✅") and line.reacted("❌")
            return bool(is_preview and tappable and all(word in line.body for word in words))

        return await self.anna.wait_for(case.room, ready)

    async def drafted(self, case: Case, text: str, options: str = "", by: Person | None = None) -> tuple[EventId, Line]:
        """Somebody drafts an answer in the thread: their message, and the preview."""
        event = await (by or self.anna).say(case.room, f"!answer {options} {text}", thread=case.card)
        return event, await self.preview(case, text)

    async def line(self, case: Case, event: EventId, *words: str) -> Line:
        """That message, once all these words are in it."""

        def shows(line: Line) -> bool:
            return line.event_id == event and all(word in line.body for word in words)

        return await self.anna.wait_for(case.room, shows)

    async def settled(self, room: RoomId | None = None) -> None:
        """What was said before has had its outcome: the bot has answered a question asked after it."""
        await self.told(self.ben, room or self.team, "!help")

    async def history(self, case: Case) -> list[str]:
        """What `!show` tells of the case, line by line."""
        shown = await self.told(self.ben, case.room, f"!show {case.number}")
        return shown.body.splitlines()


@asynccontextmanager
async def at_work(
    synapse: Synapse,
    folder: Path,
    *,
    language: str = "en",
    direct_room: bool = False,
    encrypted: bool = False,
    undo_seconds: int = 0,
    departments: Mapping[str, str] | None = None,
    supervisors: bool = False,
) -> AsyncIterator[AtWork]:
    """People, rooms and an account; the bot is not started yet."""
    async with (
        Sandbox() as sandbox,
        set_stage(
            synapse,
            sandbox,
            folder,
            language=language,
            tag=secrets.token_hex(3),
            direct_room=direct_room,
            encrypted=encrypted,
            undo_seconds=undo_seconds,
            departments=departments,
            supervisors=supervisors,
        ) as stage,
    ):
        yield AtWork(stage, sandbox)
