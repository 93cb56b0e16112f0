"""What departments are asked and propose, and what colleagues say in tickets' threads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Row, exists, func, insert, select, update

from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.tickets.escalation import Escalation, Proposal
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import upsert


class Standing(NamedTuple):
    """A proposal that was not taken back, without its text."""

    number: int
    place: Place
    made_at: datetime


_file = TypeAdapter(SharedFile)
_SAVE = upsert(schema.escalations, "ticket", "department")


def save(tx: Transaction, escalation: Escalation) -> None:
    """Keep that a ticket was put to a department, or what became of that since."""
    values = {name: getattr(escalation, name) for name in Escalation.__slots__}
    tx.execute(_SAVE, values)


def find(tx: Transaction, ticket: TicketId, department: Place) -> Escalation | None:
    """What that department was asked about the ticket, if it was."""
    return next((one for one in of_ticket(tx, ticket) if one.department == department), None)


def is_recalled(tx: Transaction, ticket: TicketId, place: Place) -> bool:
    """Whether that place is a department's from which the ticket was taken back."""
    asked = find(tx, ticket, place)
    return asked is not None and asked.recalled_by is not None


def of_ticket(tx: Transaction, ticket: TicketId) -> list[Escalation]:
    """Every department that the ticket was put to, in order."""
    table = schema.escalations
    rows = tx.execute(select(table).where(table.c.ticket == ticket).order_by(table.c.asked_at))
    return [_escalation(row) for row in rows]


def of_tickets(tx: Transaction, numbers: Sequence[TicketId]) -> dict[TicketId, list[Escalation]]:
    """The same for each of several tickets."""
    table = schema.escalations
    found: dict[TicketId, list[Escalation]] = {number: [] for number in numbers}
    for row in tx.execute(select(table).where(table.c.ticket.in_(numbers)).order_by(table.c.asked_at)):
        found[TicketId(row.ticket)].append(_escalation(row))
    return found


def open_without_card(tx: Transaction, behind: int = 0, limit: int = 1_000) -> list[Escalation]:
    """The departments that are asked and have no card of that ticket in their room, from the next number on.

    So many at most, and all of the last ticket's.
    """
    table, cards = schema.escalations, schema.messages
    shown = exists().where(cards.c.ticket == table.c.ticket, cards.c.is_card, cards.c.place == table.c.department)
    without = table.c.ended_at.is_(None) & ~shown
    numbers = select(table.c.ticket).where(without, table.c.ticket > behind).distinct().order_by(table.c.ticket)
    rows = tx.execute(select(table).where(without, table.c.ticket.in_(numbers.limit(limit))).order_by(table.c.ticket))
    return [_escalation(row) for row in rows]


def end_all(tx: Transaction, ticket: TicketId, now: datetime) -> None:
    """No department is asked any more."""
    table = schema.escalations
    going_on = (table.c.ticket == ticket) & table.c.ended_at.is_(None)
    tx.execute(update(table).where(going_on).values(ended_at=now))


def add_proposal(tx: Transaction, proposal: Proposal) -> Proposal:
    """Keep a proposal and give it its number within the ticket."""
    table = schema.proposals
    highest = select(func.coalesce(func.max(table.c.number), 0)).where(table.c.ticket == proposal.ticket)
    proposal = replace(proposal, number=tx.execute(highest).scalar_one() + 1)
    tx.execute(insert(table).values({name: getattr(proposal, name) for name in Proposal.__slots__}))
    return proposal


def save_proposal(tx: Transaction, proposal: Proposal) -> None:
    """Keep the proposal as it is now."""
    table = schema.proposals
    this = (table.c.ticket == proposal.ticket) & (table.c.number == proposal.number)
    tx.execute(update(table).where(this).values(text=proposal.text, marked_by=proposal.marked_by))


def find_proposal(tx: Transaction, ticket: TicketId, number: int) -> Proposal | None:
    """That proposal, also one that was taken back."""
    table = schema.proposals
    this = (table.c.ticket == ticket) & (table.c.number == number)
    row = tx.execute(select(table).where(this)).first()
    return _proposal(row) if row else None


