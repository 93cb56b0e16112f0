"""Shows a picture of the last working days."""

import logging

from fedichat.domain.effects import ShowChart
from fedichat.errors import Rejected
from fedichat.ports import FileData, FileMessage
from fedichat.render.digest import chart, chart_words
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.drawing import drawn
from fedichat.workers.delivery.handler import RoomHandler

log = logging.getLogger(__name__)


class ChartHandler(RoomHandler[ShowChart]):
    """The picture that follows a digest."""

    async def carry_out(self, waiting: Waiting, effect: ShowChart) -> None:
        """Show it. What cannot be drawn or shown is passed over: the text has gone before it."""
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
