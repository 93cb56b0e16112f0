"""What follows when a post is confirmed, or taken back before it went out; and why a confirmation may not count."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry_of, preview, told_about
from fedichat.domain.effects import Effect, Prepare, Publish, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import Place, UserId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts import planning, states
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import NotShownYet, Refusal


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a post is confirmed.

    `undo` is how long it can be taken back, `grace` how long after its time a planned post still goes out. With
    `four_eyes` not the `writer` of its words confirms it. `frozen_by` holds back what is planned; None: nobody does.
    `typed`: it was confirmed in words rather than by a tap.
    """

    undo: timedelta
    grace: timedelta
    four_eyes: bool = False
    writer: UserId | None = None
    frozen_by: UserId | None = None
    typed: bool = False


def confirm(before: Post, cause: Cause, now: datetime, terms: Terms) -> Change:
    """The post goes out when the time to take it back is over; what is planned, at its time. A warning goes at once."""
    planned_for = planning.release_at(before, now, terms.grace, typed=terms.typed)
    if before.kind is PostKind.PLANNED and planned_for is None and terms.frozen_by is not None:
        raise Refusal(
            "All that is planned is held back since {who} said `{prefix}freeze`. `{prefix}unfreeze` ends that.",
            who=localpart(terms.frozen_by),
        )
    undo = timedelta() if before.kind is PostKind.CRISIS else terms.undo
    due = max(planned_for or now, now + undo)
    post = states.confirmed(before, cause.actor, due, four_eyes=terms.four_eyes, writer=terms.writer)
    effects: list[Effect] = [Publish(post.account, post.id, due, planning.queue_of(post)), preview(post)]
    if planned_for is not None and planned_for - now <= planning.AHEAD:
        effects.append(Prepare(post.account, post.id, planned_for))
    return Change(posts=(post,), entries=(entry_of(post, Step.CONFIRMED, cause, now),), effects=tuple(effects))


def take_back(before: Post, cause: Cause, ticket: Ticket | None, now: datetime) -> Change:
    """The post does not go out. Of a thread that is partly out, that part stays: the `ticket`'s card says so."""
    post = states.withdrawn(before)
    # In its own room the preview shows it.
    seen = acknowledged(cause) if post.place != cause.place else ()
    return Change(
        posts=(post,),
        entries=(entry_of(post, Step.WITHDRAWN, cause, now),),
        effects=(preview(post), *seen),
        on_card_of=ticket if post.stands else None,
    )


def must_be_current(post: Post, revision: int) -> None:
    """Refuse what is about an earlier text of the post."""
    if revision != post.revision:
        raise Refusal(
            "This preview of P{post} is out of date. Look at the newest one and confirm that.",
            post=post.id,
        )


def must_have_been_seen(
    post: Post, cause: Cause, shown_in: Place | None, made_at: datetime, *, is_newer: bool, typed: bool
) -> None:
    """Refuse to confirm what whoever asks cannot have seen.

    `shown_in` is where the preview of its present text is, if anywhere; `made_at` is when the post got that text;
    `is_newer`: the preview was shown after they wrote. Raises NotShownYet where it may be there
    and is not recorded yet.
    """
    if _is_let_out(post, typed=typed):
        return
    if shown_in is None:
        # Nobody has seen what was made after they spoke.
        is_blind = (cause.arrived_at or cause.at) < made_at
        raise (Refusal if is_blind else NotShownYet)(
            mark("The preview of P{post} has not been shown yet. Look at it first, then confirm."), post=post.id
        )
    if shown_in != cause.place:
        raise Refusal("The preview of P{post} is in another room, and is confirmed there.", post=post.id)
    # A tap is on what it counts for; words are about what is in the room when they are said.
    if typed and is_newer:
        raise Refusal("P{post} is newer than what you wrote. Look at its newest preview, then confirm.", post=post.id)


def _is_let_out(post: Post, *, typed: bool) -> bool:
    """Whether the post was approved and has missed its time, and is let out late by words that name it."""
    return typed and post.state is PostState.MISSED and post.confirmed_by is not None


def ask_to_type(post: Post, cause: Cause) -> Tell:
    """A ✅ on the preview confirms nothing where only words do: say which ones."""
    message = mark("A tap publishes nothing here. {confirm} confirms P{post} as its preview shows it.")
    return told_about(post, message, meant=(cause.actor,))
