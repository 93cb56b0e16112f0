"""Questions of ours that a tap answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, select

from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.domain.phrase import Field
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import insert_new

_FIELDS: TypeAdapter[dict[str, Field]] = TypeAdapter(dict[str, Field])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in a room that is not settled yet. `choices`: the emoji to tap, and the command line behind each.

    `message` is what was asked, a message id of the catalogues with `fields`; `post` and `readers` are as in `Ask`.
    """

    event: EventId
    place: Place
    ticket: TicketId | None
    message: str
    fields: Mapping[str, Field]
    choices: Mapping[str, str]
    asked_at: datetime
    post: PostId | None = None
    readers: Place | None = None


def add_asked(tx: Transaction, asked: Asked) -> None:
    """Keep a question that was put; a repeat changes nothing."""
    values = {
        "event_id": asked.event,
        "place": asked.place,
        "ticket": asked.ticket,
        "message": asked.message,
        "fields": _FIELDS.dump_python(dict(asked.fields), mode="json"),
        "choices": dict(asked.choices),
        "asked_at": asked.asked_at,
        "post": asked.post,
        "readers": asked.readers,
    }
    tx.execute(insert_new(schema.asked), values)


def find_asked(tx: Transaction, event: EventId) -> Asked | None:
    """The question in that message, if it is not settled yet."""
    row = tx.execute(select(schema.asked).where(schema.asked.c.event_id == event)).first()
    return _asked(row) if row else None


def asked_in(tx: Transaction, place: Place) -> list[Asked]:
    """The questions in a place that are not settled yet, in the order in which they were put."""
    table = schema.asked
    rows = tx.execute(select(table).where(table.c.place == place).order_by(table.c.asked_at))
    return [_asked(row) for row in rows]


def settle(tx: Transaction, event: EventId) -> None:
    """Forget a question that has its answer."""
    tx.execute(delete(schema.asked).where(schema.asked.c.event_id == event))


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        event=EventId(row.event_id),
        place=Place(row.place),
        ticket=TicketId(row.ticket) if row.ticket else None,
        message=row.message,
        fields=_FIELDS.validate_python(row.fields),
        choices=row.choices,
        asked_at=row.asked_at,
        post=PostId(row.post) if row.post else None,
        readers=Place(row.readers) if row.readers else None,
    )
