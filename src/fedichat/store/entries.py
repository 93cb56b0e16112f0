"""What happened to tickets and posts, step by step."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, insert, select, update

from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, PostId, TicketId, UserId
from fedichat.domain.phrase import Field
from fedichat.store import schema
from fedichat.store.database import Transaction

_SAID: TypeAdapter[Field] = TypeAdapter(Field)
_NEW_ENTRY = insert(schema.history)


def add_entries(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Keep what happened."""
    if entries:
        values = [
            {
                "ticket": e.ticket,
                "at": e.at,
                "step": e.step.value,
                "actor": e.actor,
                "text": e.text,
                "post": e.post,
                "source": e.source,
                "said": None if e.said is None else _SAID.dump_python(e.said, mode="json"),
            }
            for e in entries
        ]
        tx.execute(_NEW_ENTRY, values)


def last_step_at(tx: Transaction, ticket: TicketId) -> datetime | None:
    """When something last happened to a ticket."""
    table = schema.history
    newest = select(table.c.at).where(table.c.ticket == ticket).order_by(table.c.number.desc()).limit(1)
    at: datetime | None = tx.execute(newest).scalar()
    return at


def history_of(tx: Transaction, ticket: TicketId) -> list[Entry]:
    """What happened to a ticket, in order."""
    return _entries(tx, schema.history.c.ticket == ticket)


def entry_from(tx: Transaction, source: EventId) -> Entry | None:
    """The note that was made by that message."""
    return next(iter(_entries(tx, schema.history.c.source == source)), None)


def reword_entry(tx: Transaction, source: EventId, text: str) -> None:
    """Change the text of the note that this message made; empty where it says nothing any more."""
    table = schema.history
    tx.execute(update(table).where(table.c.source == source).values(text=text))


def history_of_post(tx: Transaction, post: PostId) -> list[Entry]:
    """What happened to a post, in order."""
    return _entries(tx, schema.history.c.post == post)


def _entries(tx: Transaction, which: ColumnElement[bool]) -> list[Entry]:
    table = schema.history
    rows = tx.execute(select(table).where(which).order_by(table.c.number))
    return [
        Entry(
            ticket=TicketId(row.ticket) if row.ticket else None,
            at=row.at,
            step=Step(row.step),
            actor=UserId(row.actor) if row.actor else None,
            text=row.text,
            post=PostId(row.post) if row.post else None,
            source=EventId(row.source) if row.source else None,
            said=None if row.said is None else _SAID.validate_python(row.said),
        )
        for row in rows
    ]
