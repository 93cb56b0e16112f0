"""Tells rooms that the duty has passed on."""

from fedichat.desk import Desk
from fedichat.domain.effects import ShowHandover
from fedichat.ports import Message
from fedichat.render.duty import handover
from fedichat.render.words import addressed
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.voice import Voice


class HandingOver:
    """The message of a handover, which wakes whoever has the duty now."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def tell(self, waiting: Waiting, effect: ShowHandover) -> None:
        """Tell of it and record it; not if another handover came before this could be told."""
        if await self._desk.room.outbox.put_off(waiting):
            return
        view = await self._desk.duty.handovers.handover(effect)
        if view is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        meant = (view.person,) if view.person else ()
        shown = addressed(handover(view, self._voice.setting(effect.place), self._voice.prefix), meant)
        message = Message(shown.plain, shown.html, notice=not meant, mentions=meant)
        event = await self._voice.send(effect.place, message, waiting)
        await self._desk.duty.handovers.handover_told(waiting, effect, event)
