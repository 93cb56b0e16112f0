"""Brings a confirmed post's files from the rooms to the instance, one by one, before the post goes out."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.desk import Desk
from fedichat.desk.posts.ruler import Ruler
from fedichat.domain.effects import Prepare, Publish
from fedichat.domain.phrase import mark
from fedichat.domain.posts.attaching import kind_of
from fedichat.domain.posts.post import Attachment, Post
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import FarEndError, Refusal, Rejected, TryLater
from fedichat.ports import EventId, Fediverse, FileData, Limits, Message
from fedichat.render.words import words
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.voice import Voice

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=5)
"""How long a file that cannot be had is tried for before an answer is given up."""

TELL_EVERY = 5.0
"""How many seconds an upload may take until the room hears how far it is, and how often it hears more."""


class Uploading:
    """Uploads what goes along with posts."""

    def __init__(self, desk: Desk, fediverses: Mapping[str, Fediverse], voice: Voice) -> None:
        self._desk = desk
        self._fediverses = fediverses
        self._voice = voice
        self._fresh: set[str] = set()
        self._missing: dict[str, datetime] = {}

    async def upload(self, post: Post, waiting: Waiting) -> Post:
        """See that all files of the post are at the instance; the post as it is then.

        Each is recorded before the next: what is there already is not uploaded again. Ends early when the post is
        taken back. Raises Rejected when a file is gone, or is not what the instance takes; and what may work later.
        """
        effect = _effect(waiting)
        fediverse = self._fediverses[post.account]
        limits = (await Ruler.of(fediverse)).limits
        for number, attachment in enumerate(post.attachments):
            if attachment.uploaded_as is not None:
                await self._shared(attachment)
                continue
            if not await self._desk.posts.attachments.is_wanted(effect):
                break
            file = await self._had(post, waiting, attachment, limits)
            progress = Progress(self._desk, self._voice, post, f"{waiting.id}-file{number}", attachment.name)
            media = await progress.told(fediverse, file, attachment.alt)
            self._fresh.add(media)
            log.info("file-uploaded post=%d file=%d bytes=%d", post.id, number + 1, len(file.data))
            recorded = await self._desk.posts.attachments.uploaded(effect, attachment, media)
            if recorded is None:
                break
            post = recorded
        return post

    async def forget_old(self, post: Post, waiting: Waiting) -> bool:
        """Whether files were uploaded before this start, and so are to be uploaded again.

        Instances delete after a day what no status has, and then refuse a post with it.
        """
        old = [one for one in post.attachments if one.uploaded_as and one.uploaded_as not in self._fresh]
        for attachment in old:
            await self._desk.posts.attachments.uploaded(_effect(waiting), attachment, None)
        return bool(old)

    async def _had(self, post: Post, waiting: Waiting, attachment: Attachment, limits: Limits) -> FileData:
        now = self._desk.now()
        try:
            file = await self._download(attachment, limits)
        except TryLater as error:
            # It may lie on a server that is down, and all other answers of the account wait for this one.
            if post.ticket is None or now - self._missing.setdefault(waiting.id, now) < PATIENCE:
                raise
            told = Refusal("the server that holds {file} does not answer", file=attachment.name)
            raise Rejected(str(error), told=told) from error
        self._missing.pop(waiting.id, None)
        return file

    async def _shared(self, attachment: Attachment) -> SharedFile:
        file = await self._desk.posts.attachments.shared_file(attachment.remark)
        if file is None:
            told = Refusal("{file} was deleted in the room", file=attachment.name)
            raise Rejected(str(told), told=told)
        return file

    async def _download(self, attachment: Attachment, limits: Limits) -> FileData:
        file = await self._shared(attachment)
        limit = limits.image_bytes if kind_of(file.mimetype) == "image" else limits.video_bytes
        return await self._voice.rooms.download(file, limit)


@dataclass(slots=True)
class Progress:
    """Tells the room about one upload if that takes long: one notice, edited as it goes on."""

    desk: Desk
    voice: Voice
    post: Post
    transaction: str
    name: str
    share: float = 0.0
    notice: EventId | None = None
    said: str = ""

    async def told(self, fediverse: Fediverse, file: FileData, alt: str) -> str:
        """Upload it, and tell how far that is."""
        telling = asyncio.create_task(self._tell())
        try:
            media = await fediverse.upload(file, alt, self._progress)
        except Rejected:
            await _ended(telling)
            await self._say(mark("Uploading {file} has failed."))
            raise
        finally:
            await _ended(telling)
        await self._say(mark("{file} is uploaded."))
        return media

    def _progress(self, share: float) -> None:
        self.share = share

    async def _tell(self) -> None:
        while True:
            await self.desk.office.clock.sleep(TELL_EVERY)
            message = mark("Uploading {file} … {percent} %")
            if self.share >= 1:
                message = mark("{file} is there; the instance is processing it …")
            await self._say(message, begin=True)

    async def _say(self, message: str, *, begin: bool = False) -> None:
        """Say it in the notice; `begin` one if there is none. What cannot be said must not keep anything up."""
        if self.notice is None and not begin:
            return
        place = self.post.place
        with contextlib.suppress(FarEndError):
            fields: dict[str, str | int] = {"file": self.name, "percent": int(self.share * 100)}
            said = words(self.voice.setting(place).language, message, fields, self.voice.prefix)
            if said.plain == self.said:
                return
            thread = None if self.notice else await self.desk.room.views.thread_of_post(self.post.id, place)
            shown = Message(said.plain, said.html, thread=thread, replaces=self.notice)
            # The notice is one however often the upload begins anew; each edit of it counts.
            transaction = f"{self.transaction}-{secrets.token_hex(4)}" if self.notice else self.transaction
            event = await self.voice.send_beside(place, shown, transaction)
            self.said = said.plain
            self.notice = self.notice or event


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _effect(waiting: Waiting) -> Publish | Prepare:
    if not isinstance(waiting.effect, Publish | Prepare):
        raise TypeError(type(waiting.effect).__name__)
    return waiting.effect
