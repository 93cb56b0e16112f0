"""How a confirmed post gets out, exactly once: every step is recorded before the next is taken.

A thread is one step a part. Changing and deleting what is published can be repeated, and so needs no looking.
"""

import contextlib
import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fedichat.desk import Desk
from fedichat.domain.effects import Discard, Pin, Prepare, Publish
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts.post import Attempt, Out, Post, PostKind, PostState
from fedichat.domain.posts.tagging import shown_as_tagged, unforeseen
from fedichat.domain.tickets.mention import Status, Visibility
from fedichat.errors import Gone, Rejected, StopError, TagsOthers, TryLater, Unsure
from fedichat.ports import Clock, Fediverse, NewStatus
from fedichat.render.words import reason
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.gate import Gate
from fedichat.workers.delivery.uploading import Uploading

log = logging.getLogger(__name__)

SETTLING = 30.0
"""How many seconds a request whose answer never came may still be carried out by the server.

Ours give up after 20 s of silence, Mastodon's web server drops what takes it more than 15 s. The same holds
after a crash: a dead process sends nothing more, but what it had sent lies at the server. They are counted in looks:
a clock may be set while we look.
"""
_LOOK_EVERY = 2.0
_READ_AGAIN_AFTER = (2.0, 5.0)
"""Seconds after which a status that is not there is asked for again: a cluster may take a moment to show it."""
_STILL_THERE = timedelta(minutes=1)
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_SET_BACK = timedelta(days=1)
"""By how much the server's own clock may be set back while an answer is lost. It costs a page more at most, mostly."""
_WORDS = re.compile(r"[^\W_]+")
_HOST = re.compile(r"(@\w[\w.-]*)@[\w.-]+")
_LENGTH_WORDS = re.compile(r"long|length|limit|character|exceed|max|zeichen", re.IGNORECASE)
_TELLING = 2_000
"""As many letters tell a text from another one; of a longer one, statuses that are read hold only the beginning."""


