"""Shows in one room of a ticket what was said in another."""

from datetime import timedelta
from http import HTTPStatus

from fedichat.desk.departments.remarks import Overheard
from fedichat.domain.effects import ShowRemark
from fedichat.domain.names import EventId, Place
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Refusal, Rejected, TryLater
from fedichat.ports import FileMessage, Message
from fedichat.render.department import not_carried, remark
from fedichat.render.parts import Rendered
from fedichat.render.words import in_room, reason
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler

LARGEST_FILE = 50 * 1024 * 1024
"""In bytes: what is larger is not brought along to the other rooms."""

PATIENCE = timedelta(minutes=1)
"""How long to keep trying for a file that cannot be had."""


class RemarkHandler(RoomHandler[ShowRemark]):
    """Shows a remark, brings what is shown up to date, or takes it away with the original."""

    async def carry_out(self, waiting: Waiting, effect: ShowRemark) -> None:
        """Show it to those who take part."""
        view = await self._desk.departments.remarks.overheard(effect)
        if view is not None and view.remark.is_gone:
            for event in view.shown_as:
                await self._redact(effect.place, event)
        if view is None or view.remark.is_gone or not view.takes_part:
            await self._desk.room.outbox.carried_out(waiting)
            return
        event = await self._say(waiting, effect, view)
        said = Said(event, effect.place, effect.ticket, remark=effect.remark)
        await self._desk.room.outbox.carried_out(waiting, said)

    async def _say(self, waiting: Waiting, effect: ShowRemark, view: Overheard) -> EventId:
        setting = self._voice.setting(effect.place)
        name = await self._voice.name_of(view.remark.place, view.remark.sender)
        shown = remark(view, name, setting)
        file = view.remark.file
        if file is None:
            # A later edit replaces the copy, and is no message of its own.
            first = next(iter(view.shown_as), None)
            event = await self._voice.send(effect.place, _notice(shown, view.thread, first), waiting)
            return first or event
        if view.shown_as:
            # A file cannot be edited into another message: what is said of it now is said again.
            return await self._voice.send(effect.place, _notice(shown, view.thread), waiting)
        try:
            return await self._send_file(waiting, effect.place, view, file, shown)
        except Rejected as error:
            why = str(in_room(reason(error), setting))
            largest = LARGEST_FILE if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
            shown = not_carried(view, name, why, setting, largest)
            return await self._voice.send(effect.place, _notice(shown, view.thread), waiting)

    async def _send_file(
        self, waiting: Waiting, place: Place, view: Overheard, file: SharedFile, caption: Rendered
    ) -> EventId:
        try:
            data = await self._voice.rooms.download(file, LARGEST_FILE)
        except TryLater as error:
            # A file of somebody from elsewhere may lie on a server that is down; all else in this room waits for it.
            if self._desk.now() - view.remark.said_at < PATIENCE:
                raise
            raise Rejected(str(error), told=Refusal("the server that holds it does not answer")) from error
        message = FileMessage(data, caption.plain, view.thread, caption.html)
        return await self._voice.send_file(place, message, waiting)


def _notice(shown: Rendered, thread: EventId | None, replaces: EventId | None = None) -> Message:
    return Message(shown.plain, shown.html, thread=None if replaces else thread, replaces=replaces)
