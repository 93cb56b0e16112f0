"""What a decision yields, and the parts that many decisions share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.effects import Effect, React, ShowPreview, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import PostId, UserId
from fedichat.domain.phrase import Field, Marked
from fedichat.domain.posts.post import Post
from fedichat.domain.tickets.escalation import Escalation
from fedichat.domain.tickets.ticket import Ticket

DONE = "👍"
"""How the bot acknowledges what needs no words."""

YES, NO = "✅", "❌"
"""What is tapped under a question to do it, or to leave it."""

NUMBERS = tuple(f"{digit}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}" for digit in range(1, 10))
"""What is tapped to choose one of several, in their order."""


@dataclass(frozen=True, slots=True)
class Change:
    """The ticket and the posts as they are now, what the history keeps, and what must follow.

    A `ticket` that has changed is shown as it is now on its card, in every room that has one, unless it `is_gone`: no
    effect need say so. `on_card_of` is a ticket that is as it was, but whose card says something else now. `asked` is
    what departments are asked, where that has changed.
    """

    ticket: Ticket | None = None
    posts: tuple[Post, ...] = ()
    entries: tuple[Entry, ...] = ()
    effects: tuple[Effect, ...] = ()
    is_gone: bool = False
    on_card_of: Ticket | None = None
    asked: tuple[Escalation, ...] = ()


def told_about(
    post: Post,
    message: Marked,
    *,
    meant: tuple[UserId, ...] = (),
    moments: Mapping[str, datetime] | None = None,
    **fields: Field,
) -> Tell:
    """Say something about a post, in its thread; `{post}` is its number."""
    given: dict[str, Field] = {"post": post.id}
    return Tell(
        post.place,
        message,
        given | fields,
        ticket=post.ticket,
        post=post.id,
        meant=meant,
        moments=dict(moments or {}),
    )


def preview(post: Post) -> ShowPreview:
    """Show the post as it is now."""
    return ShowPreview(post.place, post.id, post.revision)


def entry(
    ticket: Ticket,
    step: Step,
    cause: Cause | None,
    now: datetime,
    text: str = "",
    post: PostId | None = None,
    *,
    said: Field | None = None,
) -> Entry:
    """A line of the ticket's history."""
    return Entry(ticket.id, now, step, cause.actor if cause else None, text, post, said=said)


def entry_of(
    post: Post, step: Step, cause: Cause | None, now: datetime, text: str = "", *, said: Field | None = None
) -> Entry:
    """A line of the post's history, and of its ticket's if it has one."""
    return Entry(post.ticket, now, step, cause.actor if cause else None, text, post.id, said=said)


def acknowledged(cause: Cause) -> tuple[Effect, ...]:
    """A reaction to the command; who tapped on an emoji sees the card change, and needs none."""
    return (React(cause.place, cause.answer_to, DONE),) if cause.answer_to else ()
