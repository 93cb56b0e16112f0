"""Databases for tests, without what takes longer than most tests: making tables, compiling SQL, waiting for disks."""

import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from fedichat.store.database import Database
from fedichat.store.engines import sqlite
from fedichat.store.migrating import migrate
from tests.dialects import for_both


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


_engines: list[Engine] = []
"""The first one that was made."""


def _engine(url: str, **options: Any) -> Engine:  # noqa: ANN401 - whatever the product says
    """An engine as the product makes it, which takes over the statements that earlier ones have compiled.

    Whatever any test has it execute must compile for PostgreSQL as well.

    A process of the bot compiles each statement once; a process of tests opens a thousand databases. SQLAlchemy keeps
    what it compiled for each dialect, see https://docs.sqlalchemy.org/en/21/core/connections.html#sql-caching.
    """
    engine = create_engine(url, **options)
    if not _engines:
        _engines.append(engine)
        engine.dialect.statement_compiler = for_both(engine.dialect.statement_compiler)
    engine.dialect = _engines[0].dialect
    engine._compiled_cache = _engines[0]._compiled_cache
    return engine


sqlite.create_engine = _engine  # type: ignore[assignment, attr-defined]


async def without_syncs(database: Database) -> None:
    """Let no commit wait for the disk: a process that dies loses nothing by that, only a machine without power."""

    def eased(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    await database.engine.writer.run_outside(eased)
