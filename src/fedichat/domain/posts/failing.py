"""What follows when a post cannot go out: the server refuses it, or has not kept it."""

from datetime import datetime

from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Discard, Effect
from fedichat.domain.history import Step
from fedichat.domain.phrase import Marked, Phrase, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.outcomes import answerable_for
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.tickets.ticket import Ticket

NOT_KEPT = Phrase(mark("the server said that it took it, and has not kept it"))


def refused(before: Post, reason: Phrase, ticket: Ticket | None, now: datetime) -> Change:
    """Nothing more can be done for this post: the room hears why. Of a thread, what is out stays."""
    effects = _shown(before, _what_failed(before), reason)
    return _failed(before, reason, effects, ticket, now)


def not_kept(before: Post, ticket: Ticket | None, now: datetime) -> Change:
    """The server said that it took the post's next part, and has not kept it: only a person tries that again."""
    effects = _shown(before, _what_was_not_kept(before), NOT_KEPT, wakes_author=True)
    if not before.out:
        # Should it show up after all, the server refuses: Mastodon deletes no file that a status has.
        uploads = [one.uploaded_as for one in before.attachments if one.uploaded_as]
        effects = (*effects, *(Discard(before.account, media) for media in uploads))
    return _failed(before, NOT_KEPT, effects, ticket, now)


def _failed(before: Post, reason: Phrase, effects: tuple[Effect, ...], ticket: Ticket | None, now: datetime) -> Change:
    post = _after(before)
    failed = entry_of(post, Step.FAILED, None, now, said=reason)
    return Change(posts=(post,), entries=(failed,), effects=effects, on_card_of=ticket)


def _after(before: Post) -> Post:
    # Somebody decides whether a thread goes on that is partly out.
    return states.interrupted(before) if before.out else states.failed(before)


def _shown(before: Post, message: Marked, reason: Phrase, *, wakes_author: bool = False) -> tuple[Effect, ...]:
    post = _after(before)
    people = (*answerable_for(before), before.author) if wakes_author else answerable_for(before)
    told = told_about(
        post,
        message,
        meant=tuple(dict.fromkeys(people)),
        called=post.called,
        reason=reason,
        part=len(post.out) + 1,
        count=len(post.texts),
    )
    return (preview(before), told, preview(post)) if before.out else (preview(post), told)


def _what_was_not_kept(post: Post) -> Marked:
    if post.out:
        return mark(
            "⚠️ P{post} stopped: the server said that it took part {part} of {count}, but it is not there. Perhaps its "
            "spam filter drops the text; ask whoever runs the server. What is out stays; see the new preview: "
            "{confirm} tries part {part} again, ❌ leaves it at that."
        )
    if post.kind is PostKind.CRISIS:
        return mark(
            "⚠️ The warning P{post} is NOT out: the server said that it took it, but it is not there. Perhaps its spam "
            "filter drops the text; ask whoever runs the server. Nothing is tried again by itself: "
            "`{prefix}crisis …` makes a new one, best in other words."
        )
    if post.ticket is None:
        return mark(
            "⚠️ P{post} is NOT published: the server said that it took it, but it is not there. Perhaps its spam "
            "filter drops the text; ask whoever runs the server. Nothing is tried again by itself: "
            "`{prefix}copy {called}` makes a new draft of it."
        )
    return mark(
        "⚠️ P{post} is NOT published: the server said that it took it, but it is not there. Perhaps its spam filter "
        "drops the text; ask whoever runs the server. Nothing is tried again by itself: the ticket stays open, and "
        "`{prefix}answer {called} …` starts afresh."
    )


def _what_failed(post: Post) -> Marked:
    # Between two parts of a thread nothing is open.
    is_unknown = post.state is PostState.PUBLISHING and post.attempted_at is not None
    if post.out and is_unknown:
        return mark(
            "P{post} stopped: it is not known whether part {part} of {count} was published: no answer came, and "
            "looking for it is refused: {reason}. Please look at the account itself before going on; see the new "
            "preview."
        )
    if post.out:
        return mark(
            "P{post} stopped: the server will not take part {part} of {count}: {reason}. What is out stays; see the "
            "new preview: {confirm} goes on with part {part}, ❌ leaves it at that."
        )
    if not post.says_something:
        return _what_change_failed(is_unknown=is_unknown)
    if is_unknown:
        return mark(
            "It is not known whether P{post} was published: no answer came, and looking for it is refused: "
            "{reason}. Please look at the account itself before anything else is written."
        )
    if post.ticket is None:
        return mark(
            "P{post} was not published, and trying again would not help: {reason}. `{prefix}copy {called}` makes a new "
            "draft of it."
        )
    return mark(
        "P{post} was not published, and trying again would not help: {reason}. The ticket stays open; "
        "`{prefix}answer {called} …` starts afresh."
    )


def _what_change_failed(*, is_unknown: bool) -> Marked:
    if is_unknown:
        return mark(
            "It is not known whether P{post} was carried out, or how far: in the end the server refused it: {reason}. "
            "Please look at the account itself."
        )
    return mark(
        "P{post} was not carried out, and trying again would not help: {reason}. What is published stays as it is."
    )
