"""What people wrote is declared on the columns that keep it, and nothing of it is left when its time is over."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Integer, String, Table, Text, insert, select, text
from sqlalchemy.sql.visitors import iterate

from fedichat.domain.names import PostId
from fedichat.store import exporting, inbox, outbox, plan, retention, schema
from fedichat.store.database import Database, Transaction
from fedichat.store.schema.words import EMPTIED, LATER, REMOVED, Goes, is_declared, words_in
from tests.factories import DAY, NOW

TABLES = schema.metadata.sorted_tables
COLUMNS = [pytest.param(column, id=str(column)) for table in TABLES for column in table.columns]
WORD = "Geheimnis"
LONG_AGO = NOW - 1_000 * DAY


@pytest.mark.parametrize("column", COLUMNS)
def test_whether_a_column_keeps_words_is_always_declared(column: Column[Any]) -> None:
    if isinstance(column.type, String | JSON) and not column.foreign_keys:
        assert is_declared(column), f"say in the schema whose words are in {column}, or NO_WORDS"


def test_what_is_long_and_keeps_no_words_is_known() -> None:
    """Whoever adds to this has made sure that nothing in it was written by anybody."""
    assert {
        str(column)
        for table in TABLES
        for column in table.columns
        if isinstance(column.type, Text | JSON) and words_in(column) is None
    } == {"tickets.labels", "posts.labels", "posts.attempt", "published.url", "asked.message", "troubles.reason"}


def filled(column: Column[Any]) -> object:
    """A value for a column: a word of ours wherever it may keep people's words."""
    if column.foreign_keys:
        return 1 if column.name == "ticket" or not column.nullable else None
    if isinstance(column.type, JSON):
        return in_json(column) if words_in(column) else []
    if isinstance(column.type, Date):
        return LONG_AGO.date()
    if isinstance(column.type, schema.Instant):
        return LONG_AGO
    if isinstance(column.type, Boolean | Integer):
        return 1
    return f"{WORD} {column}" if words_in(column) else "1"


def in_json(column: Column[Any]) -> object:
    word = f"{WORD} {column}"
    status = {"author": {"name": word, "acct": word}, "content_warning": word, "text": word, "attachments": []}
    return [status] if words_in(column) and words_in(column).empty == [] else status  # type: ignore[union-attr]


def row(table: Table, **known: object) -> Mapping[str, object]:
    numbered = [column.name for column in table.primary_key if column.autoincrement is True]
    return {column.name: filled(column) for column in table.columns if column.name not in numbered} | known


def fill(tx: Transaction) -> None:
    """A row in every table, about a ticket that was closed long ago; and a planned post that went out then."""
    known: dict[Table, dict[str, object]] = {
        schema.tickets: {"state": "answered", "merged_into": None},
        schema.posts: {"state": "published"},
    }
    for table in TABLES:
        tx.execute(insert(table).values(row(table, **known.get(table, {}))))
    about: dict[str, object] = {"ticket": None, "post": 2}
    planned: dict[str, object] = {"ticket": None, "series": 1, "state": "published", "kind": "planned"}
    tx.execute(insert(schema.posts).values(row(schema.posts, **planned)))
    for table in (schema.remarks, schema.history, schema.asked, schema.messages):
        other: dict[str, object] = {"event_id": "2"} if "event_id" in table.c else {}
        tx.execute(insert(table).values(row(table, **about, **other)))


def left(tx: Transaction, *ways: Goes, of_ticket: bool) -> set[str]:
    """The columns that keep our word, of those whose words go like that."""
    found = set()
    for table in TABLES:
        for column in table.columns:
            kept = words_in(column)
            if kept is not None and kept.goes in ways:
                which = select(column)
                if of_ticket and "ticket" in table.c:
                    which = which.where(table.c.ticket == 1)
                rows = tx.execute(which)
                found |= {str(column) for one in rows if one[0] != kept.empty}
    return found


async def test_of_what_is_declared_as_words_nothing_is_left_after_its_time(database: Database) -> None:
    await database.write(fill)
    kept = {str(column) for table in TABLES for column in table.columns if words_in(column)}
    assert await database.read(lambda tx: left(tx, *Goes, of_ticket=False)) == kept, "every one of them is filled"

    assert await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW)) == 1
    assert await database.read(lambda tx: left(tx, EMPTIED, REMOVED, of_ticket=True)) == set()
    assert await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW)) == 0

    def forget(tx: Transaction) -> None:
        plan.forget(tx, [PostId(2)], before=NOW)
        plan.forget_series_and_freezes(tx, before=NOW)
        outbox.forget_set_aside(tx, before=NOW)
        inbox.forget_traffic(tx, before=NOW)

    await database.write(forget)
    assert await database.read(lambda tx: left(tx, *Goes, of_ticket=False)) == set()
    assert await database.read(anywhere) == set()


def anywhere(tx: Transaction) -> set[str]:
    """The tables in which our word stands at all, also those of the full-text index."""
    names = tx.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    return {
        name
        for name in names
        if any(WORD in str(value) for one in tx.execute(text(f'SELECT * FROM "{name}"')) for value in one)  # noqa: S608
    }


@pytest.mark.parametrize(
    "column",
    [column for column in COLUMNS if (kept := words_in(column.values[0])) is not None and kept.goes is not LATER],  # type: ignore[arg-type]
)
async def test_words_that_came_back_to_a_ticket_are_noticed_wherever_they_are(
    database: Database, column: Column[Any]
) -> None:
    await database.write(fill)
    await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW))
    table = column.table
    assert isinstance(table, Table)

    def come_back(tx: Transaction) -> None:
        key = table.c.id if table is schema.tickets else table.c.ticket
        if tx.execute(table.update().where(key == 1).values({column.name: filled(column)})).rowcount == 0:
            tx.execute(insert(table).values(row(table)))

    await database.write(come_back)
    assert await database.write(lambda tx: retention.forget_texts(tx, changed_before=NOW)) == 1
    assert await database.read(lambda tx: left(tx, EMPTIED, REMOVED, of_ticket=True)) == set()


@pytest.mark.parametrize("colleagues", [False, True])
def test_an_export_has_no_words_but_the_reason_for_ignoring(colleagues: bool) -> None:
    assert exported_words(authors=False, colleagues=colleagues) == {schema.history.c.text}
    assert exported_words(authors=True, colleagues=colleagues) == {schema.history.c.text, schema.tickets.c.author}


def exported_words(*, authors: bool, colleagues: bool) -> set[object]:
    return {
        part
        for query in exporting.queries(authors=authors, colleagues=colleagues).values()
        for column in query.selected_columns
        for part in iterate(column)
        if isinstance(part, Column) and words_in(part)
    }