class Publisher:
    """Carries out `Publish` effects. `uploading` brings a post's files to the server first; `gate` opens last."""

    def __init__(
        self, desk: Desk, fediverses: Mapping[str, Fediverse], uploading: Uploading, gate: Gate, clock: Clock
    ) -> None:
        self._desk = desk
        self._fediverses = fediverses
        self._uploading = uploading
        self._gate = gate
        self._clock = clock
        self._there_at: dict[str, datetime] = {}

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
                await self._change(waiting, effect, fediverse, may_be_done=may_be_done)
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
            attempt = await self._known_before(ready, fediverse)
            started = await self._gate.start_publishing(
                effect, attempt, lambda: self._is_still_right(waiting, effect, fediverse)
            )
            if started is None:
                await self._desk.room.outbox.carried_out(waiting)
                return
            ready = await self._publish(waiting, effect, started, fediverse, earlier=ready.attempt)

    async def prepare(self, waiting: Waiting, effect: Prepare) -> None:
        """Ahead of its time: bring a planned post's files to the instance, and see that it can be taken."""
        if not await self._desk.posts.attachments.is_wanted(effect):
            await self._desk.room.outbox.carried_out(waiting)
            return
        try:
            await self._must_be_there(effect.account)
            post = await self._desk.posts.finding.any_post(effect.post)
            await self._uploading.upload(post, waiting)
            too_long = await self._too_long(post)
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
        """Raise what the instance or its access has come to; many posts at once need not ask each for itself."""
        asked_at = self._clock.now()
        if asked_at - self._there_at.get(account, asked_at - _STILL_THERE) >= _STILL_THERE:
            await self._fediverses[account].me()
            self._there_at[account] = asked_at

    async def _too_long(self, post: Post) -> bool:
        """Whether the instance has come to take less than when the post was written."""
        ruler = await self._desk.posts.drafting.ruler(post.account)
        return any(ruler.length(text, post.content_warning) > ruler.limits.characters for text in post.left)

    async def pin(self, waiting: Waiting, effect: Pin) -> None:
        """Pin what a warning became to the account's profile."""
        post = await self._desk.posts.finding.any_post(effect.post)
        failure: Phrase | None = None
        try:
            if post.published_as is not None and post.stands:
                await self._fediverses[effect.account].pin(post.published_as)
        except Rejected as error:
            failure = reason(error)
        await self._desk.plan.due.pinned(waiting, effect.post, failure)

    async def discard(self, waiting: Waiting, effect: Discard) -> None:
        """Delete an upload that was not used. Where the server will not, it does so itself after a day."""
        try:
            await self._fediverses[effect.account].discard(effect.media)
        except Rejected as error:
            log.info("upload-not-discarded account=%s reason=%s", effect.account, error)
        await self._desk.room.outbox.carried_out(waiting)

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
            return await self._read_back(waiting, effect, post, post.attempt.reported, fediverse)
        is_open = post.state is PostState.PUBLISHING
        # After a try that left nothing it may have shown up since.
        found = await (self._find_what_went_out(post, fediverse) if is_open else self._find(post, fediverse))
        if found is None:
            return await self._desk.posts.publishing.not_found(effect) or post
        others = await self._unforeseen(post, found.mentions, fediverse)
        post = await self._desk.posts.publishing.published(
            waiting, post.id, found.id, found.url, unforeseen=others, seen_by=found.visibility
        )
        return post if post.left else None

    async def _known_before(self, post: Post, fediverse: Fediverse) -> Attempt:
        """What of the account is there before the post's next part is: whatever comes later can be it."""
        if post.attempt is not None:
            return post.attempt
        own: Sequence[Status] = ()
        replies: Sequence[Status] = ()
        # What a server does not show keeps nothing back: it is looked at for what may be lost, and mostly nothing is.
        with contextlib.suppress(Rejected):
            own = await fediverse.own_statuses(None)
        with contextlib.suppress(Rejected):
            replies = await self._replies(post, fediverse)
        since = min((status.created_at for status in own), default=None)
        return Attempt(tuple(dict.fromkeys(status.id for status in (*own, *replies))), since)

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
            media=() if part else _uploaded(post),
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
        return await self._read_back(
            waiting, effect, post, reported, fediverse, said=out.mentions, seen_by=out.visibility
        )

    async def _read_back(
        self,
        waiting: Waiting,
        effect: Publish,
        post: Post,
        out: Out,
        fediverse: Fediverse,
        *,
        said: tuple[str, ...] = (),
        seen_by: Visibility | None = None,
    ) -> Post | None:
        """See that the server has kept what it says it took. Returns the post if another part is to follow.

        Mastodon answers 200 with a new id also for a status that its antispam silently drops (source, since 4.4).
        Where the server cannot be asked, its word counts, and the room is told that nobody has seen it. Where it has
        said that nothing is there, it does not: until the account's list can be read, it is asked again. `said` is
        whom the post tags by that word, `seen_by` whom it is shown to.
        """
        unseen: Phrase | None = None
        mentions = said
        try:
            status = await self._stands(out, fediverse)
        except (TryLater, Rejected) as error:
            unseen = reason(error)
        else:
            if status is None:
                with contextlib.suppress(Rejected):
                    status = await self._find(post, fediverse)
            if status is None:
                log.error("post-not-kept post=%d part=%d", post.id, len(post.out) + 1)
                await self._desk.posts.failing.not_kept(waiting, effect)
                return None
            out = Out(status.id, out.url or status.url)
            mentions, seen_by = status.mentions, status.visibility
        others = await self._unforeseen(post, mentions, fediverse)
        post = await self._desk.posts.publishing.published(
            waiting, post.id, out.status, out.url, unseen=unseen, unforeseen=others, seen_by=seen_by
        )
        return post if post.left else None

    async def _unforeseen(
        self, post: Post, mentions: tuple[str, ...], fediverse: Fediverse, *, before: str = ""
    ) -> tuple[str, ...]:
        """Those of whom the server says that the post's next part tags them, and whom the preview did not name.

        `before` is what a change has replaced.
        """
        if not mentions:
            return ()
        within_words = (await self._desk.posts.drafting.ruler(post.account)).limits.tags_within_words
        words = f"{post.left[0]}\n{post.content_warning}\n{before}"
        shown = shown_as_tagged(words, await self._desk.posts.publishing.asker_of(post), within_words=within_words)
        home = (await fediverse.me()).acct.partition("@")[2]
        return unforeseen(mentions, shown, home)

    async def _stands(self, out: Out, fediverse: Fediverse) -> Status | None:
        """What the server shows under the id that it gave; None where it shows nothing, however often it is asked.

        Raises Rejected for what it will not show, and TryLater where it did not answer.
        """
        trouble: TryLater | None = None
        for seconds in (0.0, *_READ_AGAIN_AFTER):
            if seconds:
                await self._clock.sleep(seconds)
            try:
                return await fediverse.status(out.status)
            except Gone:
                log.info("post-not-seen-yet status=%s", out.status)
            except TryLater as error:
                trouble = error
        if trouble is not None:
            raise trouble
        return None

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

    async def _change(self, waiting: Waiting, effect: Publish, fediverse: Fediverse, *, may_be_done: bool) -> None:
        """Change or delete what is published. `may_be_done`: an earlier try has no known outcome."""
        post = await self._gate.start_publishing(effect)
        if post is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        target = await self._desk.posts.publishing.target_of(post)
        try:
            if post.kind is PostKind.REMOVAL:
                await _remove(target, fediverse)
                await self._desk.posts.changing.removed(waiting, post.id)
            else:
                mentions = await _edit(target, post, fediverse)
                # Whom it tagged before has read it; some servers leave them tagged.
                others = await self._unforeseen(post, mentions, fediverse, before=target.text)
                await self._desk.posts.changing.edited(waiting, post.id, unforeseen=others)
        except Gone:
            await self._desk.posts.changing.target_gone(waiting, post.id)
        except Rejected as error:
            # An earlier try may have done it, and of a thread some parts may be gone.
            if not may_be_done and len(target.out) == 1:
                await self._desk.posts.publishing.not_out(effect)
            await self._failed(waiting, effect, error)
        except Unsure:
            raise
        except (TryLater, StopError):
            # A deletion may have begun: of a thread some parts can be gone already.
            if post.kind is PostKind.EDIT and not may_be_done:
                await self._desk.posts.publishing.not_out(effect)
            raise

    async def _failed(self, waiting: Waiting, effect: Publish, error: Rejected) -> None:
        log.warning("post-rejected post=%d reason=%s", effect.post, error)
        await self._desk.posts.failing.publishing_failed(waiting, effect, reason(error))

    async def _find_what_went_out(self, post: Post, fediverse: Fediverse) -> Status | None:
        """Look for the post's next part among what the account published: the answer to an earlier try never came.

        What is found is out, so looking begins at once. Finding nothing counts once the try has settled.
        """
        log.info("post-outcome-unknown post=%d part=%d looking for it on the server", post.id, len(post.out) + 1)
        for look in range(int(SETTLING / _LOOK_EVERY) + 1):
            if look:
                await self._clock.sleep(_LOOK_EVERY)
            if found := await self._find(post, fediverse):
                log.info("post-found post=%d", post.id)
                return found
        log.info("post-not-found post=%d", post.id)
        return None

    async def _find(self, post: Post, fediverse: Fediverse) -> Status | None:
        """A status of the account's that says what the next part does, and was not there before that was handed over.

        Ids are only compared, never ordered, and the server's moments only with each other, and roughly.
        """
        before = post.attempt or Attempt()
        now_there = await fediverse.own_statuses(before.since - _SET_BACK if before.since else _BEGINNING)
        found = await self._next_among(now_there, post, before)
        return found or await self._next_among(await self._replies(post, fediverse), post, before)

    async def _next_among(self, candidates: Sequence[Status], post: Post, before: Attempt) -> Status | None:
        matching = [status for status in candidates if _is_next(status, post) and status.id not in before.there]
        known = await self._desk.posts.publishing.recorded_statuses(post.account, [status.id for status in matching])
        return next((status for status in matching if status.id not in known), None)

    async def _replies(self, post: Post, fediverse: Fediverse) -> list[Status]:
        """Our own replies to what it follows: some servers leave direct ones out of an account's list."""
        if post.follows is None:
            return []
        try:
            me = await fediverse.me()
            return [status for status in await fediverse.replies(post.follows) if status.author.acct == me.acct]
        except Gone:
            return []


