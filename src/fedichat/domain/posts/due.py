"""What follows for a planned post at its time: it is out, late, or held back and somebody is asked."""

from datetime import datetime, timedelta

from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Effect, Pin, React, ShowMissed
from fedichat.domain.history import Step
from fedichat.domain.names import EventId
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import planning, states
from fedichat.domain.posts.outcomes import answerable_for
from fedichat.domain.posts.post import Post, PostKind, PostState

PINNED = "📌"
"""How the bot says on a warning's preview that it is pinned to the profile."""


def is_scheduled(post: Post) -> bool:
    """Whether the post is confirmed for a moment of its own."""
    return post.state is PostState.CONFIRMED and post.due_at is not None


def cannot_be_prepared(post: Post, reason: Phrase) -> Change:
    """Ahead of its time it shows that the server will not take a planned post: the room can still act."""
    if not is_scheduled(post) or post.due_at is None:
        return Change()
    message = mark(
        "P{post}, which is to go out {moment}, will not be taken by the server: {reason}. Editing the message with "
        "the command changes the post; `{prefix}unschedule P{post}` drops it."
    )
    meant = answerable_for(post)
    return Change(effects=(told_about(post, message, meant=meant, moments={"moment": post.due_at}, reason=reason),))


def preparing_waits(post: Post, reason: Phrase, now: datetime, *, was_told: bool) -> Change:
    """Ahead of its time the server cannot be asked whether it takes a planned post: the room hears that once.

    `was_told`: it has heard so already.
    """
    if not is_scheduled(post) or post.due_at is None or was_told or post.due_at - now > planning.TOLD_AHEAD:
        return Change()
    message = mark("P{post} is to go out {moment}, but {reason}. It is tried again; nothing is lost.")
    told = told_about(post, message, moments={"moment": post.due_at}, reason=reason)
    return Change(entries=(entry_of(post, Step.DELAYED, None, now, said=reason),), effects=(told,))


def pinned(post: Post, shown: EventId | None, now: datetime) -> Change:
    """A warning is pinned to the profile: a sign on its preview, `shown` there, says so."""
    signs = (React(post.place, shown, PINNED),) if shown is not None else ()
    return Change(entries=(entry_of(post, Step.PINNED, None, now),), effects=signs)


def not_pinned(post: Post, reason: Phrase) -> Change:
    """A warning could not be pinned: somebody has to do that at the server."""
    message = mark("P{post} is out, but could not be pinned to the profile: {reason}. Please pin it there.")
    return Change(effects=(told_about(post, message, meant=(post.author,), reason=reason),))


def remind_to_confirm(post: Post) -> Change:
    """The time of a draft is near: whoever wrote it hears that it will not go out as it is."""
    message = mark(
        "P{post} is planned for {moment} and nobody has confirmed it: as it is, it will not go out. "
        "See its preview: {confirm} confirms it."
    )
    moments = {"moment": post.due_at} if post.due_at else None
    return Change(effects=(told_about(post, message, meant=(post.author,), moments=moments),))


def may_be_held_back(post: Post) -> bool:
    """Whether it is a planned post that is about to go out, or to go on after a part of it."""
    is_between_parts = post.state is PostState.PUBLISHING and bool(post.out) and post.attempted_at is None
    return post.kind is PostKind.PLANNED and (post.state is PostState.CONFIRMED or is_between_parts)


def held_back(post: Post, now: datetime, grace: timedelta, *, is_frozen: bool, unheard: bool) -> Change | None:
    """What follows where a planned post must not go out now; None where it may.

    `is_frozen`: all that is planned is held back. `unheard`: nobody could have done that, so that it must not go out
    either. Of a thread that is partly out, the rest waits for somebody's decision; anything else has missed its time.
    """
    is_late = (unheard or planning.is_over(post, now, grace)) and not post.out
    if not may_be_held_back(post) or not (is_frozen or is_late):
        return None
    return _paused(post) if post.out else missed(post, now)


def _paused(before: Post) -> Change:
    post = states.interrupted(before)
    message = mark("P{post} stopped: all that is planned is held back. What is out stays; see the new preview.")
    return Change(posts=(post,), effects=(preview(before), told_about(post, message), preview(post)))


def missed(before: Post, now: datetime) -> Change:
    """The post's time has passed without it: the room is asked what is to become of it."""
    post = planning.missed(before)
    entries = (entry_of(post, Step.MISSED, None, now),)
    return Change(posts=(post,), entries=entries, effects=(preview(post), ShowMissed(post.place)))


def is_out(post: Post, now: datetime) -> Change:
    """All of a planned post, or a warning, is at the server: its thread has the link, and a note if it is late."""
    is_late = post.kind is PostKind.PLANNED and post.due_at is not None and now - post.due_at >= planning.LATE
    message = mark("P{post} is published: {url}")
    if is_late:
        message = mark("P{post} is published, late: it was planned for {moment}. {url}")
    told = told_about(post, message, moments={"moment": post.due_at} if post.due_at else None, url=post.url)
    effects: tuple[Effect, ...] = (preview(post), told)
    if post.kind is PostKind.CRISIS:
        effects = (*effects, Pin(post.account, post.id))
    return Change(posts=(post,), entries=(entry_of(post, Step.PUBLISHED, None, now),), effects=effects)
