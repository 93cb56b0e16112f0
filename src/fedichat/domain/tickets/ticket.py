"""Tickets: a citizen's question from its arrival until it is dealt with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedichat.domain.names import Place, TicketId, UserId, direct_place, localpart, team_place
from fedichat.domain.tickets.mention import Mention, Status, StatusId, Visibility
from fedichat.errors import Refusal


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    CLAIMED = "claimed"
    WAITING = "waiting"
    ANSWERED = "answered"
    IGNORED = "ignored"
    CLOSED = "closed"
    """Nothing is left to be answered: its author deleted it, or it was merged into another ticket."""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self in OPEN_STATES


OPEN_STATES = (TicketState.NEW, TicketState.CLAIMED, TicketState.WAITING)


class Priority(StrEnum):
    """How soon a ticket wants attention, the most urgent first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for urgent up to 3 for low: the order in the queue."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the citizen was promised for a ticket, and how far it is kept.

    The clock runs from `asked_at`; None: the office waits for the citizen, or nothing is to be done. `due_at` is when
    the citizen is to hear something next, `resolve_by` when they are to have the answer. `first_due_at` is what was
    promised for the first response, which went out at `first_response_at`, after that many seconds of working time.
    `interim_at` is when the last interim reply went out. `look_at` is when the clock has something to see to.
    """

    asked_at: datetime | None = None
    due_at: datetime | None = None
    first_due_at: datetime | None = None
    first_response_at: datetime | None = None
    first_response_seconds: int | None = None
    resolve_by: datetime | None = None
    interim_at: datetime | None = None
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question to an account.

    `status` is the newest thing that the citizen wrote in it: what an answer replies to. `visibility` is the narrowest
    of all that was written in it, so no answer can be wider than any of it. `reason` tells why it was ignored.
    `labels` are in lower case, sorted. Until `snoozed_until` it is not in the queue. `merged_into` is the ticket in
    which a closed one goes on.
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
    priority: Priority = Priority.NORMAL
    labels: tuple[str, ...] = ()
    snoozed_until: datetime | None = None
    merged_into: TicketId | None = None
    promise: Promise = Promise()


def place_for(account: str, visibility: Visibility, *, has_direct_room: bool) -> Place:
    """The room in which a mention of that visibility is shown: direct ones only in the direct room, if there is one."""
    if visibility is Visibility.DIRECT and has_direct_room:
        return direct_place(account)
    return team_place(account)


def can_join(ticket: Ticket, status: Status) -> bool:
    """Whether a reply belongs to this ticket: it is by the same citizen, and as private or public as the rest.

    Somebody else in the conversation who mentions the office asks on their own account, and is answered themselves.
    After the retention time a ticket does not know its author any more, and a ticket that was closed for good takes
    nothing in: who writes then is asking anew.
    """
    if ticket.state is TicketState.CLOSED:
        return False
    same_privacy = (ticket.visibility is Visibility.DIRECT) == (status.visibility is Visibility.DIRECT)
    return same_privacy and ticket.author == status.author.acct


def shown_above(status: Status, earlier: Sequence[Status]) -> tuple[Status, ...]:
    """What of the conversation above a status may be shown with it: nothing private above what is not."""
    if status.visibility is Visibility.DIRECT:
        return tuple(earlier)
    return tuple(one for one in earlier if one.visibility is not Visibility.DIRECT)


def shown_to_department(mention: Mention) -> Mention:
    """What a department is shown of it: nothing private that stood above it, for that was not put to them."""
    earlier = tuple(one for one in mention.earlier if one.visibility is not Visibility.DIRECT)
    return replace(mention, earlier=earlier)


def followed_up(ticket: Ticket, status: Status, now: datetime) -> Ticket:
    """The ticket after the citizen wrote again in its conversation: an answered one is open, a snoozed one awake.

    Where the office has waited for that, the clock runs anew; else it goes on as it was.
    """
    narrowed = ticket.visibility.narrowed_to(status.visibility)
    ticket = replace(ticket, visibility=narrowed, status=status.id, snoozed_until=None, changed_at=now)
    if ticket.state is TicketState.ANSWERED:
        state = TicketState.CLAIMED if ticket.claimant else TicketState.NEW
        return replace(ticket, state=state, promise=replace(ticket.promise, asked_at=status.created_at))
    return ticket


def narrowed(ticket: Ticket, visibility: Visibility) -> Ticket:
    """The ticket after something in it was made as private as that; the same where nothing is narrower for it."""
    return replace(ticket, visibility=visibility) if ticket.visibility.wider_than(visibility) else ticket


def words_deleted(ticket: Ticket, left: Sequence[StatusId], now: datetime) -> Ticket:
    """The ticket after its author deleted something in it; `left` is what still stands, the oldest first.

    With nothing left to be answered an open one is closed, and nobody is named any more.
    """
    if left:
        return replace(ticket, status=ticket.status if ticket.status in left else left[-1])
    ticket = replace(ticket, author="", snoozed_until=None)
    return stopped(replace(ticket, state=TicketState.CLOSED, changed_at=now)) if ticket.state.is_open else ticket


def stopped(ticket: Ticket) -> Ticket:
    """The ticket with nothing left that could fall due."""
    return replace(ticket, promise=replace(ticket.promise, asked_at=None, due_at=None, resolve_by=None, look_at=None))


def claimed(ticket: Ticket, actor: UserId, now: datetime) -> Ticket:
    """The ticket in `actor`'s hands. Refuses what is closed or with somebody else."""
    must_be_open(ticket)
    if ticket.claimant == actor:
        raise Refusal("#{ticket} is with you already.", ticket=ticket.id)
    must_not_be_with_another(ticket, actor)
    return given_to(ticket, actor, now)


