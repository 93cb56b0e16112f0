"""What every test may ask for: one real Synapse for the session, and an office with fresh people in it."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedichat.demo.synapse import Synapse
from tests.office import Office

MEMORY = Path("/dev/shm")  # noqa: S108 - only the place of the tests' own folders


def pytest_configure() -> None:
    """Put the tests' files into memory where there is room: their databases wait for the disk at each commit.

    TMPDIR names another place. Containers often have 64 MB there, which is too little.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4_000_000_000:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


# The server outlives the tests' own event loops, so that it has the session's.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def synapse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    async with Synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture
async def office(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Office]:
    async with Office(synapse, tmp_path) as office:
        yield office
