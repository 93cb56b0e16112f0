"""A database with its tables, made once a process: making them takes longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

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
