"""What follows for a draft when what it answers has changed: nothing goes out that nobody has looked at again."""

from collections.abc import Sequence
from datetime import datetime

from fedichat.domain.change import Change, entry, entry_of, preview, told_about
from fedichat.domain.effects import Effect
from fedichat.domain.history import Step
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.outcomes import answerable_for
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets.mention import Status, StatusId
from fedichat.domain.tickets.ticket import Ticket


def outdate_drafts(
    ticket: Ticket, pending: Sequence[Post], status: Status | None, now: datetime, *, gone: StatusId | None = None
) -> Change:
    """The citizen edited `status`, or deleted the one that is `gone`: a draft for that ticket needs a fresh look.

    Also one that answers what they wrote later: it was made of all. What is on its way to the server stays as it is.
    """
    return _together([_outdated(ticket, before, status, now, gone) for before in pending if _still_waits(before)])


def _outdated(ticket: Ticket, before: Post, status: Status | None, now: datetime, gone: StatusId | None) -> Change:
    is_answered = before.in_reply_to == (status.id if status else gone)
    if is_answered and status is not None and status.is_version(before.based_on):
        return Change()
    post = states.outdated(before, status, is_answered=is_answered)
    told: tuple[Effect, ...] = ()
    if before.state is PostState.CONFIRMED:
        message = mark("P{post} is not published for now: what it answers was changed. Please confirm it anew.")
        told = (told_about(post, message, meant=answerable_for(before)),)
    return _again(ticket, before, post, told, now)


def question_changed(before: Post, ticket: Ticket, status: Status | None, now: datetime) -> Change:
    """What a confirmed post answers was edited, or deleted (None), right before it was to go out."""
    post = states.outdated(before, status)
    if status is None:
        message = mark(
            "Nothing was published: the question was deleted or hidden. See the new preview, and confirm it anew "
            "or withdraw it."
        )
    else:
        message = mark("Nothing was published: the question was edited. See the new preview and confirm it anew.")
    again = _again(ticket, before, post, (told_about(post, message, meant=answerable_for(before)),), now)
    return Change(posts=again.posts, entries=again.entries, effects=again.effects, on_card_of=ticket)


def too_long_for_one(before: Post, post: Post, ticket: Ticket, reason: Phrase, now: datetime) -> Change:
    """The instance found an answer too long: `post` is what it becomes as a thread, to be confirmed again."""
    message = mark(
        "P{post} was not published: {reason}. The server counts addresses in full, which is remembered from now "
        "on. See the new preview: {confirm} publishes it as a thread of {count}; for a single post, shorten the "
        "text."
    )
    told = told_about(post, message, meant=answerable_for(before), reason=reason, count=len(post.parts))
    outdated = entry_of(post, Step.OUTDATED, None, now, said=reason)
    effects: tuple[Effect, ...] = (preview(before), told, preview(post))
    return Change(posts=(post,), entries=(outdated,), effects=effects, on_card_of=ticket)


def _still_waits(post: Post) -> bool:
    return post.state is not PostState.PUBLISHING and post.answers_question and not post.out


def _again(ticket: Ticket, before: Post, post: Post, told: tuple[Effect, ...], now: datetime) -> Change:
    outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
    return Change(posts=(post,), entries=(outdated,), effects=(preview(before), *told, preview(post)))


def _together(changes: Sequence[Change]) -> Change:
    return Change(
        posts=tuple(post for one in changes for post in one.posts),
        entries=tuple(entry for one in changes for entry in one.entries),
        effects=tuple(effect for one in changes for effect in one.effects),
    )
