"""A sandbox on a clock that only tests move, and a bare HTTP client for it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from fedichat.sandbox import Sandbox, SandboxAccount


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.text)

    @property
    def ids(self) -> list[str]:
        return [entity["id"] for entity in self.json]


@dataclass
class Api:
    """Speaks to the sandbox as a client with a token (None: as the public)."""

    session: aiohttp.ClientSession
    url: str
    token: str | None
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 - aiohttp's options
        headers = self.headers | more.pop("headers", {})
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        async with self.session.request(method, self.url + path, headers=headers, **more) as response:
            return Answer(response.status, dict(response.headers), await response.text())

    async def get(self, path: str, **more: Any) -> Answer:  # noqa: ANN401
        return await self.call("GET", path, **more)

    async def post(self, path: str, **more: Any) -> Answer:  # noqa: ANN401
        return await self.call("POST", path, **more)

    async def put(self, path: str, **more: Any) -> Answer:  # noqa: ANN401
        return await self.call("PUT", path, **more)

    async def delete(self, path: str, **more: Any) -> Answer:  # noqa: ANN401
        return await self.call("DELETE", path, **more)

    async def say(self, text: str, **more: Any) -> Answer:  # noqa: ANN401
        return await self.post("/api/v1/statuses", json={"status": text, **more})

    def as_(self, token: str | None) -> "Api":
        return Api(self.session, self.url, token)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def office(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.add_account("bsi", display_name="BSI")


@pytest.fixture
def erika(sandbox: Sandbox) -> SandboxAccount:
    return sandbox.add_account("erika", domain="remote.example")


@pytest.fixture
async def api(sandbox: Sandbox, office: SandboxAccount) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield Api(session, sandbox.url, office.token)
