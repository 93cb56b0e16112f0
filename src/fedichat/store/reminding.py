"""When the clock has something to see to, and what somebody has been reminded of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.domain.history import Step
from fedichat.domain.names import TicketId
from fedichat.domain.sla import Reminder
from fedichat.domain.ticket import OPEN_STATES, Ticket
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.tickets import ticket_from

_TABLE = schema.tickets
_OPEN = [state.value for state in OPEN_STATES]


async def earliest_look(tx: Transaction) -> datetime | None:
    """When the clock has something to see to next."""
    at: datetime | None = await tx.scalar(select(func.min(_TABLE.c.look_at)).where(_TABLE.c.look_at.is_not(None)))
    return at


async def to_look_at(tx: Transaction, until: datetime) -> list[Ticket]:
    """The tickets in which the clock has something to see to by then."""
    found = select(_TABLE).where(_TABLE.c.look_at.is_not(None), _TABLE.c.look_at <= until)
    return [ticket_from(row) for row in await tx.execute(found.order_by(_TABLE.c.look_at, _TABLE.c.id))]


async def look_again(tx: Transaction, ticket: TicketId, at: datetime | None) -> None:
    """Look at a ticket again at that moment; None: not until it changes."""
    await tx.execute(update(_TABLE).where(_TABLE.c.id == ticket).values(look_at=at))


async def all_open(tx: Transaction) -> list[Ticket]:
    """Every open ticket."""
    return [ticket_from(row) for row in await tx.execute(select(_TABLE).where(_TABLE.c.state.in_(_OPEN)))]


async def last_done_at(tx: Transaction, ticket: TicketId) -> datetime | None:
    """When somebody of the office last did something with a ticket, or the time was over for which they snoozed it."""
    table = schema.history
    at: datetime | None = await tx.scalar(
        select(table.c.at)
        .where(table.c.ticket == ticket, or_(table.c.actor.is_not(None), table.c.step == Step.WOKEN.value))
        .order_by(table.c.number.desc())
        .limit(1)
    )
    return at


async def remind_once(tx: Transaction, reminders: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """Keep that somebody is reminded; returns those reminders that nobody has had before."""
    if not reminders:
        return []
    table = schema.reminded
    values = [
        {"ticket": one.ticket, "place": one.place, "name": one.name, "promise": one.promise, "at": now}
        for one in reminders
    ]
    insertion = upsert(table).values(values).on_conflict_do_nothing()
    rows = await tx.execute(insertion.returning(table.c.ticket, table.c.place, table.c.name, table.c.promise))
    new = {(row.ticket, row.place, row.name, row.promise) for row in rows}
    return [one for one in reminders if (one.ticket, one.place, one.name, one.promise) in new]
