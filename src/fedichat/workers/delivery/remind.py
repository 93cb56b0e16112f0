"""Reminds rooms of what is promised."""

from fedichat.domain.effects import Remind
from fedichat.ports import Message
from fedichat.render.reminders import reminders
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler


class RemindHandler(RoomHandler[Remind]):
    """Says in opening hours what is still to be reminded of."""

    async def carry_out(self, waiting: Waiting, effect: Remind) -> None:
        """Say it, unless all of it is dealt with by now."""
        if await self._desk.room.outbox.put_off(waiting):
            return
        found, thread = await self._desk.clock.reminders.reminded(effect)
        if not found:
            await self._desk.room.outbox.carried_out(waiting)
            return
        said = reminders(found, effect.meant, self._voice.setting(effect.place), self._voice.prefix)
        message = Message(said.plain, said.html, notice=False, thread=thread, mentions=effect.meant)
        event = await self._voice.send(effect.place, message, waiting)
        told = Said(event, effect.place, effect.ticket) if effect.ticket is not None else None
        await self._desk.room.outbox.carried_out(waiting, told)
