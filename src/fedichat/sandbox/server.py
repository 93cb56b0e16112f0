"""The sandbox: a world, served over HTTP on the loopback interface."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from fedichat.sandbox.accounts import DEFAULT_SCOPES, SandboxAccount, Token
from fedichat.sandbox.api import accounts, actions, instance, media, notifications, statuses
from fedichat.sandbox.calls import Call, Route, read_params
from fedichat.sandbox.control import Control
from fedichat.sandbox.entities import Entities
from fedichat.sandbox.errors import ApiError, bad_scope, bad_token, too_many_requests
from fedichat.sandbox.faults import Fault, Faults, Kind
from fedichat.sandbox.ids import IdStyle
from fedichat.sandbox.limits import Allowance, Limits, Quota, RateCounter, RateLimits
from fedichat.sandbox.model import Status
from fedichat.sandbox.streaming import StreamHub
from fedichat.sandbox.world import World

log = logging.getLogger(__name__)

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
_WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
        self.idempotency: dict[tuple[str, str], tuple[str, datetime]] = {}
        self.requests = 0
        self.refused_requests = 0
        """How many were one too many."""
        self.url = ""
        self.entities = Entities(self.world, self.url)
        self.streams = StreamHub(lambda: self.entities, self.faults, self.world.tokens)
        self.world.listeners.append(self.streams.emit)
        self._rate_limits = rate_limits or RateLimits()
        self._rates = RateCounter()
        self._port = port
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        _host, port = self._runner.addresses[0][:2]
        self.url = f"http://127.0.0.1:{port}"
        self.entities = Entities(self.world, self.url)
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
        return self.world.add_account(
            username, domain=domain, display_name=display_name, note=note, token=token, scopes=scopes
        )

    def statuses_of(self, account: SandboxAccount) -> list[Status]:
        """What an account published, oldest first."""
        return list(account.statuses)

    def revoke(self, token: str) -> None:
        """Make an access token useless; its streams are cut, too."""
        self.world.tokens.pop(token, None)
        self.streams.drop()

    def drop_streams(self) -> None:
        """Cut all streams without a goodbye."""
        self.streams.drop()

    # Serving

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[self._errors])
        for route in ROUTES:
            # Like Rails, with or without a slash at the end: Mastodon.py asks for /api/v1/instance/.
            app.router.add_route(route.method, route.path + "{slash:/?}", self._serving(route))
        app.router.add_get("/api/v1/streaming{slash:/?}", self._stream)
        app.router.add_get("/api/v1/streaming/health", self._stream_health)
        Control(self).add_to(app)
        return app

    @staticmethod
    @web.middleware
    async def _errors(request: web.Request, handler: _WebHandler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        except web.HTTPNotFound:
            return web.json_response({"error": "Not Found"}, status=404)

    def _serving(self, route: Route) -> _WebHandler:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            if self.faults.latency:
                await asyncio.sleep(self.faults.latency)
            fault = self.faults.take(request.method, request.path)
            if fault is not None and not fault.after:
                return await self._fail(request, fault)
            response = await self._answer(request, route)
            return response if fault is None else await self._fail(request, fault)

        return serve

    async def _answer(self, request: web.Request, route: Route) -> web.StreamResponse:
        self.world.publish_due()
        headers: dict[str, str] = {}
        try:
            token = self._token(request)
            allowance = self._count(request, route, token)
            headers = allowance.headers() if allowance else {}
            if allowance is not None and allowance.exceeded:
                self.refused_requests += 1
                raise too_many_requests()
            if token is None and not route.public and self.faults.token_refusal is not None:
                status, text = self.faults.token_refusal
                return web.Response(status=status, text=text, headers=headers)
            self._authorize(route, token)
            call = Call(request, self, await read_params(request), token)
            answer = await route.handler(call)
        except ApiError as error:
            return web.json_response(error.body, status=error.status, headers=headers)
        response = answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)
        response.headers.update(headers)
        return response

    def _token(self, request: web.Request) -> Token | None:
        header = request.headers.get("Authorization", "")
        value = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
        return self.world.tokens.get(value)

    @staticmethod
    def _authorize(route: Route, token: Token | None) -> None:
        if token is None and not route.public:
            raise bad_token()
        if token is not None and route.scope is not None and not token.allows(route.scope):
            raise bad_scope()

    def _count(self, request: web.Request, route: Route, token: Token | None) -> Allowance | None:
        if not request.path.startswith("/api/"):
            return None
        limits = self._rate_limits
        quotas: list[Quota | None] = [limits.requests, limits.user]
        if route.quota == "media":
            quotas.append(limits.media)
        elif route.quota == "deletions":
            quotas.append(limits.deletions)
        elif request.method == "GET" and {"page", "max_id", "min_id", "since_id"} & set(request.query):
            quotas.append(limits.paging)
        elif (request.method, route.path) == ("POST", "/api/v1/statuses"):
            quotas.append(limits.statuses)
        who = token.value if token else request.remote or ""
        user = token.account.acct if token else who
        return self._rates.count(who, user, [quota for quota in quotas if quota], self.world.clock())

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind is Kind.HOLD:
            await self.faults.held()
        if fault.kind in {Kind.HOLD, Kind.DROP}:
            transport = request.transport
            if transport is not None:
                transport.abort()
            return web.Response(status=503)
        return web.Response(
            status=fault.status, text=fault.body, content_type=fault.content_type, headers=fault.headers
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        return await self.streams.handle(request)

    async def _stream_health(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text="OK")

    async def _tick(self) -> None:
        """Publish planned statuses in time although nobody asks for anything."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.world.publish_due()