def taken_over(ticket: Ticket, actor: UserId, now: datetime) -> Ticket:
    """The ticket in `actor`'s hands, whoever had it. Refuses what is closed, and what is theirs already."""
    must_be_open(ticket)
    if ticket.claimant == actor:
        raise Refusal("#{ticket} is with you already.", ticket=ticket.id)
    return given_to(ticket, actor, now)


def assigned(ticket: Ticket, to: UserId, now: datetime) -> Ticket:
    """The ticket in that person's hands, whoever had it. Refuses what is closed, and what is theirs already."""
    must_be_open(ticket)
    if ticket.claimant == to:
        raise Refusal("#{ticket} is with {claimant} already.", ticket=ticket.id, claimant=localpart(to))
    return given_to(ticket, to, now)


def given_to(ticket: Ticket, person: UserId, now: datetime) -> Ticket:
    """The open ticket in that person's hands; one that waits for a department goes on waiting."""
    state = TicketState.WAITING if ticket.state is TicketState.WAITING else TicketState.CLAIMED
    return replace(ticket, state=state, claimant=person, changed_at=now)


def released(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket back in the queue."""
    must_be_open(ticket)
    if ticket.claimant is None:
        raise Refusal("#{ticket} is with nobody, so there is nothing to release.", ticket=ticket.id)
    state = TicketState.WAITING if ticket.state is TicketState.WAITING else TicketState.NEW
    return replace(ticket, state=state, claimant=None, changed_at=now)


def ignored(ticket: Ticket, actor: UserId, reason: str, now: datetime) -> Ticket:
    """The ticket closed without an answer. Refuses one that somebody else works on."""
    if ticket.state is TicketState.IGNORED:
        raise Refusal("#{ticket} is ignored already.", ticket=ticket.id)
    must_be_open(ticket)
    must_not_be_with_another(ticket, actor)
    return stopped(replace(ticket, state=TicketState.IGNORED, snoozed_until=None, reason=reason, changed_at=now))


def reopened(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket open again; with whoever had it. Refuses what was closed for good.

    The clock runs from now on, or, where the citizen has never heard anything, as if it had not been stopped.
    """
    if ticket.state.is_open:
        raise Refusal("#{ticket} is open already.", ticket=ticket.id)
    must_go_on(ticket)
    state = TicketState.CLAIMED if ticket.claimant else TicketState.NEW
    asked_at = now if ticket.promise.first_response_at else ticket.opened_at
    return replace(ticket, state=state, reason="", changed_at=now, promise=replace(ticket.promise, asked_at=asked_at))


def waiting(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket put to a department; it stays with whoever has it."""
    must_be_open(ticket)
    return replace(ticket, state=TicketState.WAITING, changed_at=now)


def no_longer_waiting(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket after no department is asked any more."""
    if ticket.state is not TicketState.WAITING:
        return replace(ticket, changed_at=now)
    state = TicketState.CLAIMED if ticket.claimant else TicketState.NEW
    return replace(ticket, state=state, changed_at=now)


def taken_for_answer(ticket: Ticket, actor: UserId, now: datetime) -> Ticket:
    """The ticket as it is when `actor` drafts an answer: a free one becomes theirs, another's is refused."""
    if ticket.state is TicketState.IGNORED:
        raise Refusal(
            "#{ticket} is ignored. To answer it after all: `{prefix}reopen {ticket}` first.", ticket=ticket.id
        )
    must_go_on(ticket)
    must_not_be_with_another(ticket, actor)
    if ticket.state is TicketState.NEW:
        return replace(ticket, state=TicketState.CLAIMED, claimant=actor, changed_at=now)
    if ticket.state is TicketState.WAITING and ticket.claimant is None:
        return replace(ticket, claimant=actor, changed_at=now)
    return ticket


def interim_sent(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket after an interim reply went out: as open as before."""
    ticket = responded(ticket, now)
    return replace(ticket, changed_at=now, promise=replace(ticket.promise, interim_at=now))


def responded(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket after the citizen has heard something of the office."""
    if ticket.promise.first_response_at:
        return ticket
    return replace(ticket, promise=replace(ticket.promise, first_response_at=now))


def answered(ticket: Ticket, to: StatusId | None, now: datetime, asked_at: datetime | None = None) -> Ticket:
    """The ticket after an answer to that status went out: open still, if the citizen has written again since.

    Then the clock runs from `asked_at`, when the newer message was written.

    One that was closed for good, its author having deleted the question while the answer was on its way, stays so.
    """
    ticket = responded(ticket, now)
    if ticket.state is TicketState.CLOSED or (to is not None and to != ticket.status):
        runs = ticket.promise.asked_at is not None
        return replace(
            ticket,
            changed_at=now,
            promise=replace(ticket.promise, asked_at=asked_at or ticket.promise.asked_at if runs else None),
        )
    return stopped(replace(ticket, state=TicketState.ANSWERED, snoozed_until=None, reason="", changed_at=now))


def must_be_open(ticket: Ticket) -> None:
    """Refuse to work on what is closed."""
    must_go_on(ticket)
    if ticket.state is TicketState.ANSWERED:
        raise Refusal("#{ticket} is answered. To work on it again: `{prefix}reopen {ticket}`.", ticket=ticket.id)
    if ticket.state is TicketState.IGNORED:
        raise Refusal("#{ticket} is ignored. To work on it again: `{prefix}reopen {ticket}`.", ticket=ticket.id)


def must_go_on(ticket: Ticket) -> None:
    """Refuse what was closed for good: nothing is left to be answered there."""
    if ticket.state is not TicketState.CLOSED:
        return
    if ticket.merged_into is not None:
        raise Refusal(
            "#{ticket} was merged into #{other}: go on there, with `{prefix}show {other}`.",
            ticket=ticket.id,
            other=ticket.merged_into,
        )
    raise Refusal(
        "#{ticket} is closed: its author has deleted what they had written, so nothing is left to be answered.",
        ticket=ticket.id,
    )


def must_not_be_with_another(ticket: Ticket, actor: UserId) -> None:
    """Refuse to work on what a colleague works on, and say how to take it over."""
    if ticket.state.is_open and ticket.claimant not in (None, actor):
        raise Refusal(
            "#{ticket} is with {claimant}. If you have agreed on it: `{prefix}claim {ticket} --take-over`.",
            ticket=ticket.id,
            claimant=localpart(ticket.claimant or UserId("")),
        )
