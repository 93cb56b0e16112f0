"""A real database in a real file, for each test its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedichat.store.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fedichat.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    yield database
    await database.close()
