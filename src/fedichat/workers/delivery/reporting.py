"""Shows digests and their pictures."""

import logging

from fedichat.desk import Desk
from fedichat.domain.effects import ShowChart, ShowDigest
from fedichat.errors import Rejected
from fedichat.ports import FileData, FileMessage, Message
from fedichat.render.digest import chart, chart_words, digest
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.drawing import drawn
from fedichat.workers.delivery.voice import Voice

log = logging.getLogger(__name__)


class Reporting:
    """The figures are read when they are shown: a late digest tells how things stand now."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def carry_out(self, waiting: Waiting, effect: ShowDigest | ShowChart) -> None:
        """Show it, and record that."""
        if isinstance(effect, ShowDigest):
            await self._show_digest(waiting, effect)
        else:
            await self._show_chart(waiting, effect)

    async def _show_digest(self, waiting: Waiting, effect: ShowDigest) -> None:
        """Say it. One that comes by itself is an ordinary message: supervisors want to be told."""
        shown = digest(
            await self._desk.reports.digest(effect), effect, self._voice.link, self._voice.setting(effect.place)
        )
        message = Message(
            shown.plain, shown.html, notice=effect.kind is None, thread=effect.thread, reply_to=effect.reply_to
        )
        await self._voice.send(effect.place, message, waiting)
        await self._desk.room.outbox.carried_out(waiting)

    async def _show_chart(self, waiting: Waiting, effect: ShowChart) -> None:
        """Show the picture. What cannot be drawn or shown is passed over: the text has gone before it."""
        days = await self._desk.reports.days(effect)
        setting = self._voice.setting(effect.place)
        picture = await drawn(chart(days, setting))
        if picture is not None:
            name = f"fedichat-{effect.before.isoformat()}.png"
            message = FileMessage(FileData(name, "image/png", picture), chart_words(days, setting), effect.thread)
            try:
                await self._voice.send_file(effect.place, message, waiting)
            except Rejected as error:
                log.warning("chart-not-shown reason=%s", error)
        await self._desk.room.outbox.carried_out(waiting)
