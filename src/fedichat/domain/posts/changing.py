"""What follows when a published post was changed or deleted at the server, or is not there to be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import ShowPublished
from fedichat.domain.history import Step
from fedichat.domain.names import Place
from fedichat.domain.phrase import mark
from fedichat.domain.posts import states
from fedichat.domain.posts.outcomes import answerable_for, shown_to, tagged_unforeseen
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.tickets.ticket import Ticket, TicketState, reopened
from fedichat.domain.time.sla import Promises


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a published post belongs to: its ticket, all posts of that, and the departments that are shown changes.

    `has_words`: whether anything of what citizens wrote in it is left. Of a planned post, `ticket` is None.
    """

    ticket: Ticket | None = None
    posts: Sequence[Post] = ()
    departments: Sequence[Place] = ()
    has_words: bool = False


def edited(before: Post, published: Post, concerned: Concerned, unforeseen: Sequence[str], now: datetime) -> Change:
    """The server has the new text of the `published` post; `unforeseen` are the accounts that nobody meant to tag."""
    post = states.carried_out(before)
    target = states.changed_by(published, post)
    told = told_about(post, mark("Changed what is published: {url}"), url=target.url)
    besides = (tagged_unforeseen(target, unforeseen, confirmed=post),) if unforeseen else ()
    return Change(
        posts=(target, post),
        entries=(entry_of(target, Step.EDITED, None, now),),
        effects=(preview(post), preview(target), told, *_shown(concerned, post), *besides),
    )


def removed(before: Post, published: Post, concerned: Concerned, now: datetime, promises: Promises) -> Change:
    """The `published` post is gone from the server; a ticket that it had answered is open again."""
    post = states.carried_out(before)
    target = states.removed(published)
    open_again = _open_without(target, concerned, now)
    message = mark("P{target} is deleted from the server.")
    if open_again is not None:
        message = mark("P{target} is deleted from the server. #{ticket} is open again.")
    told = told_about(post, message, target=target.id, ticket=post.called)
    return Change(
        _promised(open_again or concerned.ticket, promises),
        (target, post),
        (entry_of(target, Step.REMOVED, None, now),),
        (preview(post), preview(target), told, *_shown(concerned, post)),
    )


def target_gone(before: Post, published: Post, concerned: Concerned, now: datetime, promises: Promises) -> Change:
    """What was to be changed is not at the server any more."""
    post = states.failed(before)
    target = states.removed(published)
    message = mark(
        "P{target} could not be changed: it is not at the server any more. Somebody has deleted it there, or the "
        "account may not see it."
    )
    told = told_about(post, message, meant=answerable_for(post), target=target.id)
    return Change(
        _promised(_open_without(target, concerned, now) or concerned.ticket, promises),
        (target, post),
        (entry_of(post, Step.FAILED, None, now), entry_of(target, Step.REMOVED, None, now)),
        (preview(post), preview(target), told),
    )


def _shown(concerned: Concerned, post: Post) -> tuple[ShowPublished, ...]:
    return shown_to(concerned.departments, concerned.ticket, post) if concerned.ticket is not None else ()


def _promised(ticket: Ticket | None, promises: Promises) -> Ticket | None:
    return promises.kept_for(ticket) if ticket is not None else None


def _open_without(removed: Post, concerned: Concerned, now: datetime) -> Ticket | None:
    """The ticket, open again without that post, if nothing else answers it and something is left to be answered."""
    ticket = concerned.ticket
    if ticket is None or ticket.state is not TicketState.ANSWERED or removed.kind is not PostKind.ANSWER:
        return None
    others = [post for post in concerned.posts if post.id != removed.id]
    if any(post.stands and post.kind is PostKind.ANSWER for post in others) or not concerned.has_words:
        return None
    return reopened(ticket, now)
