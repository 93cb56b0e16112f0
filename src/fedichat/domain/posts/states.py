"""How a post gets from one state to the next: confirmed, handed to the server, out, refused, taken back."""

from dataclasses import replace
from datetime import datetime

from fedichat.domain.names import UserId, localpart
from fedichat.domain.posts.post import Attempt, Out, Post, PostState, answered_by
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.errors import Refusal


def unused_uploads(before: Post, post: Post) -> tuple[str, ...]:
    """The uploads that the post had and will not take along any more: its file was replaced, or it is not published.

    The change of a published post only names what that has. What is out, or may be, has its files.
    """
    if not before.says_something or before.out or post.out:
        return ()
    is_over = post.state is PostState.WITHDRAWN or (
        post.state is PostState.FAILED and before.state is PostState.CONFIRMED
    )
    kept = () if is_over else {one.uploaded_as for one in post.attachments}
    return tuple(one.uploaded_as for one in before.attachments if one.uploaded_as and one.uploaded_as not in kept)


def confirmed(
    post: Post, actor: UserId, publish_after: datetime, *, four_eyes: bool, writer: UserId | None = None
) -> Post:
    """The post released for publishing by `actor`.

    With `four_eyes` that must be somebody other than the one whose words these are: `writer`, or else its author.
    """
    if post.state is PostState.CONFIRMED:
        raise Refusal(
            "P{post} is confirmed already, by {who}.",
            post=post.id,
            who=localpart(post.confirmed_by or post.author),
        )
    if post.state not in (PostState.DRAFT, PostState.MISSED):
        raise Refusal("P{post} is {state}: there is nothing to confirm.", post=post.id, state=post.state)
    if four_eyes and actor == (writer or post.author):
        raise Refusal("P{post} needs a second pair of eyes: somebody other than you must confirm it.", post=post.id)
    return replace(post, state=PostState.CONFIRMED, confirmed_by=actor, publish_after=publish_after)


def unconfirmed(post: Post) -> Post:
    """The post as a draft again, as long as it has not been handed to the server; what was missed stays that."""
    if post.state not in (PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: the confirmation cannot be taken back.", post=post.id, state=post.state)
    state = PostState.DRAFT if post.state is PostState.CONFIRMED else post.state
    return replace(post, state=state, confirmed_by=None)


def shown_again(post: Post) -> Post:
    """The post unconfirmed, with another preview: nobody can see this one any more. What was missed stays that."""
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: it cannot be held back.", post=post.id, state=post.state)
    state = PostState.MISSED if post.state is PostState.MISSED else PostState.DRAFT
    return replace(post, state=state, confirmed_by=None, revision=post.revision + 1)


def withdrawn(post: Post) -> Post:
    """The post taken back before it went out. Of a thread that is partly out, that part stays: it is published so."""
    if post.state is PostState.PUBLISHED and post.stands:
        raise Refusal(
            "P{post} is out already: {url} – `{prefix}unpublish {called}` deletes it there.",
            post=post.id,
            url=post.url,
            called=f"P{post.id}",
        )
    if post.state is PostState.PUBLISHING:
        raise Refusal("P{post} is on its way to the server already, so it cannot be withdrawn any more.", post=post.id)
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: there is nothing to withdraw.", post=post.id, state=post.state)
    if post.out:
        return cut_short(post)
    return replace(post, state=PostState.WITHDRAWN, confirmed_by=None)


def cut_short(post: Post) -> Post:
    """The thread that is left at what is out of it."""
    said = post.texts[: len(post.out)]
    parts = said if len(said) > 1 else ()
    return replace(post, state=PostState.PUBLISHED, text="\n\n".join(said), parts=parts)


def outdated(post: Post, status: Status | None, *, is_answered: bool = True) -> Post:
    """The post as a draft again after the citizen changed or deleted (None) a status: it needs a fresh look.

    `is_answered`: that is what it answers, not something earlier or later in the ticket.
    """
    again = replace(post, state=PostState.DRAFT, confirmed_by=None, revision=post.revision + 1)
    if status is not None:
        again = replace(again, visibility=post.visibility.narrowed_to(status.visibility))
    if not is_answered:
        return again
    seen = answered_by(post)
    seen = replace(seen, in_reply_to=None, based_on="") if status is None else replace(seen, based_on=status.version)
    return replace(again, about=seen)


def drafted_again(post: Post) -> Post:
    """The post as a draft again, unchanged so far: nothing of it is out, and what it becomes needs a fresh look."""
    return replace(post, state=PostState.DRAFT, confirmed_by=None, attempted_at=None, revision=post.revision + 1)


def more_private(post: Post, visibility: Visibility) -> Post:
    """The post as a draft again, for no more people than that: what it belongs to has become more private."""
    narrowed = post.visibility.narrowed_to(visibility)
    return replace(post, visibility=narrowed, state=PostState.DRAFT, confirmed_by=None, revision=post.revision + 1)


def publishing(post: Post, now: datetime, attempt: Attempt | None = None) -> Post:
    """The post in the server's hands: it may be out at any moment. `attempt` is what is known right before."""
    attempted_at = post.attempted_at or now
    return replace(post, state=PostState.PUBLISHING, attempted_at=attempted_at, attempt=post.attempt or attempt)


def reported(post: Post, out: Out) -> Post:
    """The post of whose next part the server says which status it became; that is still to be read back."""
    return replace(post, attempt=replace(post.attempt or Attempt(), reported=out))


def not_out(post: Post, earlier: Attempt | None = None) -> Post:
    """The post after it has become certain that the server did not take it: it waits again, and can be taken back.

    `earlier` is the attempt of a try before that one, of which nothing was found: that may still show up.
    """
    return replace(post, state=PostState.CONFIRMED, attempted_at=None, attempt=earlier)


def not_found(post: Post) -> Post:
    """The same where a try without an answer left nothing that could be found: it may still show up, late."""
    return replace(post, state=PostState.CONFIRMED, attempted_at=None)


def part_published(post: Post, status: StatusId, url: str) -> Post:
    """The post with its next part at the server; published once all of them are there."""
    out = (*post.out, Out(status, url))
    state = PostState.PUBLISHED if len(out) >= len(post.texts) else post.state
    return replace(post, state=state, out=out, attempted_at=None, attempt=None)


def interrupted(post: Post) -> Post:
    """The thread of which a part was refused: what is out stays, and somebody decides whether it goes on.

    Who confirmed what is out stays known: it may remain all that there is. So does a try of which nothing was found so
    far: it may still show up, and must not be repeated then.
    """
    attempt = post.attempt if post.state is PostState.CONFIRMED else None
    return replace(post, state=PostState.DRAFT, attempted_at=None, attempt=attempt, revision=post.revision + 1)


def carried_out(post: Post) -> Post:
    """The change of a published post, or its deletion, that the server has made."""
    return replace(post, state=PostState.PUBLISHED, attempted_at=None)


def changed_by(target: Post, edit: Post) -> Post:
    """The published post as it reads now."""
    return replace(target, text=edit.text, content_warning=edit.content_warning, language=edit.language)


def removed(target: Post) -> Post:
    """The published post that is not at the server any more."""
    return replace(target, state=PostState.REMOVED)


def failed(post: Post) -> Post:
    """The post that the server will not take."""
    return replace(post, state=PostState.FAILED)
