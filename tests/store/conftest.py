"""A real database in a real file, for each test its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedichat.store.database import Database
from tests.tables import with_tables


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fedichat.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await Database.open(with_tables(file))
    yield database
    await database.close()
