"""Order among tickets: how soon they want attention, what they are about, and when."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry
from fedichat.domain.effects import Tell
from fedichat.domain.history import Step
from fedichat.domain.names import UserId
from fedichat.domain.phrase import mark
from fedichat.domain.tickets.ticket import Priority, Ticket, must_be_open, must_go_on
from fedichat.domain.time.sla import Promises
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


def prioritize(before: Ticket, priority: Priority, cause: Cause, now: datetime, promises: Promises) -> Change:
    """The ticket gets that priority, and its place in the queue."""
    ticket = promises.kept_for(prioritized(before, priority, now))
    if ticket.priority is before.priority:
        return Change(effects=acknowledged(cause))
    return _sorted(ticket, Step.PRIORITIZED, cause, now, priority.value)


def label(
    before: Ticket, added: Sequence[str], removed: Sequence[str], cause: Cause, now: datetime, promises: Promises
) -> Change:
    """The ticket gets and loses labels."""
    ticket = promises.kept_for(labelled(before, added, removed, now))
    if ticket.labels == before.labels:
        return Change(effects=acknowledged(cause))
    new = [f"+{label}" for label in ticket.labels if label not in before.labels]
    gone = [f"-{label}" for label in before.labels if label not in ticket.labels]
    return _sorted(ticket, Step.LABELLED, cause, now, " ".join([*new, *gone]))


def snooze(before: Ticket, until: datetime, cause: Cause, now: datetime) -> Change:
    """The ticket is out of the queue until then."""
    return _sorted(snoozed(before, until, now), Step.SNOOZED, cause, now, until.isoformat())


def wake(before: Ticket, cause: Cause, now: datetime) -> Change:
    """The ticket is back in the queue before its time."""
    return _sorted(woken(before, now), Step.WOKEN, cause, now)


def come_back(before: Ticket, on_duty: UserId | None, now: datetime) -> Change:
    """The time of a snoozed ticket is over: whoever has it hears that it is back, or who is on duty.

    Nothing happens where it was closed, or the citizen wrote again, in the meantime.
    """
    if before.snoozed_until is None or not before.state.is_open:
        return Change()
    ticket = woken(before, now)
    person = ticket.claimant or on_duty
    message = mark("#{ticket} is back in the queue: the time for which it was snoozed is over.")
    meant = (person,) if person else ()
    told = Tell(ticket.place, message, {"ticket": ticket.id}, ticket=ticket.id, meant=meant)
    return Change(ticket, entries=(entry(ticket, Step.WOKEN, None, now),), effects=(told,))


def _sorted(ticket: Ticket, step: Step, cause: Cause, now: datetime, text: str = "") -> Change:
    return Change(ticket, entries=(entry(ticket, step, cause, now, text),), effects=acknowledged(cause))
