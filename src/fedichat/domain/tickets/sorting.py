"""Order among tickets: how soon they want attention, what they are about, when, and which of them are one."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState, must_be_open, must_go_on, stopped
from fedichat.errors import Refusal

LABELS_AT_MOST = 10
LABEL_LENGTH = 40

_SEPARATORS = re.compile(r"[\s,]+")
_REMOVING = ("-", "–", "—", "−")
"""What a phone makes of a minus."""
_SIGNS = "+" + "".join(_REMOVING)
_LONE_SIGN = re.compile(rf"(?<!\S)([{re.escape(_SIGNS)}])\s+")
_QUOTES = "\"'„“”‚‘’«»"


def prioritized(ticket: Ticket, priority: Priority, now: datetime) -> Ticket:
    """The ticket with that priority. Refuses what was closed for good."""
    must_go_on(ticket)
    return replace(ticket, priority=priority, changed_at=now)


def labels_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels to add and those to remove: words in lower case, with a minus in front of what goes."""
    added: dict[str, None] = {}
    removed: dict[str, None] = {}
    for word in filter(None, _SEPARATORS.split(_LONE_SIGN.sub(r"\1", text))):
        goes = word.startswith(_REMOVING)
        if label := word.lstrip(_SIGNS).strip(_QUOTES).removeprefix("#").casefold():
            (removed if goes else added)[label] = None
    return tuple(added), tuple(removed)


def labelled(ticket: Ticket, added: Iterable[str], removed: Iterable[str], now: datetime) -> Ticket:
    """The ticket with labels added and removed. Refuses too many, too long ones, and to remove what is not there."""
    must_go_on(ticket)
    removed = tuple(removed)
    for label in removed:
        if label not in ticket.labels:
            raise Refusal("#{ticket} has no label “{label}”.", ticket=ticket.id, label=label)
    labels = (set(ticket.labels) | set(added)) - set(removed)
    for label in labels:
        if len(label) > LABEL_LENGTH:
            raise Refusal(
                "“{label}…” is too long for a label: {most} characters at most.",
                label=label[:LABEL_LENGTH],
                most=LABEL_LENGTH,
            )
    if len(labels) > LABELS_AT_MOST:
        raise Refusal(
            "#{ticket} would have {count} labels; {most} are the most. `{prefix}label {ticket} -word` takes one off.",
            ticket=ticket.id,
            count=len(labels),
            most=LABELS_AT_MOST,
        )
    return replace(ticket, labels=tuple(sorted(labels)), changed_at=now)


def snoozed(ticket: Ticket, until: datetime, now: datetime) -> Ticket:
    """The ticket out of the queue until then. Refuses what is closed."""
    must_be_open(ticket)
    return replace(ticket, snoozed_until=until, changed_at=now)


def woken(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket back in the queue. Refuses one that is in it."""
    must_go_on(ticket)
    if ticket.snoozed_until is None:
        raise Refusal("#{ticket} is not snoozed.", ticket=ticket.id)
    return replace(ticket, snoozed_until=None, changed_at=now)


def merged(source: Ticket, target: Ticket, newest: StatusId, now: datetime) -> tuple[Ticket, Ticket]:
    """Both tickets after `source` went into `target`, which then answers `newest`.

    Refuses what would show or answer somebody what is not theirs: another place, author or privacy.
    """
    _must_fit(source, target)
    into = replace(
        target,
        state=TicketState.NEW if target.state is TicketState.ANSWERED else target.state,
        visibility=target.visibility.narrowed_to(source.visibility),
        status=newest,
        priority=min(source.priority, target.priority, key=lambda priority: priority.rank),
        labels=tuple(sorted({*source.labels, *target.labels})),
        snoozed_until=None,
        changed_at=now,
        promise=replace(
            target.promise,
            interim_at=max(filter(None, (source.promise.interim_at, target.promise.interim_at)), default=None),
            asked_at=min(filter(None, (source.promise.asked_at, target.promise.asked_at)), default=None),
        ),
    )
    claimant = target.claimant or source.claimant
    if claimant is not None:
        state = TicketState.CLAIMED if into.state is TicketState.NEW else into.state
        into = replace(into, state=state, claimant=claimant)
    gone = replace(
        source, state=TicketState.CLOSED, merged_into=target.id, snoozed_until=None, reason="", changed_at=now
    )
    if into.promise.asked_at == source.promise.asked_at and not _has_its_own_outcome(target, now):
        into = replace(
            into,
            promise=replace(
                into.promise,
                first_due_at=source.promise.first_due_at,
                first_response_at=source.promise.first_response_at,
                first_response_seconds=source.promise.first_response_seconds,
            ),
        )
        gone = replace(
            gone, promise=replace(gone.promise, first_due_at=None, first_response_at=None, first_response_seconds=None)
        )
    return stopped(gone), into


def _has_its_own_outcome(ticket: Ticket, now: datetime) -> bool:
    """Whether what was promised for its first response was kept or broken; else the older question's goes on there."""
    return ticket.promise.first_response_at is not None or (
        ticket.promise.first_due_at is not None and ticket.promise.first_due_at <= now
    )


def _must_fit(source: Ticket, target: Ticket) -> None:
    numbers: dict[str, TicketId] = {"ticket": source.id, "other": target.id}
    if source.id == target.id:
        raise Refusal("#{ticket} cannot be merged into itself.", **numbers)
    must_be_open(source)
    must_go_on(target)
    if target.state is TicketState.IGNORED:
        raise Refusal("#{other} is ignored. To go on with it: `{prefix}reopen {other}` first.", **numbers)
    if source.place != target.place:
        raise Refusal("#{ticket} and #{other} are in different rooms, so they cannot be merged.", **numbers)
    if source.author != target.author:
        raise Refusal(
            "#{ticket} and #{other} are by different people: an answer to #{other} would not reach who asked "
            "#{ticket}, so they cannot be merged.",
            **numbers,
        )
    if (source.visibility is Visibility.DIRECT) != (target.visibility is Visibility.DIRECT):
        raise Refusal(
            "One of #{ticket} and #{other} was asked in private and the other was not, so they cannot be merged.",
            **numbers,
        )
