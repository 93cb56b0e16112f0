"""Where planned posts are tried: the stories of `tests.desk.plans`. Other stories bring a world of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.plans import NINE, an_office, approve
from tests.world import ANNA, TEAM, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One account with its team."""
    world = await an_office(tmp_path)
    yield world
    await world.close()


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[World]:
    """An office with two accounts, each with a team of its own; Ben is in both."""
    world = await an_office(tmp_path, cert=True)
    yield world
    await world.close()


@pytest.fixture
async def scheduled(world: World) -> World:
    """P1 is approved for tomorrow at nine."""
    await world.say(ANNA, TEAM, NINE)
    await approve(world, 1)
    return world
