"""Questions of ours that a tap answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.domain.names import EventId, Place, TicketId
from fedichat.domain.phrase import Field
from fedichat.store import schema
from fedichat.store.database import Transaction

_FIELDS: TypeAdapter[dict[str, Field]] = TypeAdapter(dict[str, Field])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in a room that is not settled yet. `choices`: the emoji to tap, and the command line behind each.

    `message` is what was asked, a message id of the catalogues with `fields`.
    """

    event: EventId
    place: Place
    ticket: TicketId | None
    message: str
    fields: Mapping[str, Field]
    choices: Mapping[str, str]
    asked_at: datetime


async def add_asked(tx: Transaction, asked: Asked) -> None:
    """Keep a question that was put; a repeat changes nothing."""
    values = {
        "event_id": asked.event,
        "place": asked.place,
        "ticket": asked.ticket,
        "message": asked.message,
        "fields": _FIELDS.dump_python(dict(asked.fields), mode="json"),
        "choices": dict(asked.choices),
        "asked_at": asked.asked_at,
    }
    await tx.execute(upsert(schema.asked).values(values).on_conflict_do_nothing())


async def find_asked(tx: Transaction, event: EventId) -> Asked | None:
    """The question in that message, if it is not settled yet."""
    row = (await tx.execute(select(schema.asked).where(schema.asked.c.event_id == event))).first()
    if row is None:
        return None
    return Asked(
        event=EventId(row.event_id),
        place=Place(row.place),
        ticket=TicketId(row.ticket) if row.ticket else None,
        message=row.message,
        fields=_FIELDS.validate_python(row.fields),
        choices=row.choices,
        asked_at=row.asked_at,
    )


async def settle(tx: Transaction, event: EventId) -> None:
    """The question has its answer."""
    await tx.execute(delete(schema.asked).where(schema.asked.c.event_id == event))
