"""How a confirmed post becomes a status, exactly once: every step is recorded before the next is taken."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from fedichat.desk import Desk
from fedichat.domain.effects import Publish
from fedichat.domain.mention import Status
from fedichat.domain.post import Post, PostState
from fedichat.errors import Gone, Rejected, StopError, TryLater, Unsure
from fedichat.ports import Clock, Fediverse, NewStatus
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)

SETTLING = timedelta(seconds=30)
"""How long a request whose answer never came may still be carried out by the server.

Ours give up after 20 s of silence, Mastodon's web server drops what takes it more than 15 s. The same holds
after a crash: a dead process sends nothing more, but what it had sent lies at the server.
"""
_LOOK_EVERY = 2.0
_CLOCKS_DIFFER = timedelta(minutes=5)
_WORDS = re.compile(r"[^\W_]+")


class Publisher:
    """Carries out `Publish` effects."""

    def __init__(self, desk: Desk, fediverses: Mapping[str, Fediverse], clock: Clock) -> None:
        self._desk = desk
        self._fediverses = fediverses
        self._clock = clock

    async def carry_out(self, waiting: Waiting, effect: Publish) -> None:
        """Publish the post unless it was taken back; look first if an earlier try may have worked."""
        post = await self._desk.post_to_publish(effect)
        if post is None:
            await self._desk.carried_out(waiting)
            return
        fediverse = self._fediverses[post.account]
        try:
            if not await self._is_to_go_out(waiting, effect, post, fediverse):
                return
        except Rejected as error:
            await self._desk.publishing_failed(waiting, post.id, str(error))
            return
        started = await self._desk.start_publishing(effect)
        if started is None:
            await self._desk.carried_out(waiting)
            return
        await self._publish(waiting, effect, started, fediverse)

    async def _is_to_go_out(self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse) -> bool:
        """Whether it is certain that the post is not out, and right that it should be."""
        if post.state is PostState.PUBLISHING:
            if await self._was_out_already(waiting, post, fediverse):
                return False
            post = await self._desk.not_out(effect) or post
        return await self._question_stands(waiting, post, fediverse)

    async def _question_stands(self, waiting: Waiting, post: Post, fediverse: Fediverse) -> bool:
        """Whether the citizen's status still says what the author of the answer saw."""
        if post.in_reply_to is None:
            return True
        try:
            status = await fediverse.status(post.in_reply_to)
        except Gone:
            await self._desk.question_changed(waiting, post.id, None)
            return False
        if status.version == post.based_on and not post.visibility.wider_than(status.visibility):
            return True
        await self._desk.question_changed(waiting, post.id, status)
        return False

    async def _publish(self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse) -> None:
        new = NewStatus(
            text=post.text,
            visibility=post.visibility,
            in_reply_to=post.in_reply_to,
            content_warning=post.content_warning,
            language=post.language,
        )
        try:
            out = await fediverse.publish(new, idempotency_key=waiting.id)
        except Rejected as error:
            await self._desk.not_out(effect)
            await self._desk.publishing_failed(waiting, post.id, str(error))
            return
        except Unsure:
            raise
        except (TryLater, StopError):
            # Not carried out, and that is certain: until it works, the post can be taken back.
            await self._desk.not_out(effect)
            raise
        await self._desk.published(waiting, post.id, out.id, out.url)

    async def _was_out_already(self, waiting: Waiting, post: Post, fediverse: Fediverse) -> bool:
        """Look for the post among what the account published: the answer to an earlier try never came.

        What is found is out, so looking begins at once. Finding nothing counts once the try has settled.
        """
        attempted_at = post.attempted_at or self._clock.now()
        log.info("post-outcome-unknown post=%d looking for it on the server", post.id)
        while True:
            looked_at = self._clock.now()
            if found := await self._find(post, attempted_at - _CLOCKS_DIFFER, fediverse):
                log.info("post-found post=%d", post.id)
                await self._desk.published(waiting, post.id, found.id, found.url)
                return True
            if looked_at >= attempted_at + SETTLING:
                log.info("post-not-found post=%d", post.id)
                return False
            await self._clock.sleep(_LOOK_EVERY)

    async def _find(self, post: Post, since: datetime, fediverse: Fediverse) -> Status | None:
        candidates = [*await fediverse.own_statuses(since), *await self._replies(post, fediverse)]
        matching = [status for status in candidates if _is(status, post) and status.created_at >= since]
        known = await self._desk.recorded_statuses(post.account, [status.id for status in matching])
        return next((status for status in matching if status.id not in known), None)

    async def _replies(self, post: Post, fediverse: Fediverse) -> list[Status]:
        """Our own replies to the question: some servers leave direct ones out of an account's list."""
        if post.in_reply_to is None:
            return []
        try:
            me = await fediverse.me()
            return [status for status in await fediverse.replies(post.in_reply_to) if status.author.acct == me.acct]
        except Gone:
            return []


def _is(status: Status, post: Post) -> bool:
    return status.in_reply_to == post.in_reply_to and _bare(status.text) == _bare(post.text)


def _bare(text: str) -> list[str]:
    """The words, without what servers change: hosts of mentions, white space, case, the signs of Markdown."""
    words = (word.split("@")[1] if word.startswith("@") else word for word in text.split())
    return _WORDS.findall(" ".join(words).casefold())