async def _remove(target: Post, fediverse: Fediverse) -> None:
    """The last part first: what is left in between is a beginning, not a reply to nothing."""
    for out in reversed(target.out):
        with contextlib.suppress(Gone):
            await fediverse.delete(out.status)


async def _edit(target: Post, edit: Post, fediverse: Fediverse) -> tuple[str, ...]:
    """Change it; returns whom it tags then."""
    new = NewStatus(
        text=edit.text,
        visibility=target.visibility,
        in_reply_to=target.in_reply_to,
        content_warning=edit.content_warning,
        language=edit.language,
        media=_uploaded(target),  # the API takes away the media that are not named again
    )
    return await fediverse.edit(target.out[0].status, new)


def _is_about_length(error: Rejected) -> bool:
    """Whether a refusal may be about the length of the text: it says so, or nothing at all."""
    words = error.told.fields.get("words") if error.told is not None else None
    return error.status in {400, 413, 422} and (words is None or _LENGTH_WORDS.search(str(words)) is not None)


def _uploaded(post: Post) -> tuple[str, ...]:
    return tuple(one.uploaded_as for one in post.attachments if one.uploaded_as)


def _is_next(status: Status, post: Post) -> bool:
    # What it replies to may have been deleted since: then it replies to nothing.
    return status.in_reply_to in (post.follows, None) and _bare(status.text) == _bare(post.left[0])


def _bare(text: str) -> str:
    """The letters at the beginning, without what servers change: hosts of mentions, white space, case, Markdown.

    An umlaut may be one sign or two, and comes back as the other.
    """
    one_form = unicodedata.normalize("NFKC", _HOST.sub(r"\1", text)).casefold()
    return "".join(_WORDS.findall(one_form))[:_TELLING]
