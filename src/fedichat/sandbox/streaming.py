"""Streaming over WebSocket (docs: methods/streaming#websocket)."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSMsgType, web

from fedichat.sandbox.accounts import SandboxAccount, Token
from fedichat.sandbox.entities import Entities
from fedichat.sandbox.errors import ApiError, bad_token
from fedichat.sandbox.faults import Faults, malformed
from fedichat.sandbox.model import Notification, Status

log = logging.getLogger(__name__)

SCOPES: Final = {"user": "read:statuses", "user:notification": "read:notifications"}
_PING_SECONDS: Final = 30.0


@dataclass(eq=False)
class _Subscriber:
    socket: web.WebSocketResponse
    token: Token
    transport: asyncio.Transport | None
    streams: set[str] = field(default_factory=set)
    queue: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


class StreamHub:
    """The open streams, and what is sent on them."""

    def __init__(self, entities: Callable[[], Entities], faults: Faults, tokens: dict[str, Token]) -> None:
        self._entities = entities
        self._faults = faults
        self._tokens = tokens
        self._subscribers: dict[SandboxAccount, set[_Subscriber]] = {}

    @property
    def open_streams(self) -> int:
        """How many clients listen."""
        return sum(map(len, self._subscribers.values()))

    def emit(self, account: SandboxAccount, event: str, payload: Status | Notification | str) -> None:
        """Send an event to the streams of an account; what nobody listens to costs nothing."""
        subscribers = self._subscribers.get(account)
        if not subscribers or self._faults.silent_streams:
            return
        body = self._payload(account, payload)
        for subscriber in subscribers:
            for stream in sorted(subscriber.streams):
                if stream == "user" or event == "notification":
                    message = {"stream": [stream], "event": event, "payload": body}
                    subscriber.queue.put_nowait(json.dumps(message))

    def _payload(self, account: SandboxAccount, payload: Status | Notification | str) -> str:
        if isinstance(payload, str):
            return payload
        entities = self._entities()
        if isinstance(payload, Notification):
            return json.dumps(malformed(payload, entities.notification(payload)))
        return json.dumps(entities.status(payload, account))

    def drop(self) -> None:
        """Cut all streams, without the closing handshake."""
        for subscriber in [one for group in self._subscribers.values() for one in group]:
            if subscriber.transport is not None:
                subscriber.transport.abort()

    async def close(self) -> None:
        """Close all streams in an orderly way."""
        for subscriber in [one for group in self._subscribers.values() for one in group]:
            await subscriber.socket.close(code=1001)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v1/streaming?stream=user`: the token in the header, the protocol, or the query."""
        if self._faults.streaming_status is not None:
            raise ApiError(self._faults.streaming_status, "Not found")
        if self._faults.streaming_redirect:
            raise web.HTTPFound(self._faults.streaming_redirect)
        protocol = request.headers.get("Sec-WebSocket-Protocol", "")
        value = (
            request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            or protocol
            or request.query.get("access_token", "")
        )
        token = self._tokens.get(value)
        if token is None:
            raise bad_token()
        streams = set(request.query.getall("stream", []))
        for stream in streams:
            self._check(token, stream)
        socket = web.WebSocketResponse(protocols=[protocol] if protocol else [], heartbeat=_PING_SECONDS)
        await socket.prepare(request)
        transport = request.transport
        await self._serve(_Subscriber(socket, token, transport, streams))
        return socket

    @staticmethod
    def _check(token: Token, stream: str) -> None:
        if stream not in SCOPES:
            raise ApiError(400, "Unknown stream type")
        if not token.allows(SCOPES[stream]):
            raise ApiError(401, "Access token does not have the required scopes")

    async def _serve(self, subscriber: _Subscriber) -> None:
        group = self._subscribers.setdefault(subscriber.token.account, set())
        group.add(subscriber)
        sender = asyncio.create_task(self._send(subscriber))
        try:
            async for message in subscriber.socket:
                if message.type is WSMsgType.TEXT:
                    await self._control(subscriber, message.data)
        finally:
            group.discard(subscriber)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sender

    @staticmethod
    async def _send(subscriber: _Subscriber) -> None:
        while True:
            message = await subscriber.queue.get()
            await subscriber.socket.send_str(message)

    async def _control(self, subscriber: _Subscriber, text: str) -> None:
        """`{"type": "subscribe", "stream": "user"}`, and `unsubscribe`."""
        try:
            command = json.loads(text)
            action, stream = str(command["type"]), str(command["stream"])
            if action == "subscribe":
                self._check(subscriber.token, stream)
                subscriber.streams.add(stream)
            elif action == "unsubscribe":
                subscriber.streams.discard(stream)
        except ApiError as error:
            await subscriber.socket.send_json({**error.body, "status": error.status})
        except (ValueError, KeyError, TypeError):
            log.info("sandbox-stream-command-ignored")
