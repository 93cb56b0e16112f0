"""Shows digests."""

from fedichat.domain.effects import ShowDigest
from fedichat.ports import Message
from fedichat.render.digest import digest
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import RoomHandler


class DigestHandler(RoomHandler[ShowDigest]):
    """The figures are read when they are shown: a late digest tells how things stand now."""

    async def carry_out(self, waiting: Waiting, effect: ShowDigest) -> None:
        """Say it. One that comes by itself is an ordinary message: supervisors want to be told."""
        read = await self._desk.reports.digest(effect)
        shown = digest(read, effect, self._voice.link, self._voice.setting(effect.place))
        message = Message(
            shown.plain, shown.html, notice=effect.kind is None, thread=effect.thread, reply_to=effect.reply_to
        )
        await self._voice.send(effect.place, message, waiting)
        await self._desk.room.outbox.carried_out(waiting)
