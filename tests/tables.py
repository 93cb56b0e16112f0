"""Databases for tests, without what takes longer than most tests: making tables, compiling SQL, waiting for disks."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from fedichat.store import database as opening
from fedichat.store.database import Database
from fedichat.store.migrating import migrate


def with_tables(file: Path) -> str:
    """Lay a database as a first start makes it at that path, where there is none yet; its URL.

    That the start makes it so is for tests/store/test_database.py to say.
    """
    if not file.exists():
        file.write_bytes(_made())
    return f"sqlite+aiosqlite:///{file}"


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fedichat.db"
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            migrate(connection)
        engine.dispose()
        return file.read_bytes()


_make_engine = opening._engine
_engines: list[AsyncEngine] = []
"""The first one that was made."""


def _engine(url: str, begin: str, *, reads_only: bool = False) -> AsyncEngine:
    """An engine as the product makes it, which takes over the statements that earlier ones have compiled.

    A process of the bot compiles each statement once; a process of tests opens a thousand databases. SQLAlchemy keeps
    what it compiled for each dialect, see https://docs.sqlalchemy.org/en/21/core/connections.html#sql-caching.
    """
    engine = _make_engine(url, begin, reads_only=reads_only)
    _engines[:] = _engines or [engine]
    engine.sync_engine.dialect = _engines[0].sync_engine.dialect
    engine.sync_engine._compiled_cache = _engines[0].sync_engine._compiled_cache
    return engine


opening._engine = _engine


async def without_syncs(database: Database) -> None:
    """Let no commit wait for the disk: a process that dies loses nothing by that, only a machine without power."""
    async with database._writer.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute("PRAGMA synchronous=OFF")
