"""When the clock has something to see to, and what somebody has been reminded of."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, literal, or_, select, tuple_, update

from fedichat.domain.history import Step
from fedichat.domain.names import TicketId
from fedichat.domain.tickets.ticket import OPEN_STATES, Ticket
from fedichat.domain.time.sla import Reminder
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import insert_new
from fedichat.store.news import news_of
from fedichat.store.tickets import ticket_from

_TABLE = schema.tickets
_LOOK_AGAIN = update(_TABLE).where(_TABLE.c.id == bindparam("of_ticket")).values(look_at=bindparam("at"))
_OPEN = [state.value for state in OPEN_STATES]


def earliest_look(tx: Transaction) -> datetime | None:
    """When the clock has something to see to next."""
    at: datetime | None = tx.scalar(select(func.min(_TABLE.c.look_at)).where(_TABLE.c.look_at.is_not(None)))
    return at


def to_look_at(
    tx: Transaction, until: datetime, behind: tuple[datetime, TicketId] | None = None, limit: int = 1_000
) -> list[Ticket]:
    """The tickets in which the clock has something to see to by then: so many at most, in order of that moment.

    `behind` are the moment and the number of the last one that was looked at already.
    """
    found = select(_TABLE).where(_TABLE.c.look_at.is_not(None), _TABLE.c.look_at <= until)
    if behind is not None:
        place = tuple_(_TABLE.c.look_at, _TABLE.c.id)
        found = found.where(place > tuple_(literal(behind[0], schema.Instant), literal(behind[1])))
    in_order = found.order_by(_TABLE.c.look_at, _TABLE.c.id).limit(limit)
    return [ticket_from(row) for row in tx.execute(in_order)]


def look_again(tx: Transaction, moments: Mapping[TicketId, datetime | None]) -> None:
    """Look at tickets again at these moments; None: not until it changes."""
    if moments:
        values = [{"of_ticket": ticket, "at": at} for ticket, at in moments.items()]
        tx.execute(_LOOK_AGAIN, values)
        for at in moments.values():
            news_of(tx).has_moment(at)


def all_open(tx: Transaction, behind: int = 0, limit: int = 1_000_000) -> list[Ticket]:
    """The open tickets, from the next number on; so many of them at most."""
    found = select(_TABLE).where(_TABLE.c.state.in_(_OPEN), _TABLE.c.id > behind)
    return [ticket_from(row) for row in tx.execute(found.order_by(_TABLE.c.id).limit(limit))]


def last_done_at(tx: Transaction, numbers: Sequence[TicketId]) -> dict[TicketId, datetime]:
    """When somebody of the office last did something with these tickets, or the time was over for which they slept."""
    table = schema.history
    theirs = table.c.ticket.in_(numbers) & or_(table.c.actor.is_not(None), table.c.step == Step.WOKEN.value)
    last = select(func.max(table.c.number)).where(theirs).group_by(table.c.ticket)
    rows = tx.execute(select(table.c.ticket, table.c.at).where(table.c.number.in_(last)))
    return {TicketId(row.ticket): row.at for row in rows}


def remind_once(tx: Transaction, reminders: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """Keep that somebody is reminded; returns those reminders that nobody has had before."""
    if not reminders:
        return []
    table = schema.reminded
    values = [
        {"ticket": one.ticket, "place": one.place, "name": one.name, "promise": one.promise, "at": now}
        for one in reminders
    ]
    insertion = insert_new(table).values(values)
    rows = tx.execute(insertion.returning(table.c.ticket, table.c.place, table.c.name, table.c.promise))
    new = {(row.ticket, row.place, row.name, row.promise) for row in rows}
    return [one for one in reminders if (one.ticket, one.place, one.name, one.promise) in new]
