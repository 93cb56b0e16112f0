"""Tells rooms that the duty has passed on."""

from fedichat.domain.effects import ShowHandover
from fedichat.ports import Message
from fedichat.render.duty import handover
from fedichat.render.words import addressed
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import RoomHandler


class HandoverHandler(RoomHandler[ShowHandover]):
    """The message of a handover, which pings whoever has the duty now."""

    async def carry_out(self, waiting: Waiting, effect: ShowHandover) -> None:
        """Tell of it in opening hours; not if another handover came before this could be told."""
        if await self._desk.room.outbox.put_off(waiting):
            return
        view = await self._desk.duty.handovers.handover(effect)
        if view is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        pinged = (view.person,) if view.person else ()
        shown = addressed(handover(view, self._voice.setting(effect.place), self._voice.prefix), pinged)
        message = Message(shown.plain, shown.html, notice=not pinged, mentions=pinged)
        event = await self._voice.send(effect.place, message, waiting)
        await self._desk.duty.handovers.handover_told(waiting, effect, event)
