"""Says the answers to commands."""

from fedichat.domain.effects import Say
from fedichat.ports import Message
from fedichat.store.outbox import Quotation, Waiting
from fedichat.workers.delivery.handler import RoomHandler
from fedichat.workers.delivery.voice import NOTHING


class SayHandler(RoomHandler[Say]):
    """Says what is worded already."""

    async def carry_out(self, waiting: Waiting, effect: Say) -> None:
        """Say it, and keep whose words are in it."""
        message = Message(
            effect.plain or NOTHING, effect.html or NOTHING, thread=effect.thread, reply_to=effect.reply_to
        )
        event = await self._voice.send(effect.place, message, waiting)
        quoted = [Quotation(event, effect.place, ticket) for ticket in effect.quotes]
        await self._desk.room.outbox.carried_out(waiting, quoted=quoted)
