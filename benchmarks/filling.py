"""A database as it looks after years: filled straight through the schema."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Table, insert
from sqlalchemy.dialects import sqlite

from fedichat.domain.names import TicketId, team_place
from fedichat.domain.tickets.mention import Author, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, TicketState
from fedichat.store import schema
from fedichat.store.database import Database

ACCOUNT = "bsi"
PLACE = team_place(ACCOUNT)
_CHUNK = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_AUTHORS = 5_000
_NEVER = (schema.NEVER - _EPOCH) // timedelta(microseconds=1)
_status = TypeAdapter(Status)
_DIALECT = sqlite.dialect()

Row = dict[str, Any]


async def fill(file: Path, tickets: int, open_tickets: int) -> Database:
    """A new database with so many tickets, the newest `open_tickets` of them open.

    Each has its mention, its history and its card.
    """
    await (await Database.open(f"sqlite+aiosqlite:///{file}")).close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-200000")
    numbers = iter(range(1, tickets + 1))
    while chunk := list(islice(numbers, _CHUNK)):
        _insert(connection, schema.tickets, (_ticket(n, is_open=n > tickets - open_tickets) for n in chunk))
        _insert(connection, schema.mentions, (_mention(n) for n in chunk))
        _insert(
            connection,
            schema.notifications,
            ({"account": ACCOUNT, "id": f"n{n}", "notified_at": _moment(n), "polled": True} for n in chunk),
        )
        _insert(
            connection,
            schema.history,
            ({"ticket": n, "at": _moment(n), "step": "opened", "actor": None, "text": "", "post": None} for n in chunk),
        )
        _insert(connection, schema.messages, (_card(n) for n in chunk))
        connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return await Database.open(f"sqlite+aiosqlite:///{file}")


def _insert(connection: sqlite3.Connection, table: Table, rows: Iterator[Row]) -> None:
    first = next(rows)
    compiled = insert(table).values(dict.fromkeys(first)).compile(dialect=_DIALECT)
    # The columns in the statement's own order, which is the table's.
    statement, names = str(compiled), list(compiled.positiontup or first)
    connection.executemany(statement, (tuple(row[name] for name in names) for row in _with(first, rows)))


def _with(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _ticket(number: int, *, is_open: bool) -> Row:
    return {
        "account": ACCOUNT,
        "place": PLACE,
        "state": (TicketState.NEW if is_open else TicketState.ANSWERED).value,
        "visibility": Visibility.PUBLIC.value,
        "author": _author(number).acct,
        "status": _status_id(number),
        "opened_at": _moment(number),
        "changed_at": _moment(number),
        "language": "de",
        "claimant": None,
        "reason": "",
        "priority": Priority.NORMAL.rank,
        "labels": "[]",
        "due_at": (due := _due(number, is_open=is_open)),
        "queue_at": due or _NEVER,
    }


def _mention(number: int) -> Row:
    words = f"Guten Tag, eine Frage zur Verschlüsselung von Mitgliederlisten, Nummer {number}: was nehmen?"
    status = Status(
        id=_status_id(number),
        author=_author(number),
        text=words,
        html=f"<p>{words}</p>",
        visibility=Visibility.PUBLIC,
        created_at=_BEGIN + timedelta(minutes=number),
        url=f"https://remote.example/@erika/{number}",
        language="de",
    )
    return {
        "account": ACCOUNT,
        "status_id": status.id,
        "ticket": number,
        "notification_id": f"n{number}",
        "written_at": _moment(number),
        "version": "",
        "checked_at": _moment(number),
        "status": _status.dump_json(status).decode(),
        "earlier": "[]",
    }


def _card(number: int) -> Row:
    return {
        "event_id": f"$card{number}",
        "place": PLACE,
        "ticket": TicketId(number),
        "post": None,
        "revision": None,
        "is_card": True,
    }


def _author(number: int) -> Author:
    person = number * 7919 % _AUTHORS
    return Author(acct=f"person{person}@remote.example", name=f"Person {person}", url="")


def _status_id(number: int) -> StatusId:
    return StatusId(f"{109_000_000_000_000_000 + number}")


def _due(number: int, *, is_open: bool) -> int | None:
    """What is open is overdue, for some minutes or for some days."""
    now = (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
    return now - number % 10_000 * 60_000_000 if is_open else None


def _moment(number: int) -> int:
    return (_BEGIN - _EPOCH) // timedelta(microseconds=1) + number * 60_000_000
