"""What carries effects out: one handler for each class of effect, in a file of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from fedichat.desk import Desk
from fedichat.domain.effects import RoomEffect, Tell
from fedichat.domain.names import Place, TicketId
from fedichat.domain.phrase import Phrase, mark
from fedichat.ports import EventId, Message
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Quotation, Waiting
from fedichat.workers.delivery.turn import Turn
from fedichat.workers.delivery.voice import NOTHING, Voice

E = TypeVar("E")
R = TypeVar("R", bound=RoomEffect)


class Handler(ABC, Generic[E]):
    """Carries out the effects of one class."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @abstractmethod
    async def carry_out(self, waiting: Waiting, effect: E) -> None:
        """Do it and record it. Raises what the far end's adapter raises; repeating is safe."""

    async def carry_out_beside(self, waiting: Waiting, effect: E, turn: Turn) -> None:  # noqa: ARG002 - see below
        """The same for an effect that `goes_beside` others: what it does in `turn` comes after what those in front do.

        The turn of any other effect has come when it begins.
        """
        await self.carry_out(waiting, effect)

    async def give_up(self, waiting: Waiting, effect: E, reason: str, why: Phrase) -> None:  # noqa: ARG002 - for others
        """It can never succeed. `reason` is for the log and the operator, `why` for people in rooms."""
        await self._desk.room.outbox.set_aside(waiting, reason, None)


class RoomHandler(Handler[R]):
    """Carries out something that is done in a room."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        super().__init__(desk)
        self._voice = voice

    async def give_up(self, waiting: Waiting, effect: R, reason: str, why: Phrase) -> None:
        """Set it aside and say so in the room, in the ticket's thread if it has one."""
        message = mark("Something could not be shown here: {reason}. It is set aside; whoever runs fedichat finds it.")
        ticket: TicketId | None = getattr(effect, "ticket", None)
        told = Tell(effect.place, message, {"reason": why}, ticket=ticket)
        await self._desk.room.outbox.set_aside(waiting, reason, told)

    async def _take_buttons_away(self, place: Place, buttons: Iterable[Reaction]) -> None:
        for button in buttons:
            await self._redact(place, button.event)
            await self._desk.room.outbox.button_gone(button.event)

    async def _redact(self, place: Place, event: EventId) -> None:
        await self._voice.rooms.redact(self._voice.room(place), event, f"gone{event}")

    async def _thread_of(self, effect: Any) -> EventId | None:  # noqa: ANN401 - what has these fields: Tell and Ask
        """The thread that it names, or that of its ticket or planned post."""
        if effect.thread is not None:
            thread: EventId = effect.thread
            return thread
        if effect.ticket is not None:
            return await self._desk.room.views.thread_of(effect.ticket, effect.place)
        if effect.post is not None:
            return await self._desk.room.views.thread_of_post(effect.post, effect.place)
        return None


class WordsHandler(RoomHandler[R]):
    """Carries out something that shows a citizen's words."""

    async def _leave_it(self, waiting: Waiting, effect: R, ticket: TicketId) -> None:
        """There is nothing to show (any more). What was may be in the room: repeating it tells under which id."""
        quoted: list[Quotation] = []
        if await self._desk.room.outbox.is_taken_back(waiting):
            event: EventId = await self._voice.send(effect.place, Message(NOTHING, NOTHING), waiting)
            quoted = [Quotation(event, effect.place, ticket, effect.quoted_status)]
        await self._desk.room.outbox.carried_out(waiting, quoted=quoted)
