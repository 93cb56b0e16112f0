"""A proxy in front of a real server that can be told to misbehave: what networks and reverse proxies do."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
import yarl
from aiohttp import web

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
"""Answers in the server's place, or None to let the request pass."""


class Flaky:
    """Forwards to `target`; every request asks the `fault` first, and is in `seen`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.fault: Fault | None = None
        self.seen: list[str] = []
        self._news = asyncio.Condition()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        # Nothing is pooled: a connection that the server dropped must not fail somebody else's request.
        connector = aiohttp.TCPConnector(force_close=True)
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, auto_decompress=False)
        )
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def until_seen(self, part: str, timeout: float = 20) -> None:
        """Wait for a request whose path has that part."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: any(part in path for path in self.seen))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        async with self._news:
            self.seen.append(f"{request.method} {request.path}")
            self._news.notify_all()
        if self.fault is not None:
            instead = await self.fault(request)
            if instead is not None:
                return instead
        return await self.forward(request)

    async def forward(self, request: web.Request) -> web.Response:
        """The server's own answer."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        url = self.target + request.raw_path
        async with self._session.request(
            request.method, yarl.URL(url, encoded=True), data=await request.read(), headers=headers
        ) as answer:
            return web.Response(
                body=await answer.read(),
                status=answer.status,
                headers={"Content-Type": answer.headers.get("Content-Type", "text/plain")},
            )


def answering(
    part: str, status: int, body: str, *, times: int = 10**9, content_type: str = "application/json"
) -> Fault:
    """For so many requests whose path has that part: this answer."""
    left = [times]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if part not in request.path or left[0] <= 0:
            return None
        left[0] -= 1
        return web.Response(status=status, text=body, content_type=content_type)

    return fault


def dropping(part: str, *, times: int = 10**9) -> Fault:
    """For so many requests whose path has that part: the connection breaks without an answer."""
    left = [times]

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if part not in request.path or left[0] <= 0:
            return None
        left[0] -= 1
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return fault


def holding(part: str, held: asyncio.Event, release: asyncio.Event) -> Fault:
    """Requests whose path has that part wait for `release`; `held` says that one does."""

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if part in request.path:
            held.set()
            await release.wait()
        return None

    return fault
