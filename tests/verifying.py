"""The far end of verifying, and a clock that stands still: for tests of who is answered, and at the terminal."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import vodozemac

from fedichat.adapters.matrix.encryption.verification import Keys, Outgoing, Request
from fedichat.adapters.matrix.encryption.verifier import Known
from fedichat.errors import TryLater
from fedichat.ports import RoomId, UserId

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
BOT = UserId("@bot:example.org")
ANNA, BEN = UserId("@anna:example.org"), UserId("@ben:example.org")
MALLORY = UserId("@mallory:example.org")
"""Has an account on our homeserver, and is in none of our rooms."""
STRANGER = UserId("@eve:elsewhere.example")


def public() -> str:
    return str(vodozemac.Account().ed25519_key.to_base64())


OURS = Keys(BOT, "BOTDEVICE", public(), public())
THEIRS = {user: Keys(user, "PHONE", public(), public()) for user in (ANNA, BEN, MALLORY, STRANGER)}


@dataclass
class StillClock:
    """Time passes only when a test says so."""

    time: datetime = NOW
    sleepers: list[tuple[datetime, asyncio.Future[None]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.time + timedelta(seconds=seconds), waiting))
        await waiting

    async def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)
        due = [one for at, one in self.sleepers if at <= self.time and not one.done()]
        for one in due:
            one.set_result(None)
        await quiet()


async def quiet() -> None:
    """Until nobody has anything to do any more."""
    for _ in range(60):
        await asyncio.sleep(0)


@dataclass
class Homeserver:
    """The far end: what was sent there, and what it refuses."""

    sent: list[tuple[Request, Outgoing]] = field(default_factory=list)
    inside: set[RoomId] = field(default_factory=set)
    asked: int = 0
    fails: list[Exception] = field(default_factory=list)
    transactions: list[str] = field(default_factory=list)
    has_devices: bool = True
    silent: bool = False
    is_signed: bool = True

    ours = OURS

    async def known(self, user: UserId, device: str, room: RoomId | None) -> Known | None:
        self.asked += 1
        if self.silent:
            raise TryLater("away")
        return Known(THEIRS[user], user[1:5].title(), "Element", self.is_signed) if self.has_devices else None

    async def send(self, request: Request, outgoing: Outgoing, transaction: str) -> None:
        self.transactions.append(transaction)
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((request, outgoing))

    async def join(self, room: RoomId) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.inside.add(room)

    async def leave(self, room: RoomId) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.inside.discard(room)


@dataclass
class Terminal:
    told: list[Mapping[str, object]] = field(default_factory=list)

    def tell(self, message: Mapping[str, object]) -> None:
        self.told.append(message)

    def last(self, says: str) -> Mapping[str, Any]:
        return [one for one in self.told if one["says"] == says][-1]

    @property
    def says(self) -> list[object]:
        return [one["says"] for one in self.told]
