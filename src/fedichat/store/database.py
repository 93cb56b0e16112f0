"""The database: opened once, migrated, locked for this process.

A transaction is a plain function that takes the connection and runs whole in the connection's own thread: it cannot
wait for anything else, and cancelling whoever waits for it does not tear it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Row, inspect, make_url

from fedichat.errors import StartError
from fedichat.files.lock import lock
from fedichat.store import schema
from fedichat.store.engines.sqlite import SQLite, path_of

T = TypeVar("T")

Transaction = Connection
"""A transaction that is under way: what the queries of `store` take first."""


class Database:
    """An open database. `write`, `read` and `count` take a function and give it a transaction."""

    def __init__(self, engine: SQLite, held: IO[str] | None) -> None:
        self.engine = engine
        self._held = held

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open, lock and migrate the database at an SQLAlchemy URL; a missing file is made.

        Raises StartError when another fedichat uses it, when it is newer than this program, or when it cannot be
        opened at all.
        """
        path = path_of(make_url(url))
        held = _lock(path)
        engine = SQLite(make_url(url))
        try:
            _check(path)
            await engine.open()
            await engine.write(_migrate)
        except BaseException:
            # A connection that is left open would keep the process from ending.
            await engine.close()
            _unlock(held)
            raise
        _keep_private(path)
        return cls(engine, held)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction and commit it; roll back what it did if it raises."""
        return await self.engine.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on one consistent view of the data, beside a write that may be under way."""
        return await self.engine.read(work)

    async def count(self, work: Callable[[Transaction], T]) -> T:
        """The same for what may take seconds, as the figures of a year do: nobody else waits for it."""
        return await self.engine.count(work)

    async def empty_log(self) -> None:
        """Leave nothing in the write-ahead log: words that were removed from the tables are still in there."""
        await self.engine.empty_log()

    async def close(self) -> None:
        """Finish what is under way and let go of the file."""
        await self.engine.close()
        _unlock(self._held)


def new_number(key: Row[Any] | None) -> int:
    """The number that the database gave a new row, out of SQLAlchemy's `inserted_primary_key`."""
    if key is None:
        raise LookupError("the database gave the new row no number")
    return int(key[0])


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


def _check(path: Path | None) -> None:
    """Raise StartError for a file that is there and is no database of ours to read and write."""
    if path is None or not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise StartError(f"The database {path} cannot be opened: {error}.") from error


def _lock(path: Path | None) -> IO[str] | None:
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return lock(lock_file(path))
    except BlockingIOError as error:
        raise StartError(
            f"Another fedichat is running on {path}. Two at once would do everything twice: stop the other one first."
        ) from error
    except OSError as error:
        raise StartError(f"The database folder {path.parent} cannot be written: {error.strerror}.") from error


def lock_file(path: Path) -> Path:
    """The file whose lock a running fedichat holds."""
    return Path(f"{path}.lock")


def _unlock(held: IO[str] | None) -> None:
    if held is not None:
        held.close()


def _keep_private(path: Path | None) -> None:
    """Citizens' words are in there: nobody but the owner reads it."""
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if path else ():
        if file.exists():
            file.chmod(0o600)
