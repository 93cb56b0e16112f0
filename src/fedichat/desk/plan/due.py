"""What becomes of a planned post at its time: it is out, late, or held back and somebody is asked."""

import logging
from datetime import datetime

from fedichat.desk.lookup import thread_of
from fedichat.desk.office import Service, keep, timed, write
from fedichat.desk.plan import series
from fedichat.desk.room.troubles import was_told
from fedichat.desk.settings import Settings
from fedichat.domain.change import Change
from fedichat.domain.effects import Prepare, Publish
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts import due as decide
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.time.timer import Timer
from fedichat.store import freezes, outbox, posts, timers
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class DuePosts(Service):
    """What happens to planned posts without anybody doing anything."""

    @write
    def is_held_back(self, tx: Transaction, effect: Publish) -> bool:
        """Whether the post must not go out now: all that is planned is frozen, or its time is too long ago."""
        post = posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.CONFIRMED or post.publish_after != effect.not_before:
            return False
        return hold_back(tx, self.settings, post, self.clock.now())

    @write
    def cannot_be_prepared(self, tx: Transaction, waiting: Waiting, number: PostId, reason: Phrase) -> None:
        """Ahead of its time it shows that the server will not take a planned post: the room can still act."""
        outbox.done(tx, waiting)
        post = posts.find_post(tx, number)
        if post is not None:
            keep(tx, decide.cannot_be_prepared(post, reason))

    @write
    def preparing_waits(self, tx: Transaction, number: PostId, reason: Phrase) -> None:
        """Ahead of its time the server cannot be asked whether it takes a planned post: the room hears that once."""
        post = posts.find_post(tx, number)
        if post is not None:
            keep(tx, decide.preparing_waits(post, reason, self.clock.now(), was_told=was_told(tx, post)))

    @write
    def pinned(self, tx: Transaction, waiting: Waiting, number: PostId, failure: Phrase | None) -> None:
        """A warning is pinned to the profile, or cannot be: then somebody has to do that there."""
        outbox.done(tx, waiting)
        post = posts.find_post(tx, number)
        if post is not None and failure is not None:
            keep(tx, decide.not_pinned(post, failure))
        elif post is not None:
            keep(tx, decide.pinned(post, thread_of(tx, post, post.place), self.clock.now()))

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """A planned post's time is near, or over: see that it is approved, and that its files are on their way.

        What is left of a thread that is partly out is decided on by its new preview.
        """
        post = posts.find_post(tx, PostId(timer.number))
        if post is None or post.due_at is None or post.kind is not PostKind.PLANNED or post.out:
            return
        if post.state is PostState.CONFIRMED:
            outbox.add_effects(tx, [Prepare(post.account, post.id, post.due_at)])
        elif post.state is PostState.DRAFT and now >= post.due_at + self.settings.grace:
            _miss(tx, self.settings, decide.missed(post, now), now)
        elif post.state is PostState.DRAFT:
            timers.set_timer(tx, timer, post.due_at + self.settings.grace)
            keep(tx, decide.remind_to_confirm(post))


def hold_back(tx: Transaction, settings: Settings, post: Post, now: datetime, *, unheard: bool = False) -> bool:
    """Whether a planned post must not go out now; then it is kept as missed, and the room is asked.

    `unheard`: nobody could have frozen it, so that it must not either. Of a thread that is partly out, the rest waits
    for somebody's decision instead.
    """
    is_frozen = freezes.current_freeze(tx) is not None
    change = decide.held_back(post, now, settings.grace, is_frozen=is_frozen, unheard=unheard)
    if change is None:
        return False
    if post.out:
        keep(tx, change)
    else:
        _miss(tx, settings, change, now)
    return True


def planned_is_out(tx: Transaction, settings: Settings, post: Post, now: datetime) -> None:
    """All of a planned post, or a warning, is at the server: its thread has the link, and a note if it is late."""
    keep(tx, decide.is_out(post, now))
    timers.clear_timer(tx, series.timer_of(post))
    series.go_on(tx, post, settings, now)
    error = f"{(now - post.due_at).total_seconds() * 1000:.0f}" if post.due_at else "-"
    log.info("post-published post=%d kind=%s late_ms=%s", post.id, post.kind, error)


def _miss(tx: Transaction, settings: Settings, change: Change, now: datetime) -> None:
    keep(tx, change)
    (post,) = change.posts
    series.go_on(tx, post, settings, now)
    log.warning("post-missed post=%d", post.id)
