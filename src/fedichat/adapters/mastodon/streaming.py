"""The stream: a WebSocket that brings mentions and says what changed (docs.joinmastodon.org/methods/streaming)."""

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
from fedichat.adapters.mastodon.entities import id_of, is_json
from fedichat.adapters.mastodon.proxies import proxy_for
from fedichat.domain.tickets.mention import Mention, StatusId
from fedichat.errors import FarEndError, StopError
from fedichat.ports import Clock, StreamListener

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 20.0
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_SHORT: Final = 20_000
"""Messages of up to this many characters are read on the event loop: it takes no time."""
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
    """Where the instance says it is, or else at the instance itself.

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
    # snac2 says wss even if it is served by plain http.
    plain = home.scheme == "http" and (parts.netloc == home.netloc or parts.scheme in {"http", "ws"})
    plain = plain and not (is_allowed and allowed.startswith("wss:"))
    path = parts.path.rstrip("/")
    path = path if path.endswith("/api/v1/streaming") else f"{path}/api/v1/streaming"
    url = urlunsplit(("ws" if plain else "wss", parts.netloc, path, "stream=user", ""))
    return Stream(url, elsewhere="" if other == host else other)


class _RedirectedError(aiohttp.ClientError):
    """The stream's address redirects to another one, which does not get the token."""


async def _stay(*_arguments: object) -> None:
    raise _RedirectedError


def _session() -> aiohttp.ClientSession:
    """A session that follows no redirect; aiohttp has no switch for that in a WebSocket's handshake."""
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_stay)
    return aiohttp.ClientSession(trace_configs=[watch])


@dataclass(slots=True)
class StreamReader:
    """Reads the stream of one account.

    `find` gives the address, or raises a FarEndError while the server is down. `read` makes a mention of the JSON of a
    notification, None where there is none in it.
    """

    account: str
    token: str
    clock: Clock
    find: Callable[[], Awaitable[str]]
    read: Callable[[object], Awaitable[Mention | None]]
    _wait: float = _FIRST_WAIT
    _was_open: bool = False
    _is_quiet: bool = False

    async def listen(self, listener: StreamListener) -> None:
        """Tell `listener` what the stream says, for ever; returns if there is no streaming."""
        async with _session() as session:
            while True:
                reason, wait = "closed", None
                try:
                    await self._connection(session, listener)
                except aiohttp.WSServerHandshakeError as refusal:
                    if refusal.status in _NO_STREAMING and not self._was_open:
                        log.info("stream-none account=%s status=%d", self.account, refusal.status)
                        return
                    reason = f"HTTP {refusal.status}"
                    wait = _REFUSED_WAIT if refusal.status < 500 else None
                except (aiohttp.ClientError, FarEndError, OSError, TimeoutError, ValueError) as error:
                    reason = type(error).__name__
                await self._pause(reason, wait)

    async def _connection(self, session: aiohttp.ClientSession, listener: StreamListener) -> None:
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
            listener.opened()
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self.take(message.data, listener)
        finally:
            if self.clock.now() - since >= _LIVED:
                self._wait = _FIRST_WAIT
            await socket.close()

    async def take(self, text: str, listener: StreamListener) -> None:
        """Tell `listener` what one message of the stream says."""
        # It may hold a whole status, of any size.
        message = read_message(text) if len(text) <= _SHORT else await asyncio.to_thread(read_message, text)
        if message is None:
            return
        if message.changed is not None:
            listener.changed(message.changed)
        mention = await self._mention(message.notification)
        if mention is None:
            listener.ring()
        else:
            listener.brought(mention)

    async def _mention(self, notification: object) -> Mention | None:
        if notification is None:
            return None
        try:
            return await self.read(notification)
        except (FarEndError, StopError):  # who we are is not known yet; whoever looks meets the same, and says it
            return None
        except Exception:  # the list has it as well: there, what breaks us is set aside
            log.exception("stream-notification-broke account=%s", self.account)
            return None

    def _connected(self) -> None:
        log.info("stream-%s account=%s", "back" if self._is_quiet else "open", self.account)
        self._was_open, self._is_quiet = True, False

    async def _pause(self, reason: str, wait: float | None) -> None:
        """Log each loss once; wait longer each time, and never for all accounts until the same moment."""
        if not self._is_quiet:
            log.warning("stream-lost account=%s reason=%s", self.account, reason)
        self._is_quiet = True
        longest = wait or self._wait
        self._wait = min(self._wait * 2, _LONGEST_WAIT)
        await self.clock.sleep(longest * random.uniform(0.5, 1.0))


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """Something may be new. With the status that was edited or deleted, or the JSON of a notification, if any."""

    changed: StatusId | None = None
    notification: object = None


def read_message(text: object) -> StreamMessage | None:
    """Parse a message of the stream; None if it means nothing to us."""
    message = _json(text)
    event = message.get("event") if is_json(message) else None
    if not is_json(message) or not isinstance(event, str) or event not in _RINGING:
        return None
    payload = message.get("payload")
    match event:
        case "notification":
            return StreamMessage(notification=_json(payload))
        case "delete":
            changed = id_of({"id": payload})
        case "status.update":
            changed = id_of(_json(payload))
        case _:
            changed = None
    return StreamMessage(None if changed is None else StatusId(changed))


def _json(text: object) -> object:
    try:
        return read_json(text) if isinstance(text, str) else None
    except ValueError:
        return None
