"""The database file: opened once, migrated, locked for this process; one writer, one reader, one that counts.

Writes are whole transactions (BEGIN IMMEDIATE) that run one after the other and that cancellation cannot tear: two
coroutines on one connection would share a transaction, and a cancelled one would leave it open.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Row, event, inspect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from fedichat.errors import StartError
from fedichat.store import schema

T = TypeVar("T")

Transaction = AsyncConnection
"""A transaction that is under way: what the queries of `store` take first."""


class Database:
    """An open database. `write`, `read` and `count` take a coroutine function and give it a transaction."""

    def __init__(
        self, url: str, lock: IO[str] | None, writer: AsyncEngine, reader: AsyncEngine, counter: AsyncEngine
    ) -> None:
        self._url = url
        self._lock = lock
        self._writer = writer
        self._reader = reader
        self._counter = counter
        self._writing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._counting = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open, lock and migrate the database at an SQLAlchemy URL; a missing file is made.

        Raises StartError when another fedichat uses it, when it is newer than this program, or when it cannot be
        opened at all.
        """
        lock = _lock(url)
        writer, reader = _engine(url, "BEGIN IMMEDIATE"), _engine(url, "BEGIN", reads_only=True)
        counter = _engine(url, "BEGIN", reads_only=True)
        try:
            await asyncio.to_thread(_check, url)
            async with writer.connect() as connection:
                await connection.run_sync(_migrate)
                await connection.commit()
        except BaseException:
            # A connection that is left open would keep the process from ending.
            await writer.dispose()
            await reader.dispose()
            await counter.dispose()
            _unlock(lock)
            raise
        _keep_private(url)
        return cls(url, lock, writer, reader, counter)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it; roll back what it did if it raises."""
        return await self._whole(self._writer, self._writing, work)

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` on one consistent view of the data, beside a write that may be under way."""
        return await self._whole(self._reader, self._reading, work)

    async def count(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """The same for what may take seconds, as the figures of a year do: on a connection that nobody else waits for.

        In WAL mode a reader keeps no writer waiting, see https://sqlite.org/wal.html#concurrency.
        """
        return await self._whole(self._counter, self._counting, work)

    async def empty_log(self) -> None:
        """Leave nothing in the write-ahead log: words that are removed from the tables stand there for a while yet.

        Where another process reads the database just then, they stay until the next time. The log is copied beside
        whatever goes on (PASSIVE, see https://sqlite.org/pragma.html#pragma_wal_checkpoint): so there is next to
        nothing left to copy when all have to wait for a moment.
        """
        async with self._counting:
            await asyncio.to_thread(_checkpoint, self._url, "PASSIVE")
            async with self._writing, self._reading:
                await asyncio.to_thread(_checkpoint, self._url, "TRUNCATE")

    async def _whole(self, engine: AsyncEngine, turn: asyncio.Lock, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async def run() -> T:
            async with turn, engine.begin() as transaction:
                return await work(transaction)

        task = asyncio.ensure_future(run())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Finish what is under way and let go of the file."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        await self._writer.dispose()
        await self._reader.dispose()
        await self._counter.dispose()
        _unlock(self._lock)


def new_number(key: Row[Any] | None) -> int:
    """The number that the database gave a new row, out of SQLAlchemy's `inserted_primary_key`."""
    if key is None:
        raise LookupError("the database gave the new row no number")
    return int(key[0])


def _engine(url: str, begin: str, *, reads_only: bool = False) -> AsyncEngine:
    """An engine of exactly one connection whose transactions really begin when we say so.

    The driver would begin lazily, at the first write: SQLAlchemy documents these two hooks as the remedy.
    """
    engine = create_async_engine(
        url,
        poolclass=StaticPool,
        connect_args={"timeout": 30},
        hide_parameters=True,  # errors end up in the log, and citizens' words must not
    )

    def connected(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DB-API objects
        connection.isolation_level = None
        cursor = connection.cursor()
        pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"]
        for pragma in [*pragmas, *(["query_only=ON"] if reads_only else [])]:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _migrate(connection: Connection) -> None:
    """Bring the tables up to this program's version, if they are not."""
    if _version(connection) != schema.VERSION:
        from fedichat.store.migrating import migrate  # noqa: PLC0415 - Alembic takes long to load; most starts need it not

        migrate(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    versions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return str(versions[0]) if len(versions) == 1 else None


def _path_of(url: str) -> Path | None:
    database = make_url(url).database
    return Path(database) if database and database != ":memory:" else None


def _check(url: str) -> None:
    """Raise StartError for a file that is there and is no database of ours to read and write."""
    path = _path_of(url)
    if path is None or not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise StartError(f"The database {path} cannot be opened: {error}.") from error


def _checkpoint(url: str, mode: str) -> None:
    path = _path_of(url)
    if path is not None:
        with closing(sqlite3.connect(path, timeout=0)) as connection:  # the desk would wait with us
            connection.execute(f"PRAGMA wal_checkpoint({mode})")


def _lock(url: str) -> IO[str] | None:
    path = _path_of(url)
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = Path(f"{path}.lock").open("a", encoding="ascii")  # noqa: SIM115 - held for as long as we live
    except OSError as error:
        raise StartError(f"The database folder {path.parent} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartError(
            f"Another fedichat is running on {path}. Two at once would do everything twice: stop the other one first."
        ) from error
    return lock


def _unlock(lock: IO[str] | None) -> None:
    if lock is not None:
        lock.close()


def _keep_private(url: str) -> None:
    """Citizens' words are in there: nobody but the owner reads it."""
    path = _path_of(url)
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if path else ():
        if file.exists():
            file.chmod(0o600)
