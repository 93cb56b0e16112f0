"""How a confirmed post gets out, exactly once: every step is recorded before the next is taken.

A thread is one step a part. Changing and deleting what is published can be repeated, and so needs no looking.
"""

import logging
import re
from collections.abc import Mapping

from fedichat.desk import Desk
from fedichat.domain.effects import Publish
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts.post import Attempt, Out, Post, PostState
from fedichat.errors import Gone, Rejected, StopError, TagsOthers, TryLater, Unsure
from fedichat.ports import Clock, Fediverse, NewStatus
from fedichat.render.words import reason
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.change import Changing, uploaded
from fedichat.workers.delivery.gate import Gate
from fedichat.workers.delivery.handler import Handler
from fedichat.workers.delivery.lost import Search
from fedichat.workers.delivery.reading_back import ReadingBack
from fedichat.workers.delivery.uploading import Uploading

log = logging.getLogger(__name__)

_LENGTH_WORDS = re.compile(r"long|length|limit|character|exceed|max|zeichen", re.IGNORECASE)


class PublishHandler(Handler[Publish]):
    """Publishes posts. `uploading` brings a post's files to the server first; `gate` opens last."""

    def __init__(
        self, desk: Desk, fediverses: Mapping[str, Fediverse], uploading: Uploading, gate: Gate, clock: Clock
    ) -> None:
        super().__init__(desk)
        self._fediverses = fediverses
        self._uploading = uploading
        self._gate = gate
        self._search = Search(desk, clock)
        self._reading_back = ReadingBack(desk, clock, self._search)
        self._changing = Changing(desk, gate, self._reading_back, self._failed)

    async def carry_out(self, waiting: Waiting, effect: Publish) -> None:
        """Publish the post unless it was taken back; look first if an earlier try may have worked."""
        post = await self._desk.posts.publishing.post_to_publish(effect)
        if post is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        fediverse = self._fediverses[post.account]
        try:
            if post.says_something:
                await self._say_it(waiting, effect, post, fediverse)
            else:
                may_be_done = post.state is PostState.PUBLISHING
                await self._changing.change(waiting, effect, fediverse, may_be_done=may_be_done)
        except (TryLater, StopError) as error:
            await self._desk.room.troubles.delayed(effect, reason(error))
            raise

    async def _say_it(self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse) -> None:
        if await self._desk.plan.due.is_held_back(effect):
            await self._desk.room.outbox.carried_out(waiting)
            return
        try:
            ready = await self._ready(waiting, effect, post, fediverse)
        except Rejected as error:
            await self._failed(waiting, effect, error)
            return
        while ready is not None:
            attempt = await self._search.known_before(ready, fediverse)
            started = await self._gate.start_publishing(
                effect, attempt, lambda: self._is_still_right(waiting, effect, fediverse)
            )
            if started is None:
                await self._desk.room.outbox.carried_out(waiting)
                return
            ready = await self._publish(waiting, effect, started, fediverse, earlier=ready.attempt)

    async def give_up(self, waiting: Waiting, effect: Publish, reason: str, why: Phrase) -> None:  # noqa: ARG002 - logged
        """The post has failed; else it would look for ever as if it were about to go out."""
        await self._desk.posts.failing.publishing_failed(waiting, effect, why)

    async def _ready(self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse) -> Post | None:
        """The post, if it is certain that its next part is not out, and right that it should be; else None."""
        settled = await self._settled(waiting, effect, post, fediverse)
        if settled is None or settled.out:
            return settled  # half an answer helps nobody, whatever has become of the question since
        # An upload may take minutes: the question is looked at after it.
        post = await self._uploading.upload(settled, waiting)
        return post if await self._question_stands(waiting, post, fediverse) else None

    async def _settled(self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse) -> Post | None:
        """The post with what became of an earlier try to publish its next part; None when there is nothing left."""
        if post.attempt is None:
            return post
        if post.attempt.reported is not None:
            return await self._reading_back.read_back(waiting, effect, post, post.attempt.reported, fediverse)
        is_open = post.state is PostState.PUBLISHING
        # After a try that left nothing it may have shown up since.
        found = await (
            self._search.find_what_went_out(post, fediverse) if is_open else self._search.find(post, fediverse)
        )
        if found is None:
            return await self._desk.posts.publishing.not_found(effect) or post
        others = await self._reading_back.unforeseen(post, found.mentions, fediverse)
        post = await self._desk.posts.publishing.published(
            waiting, post.id, found.id, found.url, unforeseen=others, seen_by=found.visibility
        )
        return post if post.left else None

    async def _question_stands(self, waiting: Waiting, post: Post, fediverse: Fediverse) -> bool:
        """Whether the citizen's status still says what the author of the answer saw."""
        if post.in_reply_to is None:
            return True
        try:
            status = await fediverse.status(post.in_reply_to)
        except Gone:
            await self._desk.posts.failing.question_changed(waiting, post.id, None)
            return False
        if status.is_version(post.based_on) and not post.visibility.wider_than(status.visibility):
            return True
        await self._desk.posts.failing.question_changed(waiting, post.id, status)
        return False

    async def _is_still_right(self, waiting: Waiting, effect: Publish, fediverse: Fediverse) -> bool:
        """Whether the question is what it was before the gate, as far as that matters."""
        post = await self._desk.posts.publishing.post_to_publish(effect)
        return post is None or bool(post.out) or await self._question_stands(waiting, post, fediverse)

    async def _publish(
        self, waiting: Waiting, effect: Publish, post: Post, fediverse: Fediverse, *, earlier: Attempt | None
    ) -> Post | None:
        """Publish the next part. Returns the post if there is another one.

        `earlier`: what was known before an earlier try, of which nothing was found so far.
        """
        part = len(post.out)
        new = NewStatus(
            text=post.left[0],
            visibility=post.visibility,
            in_reply_to=post.follows,
            content_warning=post.content_warning,
            language=post.language,
            media=() if part else uploaded(post),
            asker=await self._desk.posts.publishing.asker_of(post),
        )
        try:
            out = await fediverse.publish(new, idempotency_key=f"{waiting.id}-{part}" if part else waiting.id)
        except Rejected as error:
            await self._desk.posts.publishing.not_out(effect, earlier)
            if isinstance(error, TagsOthers):
                await self._failed(waiting, effect, error)
                return None
            if not part and error.status == 422 and await self._uploading.forget_old(post, waiting):
                raise TryLater("the instance has forgotten the files, so they are uploaded again") from error
            if not await self._drafted_as_a_thread(waiting, effect, post, error):
                await self._failed(waiting, effect, error)
            return None
        except Unsure:
            raise
        except (TryLater, StopError):
            # Not carried out, and that is certain: until it works, the post can be taken back.
            await self._desk.posts.publishing.not_out(effect, earlier)
            raise
        reported = Out(out.id, out.url)
        post = await self._desk.posts.publishing.reported(effect, reported)
        return await self._reading_back.read_back(
            waiting, effect, post, reported, fediverse, said=out.mentions, seen_by=out.visibility
        )

    async def _drafted_as_a_thread(self, waiting: Waiting, effect: Publish, post: Post, error: Rejected) -> bool:
        """Whether that was refused for its length by an instance that counts otherwise than it says, and is a draft."""
        text = post.left[0]
        ruler = await self._desk.posts.drafting.ruler(post.account)
        counts = ruler.length(text, post.content_warning)
        in_full = len(text) + len(post.content_warning)
        if not counts <= ruler.limits.characters < in_full or not _is_about_length(error):
            return False
        await self._desk.posts.lengths.has_counted_in_full(post.account)
        told = reason(error)
        return await self._desk.posts.lengths.too_long_for_one(
            waiting, effect, await self._desk.posts.drafting.ruler(post.account), told
        )

    async def _failed(self, waiting: Waiting, effect: Publish, error: Rejected) -> None:
        log.warning("post-rejected post=%d reason=%s", effect.post, error)
        await self._desk.posts.failing.publishing_failed(waiting, effect, reason(error))


def _is_about_length(error: Rejected) -> bool:
    """Whether a refusal may be about the length of the text: it says so, or nothing at all."""
    words = error.told.fields.get("words") if error.told is not None else None
    return error.status in {400, 413, 422} and (words is None or _LENGTH_WORDS.search(str(words)) is not None)
