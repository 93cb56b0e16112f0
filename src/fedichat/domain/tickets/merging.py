"""Two tickets become one: what was asked in one of them goes on in the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry
from fedichat.domain.effects import Effect, ShowFollowUp, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import Place, TicketId, UserId, localpart
from fedichat.domain.phrase import Field, mark
from fedichat.domain.posts.post import Post
from fedichat.domain.tickets.escalation import key_of, names_of
from fedichat.domain.tickets.following import narrow_drafts
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState, must_be_open, must_go_on, stopped
from fedichat.domain.tickets.triage import drop_drafts
from fedichat.domain.time.sla import Promises
from fedichat.errors import Refusal


@dataclass(frozen=True, slots=True)
class Half:
    """One of two tickets that are to become one.

    Its newest question was written at `written_at`; `statuses` is all that was written in it, the oldest first.
    `departments` are the rooms that are asked about it now, `pending` the posts that wait.
    """

    ticket: Ticket
    written_at: datetime
    statuses: Sequence[StatusId] = ()
    departments: Sequence[Place] = ()
    pending: Sequence[Post] = ()


@dataclass(frozen=True, slots=True)
class Merger:
    """What a merger changes, to be kept in this order; what was written moves before the tickets are kept."""

    drafts: Change
    source: Change
    target: Change


def merge(
    source: Half, target: Half, names: Mapping[str, str], cause: Cause, now: datetime, promises: Promises
) -> Merger:
    """What was asked in `source` goes on in `target`, and `source` is closed. `names` are the departments'.

    Refuses what would show or answer somebody what is not theirs.
    """
    newest = max((source, target), key=lambda half: half.written_at).ticket.status
    gone, into = merged(source.ticket, target.ticket, newest, now)
    _nobody_reads_along(source, target, names)
    into = promises.kept_for(into)
    drafts = drop_drafts(source.ticket, source.pending, cause, now)
    narrowing = narrow_drafts(into, target.pending, now)
    left = entry(gone, Step.MERGED, cause, now, said=f"→ #{into.id}")
    taken_in = entry(into, Step.MERGED, cause, now, said=f"← #{gone.id}")
    effects = (
        *acknowledged(cause),
        *_moved(source, target, into, cause),
        *_told(source.ticket, into, cause),
        *_not_asked_any_more(source, target, names),
        *narrowing.effects,
    )
    entries = (*narrowing.entries, taken_in)
    return Merger(drafts, Change(gone, entries=(left,)), Change(into, narrowing.posts, entries, effects))


def _moved(source: Half, target: Half, into: Ticket, cause: Cause) -> list[Effect]:
    """Show what was written in the one in the rooms of the other; the first of it wakes whoever has that."""
    return [
        ShowFollowUp(room, into.id, each, is_quiet=number > 0 or into.claimant == cause.actor)
        for room in (into.place, *target.departments)
        for number, each in enumerate(source.statuses)
    ]


def _told(source: Ticket, into: Ticket, cause: Cause) -> tuple[Tell, ...]:
    """Tell whoever had the ticket, where it is not theirs any more."""
    had: UserId | None = source.claimant
    if had is None or had in (cause.actor, into.claimant):
        return ()
    message = mark("{who} has merged #{ticket}, which was with you, into #{other}.")
    fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": source.id, "other": into.id}
    return (Tell(source.place, message, fields, ticket=source.id, meant=(had,)),)


def _not_asked_any_more(source: Half, target: Half, names: Mapping[str, str]) -> tuple[Tell, ...]:
    """Say which departments do not go along, where there are such: experts would be waited for in vain."""
    left = [place for place in source.departments if place not in target.departments]
    if not left:
        return ()
    message = mark(
        "Not asked any more, since #{ticket} was merged: {departments}. `{prefix}escalate {other} {key} …` asks "
        "there about #{other}."
    )
    fields: dict[str, Field] = {
        "ticket": source.ticket.id,
        "other": target.ticket.id,
        "departments": names_of(left, names),
        "key": key_of(left[0]),
    }
    return (Tell(target.ticket.place, message, fields, ticket=target.ticket.id),)


def _nobody_reads_along(source: Half, target: Half, names: Mapping[str, str]) -> None:
    """Refuse to show what was written in private to a department that was not asked about it."""
    if source.ticket.visibility is not Visibility.DIRECT:
        return
    readers = [place for place in target.departments if place not in source.departments]
    if readers:
        raise Refusal(
            "#{other} is with {departments}, where #{ticket} would be read as well, and that was written to the "
            "office alone. `{prefix}escalate {ticket} …` asks there about it, too; `{prefix}recall {other}` takes "
            "#{other} back.",
            ticket=source.ticket.id,
            other=target.ticket.id,
            departments=names_of(readers, names),
        )


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
