"""Moments that something is to happen at."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.store import schema
from fedichat.store.database import Transaction


def set_timer(tx: Transaction, name: str, due_at: datetime) -> None:
    """Have a moment come; a timer of that name is moved."""
    insertion = upsert(schema.timers).values(name=name, due_at=due_at)
    tx.execute(insertion.on_conflict_do_update(index_elements=["name"], set_={"due_at": due_at}))


def put_off(tx: Transaction, prefix: str, before: datetime, until: datetime) -> None:
    """Have the timers whose name begins so, and which are overdue, come later."""
    table = schema.timers
    overdue = table.c.name.startswith(prefix, autoescape=True) & (table.c.due_at < before)
    tx.execute(update(table).where(overdue).values(due_at=until))


def clear_timer(tx: Transaction, name: str) -> None:
    """It has been dealt with."""
    tx.execute(delete(schema.timers).where(schema.timers.c.name == name))


def earliest_timer(tx: Transaction, but: Collection[str] = ()) -> tuple[str, datetime] | None:
    """The timer that is due first, leaving out those named: its name and its moment."""
    others = select(schema.timers).where(schema.timers.c.name.not_in(list(but)))
    row = tx.execute(others.order_by(schema.timers.c.due_at).limit(1)).first()
    return (row.name, row.due_at) if row else None


def timer(tx: Transaction, name: str) -> datetime | None:
    """The moment of that timer, if it is set."""
    due: datetime | None = tx.execute(select(schema.timers.c.due_at).where(schema.timers.c.name == name)).scalar()
    return due
