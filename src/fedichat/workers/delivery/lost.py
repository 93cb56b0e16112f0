"""Looks for a post on the server whose outcome is not known: the answer never came, or we died before it did."""

import contextlib
import logging
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fedichat.desk import Desk
from fedichat.domain.posts.post import Attempt, Post
from fedichat.domain.tickets.mention import Status
from fedichat.errors import Gone, Rejected
from fedichat.ports import Clock, Fediverse

log = logging.getLogger(__name__)

SETTLING = 30.0
"""How many seconds a request whose answer never came may still be carried out by the server.

Ours give up after 20 s of silence, Mastodon's web server drops what takes it more than 15 s. The same holds
after a crash: a dead process sends nothing more, but what it had sent is still at the server. They are counted in
looks: a clock may be set while we look.
"""
_LOOK_EVERY = 2.0
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_SET_BACK = timedelta(days=1)
"""By how much the server's own clock may be set back while an answer is lost. It costs a page more at most, mostly."""
_WORDS = re.compile(r"[^\W_]+")
_HOST = re.compile(r"(@\w[\w.-]*)@[\w.-]+")
_TELLING = 2_000
"""As many letters tell a text from another one; of a longer one, statuses that are read hold only the beginning."""


class Search:
    """Searches the account's statuses for the next part of a post."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def known_before(self, post: Post, fediverse: Fediverse) -> Attempt:
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

    async def find_what_went_out(self, post: Post, fediverse: Fediverse) -> Status | None:
        """Look for the post's next part among what the account published: the answer to an earlier try never came.

        What is found is out, so looking begins at once. Finding nothing counts once the try has settled.
        """
        log.info("post-outcome-unknown post=%d part=%d looking for it on the server", post.id, len(post.out) + 1)
        for look in range(int(SETTLING / _LOOK_EVERY) + 1):
            if look:
                await self._clock.sleep(_LOOK_EVERY)
            if found := await self.find(post, fediverse):
                log.info("post-found post=%d", post.id)
                return found
        log.info("post-not-found post=%d", post.id)
        return None

    async def find(self, post: Post, fediverse: Fediverse) -> Status | None:
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


def _is_next(status: Status, post: Post) -> bool:
    # What it replies to may have been deleted since: then it replies to nothing.
    return status.in_reply_to in (post.follows, None) and _bare(status.text) == _bare(post.left[0])


def _bare(text: str) -> str:
    """The letters at the beginning, without what servers change: hosts of mentions, white space, case, Markdown.

    An umlaut may be one sign or two, and comes back as the other.
    """
    one_form = unicodedata.normalize("NFKC", _HOST.sub(r"\1", text)).casefold()
    return "".join(_WORDS.findall(one_form))[:_TELLING]
