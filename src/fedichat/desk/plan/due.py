"""What becomes of a planned post at its time: it is out, late, or held back and somebody is asked."""

import logging
from datetime import datetime

from fedichat.desk.lookup import thread_of
from fedichat.desk.office import Service, keep, timed, write
from fedichat.desk.plan import series
from fedichat.desk.room.troubles import was_told
from fedichat.desk.settings import Settings
from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Effect, Pin, Prepare, Publish, React, ShowMissed
from fedichat.domain.history import Step
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import planning, states
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.time.timer import Timer
from fedichat.store import freezes, outbox, posts, timers
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)

PINNED = "📌"
"""How the bot says on a warning's preview that it is pinned to the profile."""


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
        if post is None or post.state is not PostState.CONFIRMED or post.due_at is None:
            return
        message = mark(
            "P{post}, which is to go out {moment}, will not be taken by the server: {reason}. Editing the message with "
            "the command changes the post; `{prefix}unschedule P{post}` drops it."
        )
        meant = (post.confirmed_by or post.author,)
        told = told_about(post, message, meant=meant, moments={"moment": post.due_at}, reason=reason)
        outbox.add_effects(tx, [told])

    @write
    def preparing_waits(self, tx: Transaction, number: PostId, reason: Phrase) -> None:
        """Ahead of its time the server cannot be asked whether it takes a planned post: the room hears that once."""
        post = posts.find_post(tx, number)
        if post is None or post.state is not PostState.CONFIRMED or post.due_at is None:
            return
        if post.due_at - self.clock.now() > planning.TOLD_AHEAD or was_told(tx, post):
            return
        message = mark("P{post} is to go out {moment}, but {reason}. It is tried again; nothing is lost.")
        told = told_about(post, message, moments={"moment": post.due_at}, reason=reason)
        entries = (entry_of(post, Step.DELAYED, None, self.clock.now(), said=reason),)
        keep(tx, Change(entries=entries, effects=(told,)))

    @write
    def pinned(self, tx: Transaction, waiting: Waiting, number: PostId, failure: Phrase | None) -> None:
        """A warning is pinned to the profile, or cannot be: then somebody has to do that there."""
        outbox.done(tx, waiting)
        post = posts.find_post(tx, number)
        if post is None:
            return
        if failure is None:
            shown = thread_of(tx, post, post.place)
            told = (React(post.place, shown, PINNED),) if shown is not None else ()
            keep(tx, Change(entries=(entry_of(post, Step.PINNED, None, self.clock.now()),), effects=told))
            return
        message = mark("P{post} is out, but could not be pinned to the profile: {reason}. Please pin it there.")
        outbox.add_effects(tx, [told_about(post, message, meant=(post.author,), reason=failure)])

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
            _miss(tx, self.settings, post, now)
        elif post.state is PostState.DRAFT:
            timers.set_timer(tx, timer, post.due_at + self.settings.grace)
            message = mark(
                "P{post} is planned for {moment} and nobody has confirmed it: as it is, it will not go out. "
                "See its preview: {confirm} confirms it."
            )
            told = told_about(post, message, meant=(post.author,), moments={"moment": post.due_at})
            outbox.add_effects(tx, [told])


def hold_back(tx: Transaction, settings: Settings, post: Post, now: datetime, *, unheard: bool = False) -> bool:
    """Whether a planned post must not go out now; then it is kept as missed, and the room is asked.

    `unheard`: nobody could have frozen it, so that it must not either. Of a thread that is partly out, the rest waits
    for somebody's decision instead.
    """
    is_between_parts = post.state is PostState.PUBLISHING and bool(post.out) and post.attempted_at is None
    if post.kind is not PostKind.PLANNED or not (post.state is PostState.CONFIRMED or is_between_parts):
        return False
    is_frozen = freezes.current_freeze(tx) is not None
    is_late = (unheard or planning.is_over(post, now, settings.grace)) and not post.out
    if not is_frozen and not is_late:
        return False
    if post.out:
        paused = states.interrupted(post)
        message = mark("P{post} stopped: all that is planned is held back. What is out stays; see the new preview.")
        keep(tx, Change(posts=(paused,), effects=(preview(post), told_about(paused, message), preview(paused))))
    else:
        _miss(tx, settings, post, now)
    return True


def planned_is_out(tx: Transaction, settings: Settings, post: Post, now: datetime) -> None:
    """All of a planned post, or a warning, is at the server: its thread has the link, and a note if it is late."""
    late = now - post.due_at if post.due_at else None
    message = mark("P{post} is published: {url}")
    if late is not None and late >= planning.LATE and post.kind is PostKind.PLANNED:
        message = mark("P{post} is published, late: it was planned for {moment}. {url}")
    told = told_about(post, message, moments={"moment": post.due_at} if post.due_at else None, url=post.url)
    effects: list[Effect] = [preview(post), told]
    if post.kind is PostKind.CRISIS:
        effects.append(Pin(post.account, post.id))
    out = entry_of(post, Step.PUBLISHED, None, now)
    keep(tx, Change(posts=(post,), entries=(out,), effects=tuple(effects)))
    timers.clear_timer(tx, series.timer_of(post))
    series.go_on(tx, post, settings, now)
    error = f"{(now - post.due_at).total_seconds() * 1000:.0f}" if post.due_at else "-"
    log.info("post-published post=%d kind=%s late_ms=%s", post.id, post.kind, error)


def _miss(tx: Transaction, settings: Settings, before: Post, now: datetime) -> None:
    post = planning.missed(before)
    missed = entry_of(post, Step.MISSED, None, now)
    keep(tx, Change(posts=(post,), entries=(missed,), effects=(preview(post), ShowMissed(post.place))))
    series.go_on(tx, post, settings, now)
    log.warning("post-missed post=%d", post.id)
