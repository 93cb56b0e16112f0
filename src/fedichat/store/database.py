"""The database: opened once, migrated, locked for this process.

A transaction is a plain function that takes the connection and runs whole in the connection's own thread: it cannot
wait for anything else, and cancelling whoever waits for it does not tear it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, inspect, make_url, select

from fedichat.store import schema
from fedichat.store.engines.sqlite import SQLite

T = TypeVar("T")

Transaction = Connection
"""A transaction that is under way: what the queries of `store` take first."""


class Database:
    """An open database. `write`, `read` and `count` take a function and give it a transaction."""

    def __init__(self, engine: SQLite) -> None:
        self.engine = engine

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Open, lock and migrate the database at an SQLAlchemy URL; a missing file is made.

        Raises StartError when another fedichat uses it, when it is newer than this program, or when it cannot be
        opened at all.
        """
        engine = SQLite(make_url(url))
        await engine.open(_migrate)
        return cls(engine)

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

    async def tidy_search(self, *, begins: bool) -> bool:
        """Let go of a little of what is left of removed words in the full-text index; whether there is more to do.

        It `begins` with the first call of several.
        """
        return await self.engine.tidy_search(begins=begins)

    async def close(self) -> None:
        """Finish what is under way and let go of the file."""
        await self.engine.close()


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
    versions = connection.scalars(select(schema.alembic_version.c.version_num)).all()
    return str(versions[0]) if len(versions) == 1 else None
