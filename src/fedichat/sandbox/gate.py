"""What every call to the API has to pass: the faults, the quotas, the token and its scopes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from fedichat.sandbox.calls import Call, Route, read_params
from fedichat.sandbox.entities import Entities
from fedichat.sandbox.errors import ApiError, bad_scope, bad_token, too_many_requests
from fedichat.sandbox.faults import Fault, Faults, Kind
from fedichat.sandbox.limits import Allowance, Quota, RateCounter, RateLimits
from fedichat.sandbox.model import Token
from fedichat.sandbox.world import World

WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_PAGING = frozenset({"page", "max_id", "min_id", "since_id"})


class Gate:
    """Lets calls through to the handlers of their routes, or answers in their place."""

    def __init__(self, world: World, entities: Entities, faults: Faults, limits: RateLimits) -> None:
        self.asked: Counter[str] = Counter()
        """How often each path was asked for, streams included, as `GET /api/v1/notifications`."""
        self.refused = 0
        """How many of them exceeded a quota."""
        self._world = world
        self._entities = entities
        self._faults = faults
        self._limits = limits
        self._rates = RateCounter()

    @property
    def requests(self) -> int:
        """How many requests came, streams included."""
        return self.asked.total()

    def serving(self, route: Route) -> WebHandler:
        """The web handler of a route."""

        async def serve(request: web.Request) -> web.StreamResponse:
            self.asked[f"{route.method} {route.path}"] += 1
            if self._faults.latency:
                await asyncio.sleep(self._faults.latency)
            fault = self._faults.take(request.method, request.path)
            if fault is not None and not fault.after:
                return await self._fail(request, fault)
            response = await self._answer(request, route)
            return response if fault is None else await self._fail(request, fault)

        return serve

    async def _answer(self, request: web.Request, route: Route) -> web.StreamResponse:
        self._world.publish_due()
        token = self._token(request)
        allowance = self._count(request, route, token)
        try:
            response = await self._respond(request, route, token, allowance)
        except ApiError as error:
            response = web.json_response(error.body, status=error.status)
        response.headers.update(allowance.headers() if allowance else {})
        return response

    async def _respond(
        self, request: web.Request, route: Route, token: Token | None, allowance: Allowance | None
    ) -> web.StreamResponse:
        if allowance is not None and allowance.exceeded:
            self.refused += 1
            raise too_many_requests()
        if token is None and not route.public and self._faults.token_refusal is not None:
            status, text = self._faults.token_refusal
            return web.Response(status=status, text=text)
        _authorize(route, token)
        params = await read_params(request)
        answer = await route.handler(Call(request, self._world, self._entities, self._faults, params, token))
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    def _token(self, request: web.Request) -> Token | None:
        header = request.headers.get("Authorization", "")
        value = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else ""
        return self._world.directory.tokens.get(value)

    def _count(self, request: web.Request, route: Route, token: Token | None) -> Allowance | None:
        if not request.path.startswith("/api/"):
            return None
        quotas = [quota for quota in self._quotas(request, route) if quota is not None]
        who = token.value if token else request.remote or ""
        user = token.account.acct if token else who
        return self._rates.count(who, user, quotas, self._world.clock())

    def _quotas(self, request: web.Request, route: Route) -> Iterator[Quota | None]:
        limits = self._limits
        yield from (limits.requests, limits.user)
        if route.quota == "media":
            yield limits.media
        elif route.quota == "deletions":
            yield limits.deletions
        elif request.method == "GET" and _PAGING & set(request.query):
            yield limits.paging
        elif (request.method, route.path) == ("POST", "/api/v1/statuses"):
            yield limits.statuses

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind is Kind.HOLD:
            await self._faults.held()
        if fault.kind in {Kind.HOLD, Kind.DROP}:
            transport = request.transport
            if transport is not None:
                transport.abort()
            return web.Response(status=503)
        return web.Response(
            status=fault.status, text=fault.body, content_type=fault.content_type, headers=fault.headers
        )


def _authorize(route: Route, token: Token | None) -> None:
    if token is None and not route.public:
        raise bad_token()
    if token is not None and route.scope is not None and not token.allows(route.scope):
        raise bad_scope()
