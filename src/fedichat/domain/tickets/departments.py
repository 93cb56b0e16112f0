"""What follows when a department is asked, or a ticket is taken back from it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.domain.cause import Cause
from fedichat.domain.change import NO, NUMBERS, YES, Change, acknowledged, entry
from fedichat.domain.effects import Ask, Effect, ShowFollowUp, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import Place, TicketId, department_place, localpart
from fedichat.domain.phrase import Field, mark
from fedichat.domain.tickets.escalation import (
    Escalation,
    find_department,
    key_of,
    listed,
    must_be_some,
    must_fit_on_a_card,
    name_of,
    names_of,
)
from fedichat.domain.tickets.media import Mirroring, media_shown
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, must_be_open, no_longer_waiting, waiting
from fedichat.domain.time.sla import Promises
from fedichat.errors import Refusal


@dataclass(frozen=True, slots=True)
class Written:
    """All that was written in a ticket, the oldest first, and what of it a department's room shows already."""

    statuses: Sequence[Status]
    shown: Collection[StatusId] = ()


def question_first(
    ticket: Ticket,
    department: str | None,
    question: str,
    asked: Collection[Place],
    names: Mapping[str, str],
    cause: Cause,
    *,
    sure: bool,
    is_for_anybody: Callable[[Place], bool],
) -> Ask | None:
    """What has to be asked back before the ticket is put to that department; None where nothing has.

    `asked` are the departments that are asked now. Without a department, those that there are are offered. Unless
    somebody is `sure`, a private ticket is put to one only once they know who would read it. Refuses a private one
    where anybody can read that room, and to ask a department again without a question.
    """
    must_be_open(ticket)
    if department is None:
        return _which(ticket, asked, names, cause)
    place = department_place(find_department(department, names))
    must_fit_on_a_card(question)
    has_it, is_private = place in asked, ticket.visibility is Visibility.DIRECT
    if is_private and is_for_anybody(place):
        raise Refusal(
            "#{ticket} is private, and anybody can get into the room of {department}, or read it. Please have that "
            "room closed first, or ask a colleague there in person.",
            ticket=ticket.id,
            department=name_of(place, names),
        )
    if has_it and not question:
        raise Refusal(
            "{department} has #{ticket} already. To ask something more: `{prefix}escalate {ticket} {key} …`",
            department=name_of(place, names),
            ticket=ticket.id,
            key=key_of(place),
        )
    return None if sure or has_it or not is_private else _is_sure(ticket, place, question, names, cause)


def escalate(
    before: Ticket,
    place: Place,
    question: str,
    known: Escalation | None,
    written: Written,
    names: Mapping[str, str],
    mirroring: Mirroring,
    cause: Cause,
    now: datetime,
    promises: Promises,
) -> Change:
    """The ticket is put to the department with that room; `known` is what it was asked before."""
    ticket = promises.kept_for(waiting(before, now))
    asked = _asked(ticket, place, question, known, cause, now, promises)
    again = () if known is None else (_asked_again(place, ticket.id, question, cause),)
    is_new = known is None or not known.is_open
    missed = _missed(ticket.id, place, written, mirroring) if is_new else ()
    done = entry(ticket, Step.ESCALATED, cause, now, question, said=name_of(place, names))
    return Change(ticket, entries=(done,), effects=(*acknowledged(cause), *again, *missed), asked=(asked,))


def recall(
    before: Ticket,
    asked: Sequence[Escalation],
    department: str | None,
    names: Mapping[str, str],
    cause: Cause,
    now: datetime,
    promises: Promises,
) -> Change:
    """The ticket is taken back from a department, or from all that are `asked` now: they hear no more of it."""
    if not asked:
        raise Refusal("#{ticket} is with no department, so there is nothing to take back.", ticket=before.id)
    places = [one.department for one in asked]
    from_ = places if department is None else [_one_of(places, before.id, department, names)]
    ended = [replace(one, ended_at=now, recalled_by=cause.actor) for one in asked if one.department in from_]
    is_left = len(ended) < len(asked)
    ticket = before if is_left else promises.kept_for(no_longer_waiting(before, now))
    message = mark("{who} has taken #{ticket} back: nothing more is needed here. Thank you!")
    fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": ticket.id}
    told = [Tell(place, message, fields, ticket=ticket.id) for place in from_]
    done = entry(ticket, Step.RECALLED, cause, now, said=names_of(from_, names))
    return Change(ticket, entries=(done,), effects=(*told, *acknowledged(cause)), asked=tuple(ended))


