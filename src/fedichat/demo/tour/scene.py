"""What the tour's steps share: the citizens, and how to recognise cards and previews in any language."""

import re
from dataclasses import dataclass

from fedichat.demo.office import DEPARTMENT
from fedichat.demo.person import Person
from fedichat.demo.stage import Stage
from fedichat.demo.timeline import Line
from fedichat.demo.tour.guide import Guide, head
from fedichat.domain.names import EventId, RoomId
from fedichat.sandbox.accounts import SandboxAccount
from fedichat.sandbox.model import Status
from fedichat.sandbox.scripts import SCRIPTS, Part

CONFIRM, WITHDRAW, CLAIM, IGNORE, DONE = "✅", "❌", "👀", "🙈", "👍"
NEW, WAITING, ANSWERED = "🆕", "⏳", "✅"
_MOMENT = re.compile(r"\b\d\d:\d\d:\d\d\b")


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen, and what they have to say."""

    account: SandboxAccount
    part: Part
    office: str

    @property
    def question(self) -> str:
        """The first mention."""
        return self.part.mention.format(office=self.office)

    @property
    def corrected(self) -> str:
        """The same, corrected."""
        return (self.part.edited or self.part.mention).format(office=self.office)

    @property
    def reply(self) -> str:
        """Their reply to the answer."""
        return (self.part.reply or "").format(office=self.office)


@dataclass(frozen=True, slots=True)
class Case:
    """A citizen's question, and its card in a room."""

    citizen: Citizen
    question: Status
    card: Line


class Scene:
    """The stage with its citizens, and what the steps have in common."""

    def __init__(self, guide: Guide, undo_seconds: int) -> None:
        self.guide = guide
        self.undo_seconds = undo_seconds
        self.stage: Stage = guide.stage
        self.anna: Person = guide.stage.anna
        self.ben: Person = guide.stage.ben
        self.team: RoomId = guide.stage.team
        stage = guide.stage
        if stage.direct is None or stage.max is None or stage.vera is None or stage.supervisors is None:
            raise LookupError("the tour needs the demo's whole office")
        self.max: Person = stage.max
        self.vera: Person = stage.vera
        self.direct: RoomId = stage.direct
        self.supervisors: RoomId = stage.supervisors
        self.department: RoomId = guide.stage.departments[DEPARTMENT]
        self.asker, self.corrector, self.ranter, self.confider, self.museum, _, self.town, self.leaker = map(
            self._appear, SCRIPTS[guide.language]
        )

    def _appear(self, part: Part) -> Citizen:
        account = self.stage.sandbox.add_account(part.username, domain=part.domain, display_name=part.name)
        return Citizen(account, part, self.stage.account.username)

    def is_bot(self, line: Line) -> bool:
        """Whether the bot said it."""
        return line.sender == self.stage.bot

    def is_card(self, line: Line, citizen: Citizen) -> bool:
        """Whether it is the card of a citizen's question."""
        return self.is_bot(line) and not line.thread and head(line).startswith("#") and citizen.part.name in head(line)

    def is_in(self, line: Line, thread: EventId) -> bool:
        """Whether the bot says it in that thread."""
        return self.is_bot(line) and line.thread == thread

    async def seen_so_far(self, room: RoomId) -> frozenset[EventId]:
        """The messages that Anna can see in a room."""
        return frozenset(line.event_id for line in await self.anna.lines(room))

    def is_preview(self, line: Line, thread: EventId, text: str) -> bool:
        """Whether it offers that text for publishing, with both buttons to tap."""
        return (
            self.is_bot(line)
            and line.thread == thread
            and head(line).startswith("📝 P")
            and text in line.body
            and all(self.stage.bot in line.reacted(key) for key in (CONFIRM, WITHDRAW))
        )

    def is_confirmed(self, line: Line, preview: Line) -> bool:
        """Whether the preview says when it goes out."""
        return line.event_id == preview.event_id and _MOMENT.search(head(line)) is not None

    def is_over(self, line: Line, preview: Line) -> bool:
        """Whether the preview no longer has buttons."""
        return line.event_id == preview.event_id and self.stage.bot not in line.reacted(CONFIRM)

    def answers(self, line: Line, event: EventId) -> bool:
        """Whether the bot says it in reply to that message."""
        return self.is_bot(line) and line.reply_to == event

    async def draft(self, room: RoomId, card: Line, text: str) -> tuple[EventId, Line]:
        """Anna drafts an answer in the card's thread, and sees it. Gives her message and the preview."""
        guide = self.guide
        asked = await guide.says(self.anna, guide.command("answer", text), room, card.event_id)
        preview = await guide.sees(
            self.anna,
            room,
            "The preview shows exactly what would appear, and how long it is; nothing has been published yet.",
            "Die Vorschau zeigt genau, was erscheinen würde, samt Länge; veröffentlicht ist noch nichts.",
            lambda line: self.is_preview(line, card.event_id, text),
        )
        return asked, preview

    async def confirm(self, preview: Line) -> Line:
        """Anna confirms a preview, and sees when it will go out."""
        await self.guide.taps(self.anna, CONFIRM, preview)
        return await self.guide.sees(
            self.anna,
            preview.room,
            f"Confirmed: it goes out in {self.undo_seconds} seconds, at the time that the preview gives.",
            f"Freigegeben: In {self.undo_seconds} Sekunden wird veröffentlicht; die Vorschau nennt die genaue Zeit.",
            lambda line: self.is_confirmed(line, preview),
            brief=True,
        )

    async def has_no_preview(self, room: RoomId, card: Line) -> None:
        """Check that nothing has been drafted in a thread so far."""
        previews = [
            line.body
            for line in await self.anna.lines(room)
            if line.thread == card.event_id and head(line).startswith("📝")
        ]
        self.guide.insist("There is no preview of it.", "Es gibt keine Vorschau davon.", previews, [])

    def published_so_far(self) -> list[Status]:
        """Everything that the office has published."""
        return self.stage.sandbox.statuses_of(self.stage.account)
