"""Login, encryption keys, and every room."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fedichat.adapters.matrix.membership import LooseLeaves
from fedichat.adapters.matrix.user import Matrix
from fedichat.app import matrix_of
from fedichat.cli.checking.device import check_device
from fedichat.cli.checking.duty import check_duty
from fedichat.cli.checking.finding import Findings, ok
from fedichat.cli.checking.rooms import check_rooms
from fedichat.clock import SystemClock
from fedichat.config.model import Config
from fedichat.domain.names import RoomId, UserId
from fedichat.domain.roles import RoomKind
from fedichat.errors import StartError
from fedichat.store.look import Look, look


async def check_matrix(config: Config) -> Findings:
    """Log in and look at everything there. Raises what a login raises."""
    seen = await _database(config)
    async with looking(config, seen.rooms) as matrix:
        yield ok("matrix", f"{config.matrix.homeserver}, logged in as {matrix.user}")
        yield check_device(await matrix.own_device(_KeySteps(seen.key_steps)), config.matrix)
        async for finding in check_rooms(matrix, config):
            yield finding
        if config.duty is not None:
            people = await _people_of_teams(matrix, config)
            for finding in check_duty(config.duty, config.timezone, people, SystemClock().now()):
                yield finding


@asynccontextmanager
async def looking(config: Config, known: Mapping[str, RoomId]) -> AsyncIterator[Matrix]:
    """The Matrix side, logged in only to look; `known` is which room each configured name has stood for so far."""
    matrix = matrix_of(config, SystemClock())
    try:
        await matrix.look(LooseLeaves(known))
        yield matrix
    finally:
        await matrix.close()


async def _database(config: Config) -> Look:
    """What is in the database; nothing if it cannot be read, which the check of the database says."""
    with contextlib.suppress(StartError):
        return await look(config.database)
    return Look(exists=False)


async def _people_of_teams(matrix: Matrix, config: Config) -> dict[UserId, str]:
    """The display names of everybody in the teams' rooms."""
    teams = [matrix.room_ids.get(role.given) for role in config.rooms() if role.kind is RoomKind.TEAM]
    rooms = [room for room in teams if room and room in matrix.joined]
    return {user: name for room in rooms for user, name in (await matrix.people(room)).items()}


class _KeySteps:
    """How far the keys had come when we looked; fulfils `fedichat.ports.StepBook`."""

    def __init__(self, steps: Mapping[str, int]) -> None:
        self._steps = steps

    async def key_steps(self, fingerprint: str) -> int:
        """See `StepBook`."""
        return self._steps.get(fingerprint, 0)

    async def keep_key_steps(self, fingerprint: str, steps: int) -> None:
        """See `StepBook`: looking makes no steps."""
