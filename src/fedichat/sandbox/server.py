"""The sandbox: a world, served over HTTP on the loopback interface."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from fedichat.sandbox.accounts import People, SandboxAccount
from fedichat.sandbox.api import accounts, actions, instance, media, notifications, statuses
from fedichat.sandbox.control import Control
from fedichat.sandbox.directory import DEFAULT_SCOPES
from fedichat.sandbox.entities import Entities
from fedichat.sandbox.errors import ApiError
from fedichat.sandbox.faults import Faults
from fedichat.sandbox.gate import Gate, WebHandler
from fedichat.sandbox.ids import IdStyle
from fedichat.sandbox.limits import Limits, RateLimits
from fedichat.sandbox.model import Status
from fedichat.sandbox.streaming.hub import StreamHub
from fedichat.sandbox.streaming.server_sent_events import PATHS, health, serving_events
from fedichat.sandbox.streaming.websocket import serve_socket
from fedichat.sandbox.world import World

ROUTES: Final = (
    *instance.ROUTES,
    *accounts.ROUTES,
    *notifications.ROUTES,
    *statuses.ROUTES,
    *actions.ROUTES,
    *media.ROUTES,
)
_LARGEST_REQUEST: Final = 128 * 1024 * 1024
_TICK_SECONDS: Final = 1.0


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


class Sandbox:
    """A server that speaks the part of the Mastodon API that fedichat uses.

    An async context manager: inside it, `url` can be reached (on 127.0.0.1; port 0 takes a free one).
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = utc_now,
        domain: str = "social.example",
        port: int = 0,
        limits: Limits | None = None,
        rate_limits: RateLimits | None = None,
        ids: IdStyle = IdStyle.SNOWFLAKE,
    ) -> None:
        self.faults = Faults()
        self.world = World(clock, domain, limits or Limits(), ids)
        self.world.commit = self.faults.commit
        self.entities = Entities(self.world)
        self.streams = StreamHub(self.entities, self.faults, self.world.directory.tokens)
        self.world.listeners.append(self.streams.emit)
        self.gate = Gate(self.world, self.entities, self.faults, rate_limits or RateLimits())
        self._people = People(self.world)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        _host, port = self._runner.addresses[0][:2]
        self.entities.url = f"http://127.0.0.1:{port}"
        self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.close()
        await self.streams.close()
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it can be reached, without a slash at the end; empty while it does not serve."""
        return self.entities.url

    def add_account(
        self,
        username: str,
        *,
        domain: str | None = None,
        display_name: str | None = None,
        note: str = "",
        token: str | None = None,
        scopes: str = DEFAULT_SCOPES,
    ) -> SandboxAccount:
        """Add an account, here or (for citizens) at another domain. Raises ValueError if it exists."""
        return self._people.add(
            username, domain=domain, display_name=display_name, note=note, token=token, scopes=scopes
        )

    def statuses_of(self, account: SandboxAccount) -> list[Status]:
        """What an account published, oldest first."""
        return list(account.statuses)

    def revoke(self, token: str) -> None:
        """Make an access token useless, and cut all streams."""
        self.world.directory.tokens.pop(token, None)
        self.streams.drop()

    def drop_streams(self) -> None:
        """Cut all streams, without a goodbye."""
        self.streams.drop()

    # Serving

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[self._errors])
        for route in ROUTES:
            # With or without a slash at the end, like Rails: Mastodon.py asks for /api/v1/instance/.
            app.router.add_route(route.method, route.path + "{slash:/?}", self.gate.serving(route))
        self._add_streams(app)
        Control(self.world, self._people, self.entities, self.faults, self.streams, self.gate).add_to(app)
        return app

    def _add_streams(self, app: web.Application) -> None:
        app.router.add_get("/api/v1/streaming{slash:/?}", self._counted(partial(serve_socket, self.streams)))
        for path, stream in PATHS.items():
            app.router.add_get(path + "{slash:/?}", self._counted(serving_events(self.streams, stream)))
        app.router.add_get("/api/v1/streaming/health{slash:/?}", health)

    @staticmethod
    @web.middleware
    async def _errors(request: web.Request, handler: WebHandler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        except web.HTTPNotFound:
            return web.json_response({"error": "Not Found"}, status=404)

    def _counted(self, handler: WebHandler) -> WebHandler:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.gate.asked[f"{request.method} {request.path}"] += 1
            return await handler(request)

        return serve

    async def _tick(self) -> None:
        """Publish scheduled statuses on time, even while nobody asks for anything."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.world.publish_due()
