"""An office account on a sandbox, seen through the adapter, with a clock that never makes anybody wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.mastodon.streaming import StreamReader
from fedichat.domain.tickets.mention import Malformed, Mention, NotificationId, StatusId
from fedichat.sandbox import NO_RATE_LIMITS, IdStyle, Limits, RateLimits, Sandbox, SandboxAccount
from tests.clocks import HandClock

# Far from the real time, which the sandbox's web server puts into its Date headers.
START = datetime(2035, 3, 5, 9, 0, tzinfo=UTC)


@dataclass
class Scene:
    """A sandbox, the office's account on it, a citizen elsewhere, and the adapter under test."""

    sandbox: Sandbox
    clock: HandClock
    office: SandboxAccount
    erika: SandboxAccount
    account: MastodonAccount

    async def mentions(self, after: str | None = None, since: datetime | None = None) -> list[Mention | Malformed]:
        cursor = None if after is None else NotificationId(after)
        return [item async for page in self.account.mentions(cursor, since) for item in page]

    async def texts(self, after: str | None = None, since: datetime | None = None) -> list[str]:
        items = await self.mentions(after, since)
        return [item.status.text.partition(" ")[2] if isinstance(item, Mention) else item.reason for item in items]

    async def ask(self, *questions: str) -> None:
        """Erika asks, a second apart."""
        for question in questions:
            self.clock.advance(seconds=1)
            await self.erika.post(f"@bsi {question}")


@asynccontextmanager
async def scene(
    *,
    ids: IdStyle = IdStyle.SNOWFLAKE,
    limits: Limits | None = None,
    rate_limits: RateLimits = NO_RATE_LIMITS,
    request_timeout: float = 5.0,
    deadline: float = 10.0,
    clock: HandClock | None = None,
) -> AsyncIterator[Scene]:
    clock = clock or HandClock(START)
    async with Sandbox(clock=clock.now, ids=ids, limits=limits, rate_limits=rate_limits) as sandbox:
        office = sandbox.add_account("bsi", display_name="BSI")
        erika = sandbox.add_account("erika", domain="buerger.example", display_name="Erika")
        account = MastodonAccount(
            "bsi", sandbox.url, office.token, clock, request_timeout=request_timeout, deadline=deadline
        )
        try:
            yield Scene(sandbox, clock, office, erika, account)
        finally:
            await account.close()


@asynccontextmanager
async def a_server(handler: web.RequestHandler | object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{name:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Ring:
    """Hears what the stream says: counts, and lets a test wait for the next time."""

    def __init__(self) -> None:
        self.count = 0
        self.statuses: list[StatusId] = []
        self.mentions: list[Mention] = []
        self._rang = asyncio.Event()

    def opened(self) -> None:
        self.ring()

    def ring(self) -> None:
        self.count += 1
        self._rang.set()

    def brought(self, mention: Mention) -> None:
        self.mentions.append(mention)
        self.ring()

    def changed(self, status: StatusId) -> None:
        self.statuses.append(status)

    async def reaches(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.count < count:
                self._rang.clear()
                await self._rang.wait()


def stream_reader(read: Callable[[object], Awaitable[Mention | None]] | None = None) -> StreamReader:
    async def nothing(_notification: object) -> Mention | None:
        return None

    async def nowhere() -> str:
        raise AssertionError

    return StreamReader("bsi", "token", HandClock(START), nowhere, read or nothing)
