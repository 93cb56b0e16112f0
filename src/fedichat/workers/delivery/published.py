"""Shows departments what was answered."""

from fedichat.domain.effects import ShowPublished
from fedichat.ports import Message
from fedichat.render.department import published
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler


class PublishedHandler(RoomHandler[ShowPublished]):
    """Shows a department what was said to the citizen, in its thread."""

    async def carry_out(self, waiting: Waiting, effect: ShowPublished) -> None:
        """Show it, if the department still takes part."""
        view = await self._desk.departments.proposals.what_was_published(effect)
        if view is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        shown = published(view, self._voice.setting(effect.place))
        event = await self._voice.send(effect.place, Message(shown.plain, shown.html, thread=view.thread), waiting)
        await self._desk.room.outbox.carried_out(waiting, Said(event, effect.place, effect.ticket))
