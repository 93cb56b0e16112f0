"""Fresh people, rooms and bots on a real Synapse, for one test; and ears for a bot under test."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from fedichat.adapters.matrix.user import Matrix
from fedichat.clock import SystemClock
from fedichat.demo.person import Person
from fedichat.demo.synapse import Synapse
from fedichat.ports import AnyHeard, Clock, RoomId, UserId

PASSWORD = "Sehr geheim!"

on_both_servers = pytest.mark.parametrize(
    "homeserver", ["synapse", "forgetful_synapse"], indirect=True, ids=["sync answers kept", "sync answers not kept"]
)
"""For a test that must hold on a server that keeps its answers to syncs and on one that does not."""


class Office:
    """The people of one test. Names and aliases carry a tag, so that tests do not meet each other."""

    def __init__(self, synapse: Synapse, folder: Path) -> None:
        self.synapse = synapse
        self.folder = folder
        self.tag = secrets.token_hex(3)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def local(self, word: str) -> str:
        """A word made unique: the local part of a name or alias."""
        return f"{word}-{self.tag}"

    def alias(self, word: str) -> str:
        """The full alias of the room made with `alias=office.local(word)`."""
        return f"#{self.local(word)}:{self.synapse.name}"

    async def account(self, name: str, *, admin: bool = False) -> UserId:
        """A registered user with PASSWORD, logged in nowhere."""
        return await self.synapse.register(self.local(name), PASSWORD, admin=admin, display_name=name.capitalize())

    async def person(self, name: str, *, admin: bool = False) -> Person:
        """Somebody fresh, logged in."""
        await self.account(name, admin=admin)
        return await self.again(name)

    async def again(self, name: str) -> Person:
        """The same person on one more device."""
        person = await Person.login(self.synapse.url, self.local(name), PASSWORD)
        self._stack.push_async_callback(person.close)
        return person

    async def room(
        self, owner: Person, word: str, *invited: str, encrypted: bool = False, version: str | None = None
    ) -> RoomId:
        """A room with the alias `office.alias(word)`."""
        return await owner.create_room(
            word.capitalize(), self.local(word), invited, encrypted=encrypted, version=version
        )

    async def enter(self, guest: AbstractAsyncContextManager[object]) -> None:
        """Keep something open for as long as the office is."""
        await self._stack.enter_async_context(guest)

    def matrix(
        self,
        user: UserId,
        *rooms: str,
        password: str | None = PASSWORD,
        store: str = "matrix-store",
        clock: Clock | None = None,
        access_token: str | None = None,
        device_id: str | None = None,
        url: str | None = None,
        signed_only: bool = False,
    ) -> Matrix:
        """The adapter for that user, not started; closed with the office. `url`: by way of a proxy.

        `signed_only`: off unless asked for, as nio's people have not cross-signed their devices.
        """
        matrix = Matrix(
            homeserver=url or self.synapse.url,
            user=user,
            password=password,
            access_token=access_token,
            device_id=device_id,
            store=self.folder / store,
            rooms=rooms,
            clock=clock or SystemClock(),
            signed_only=signed_only,
            keep_every=0,
        )
        self._stack.push_async_callback(matrix.close)
        return matrix


@dataclass
class Ears:
    """What a bot has heard, and the token that it kept last."""

    heard: list[AnyHeard] = field(default_factory=list)
    token: str | None = None
    kept: list[str] = field(default_factory=list)
    count: int = 0
    kept_count: int = 0
    trouble: Callable[[AnyHeard], None] = lambda heard: None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, heard: AnyHeard) -> None:
        self.trouble(heard)
        async with self._news:
            self.heard.append(heard)
            self.count += 1
            self._news.notify_all()

    async def keep(self, token: str) -> None:
        async with self._news:
            self.token = token
            self.kept.append(token)
            self.kept_count = self.count
            self._news.notify_all()

    async def until(self, enough: Callable[[list[AnyHeard]], object], timeout: float = 20) -> list[AnyHeard]:
        """Wait until what was heard satisfies, and until the token of it is kept."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: enough(self.heard))
            await self._news.wait_for(lambda: self.kept_count == self.count)
        return list(self.heard)

    async def next_news(self) -> None:
        """Wait until something more is heard, or a token is kept."""
        async with self._news:
            await self._news.wait()

    async def next(self, timeout: float = 20) -> AnyHeard:
        """The next thing heard, taken out of the list."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: self.heard)
            return self.heard.pop(0)


@asynccontextmanager
async def listening(matrix: Matrix, since: str | None = None, ears: Ears | None = None) -> AsyncIterator[Ears]:
    """Run a started adapter until the end of the block. What ends the run early is raised there."""
    ears = ears or Ears()
    ready = asyncio.Event()
    run = asyncio.create_task(matrix.run(since, ears.hear, ears.keep, ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({run, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        if run.done():
            run.result()
        yield ears
        if run.done():
            run.result()
    finally:
        waiting.cancel()
        run.cancel()
        await asyncio.gather(run, waiting, return_exceptions=True)
