"""Shows citizens' media in tickets' threads."""

import logging
from collections.abc import Mapping

from fedichat.desk import Desk
from fedichat.desk.posts.attachments import CitizensMedia
from fedichat.domain.effects import ShowMedia
from fedichat.domain.posts.filetypes import EXTENSIONS, sniffed
from fedichat.errors import FarEndError, Rejected
from fedichat.ports import Fediverse, FileData, FileMessage, Message
from fedichat.render.parts import inline
from fedichat.store.outbox import Quotation, Said, Waiting
from fedichat.workers.delivery.handler import WordsHandler
from fedichat.workers.delivery.voice import Voice

log = logging.getLogger(__name__)


class MediaHandler(WordsHandler[ShowMedia]):
    """Shows citizens' media in rooms; what is larger than `largest` bytes stays where it is."""

    def __init__(self, desk: Desk, voice: Voice, fediverses: Mapping[str, Fediverse], largest: int) -> None:
        super().__init__(desk, voice)
        self._fediverses = fediverses
        self._largest = largest
        self._tried: set[str] = set()

    async def carry_out(self, waiting: Waiting, effect: ShowMedia) -> None:
        """Show it in the thread. What cannot be shown is passed over: the card has its address and its alt text."""
        view = await self._desk.posts.attachments.media_to_show(effect)
        if view is None:
            await self._leave_it(waiting, effect, effect.ticket)
        else:
            try:
                await self._show(waiting, effect, view)
            except Rejected as error:
                log.info("media-not-shown ticket=%d index=%d reason=%s", effect.ticket, effect.index, error)
                await self._desk.room.outbox.carried_out(waiting)
        self._tried.discard(waiting.id)

    async def _show(self, waiting: Waiting, effect: ShowMedia, view: CitizensMedia) -> None:
        t = self._voice.setting(effect.place).language
        caption = view.media.description or t("(without alt text)")
        message = await self._message(waiting, effect, view, caption)
        if message is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        self._tried.add(waiting.id)
        if isinstance(message, Message):
            event = await self._voice.send(effect.place, message, waiting)
        else:
            event = await self._voice.send_file(effect.place, message, waiting)
        said = Said(event, effect.place, effect.ticket)
        quoted = Quotation(event, effect.place, effect.ticket, effect.status, is_media=True)
        await self._desk.room.outbox.carried_out(waiting, said, quoted=[quoted])

    async def _message(
        self, waiting: Waiting, effect: ShowMedia, view: CitizensMedia, caption: str
    ) -> FileMessage | Message | None:
        try:
            return FileMessage(await self._fetch(view, effect.index), caption, view.thread)
        except FarEndError as error:
            # Also what might work later: whatever server that is, the room's other messages do not wait for it.
            log.info("media-not-shown ticket=%d index=%d reason=%s", effect.ticket, effect.index, error)
        if waiting.started or waiting.id in self._tried:
            # An earlier try may have brought it there: only words in its place tell which message is to be taken away
            # should its author delete it.
            return Message(f"📎 {caption}", inline(f"📎 {caption}"), thread=view.thread)
        return None

    async def _fetch(self, view: CitizensMedia, index: int) -> FileData:
        if not view.media.url:
            raise Rejected("it has no address")
        fetched = await self._fediverses[view.account].fetch(view.media.url, self._largest)
        mimetype = sniffed(fetched.data)
        claimed = fetched.mimetype.partition("/")[0]
        if mimetype is None or claimed != mimetype.partition("/")[0]:
            raise Rejected("it is no picture, video or sound, or not the one that it says")
        return FileData(f"{claimed}-{index + 1}.{EXTENSIONS[mimetype]}", mimetype, fetched.data)
