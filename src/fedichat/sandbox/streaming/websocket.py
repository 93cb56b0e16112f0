"""Streaming over a WebSocket: one connection for several streams (docs: methods/streaming#websocket)."""

import asyncio
import contextlib
import json
import logging
from typing import Final

from aiohttp import WSMsgType, web

from fedichat.sandbox.errors import ApiError
from fedichat.sandbox.model import Token
from fedichat.sandbox.streaming.hub import StreamHub, Subscriber

log = logging.getLogger(__name__)

_PING_SECONDS: Final = 30.0


class SocketSubscriber(Subscriber):
    """A client at a WebSocket."""

    def __init__(self, request: web.Request, token: Token, streams: set[str], socket: web.WebSocketResponse) -> None:
        super().__init__(request, token, streams)
        self.socket = socket

    async def close(self) -> None:
        """Say goodbye: the server is going away."""
        await self.socket.close(code=1001)

    async def send_queued(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            event = await self.queue.get()
            await self.socket.send_json({"stream": [event.stream], "event": event.name, "payload": event.payload})


async def serve_socket(hub: StreamHub, request: web.Request) -> web.StreamResponse:
    """`GET /api/v1/streaming?stream=user`, upgraded. Raises ApiError (400, 401)."""
    token = hub.admit(request)
    streams = set(request.query.getall("stream", []))
    for stream in streams:
        hub.check(token, stream)
    protocol = request.headers.get("Sec-WebSocket-Protocol")
    socket = web.WebSocketResponse(protocols=[protocol] if protocol else [], heartbeat=_PING_SECONDS)
    await socket.prepare(request)
    await _serve(hub, SocketSubscriber(request, token, streams, socket))
    return socket


async def _serve(hub: StreamHub, subscriber: SocketSubscriber) -> None:
    with hub.listening(subscriber):
        sender = asyncio.create_task(subscriber.send_queued())
        try:
            async for message in subscriber.socket:
                if message.type is WSMsgType.TEXT:
                    await _obey(hub, subscriber, message.data)
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sender


async def _obey(hub: StreamHub, subscriber: SocketSubscriber, text: str) -> None:
    """Do what a client says: `{"type": "subscribe", "stream": "user"}`, or `unsubscribe`."""
    try:
        command = json.loads(text)
        action, stream = str(command["type"]), str(command["stream"])
        if action == "subscribe":
            hub.check(subscriber.token, stream)
            subscriber.streams.add(stream)
        elif action == "unsubscribe":
            subscriber.streams.discard(stream)
    except ApiError as error:
        await subscriber.socket.send_json({**error.body, "status": error.status})
    except (ValueError, KeyError, TypeError):
        log.info("sandbox-stream-command-ignored")