def standing_proposals(tx: Transaction, ticket: TicketId) -> list[Standing]:
    """What is proposed as the answer and was not taken back, in order; without their texts, which may be long."""
    table = schema.proposals
    stands = (table.c.ticket == ticket) & (table.c.text != "")
    columns = table.c.number, table.c.place, table.c.made_at
    rows = tx.execute(select(*columns).where(stands).order_by(table.c.number))
    return [Standing(row.number, Place(row.place), row.made_at) for row in rows]


def proposal_from(tx: Transaction, source: EventId) -> Proposal | None:
    """The proposal that was made by, or of, that message."""
    row = tx.execute(select(schema.proposals).where(schema.proposals.c.source == source)).first()
    return _proposal(row) if row else None


def add_remark(tx: Transaction, remark: Remark) -> Remark:
    """Keep what somebody said; a file gets its number within the ticket, or the planned post."""
    table = schema.remarks
    if remark.file is not None:
        beside = table.c.ticket == remark.ticket if remark.ticket is not None else table.c.post == remark.post
        highest = select(func.coalesce(func.max(table.c.file_number), 0)).where(beside)
        remark = replace(remark, file_number=tx.execute(highest).scalar_one() + 1)
    tx.execute(insert(table).values(_row(remark)))
    return remark


def save_remark(tx: Transaction, remark: Remark) -> None:
    """Keep the remark as it is now."""
    table = schema.remarks
    tx.execute(update(table).where(table.c.event_id == remark.event).values(_row(remark)))


def find_remark(tx: Transaction, event: EventId) -> Remark | None:
    """What was said in that message."""
    row = tx.execute(select(schema.remarks).where(schema.remarks.c.event_id == event)).first()
    return _remark(row) if row else None


def files_of(tx: Transaction, ticket: TicketId) -> list[Remark]:
    """The files that were sent into the ticket's threads and are still there, in the order of their numbers."""
    table = schema.remarks
    of_ticket = (table.c.ticket == ticket) & table.c.file_number.is_not(None) & ~table.c.is_gone
    return [_remark(row) for row in tx.execute(select(table).where(of_ticket).order_by(table.c.file_number))]


def files_of_post(tx: Transaction, post: PostId) -> list[Remark]:
    """The files that came with a planned post or were sent into its thread, and are still there, by their numbers."""
    table = schema.remarks
    of_post = (table.c.post == post) & table.c.file_number.is_not(None) & ~table.c.is_gone
    return [_remark(row) for row in tx.execute(select(table).where(of_post).order_by(table.c.file_number))]


def _escalation(row: Row[Any]) -> Escalation:
    return Escalation(
        ticket=TicketId(row.ticket),
        department=Place(row.department),
        question=row.question,
        asked_by=UserId(row.asked_by),
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        recalled_by=UserId(row.recalled_by) if row.recalled_by else None,
        due_at=row.due_at,
        proposed_at=row.proposed_at,
    )


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        ticket=TicketId(row.ticket),
        number=row.number,
        place=Place(row.place),
        author=UserId(row.author),
        text=row.text,
        source=EventId(row.source),
        made_at=row.made_at,
        marked_by=UserId(row.marked_by) if row.marked_by else None,
    )


def _row(remark: Remark) -> Mapping[str, object]:
    return {
        "event_id": remark.event,
        "ticket": remark.ticket,
        "post": remark.post,
        "place": remark.place,
        "sender": remark.sender,
        "text": remark.text,
        "said_at": remark.said_at,
        "file": _file.dump_python(remark.file, mode="json") if remark.file else None,
        "file_number": remark.file_number,
        "is_gone": remark.is_gone,
    }


def _remark(row: Row[Any]) -> Remark:
    return Remark(
        event=EventId(row.event_id),
        ticket=TicketId(row.ticket) if row.ticket else None,
        post=PostId(row.post) if row.post else None,
        place=Place(row.place),
        sender=UserId(row.sender),
        text=row.text,
        said_at=row.said_at,
        file=_file.validate_python(row.file) if row.file else None,
        file_number=row.file_number,
        is_gone=row.is_gone,
    )
