"""The doorbell: a WebSocket that says that something may be new (docs.joinmastodon.org/methods/streaming)."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from fedichat.adapters.harmless_json import read_json
from fedichat.adapters.mastodon.entities import Json, id_of, is_json
from fedichat.adapters.mastodon.proxies import proxy_for
from fedichat.domain.tickets.mention import StatusId
from fedichat.errors import FarEndError
from fedichat.ports import Clock

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 20.0
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_SHORT: Final = 20_000
"""Characters of a message: so many are read in no time."""
_REFUSED_WAIT: Final = 600.0
_LIVED: Final = timedelta(seconds=30)
_NO_STREAMING: Final = {404, 405, 501}
# `update` is left out: a status of somebody we follow; those who mention us come as notifications.
_RINGING: Final = {"notification", "notifications_merged", "status.update", "delete"}


@dataclass(frozen=True, slots=True)
class Stream:
    """The WebSocket address of the `user` stream.

    `elsewhere` is its host where that is another one than the instance's; `refused` what the instance announced and is
    not gone to, because the token would go to a stranger.
    """

    url: str
    elsewhere: str = ""
    refused: str = ""


def stream_at(told: str, instance: str, allowed: str = "") -> Stream:
    """Where the instance says, else at the instance itself.

    The token goes there: so never less secure than the instance is, and only to its own host or one below it, as
    streaming.mastodon.social (docs.joinmastodon.org/entities/Instance, `configuration[urls][streaming]`). Which names
    beside it belong to the same office cannot be told from the names: `allowed` is the address of one that does, by
    the configuration (docs.joinmastodon.org/admin/config, `STREAMING_API_BASE_URL`, may be any host).
    """
    home = urlsplit(instance)
    host = home.hostname or ""
    try:
        parts = urlsplit(told) if "://" in told else home
        other, _port = parts.hostname or "", parts.port
    except ValueError:
        return replace(stream_at("", instance), refused=told)
    is_allowed = bool(allowed) and other == urlsplit(allowed).hostname
    is_ours = other == host or other.endswith(f".{host}") or is_allowed
    if not is_ours or parts.username is not None or parts.scheme not in {"http", "https", "ws", "wss"}:
        return replace(stream_at("", instance), refused=told)
    # snac2 says wss also where it is served by plain http.
    plain = home.scheme == "http" and (parts.netloc == home.netloc or parts.scheme in {"http", "ws"})
    plain = plain and not (is_allowed and allowed.startswith("wss:"))
    path = parts.path.rstrip("/")
    path = path if path.endswith("/api/v1/streaming") else f"{path}/api/v1/streaming"
    url = urlunsplit(("ws" if plain else "wss", parts.netloc, path, "stream=user", ""))
    return Stream(url, elsewhere="" if other == host else other)


class _RedirectedError(aiohttp.ClientError):
    """The stream's address answers with another one, to which the token is not taken."""


async def _stay(*_arguments: object) -> None:
    raise _RedirectedError


def _session() -> aiohttp.ClientSession:
    """One that follows no redirect; aiohttp has no switch for it in a WebSocket's handshake."""
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_stay)
    return aiohttp.ClientSession(trace_configs=[watch])


@dataclass(slots=True)
class Doorbell:
    """Listens for one account. `find` gives the address, or raises a FarEndError while the server is down."""

    account: str
    token: str
    clock: Clock
    find: Callable[[], Awaitable[str]]
    _wait: float = _FIRST_WAIT
    _rang: bool = False
    _quiet: bool = False

    async def listen(self, ring: Callable[[], None], changed: Callable[[StatusId], None]) -> None:
        """Ring after each connection and whenever the server tells; returns where there is no streaming.

        `changed` is told which status was edited or deleted.
        """
        async with _session() as session:
            while True:
                reason, wait = "closed", None
                try:
                    await self._connection(session, ring, changed)
                except aiohttp.WSServerHandshakeError as refusal:
                    if refusal.status in _NO_STREAMING and not self._rang:
                        log.info("stream-none account=%s status=%d", self.account, refusal.status)
                        return
                    reason = f"HTTP {refusal.status}"
                    wait = _REFUSED_WAIT if refusal.status < 500 else None
                except (aiohttp.ClientError, FarEndError, OSError, TimeoutError, ValueError) as error:
                    reason = type(error).__name__
                await self._pause(reason, wait)

    async def _connection(
        self, session: aiohttp.ClientSession, ring: Callable[[], None], changed: Callable[[StatusId], None]
    ) -> None:
        url = await self.find()
        async with asyncio.timeout(_CONNECT_SECONDS):
            socket = await session.ws_connect(
                url,
                headers={"Authorization": f"Bearer {self.token}"},
                heartbeat=HEARTBEAT_SECONDS,
                proxy=proxy_for(f"http{url.removeprefix('ws')}"),
            )
        since = self.clock.now()
        try:
            self._connected()
            ring()
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await _take(message.data, ring, changed)
        finally:
            if self.clock.now() - since >= _LIVED:
                self._wait = _FIRST_WAIT
            await socket.close()

    def _connected(self) -> None:
        log.info("stream-%s account=%s", "back" if self._quiet else "open", self.account)
        self._rang, self._quiet = True, False

    async def _pause(self, reason: str, wait: float | None) -> None:
        """Once in the log for each loss; longer each time, and never all accounts at the same moment."""
        if not self._quiet:
            log.warning("stream-lost account=%s reason=%s", self.account, reason)
        self._quiet = True
        longest = wait or self._wait
        self._wait = min(self._wait * 2, _LONGEST_WAIT)
        await self.clock.sleep(longest * random.uniform(0.5, 1.0))


async def _take(text: str, ring: Callable[[], None], changed: Callable[[StatusId], None]) -> None:
    # A whole status comes with an edit, and nobody says how large it is.
    rings, status = _heard(text) if len(text) <= _SHORT else await asyncio.to_thread(_heard, text)
    if status is not None:
        changed(status)
    if rings:
        ring()


def _heard(text: object) -> tuple[bool, StatusId | None]:
    """Whether a message of the stream is a ring, and the status that it says was edited or deleted."""
    message = _json(text)
    event = message.get("event") if is_json(message) else None
    if not is_json(message) or not isinstance(event, str) or event not in _RINGING:
        return False, None
    return True, _changed(message)


def _changed(message: Json) -> StatusId | None:
    """The status that was edited or deleted: the one comes as JSON in a text, of the other only the id."""
    payload = message.get("payload")
    match message.get("event"):
        case "delete":
            found = id_of({"id": payload})
        case "status.update":
            found = id_of(_json(payload))
        case _:
            return None
    return None if found is None else StatusId(found)


def _json(text: object) -> object:
    try:
        return read_json(text) if isinstance(text, str) else None
    except ValueError:
        return None
