"""Tickets: a citizen's question from its arrival until it is dealt with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedichat.domain.mention import Status, StatusId, Visibility
from fedichat.domain.names import Place, TicketId, UserId, direct_place, localpart, team_place
from fedichat.errors import Refusal


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    CLAIMED = "claimed"
    WAITING = "waiting"
    ANSWERED = "answered"
    IGNORED = "ignored"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self in OPEN_STATES


OPEN_STATES = (TicketState.NEW, TicketState.CLAIMED, TicketState.WAITING)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question to an account.

    `status` is the newest thing that the citizen wrote in it: what an answer replies to. `visibility` is the narrowest
    of all that was written in it, so no answer can be wider than any of it. `reason` tells why it was ignored.
    """

    id: TicketId
    account: str
    place: Place
    state: TicketState
    visibility: Visibility
    author: str
    status: StatusId
    opened_at: datetime
    changed_at: datetime
    language: str = ""
    claimant: UserId | None = None
    reason: str = ""


def place_for(account: str, visibility: Visibility, *, has_direct_room: bool) -> Place:
    """The room in which a mention of that visibility is shown: direct ones only in the direct room, if there is one."""
    if visibility is Visibility.DIRECT and has_direct_room:
        return direct_place(account)
    return team_place(account)


def can_join(ticket: Ticket, status: Status) -> bool:
    """Whether a reply belongs to this ticket: it is by the same citizen, and as private or public as the rest.

    Somebody else in the conversation who mentions the office asks on their own account, and is answered themselves.
    After the retention time a ticket does not know its author any more: who writes then is asking anew.
    """
    same_privacy = (ticket.visibility is Visibility.DIRECT) == (status.visibility is Visibility.DIRECT)
    return same_privacy and ticket.author == status.author.acct


def shown_above(status: Status, earlier: Sequence[Status]) -> tuple[Status, ...]:
    """What of the conversation above a status may be shown with it: nothing private above what is not."""
    if status.visibility is Visibility.DIRECT:
        return tuple(earlier)
    return tuple(one for one in earlier if one.visibility is not Visibility.DIRECT)


def followed_up(ticket: Ticket, status: Status, now: datetime) -> Ticket:
    """The ticket after the citizen wrote again in its conversation: an answered one is open again."""
    narrowed = ticket.visibility.narrowed_to(status.visibility)
    ticket = replace(ticket, visibility=narrowed, status=status.id, changed_at=now)
    if ticket.state is TicketState.ANSWERED:
        return replace(ticket, state=TicketState.CLAIMED if ticket.claimant else TicketState.NEW)
    return ticket


def claimed(ticket: Ticket, actor: UserId, now: datetime) -> Ticket:
    """The ticket in `actor`'s hands. Refuses what is closed or with somebody else."""
    _must_be_open(ticket)
    if ticket.claimant == actor:
        raise Refusal("#{ticket} is with you already.", ticket=ticket.id)
    _must_not_be_with_another(ticket, actor)
    return replace(ticket, state=TicketState.CLAIMED, claimant=actor, changed_at=now)


def released(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket back in the queue."""
    _must_be_open(ticket)
    if ticket.claimant is None:
        raise Refusal("#{ticket} is with nobody, so there is nothing to release.", ticket=ticket.id)
    return replace(ticket, state=TicketState.NEW, claimant=None, changed_at=now)


def ignored(ticket: Ticket, actor: UserId, reason: str, now: datetime) -> Ticket:
    """The ticket closed without an answer. Refuses one that somebody else works on."""
    if ticket.state is TicketState.IGNORED:
        raise Refusal("#{ticket} is ignored already.", ticket=ticket.id)
    _must_be_open(ticket)
    _must_not_be_with_another(ticket, actor)
    return replace(ticket, state=TicketState.IGNORED, reason=reason, changed_at=now)


def reopened(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket open again; with whoever had it."""
    if ticket.state.is_open:
        raise Refusal("#{ticket} is open already.", ticket=ticket.id)
    state = TicketState.CLAIMED if ticket.claimant else TicketState.NEW
    return replace(ticket, state=state, reason="", changed_at=now)


def taken_for_answer(ticket: Ticket, actor: UserId, now: datetime) -> Ticket:
    """The ticket as it is when `actor` drafts an answer: a free one becomes theirs, another's is refused."""
    if ticket.state is TicketState.IGNORED:
        raise Refusal(
            "#{ticket} is ignored. To answer it after all: `{prefix}reopen {ticket}` first.", ticket=ticket.id
        )
    _must_not_be_with_another(ticket, actor)
    if ticket.state is TicketState.NEW:
        return replace(ticket, state=TicketState.CLAIMED, claimant=actor, changed_at=now)
    return ticket


def answered(ticket: Ticket, to: StatusId | None, now: datetime) -> Ticket:
    """The ticket after an answer to that status went out: open still, if the citizen has written again since."""
    if to is not None and to != ticket.status:
        return replace(ticket, changed_at=now)
    return replace(ticket, state=TicketState.ANSWERED, reason="", changed_at=now)


def _must_be_open(ticket: Ticket) -> None:
    if ticket.state is TicketState.ANSWERED:
        raise Refusal("#{ticket} is answered. To work on it again: `{prefix}reopen {ticket}`.", ticket=ticket.id)
    if ticket.state is TicketState.IGNORED:
        raise Refusal("#{ticket} is ignored. To work on it again: `{prefix}reopen {ticket}`.", ticket=ticket.id)


def _must_not_be_with_another(ticket: Ticket, actor: UserId) -> None:
    if ticket.state.is_open and ticket.claimant not in (None, actor):
        raise Refusal(
            "#{ticket} is with {claimant}. If you have agreed on it: `{prefix}release {ticket}`, then go on.",
            ticket=ticket.id,
            claimant=localpart(ticket.claimant or UserId("")),
        )
