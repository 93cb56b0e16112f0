"""Databases for tests, without what takes longer than most tests: making the tables, and waiting for the disk."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

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


async def without_syncs(database: Database) -> None:
    """Let no commit wait for the disk: a process that dies loses nothing by that, only a machine without power."""
    async with database._writer.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute("PRAGMA synchronous=OFF")
