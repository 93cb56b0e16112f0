"""What every test may ask for: a real Synapse, an office with fresh people in it, and a second Matrix client."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from fedichat.demo.synapse import Synapse
from tests.js_client import JsClients
from tests.node_wire import connected, node_process
from tests.office import Office

# A busy machine is no fault of what is tried; how long things take is for tests/desk/test_strain.py and benchmarks/.
# Hypothesis has a profile of its own where CI is set; the rest of it stays.
settings.register_profile(
    "fedichat",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fedichat")

MEMORY = Path("/dev/shm")  # noqa: S108 - only the place of the tests' own folders


def pytest_configure() -> None:
    """Put the tests' files into memory where there is room: their databases wait for the disk at each commit.

    TMPDIR names another place. Containers often have 64 MB there, which is too little.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4_000_000_000:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest ones: no worker should be left alone with one of them at the end."""
    items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in ("drill", "long")))


# The server outlives the tests' own event loops, so that it has the session's.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def synapse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    async with Synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def forgetful_synapse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    """One that keeps no answers to syncs: whoever asks with the same token again gets a new one."""
    async with Synapse(tmp_path_factory.mktemp("forgetful-synapse"), keeps_sync_answers=False) as server:
        yield server


@pytest.fixture
def homeserver(request: pytest.FixtureRequest) -> Synapse:
    """The session's Synapse; for a test `on_both_servers`, the forgetful one as well."""
    server: Synapse = request.getfixturevalue(getattr(request, "param", "synapse"))
    return server


@pytest.fixture
async def office(homeserver: Synapse, tmp_path: Path) -> AsyncIterator[Office]:
    async with Office(homeserver, tmp_path) as office:
        yield office


@pytest.fixture(scope="session")
def node_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the Node process with the second client listens."""
    with node_process(tmp_path_factory.mktemp("second-client") / "errors.log") as port:
        yield port


@pytest.fixture
async def js(node_port: int) -> AsyncIterator[JsClients]:
    """Clients on matrix-js-sdk: `await js.login(…)`."""
    async with connected(node_port) as wire:
        yield JsClients(wire)
