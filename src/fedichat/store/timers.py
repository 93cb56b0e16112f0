"""Timers that are set."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import upsert
from fedichat.store.news import news_of

_SET = upsert(schema.timers, "kind", "key")


def set_timer(tx: Transaction, timer: Timer, due_at: datetime) -> None:
    """Have the timer fire at that moment; one that is set already is moved."""
    tx.execute(_SET, {"kind": timer.kind, "key": timer.key, "due_at": due_at})
    news_of(tx).has_moment(due_at)


def put_off(tx: Transaction, kind: TimerKind, before: datetime, until: datetime) -> None:
    """Have the timers of that kind that are overdue fire later."""
    table = schema.timers
    overdue = (table.c.kind == kind) & (table.c.due_at < before)
    tx.execute(update(table).where(overdue).values(due_at=until))


def clear_timer(tx: Transaction, timer: Timer) -> None:
    """It need not fire any more."""
    tx.execute(delete(schema.timers).where(_is(timer)))


def take_due(tx: Transaction, timer: Timer, now: datetime) -> bool:
    """Clear the timer if it is due. False: it was moved or cleared since it was looked at."""
    return bool(tx.execute(delete(schema.timers).where(_is(timer), schema.timers.c.due_at <= now)).rowcount)


def earliest_timer(tx: Transaction, but: Collection[Timer] = ()) -> tuple[Timer, datetime] | None:
    """The timer that is due first, leaving those out, and its moment."""
    in_turn = select(schema.timers).order_by(schema.timers.c.due_at).limit(len(but) + 1)
    found = ((Timer(TimerKind(row.kind), row.key), row.due_at) for row in tx.execute(in_turn))
    return next(((timer, due_at) for timer, due_at in found if timer not in but), None)


def moment_of(tx: Transaction, timer: Timer) -> datetime | None:
    """When the timer fires, if it is set."""
    due: datetime | None = tx.execute(select(schema.timers.c.due_at).where(_is(timer))).scalar()
    return due


def _is(timer: Timer) -> ColumnElement[bool]:
    return (schema.timers.c.kind == timer.kind) & (schema.timers.c.key == timer.key)
