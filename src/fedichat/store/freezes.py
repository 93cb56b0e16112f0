"""When all that is planned is held back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from fedichat.domain.names import UserId
from fedichat.store import schema
from fedichat.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Freeze:
    """All that is planned is held back, since when, by whom and why. `number` is 0 until it is kept."""

    begun_at: datetime
    begun_by: UserId
    reason: str
    number: int = 0
    ended_at: datetime | None = None
    ended_by: UserId | None = None


def current_freeze(tx: Transaction) -> Freeze | None:
    """The freeze that holds now, if one does."""
    return _freeze(tx, schema.freezes.c.ended_at.is_(None))


def find_freeze(tx: Transaction, number: int) -> Freeze | None:
    """That freeze, also after its end."""
    return _freeze(tx, schema.freezes.c.number == number)


def _freeze(tx: Transaction, which: ColumnElement[bool]) -> Freeze | None:
    row = tx.execute(select(schema.freezes).where(which)).first()
    if row is None:
        return None
    ended_by = UserId(row.ended_by) if row.ended_by else None
    return Freeze(row.begun_at, UserId(row.begun_by), row.reason, row.number, row.ended_at, ended_by)


def begin_freeze(tx: Transaction, freeze: Freeze) -> None:
    """Keep that nothing planned is published from now on."""
    values = {"begun_at": freeze.begun_at, "begun_by": freeze.begun_by, "reason": freeze.reason}
    tx.execute(insert(schema.freezes).values(values))


def end_freeze(tx: Transaction, actor: UserId, now: datetime) -> None:
    """End the freeze: planned posts go out again."""
    table = schema.freezes
    tx.execute(update(table).where(table.c.ended_at.is_(None)).values(ended_at=now, ended_by=actor))
