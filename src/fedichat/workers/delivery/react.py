"""Reacts to events."""

from fedichat.domain.effects import React
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import RoomHandler


class ReactHandler(RoomHandler[React]):
    """Puts an emoji on an event."""

    async def carry_out(self, waiting: Waiting, effect: React) -> None:
        """React, and keep the reaction: a button is taken away some day."""
        room = self._voice.room(effect.place, waiting)
        event = await self._voice.rooms.react(room, effect.event, effect.key, waiting.id)
        reaction = Reaction(event, effect.event, None, effect.key) if event else None
        await self._desk.room.outbox.carried_out(waiting, reaction=reaction)
