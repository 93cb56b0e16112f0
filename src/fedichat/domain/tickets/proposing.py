"""What follows when an answer is proposed, and when a proposal is changed or taken back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry, preview
from fedichat.domain.effects import Effect, React, ShowProposal, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import Place, TicketId, is_department, localpart
from fedichat.domain.phrase import Field, mark
from fedichat.domain.posts.post import Answering, Post, PostState
from fedichat.domain.posts.readers import check_readers
from fedichat.domain.posts.states import unconfirmed
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.mention import Status
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal

PROPOSED = "💡"
"""How the bot says in a department's room that somebody's message is a proposal; its number follows."""

CHANGED, GONE = "✏️", "🗑"
"""What the history says behind a proposal's number: of its words nothing."""


def must_be_asked(number: TicketId, asked: Escalation | None) -> None:
    """Refuse the proposal of a department that is not `asked` any more, and say why."""
    if asked is None or asked.is_open:
        return
    if asked.recalled_by is None:
        raise _dealt_with(number)
    raise Refusal(
        "{who} has taken #{ticket} back, so no proposal is needed any more. Thank you all the same!",
        who=localpart(asked.recalled_by),
        ticket=number,
    )


def must_be_undecided(ticket: Ticket) -> None:
    """Refuse a proposal that comes too late."""
    if not ticket.state.is_open:
        raise _dealt_with(ticket.id)


def propose(
    ticket: Ticket,
    proposal: Proposal,
    question: Status | None,
    asked: Escalation | None,
    rooms: Sequence[Place],
    cause: Cause,
    now: datetime,
) -> Change:
    """A text is proposed as the answer to `question`, and shown in the ticket's `rooms`.

    `asked` is what the department that proposes it was asked: its promise is kept with that. Refuses a text that would
    tag people whom it must not.
    """
    if question is not None and proposal.text:
        check_readers(proposal.text, question, ticket.visibility)
    kept = (replace(asked, proposed_at=now),) if asked is not None and asked.proposed_at is None else ()
    # No words of it: they can be taken back, and the history cannot.
    done = entry(ticket, Step.PROPOSED, cause, now, said=_called(proposal))
    shown: list[Effect] = [*shown_in(rooms, proposal)]
    if is_department(proposal.place):
        shown.append(React(proposal.place, proposal.source, f"{PROPOSED}{proposal.number}"))
    seen = () if cause.place in rooms else acknowledged(cause)
    return Change(entries=(done,), effects=(*shown, *seen), on_card_of=ticket, asked=kept)


def reword(
    ticket: Ticket,
    proposal: Proposal,
    text: str,
    asked: Escalation | None,
    others: Sequence[datetime],
    rooms: Sequence[Place],
    pending: Sequence[Post],
    cause: Cause,
    now: datetime,
) -> Change:
    """A proposal says something else now, or was taken back (`text` is empty).

    `asked` is what the department was asked; `others` is when its other proposals were made that it did not take back:
    where none of them keeps its promise, that is due again. The `pending` posts that were made of it are to be looked
    at again. `rooms` are all that ever took part.
    """
    sign = CHANGED if text else GONE
    done = entry(ticket, Step.PROPOSED, cause, now, said=f"{_called(proposal)} {sign}")
    drafts = _look_again(ticket, proposal, pending, now)
    return Change(
        posts=drafts.posts,
        entries=(*drafts.entries, done),
        effects=(*shown_in(rooms, proposal), *drafts.effects),
        on_card_of=None if text else ticket,
        asked=() if text else _due_again(asked, others),
    )


def shown_in(rooms: Sequence[Place], proposal: Proposal) -> list[ShowProposal]:
    """Show it in these rooms, but not in a department's own: the expert's message is there already."""
    own = proposal.place if is_department(proposal.place) else None
    return [ShowProposal(place, proposal.ticket, proposal.number) for place in rooms if place != own]


def _due_again(asked: Escalation | None, others: Sequence[datetime]) -> tuple[Escalation, ...]:
    if asked is None or asked.proposed_at is None:
        return ()
    is_kept = any(made_at >= asked.asked_at for made_at in others)
    return () if is_kept else (replace(asked, proposed_at=None),)


def _look_again(ticket: Ticket, proposal: Proposal, pending: Sequence[Post], now: datetime) -> Change:
    """A draft made of a proposal that is not what it was keeps its words, and needs a fresh look."""
    made_of_it = [post for post in pending if _is_made_of(post, proposal)]
    held_back = [unconfirmed(post) for post in made_of_it if post.state is PostState.CONFIRMED]
    return Change(
        posts=tuple(held_back),
        entries=tuple(entry(ticket, Step.UNCONFIRMED, None, now, post=post.id) for post in held_back),
        effects=tuple(effect for post in made_of_it for effect in _to_be_looked_at(ticket, post, proposal)),
    )


def _is_made_of(post: Post, proposal: Proposal) -> bool:
    is_of_it = isinstance(post.about, Answering) and post.about.proposal == proposal.number
    return is_of_it and post.state is not PostState.PUBLISHING and not post.out


def _to_be_looked_at(ticket: Ticket, before: Post, proposal: Proposal) -> tuple[Effect, ...]:
    message = mark(
        "Proposal {number}, of which P{post} was made, was changed or taken back. P{post} still says what its "
        "preview shows: look again before it is confirmed."
    )
    fields: dict[str, Field] = {"number": proposal.number, "post": before.id}
    meant = (before.confirmed_by or before.author,)
    told = Tell(before.place, message, fields, ticket=ticket.id, meant=meant)
    return (told, preview(unconfirmed(before))) if before.state is PostState.CONFIRMED else (told,)


def _called(proposal: Proposal) -> str:
    return f"{proposal.number} ({localpart(proposal.author)})"


def _dealt_with(number: TicketId) -> Refusal:
    return Refusal("#{ticket} is dealt with, so no proposal is needed any more. Thank you all the same!", ticket=number)
