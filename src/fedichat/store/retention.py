"""Tickets are forgotten in time: first the words in them, later all of them.

Which words there are, and how they go, is declared on the columns: see `fedichat.store.schema.words`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Text,
    cast,
    delete,
    exists,
    false,
    or_,
    select,
    update,
)

from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.ticket import OPEN_STATES, TicketState
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import search
from fedichat.store.schema.words import EMPTIED, REMOVED, that_go
from fedichat.store.tickets import newest_number

_TICKETS = schema.tickets
_OPEN = [state.value for state in OPEN_STATES]
_CLOSED = [state.value for state in TicketState if state not in OPEN_STATES]
_DRAFTS = [PostState.DRAFT.value, PostState.CONFIRMED.value]
_AT_ONCE = 1_000


def belonging_to(owner: Table) -> Iterator[tuple[Table, Column[int]]]:
    """The tables whose rows are about a ticket, or about a post, with the column that says which; dependent ones first.

    Of several such columns the first one counts: a change of a post is a post of its own.
    """
    for table in reversed(schema.metadata.sorted_tables):
        pointing = [column for column in table.columns if column.references(*owner.primary_key)]
        if table is not owner and pointing:
            yield table, pointing[0]


# The words that are emptied, by table, with the column that names their ticket.
_EMPTIED = {table: (key, that_go(table, EMPTIED)) for table, key in belonging_to(_TICKETS) if that_go(table, EMPTIED)}
_EMPTIED[_TICKETS] = (_TICKETS.c.id, that_go(_TICKETS, EMPTIED))
_REMOVED = {table: key for table, key in belonging_to(_TICKETS) if that_go(table, REMOVED)}


def _is_there(column: Column[object], empty: object) -> ColumnElement[bool]:
    if empty is None:
        return column.is_not(None)
    return cast(column, Text) != "[]" if empty == [] else column != empty


def _has_words() -> ColumnElement[bool]:
    """Whether anything that retention empties or removes is left in a ticket.

    A ticket whose author deleted all that they had written has lost their words already, but not the office's. Words
    may also have been added after the others were removed: a note, a file, an answer when it was opened again.
    """
    found: ColumnElement[bool] = false()
    for table, (key, kept) in _EMPTIED.items():
        is_left = or_(*(_is_there(table.c[name], words.empty) for name, words in kept.items()))
        found = found | (is_left if table is _TICKETS else exists().where(key == _TICKETS.c.id, is_left))
    for key in _REMOVED.values():
        found = found | exists().where(key == _TICKETS.c.id)
    return found | exists().where(schema.deleted.c.ticket.in_([_TICKETS.c.id, _TICKETS.c.merged_into]))


_HAS_WORDS = _has_words()


def with_old_texts(tx: Transaction, numbers: Sequence[int], *, changed_before: datetime) -> list[int]:
    """Which of these tickets are closed, have not changed since then, and have words left."""
    closed = _TICKETS.c.state.not_in(_OPEN) & (_TICKETS.c.changed_at < changed_before)
    among = _TICKETS.c.id.between(min(numbers, default=0), max(numbers, default=0))
    return list(tx.scalars(select(_TICKETS.c.id).where(among, closed, _HAS_WORDS).order_by(_TICKETS.c.id)))


def forget_texts(tx: Transaction, numbers: Sequence[int] | None = None, *, changed_before: datetime) -> int:
    """Remove the words from tickets that are closed and have not changed since then; what can be counted stays.

    From all of them, or from those of these `numbers`, which follow each other. Returns from how many.
    """
    among = range(1, newest_number(tx) + 1) if numbers is None else numbers
    old = with_old_texts(tx, among, changed_before=changed_before)
    for start in range(0, len(old), _AT_ONCE):
        _forget_texts_of(tx, old[start : start + _AT_ONCE])
    return len(old)


def _forget_texts_of(tx: Transaction, numbers: Sequence[int]) -> None:
    tx.execute(delete(search).where(search.c.rowid.in_(numbers)))
    posts = schema.posts
    # A draft that is still there goes with its words: its preview would promise what does not exist any more.
    drafts = posts.c.ticket.in_(numbers) & posts.c.state.in_(_DRAFTS)
    tx.execute(update(posts).where(drafts).values(state=PostState.WITHDRAWN.value, confirmed_by=None))
    for table, key in [*_REMOVED.items(), (schema.deleted, schema.deleted.c.ticket)]:
        tx.execute(delete(table).where(key.in_(numbers)))
    for table, (key, kept) in _EMPTIED.items():
        empty = {name: words.empty for name, words in kept.items()}
        tx.execute(update(table).where(key.in_(numbers)).values(empty))


def forget_tickets(tx: Transaction, *, changed_before: datetime, limit: int = _AT_ONCE) -> int:
    """Remove closed tickets that have not changed since then, with all that belongs to them: so many at most.

    Returns how many.
    """
    # By name: otherwise the index is not used, and every ticket is looked at.
    old = select(_TICKETS.c.id).where(_TICKETS.c.state.in_(_CLOSED), _TICKETS.c.changed_at < changed_before)
    closed = list(tx.scalars(old.limit(limit)).all())
    tx.execute(update(_TICKETS).where(_TICKETS.c.merged_into.in_(closed)).values(merged_into=None))
    posts = select(schema.posts.c.id).where(schema.posts.c.ticket.in_(closed))
    for table, key in belonging_to(schema.posts):
        if not any(table is one for one, _ in belonging_to(_TICKETS)):
            tx.execute(delete(table).where(key.in_(posts)))
    for table, key in belonging_to(_TICKETS):
        tx.execute(delete(table).where(key.in_(closed)))
    return tx.execute(delete(_TICKETS).where(_TICKETS.c.id.in_(closed))).rowcount
