"""What is looked at next is found quickly, however many tickets there have been."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from fedichat.store import checks, tickets
from fedichat.store.database import Database, Transaction
from tests.factories import NOW, a_mention, a_ticket


@pytest.mark.parametrize("is_missing", [False, True])
async def test_neither_old_tickets_nor_anybody_s_words_are_read_for_it(database: Database, is_missing: bool) -> None:
    query = checks.query("bsi", NOW - timedelta(days=7), is_missing=is_missing)
    sql = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    plan = await database.read(lambda tx: tx.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())
    steps = [row.detail for row in plan]
    assert [step for step in steps if step.startswith("SCAN")] == []
    searched = [step for step in steps if step.startswith("SEARCH")]
    assert len(searched) == 3
    assert all("COVERING INDEX" in step for step in searched)
    assert searched[0].endswith("mentions_by_check (ticket=? AND account=?)")


async def test_a_look_is_kept_with_what_it_found(database: Database) -> None:
    def work(tx: Transaction) -> None:
        ticket = tickets.open_ticket(tx, a_ticket())
        tickets.add_mention(tx, "bsi", ticket.id, a_mention())
        checks.checked(tx, "bsi", a_mention().status.id, NOW, NOW)

    await database.write(work)
    status = a_mention().status.id
    assert await database.read(lambda tx: checks.missing_since(tx, "bsi", status)) == NOW
    await database.write(lambda tx: checks.checked(tx, "bsi", status, NOW))
    assert await database.read(lambda tx: checks.missing_since(tx, "bsi", status)) is None
    assert await database.read(lambda tx: checks.missing_since(tx, "press", status)) is None
