"""One account being watched, without any rooms: sandbox, adapter, intake, and a real database file."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.clock import SystemClock
from fedichat.desk import Desk, Settings
from fedichat.domain.names import team_place
from fedichat.sandbox import NO_RATE_LIMITS, RateLimits, Sandbox, SandboxAccount
from fedichat.store.database import Database
from fedichat.workers.intake import Intake
from tests.scenarios._process import count

ACCOUNT = "bsi"


@dataclass
class Watch:
    """`intake.look()` is one poll; `sandbox` has the citizens."""

    sandbox: Sandbox
    office: SandboxAccount
    desk: Desk
    intake: Intake
    file: Path

    def citizen(self, name: str = "erika") -> SandboxAccount:
        return self.sandbox.add_account(name, domain="remote.example")

    async def texts(self) -> list[str]:
        """What was asked, a line for each open ticket, in the order of the tickets."""
        queue = await self.desk.tickets.lists.queue(team_place(ACCOUNT), 10_000)
        return [line.text for line in queue.lines]

    def count(self, table: str) -> int:
        return count(self.file, f"SELECT count(*) FROM {table}")  # noqa: S608 - our own tables

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The intake works by itself until the end of the block; what ends it early is raised there."""
        working = asyncio.create_task(self.intake.run())
        try:
            async with asyncio.timeout(60):
                await self.intake.ready.wait()
            yield
            if working.done():
                working.result()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def watching(
    folder: Path,
    *,
    poll_seconds: float = 3600,
    clock: Callable[[], datetime] = utc_now,
    rate_limits: RateLimits = NO_RATE_LIMITS,
) -> AsyncIterator[Watch]:
    """A watched account. An hour of `poll_seconds` leaves looking to the doorbell; `clock`: the sandbox's."""
    async with Sandbox(clock=clock, rate_limits=rate_limits) as sandbox:
        office = sandbox.add_account("bsi")
        adapter = MastodonAccount(ACCOUNT, sandbox.url, office.token, SystemClock())
        database = await Database.open(f"sqlite+aiosqlite:///{folder / 'fedichat.db'}")
        desk = Desk(database, SystemClock(), Settings(), {ACCOUNT: adapter}, lambda _: None)
        try:
            intake = Intake(ACCOUNT, adapter, desk, SystemClock(), poll_seconds)
            yield Watch(sandbox, office, desk, intake, folder / "fedichat.db")
        finally:
            await adapter.close()
            await database.close()
