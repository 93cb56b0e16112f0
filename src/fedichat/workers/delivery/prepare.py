"""Sees ahead of its time that a planned post can go out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fedichat.desk import Desk
from fedichat.domain.effects import Prepare
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts.post import Post
from fedichat.errors import Rejected, StopError, TryLater
from fedichat.ports import Fediverse
from fedichat.render.words import reason
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import Handler
from fedichat.workers.delivery.uploading import Uploading

_STILL_THERE = timedelta(minutes=1)
"""How long an instance that has answered is not asked again: many posts at once need not ask each for itself."""


class PrepareHandler(Handler[Prepare]):
    """Brings a planned post's files to the instance, and sees that it can be taken."""

    def __init__(self, desk: Desk, fediverses: Mapping[str, Fediverse], uploading: Uploading) -> None:
        super().__init__(desk)
        self._fediverses = fediverses
        self._uploading = uploading
        self._there_at: dict[str, datetime] = {}

    async def carry_out(self, waiting: Waiting, effect: Prepare) -> None:
        """Do it, and tell the post's thread what stands in the way."""
        if not await self._desk.posts.attachments.is_wanted(effect):
            await self._desk.room.outbox.carried_out(waiting)
            return
        try:
            await self._must_be_there(effect.account)
            post = await self._desk.posts.finding.any_post(effect.post)
            await self._uploading.upload(post, waiting)
            too_long = await self._is_too_long(post)
        except (TryLater, StopError) as error:
            await self._desk.plan.due.preparing_waits(effect.post, reason(error))
            raise
        except Rejected as error:
            await self._desk.plan.due.cannot_be_prepared(waiting, effect.post, reason(error))
            return
        if too_long:
            message = mark("its text is longer than the instance takes by now")
            await self._desk.plan.due.cannot_be_prepared(waiting, effect.post, Phrase(message))
            return
        await self._desk.room.outbox.carried_out(waiting)

    async def _must_be_there(self, account: str) -> None:
        """Raise what the instance or its access has come to."""
        asked_at = self._desk.now()
        if asked_at - self._there_at.get(account, asked_at - _STILL_THERE) >= _STILL_THERE:
            await self._fediverses[account].me()
            self._there_at[account] = asked_at

    async def _is_too_long(self, post: Post) -> bool:
        """Whether the instance has come to take less than when the post was written."""
        ruler = await self._desk.posts.drafting.ruler(post.account)
        return any(ruler.length(text, post.content_warning) > ruler.limits.characters for text in post.left)