def _which(ticket: Ticket, asked: Collection[Place], names: Mapping[str, str], cause: Cause) -> Ask:
    must_be_some(names)
    free = {key: name for key, name in names.items() if department_place(key) not in asked}
    if not free:
        raise Refusal(
            "Every department has #{ticket} already: {departments}. To ask one something more: "
            "`{prefix}escalate {ticket} {key} …`",
            ticket=ticket.id,
            departments=listed(names),
            key=next(iter(names)),
        )
    offered = dict(zip(NUMBERS, free, strict=False))
    message = mark("Which department is to be asked about #{ticket}? {departments}")
    if len(free) > len(offered):
        message = mark(
            "Which department is to be asked about #{ticket}? {departments} – or another one by its name: "
            "`{prefix}escalate {ticket} …`"
        )
    shown = " · ".join(f"{emoji} {free[key]}" for emoji, key in offered.items())
    return Ask(
        place=cause.place,
        message=message,
        fields={"ticket": ticket.id, "departments": shown},
        choices={emoji: f"escalate #{ticket.id} {key}" for emoji, key in offered.items()} | {NO: ""},
        ticket=ticket.id,
        thread=cause.thread,
        reply_to=cause.answer_to,
    )


def _is_sure(ticket: Ticket, place: Place, question: str, names: Mapping[str, str], cause: Cause) -> Ask:
    return Ask(
        place=cause.place,
        message=mark(
            "#{ticket} is private: it was written to the office alone. Put to {department}, everybody in the room "
            "there would read it, and what is answered."
        ),
        fields={"ticket": ticket.id, "department": name_of(place, names)},
        choices={YES: f"escalate #{ticket.id} --sure {key_of(place)} {question}".rstrip(), NO: ""},
        ticket=ticket.id,
        thread=cause.thread,
        reply_to=cause.answer_to,
        readers=place,
    )


def _asked(
    ticket: Ticket,
    place: Place,
    question: str,
    known: Escalation | None,
    cause: Cause,
    now: datetime,
    promises: Promises,
) -> Escalation:
    due_at = promises.department_due(place, now)
    if known is None or not known.is_open:
        return Escalation(ticket.id, place, question, cause.actor, now, due_at=due_at)
    asked = replace(known, question=f"{known.question}\n{question}".strip(), asked_by=cause.actor)
    if known.proposed_at is None:
        return asked
    # It has kept its promise, and there is a new one for the new question.
    return replace(asked, asked_at=now, due_at=due_at, proposed_at=None)


def _asked_again(place: Place, number: TicketId, question: str, cause: Cause) -> Tell:
    """An edit of the card wakes nobody: what is new is said as well."""
    fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": number, "question": question}
    if question:
        return Tell(place, mark("{who} asks further: {question}"), fields, ticket=number)
    return Tell(place, mark("{who} asks for help with #{ticket} again."), fields, ticket=number)


def _missed(number: TicketId, place: Place, written: Written, mirroring: Mirroring) -> list[Effect]:
    """What the citizen wrote while the department was not asked; their first words are on the card."""
    missed: list[Effect] = []
    for position, status in enumerate(written.statuses):
        if status.id in written.shown:
            continue
        if position > 0:
            missed.append(ShowFollowUp(place, number, status.id))
        missed += media_shown(place, number, status, mirroring)
    return missed


def _one_of(places: Sequence[Place], number: TicketId, department: str, names: Mapping[str, str]) -> Place:
    place = department_place(find_department(department, names))
    if place in places:
        return place
    raise Refusal(
        "#{ticket} is not with {department}, but with {others}.",
        ticket=number,
        department=name_of(place, names),
        others=names_of(places, names),
    )
