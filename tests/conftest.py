"""What every test may ask for: one real Synapse for the session, and an office with fresh people in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from tests.office import Office


# The server outlives the tests' own event loops, so that it has the session's.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def synapse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    async with Synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture
async def office(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Office]:
    async with Office(synapse, tmp_path) as office:
        yield office
