"""SQLite: one file, and a thread for each connection to it."""

import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import StaticPool

T = TypeVar("T")

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_PATIENCE = 30.0
"""Seconds to wait for another process that writes to the file."""
_SHORT_PATIENCE = "busy_timeout=250"
"""The same in milliseconds, where nothing is lost by trying again another time."""


class Line(aiosqlite.Connection):
    """A connection to the file and the thread that owns it: transactions run there whole, one after the other."""

    def __init__(self, url: URL, begin: str, *, reads_only: bool = False) -> None:
        """`begin` is the statement that opens a transaction; the driver's own would come only with the first write."""
        super().__init__(self._connected, iter_chunk_size=64)
        self._reads_only = reads_only
        self._path = url.database or ":memory:"
        self.engine = create_engine(
            "sqlite://",
            creator=lambda: self._raw,
            poolclass=StaticPool,
            hide_parameters=True,  # errors end up in the log, and citizens' words must not
        )
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(begin))

    async def begin(self) -> None:
        """Start the thread and connect; raises sqlite3.Error where the file cannot be used."""
        await self  # type: ignore[unused-awaitable]

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction in the connection's thread; commit, or roll back if it raises.

        Whoever waits for it may be cancelled: the transaction goes on to its end.
        """
        result: T = await self._execute(self._whole, work)  # type: ignore[no-untyped-call]
        return result

    async def run_outside(self, statements: Callable[[sqlite3.Connection], T]) -> T:
        """Run statements that cannot be part of a transaction, between two of them."""
        result: T = await self._execute(statements, self._conn)  # type: ignore[no-untyped-call]
        return result

    def _whole(self, work: Callable[[Connection], T]) -> T:
        with self._open.begin():
            result = work(self._open)
            if isinstance(result, Coroutine):
                result.close()
                message = "a transaction is a plain function: nothing in it can wait"
                raise TypeError(message)
            return result

    def _connected(self) -> sqlite3.Connection:
        self._raw: Any = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        for pragma in [*PRAGMAS, *(["query_only=ON"] if self._reads_only else [])]:
            self._raw.execute(f"PRAGMA {pragma}")
        self._open = self.engine.connect()
        raw: sqlite3.Connection = self._raw
        return raw


class SQLite:
    """An open database file: one connection that writes, one that reads, and one for what may take seconds.

    A writer keeps no reader waiting, and no reader a writer (https://sqlite.org/wal.html#concurrency).
    """

    def __init__(self, url: URL) -> None:
        """`url` names the file; without one, nothing is kept beyond the process."""
        self.writer = Line(url, "BEGIN IMMEDIATE")
        self.reader = Line(url, "BEGIN", reads_only=True)
        self.counter = Line(url, "BEGIN", reads_only=True)
        self.path = path_of(url)

    async def open(self) -> None:
        """Open the connections; raises sqlite3.Error where the file cannot be used."""
        for line in (self.writer, self.reader, self.counter):
            await line.begin()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction: all of it is kept, or nothing."""
        return await self.writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent view of the data, beside a write that may be under way."""
        return await self.reader.run(work)

    async def count(self, work: Callable[[Connection], T]) -> T:
        """The same for what may take seconds: nobody else waits for it."""
        return await self.counter.run(work)

    async def empty_log(self) -> None:
        """Leave nothing in the write-ahead log: words that were removed from the tables are still in there.

        The pages are copied first beside whatever goes on (PASSIVE, https://sqlite.org/pragma.html#pragma_wal_checkpoint);
        then there is next to nothing left for which the writer has to wait. Where another process reads the file for
        longer than a moment, the rest stays there until the next time.
        """
        await self.counter.run_outside(_emptied)

    async def close(self) -> None:
        """Finish what is under way and let go of the file."""
        for line in (self.writer, self.reader, self.counter):
            await line.close()


def path_of(url: URL) -> Path | None:
    """The file that an SQLAlchemy URL names; None for a database in memory."""
    return Path(url.database) if url.database and url.database != ":memory:" else None


def _emptied(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.execute(f"PRAGMA {_SHORT_PATIENCE}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
