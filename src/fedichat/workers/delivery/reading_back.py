"""Sees that the server has kept what it says it took, and whom it says that tags."""

import contextlib
import logging

from fedichat.desk import Desk
from fedichat.domain.effects import Publish
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts.post import Out, Post
from fedichat.domain.posts.tagging import shown_as_tagged, unforeseen
from fedichat.domain.tickets.mention import Status, Visibility
from fedichat.errors import Gone, Rejected, TryLater
from fedichat.ports import Clock, Fediverse
from fedichat.render.words import reason
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.lost import Search

log = logging.getLogger(__name__)

_READ_AGAIN_AFTER = (2.0, 5.0)
"""Seconds after which a status that is not there is asked for again: a cluster may take a moment to show it."""


class ReadingBack:
    """Reads back what was published."""

    def __init__(self, desk: Desk, clock: Clock, search: Search) -> None:
        self._desk = desk
        self._clock = clock
        self._search = search

    async def read_back(
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
                    status = await self._search.find(post, fediverse)
            if status is None:
                log.error("post-not-kept post=%d part=%d", post.id, len(post.out) + 1)
                await self._desk.posts.failing.not_kept(waiting, effect)
                return None
            out = Out(status.id, out.url or status.url)
            mentions, seen_by = status.mentions, status.visibility
        others = await self.unforeseen(post, mentions, fediverse)
        post = await self._desk.posts.publishing.published(
            waiting, post.id, out.status, out.url, unseen=unseen, unforeseen=others, seen_by=seen_by
        )
        return post if post.left else None

    async def unforeseen(
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
