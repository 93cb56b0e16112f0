"""Streaming as server-sent events: a path for each stream (docs: methods/streaming#http)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from fedichat.sandbox.streaming.hub import Event, StreamHub, Subscriber

PATHS: Final = {
    "/api/v1/streaming/user": "user",
    "/api/v1/streaming/user/notification": "user:notification",
}
# As Mastodon's source writes them, streaming/index.js, `streamToHttp`: lines of comment, to which clients do nothing.
_WELCOME: Final = b":)\n"
_HEARTBEAT: Final = b":thump\n"


class EventsSubscriber(Subscriber):
    """A client that reads an endless answer."""

    _over = False

    async def close(self) -> None:
        """End the answer."""
        self._over = True
        self.queue.put_nowait(Event("", "", ""))

    async def send_queued(self, response: web.StreamResponse, heartbeat_seconds: float) -> None:
        """Send what is queued, and a heartbeat where nothing comes, until the stream is closed."""
        while True:
            lines = await self._next(heartbeat_seconds)
            if self._over:
                return
            await response.write(lines)

    async def _next(self, heartbeat_seconds: float) -> bytes:
        try:
            event = await asyncio.wait_for(self.queue.get(), heartbeat_seconds)
        except TimeoutError:
            return _HEARTBEAT
        return f"event: {event.name}\ndata: {event.payload}\n\n".encode()


def serving_events(hub: StreamHub, stream: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The web handler of a stream's path."""

    async def serve(request: web.Request) -> web.StreamResponse:
        token = hub.admit(request)
        hub.check(token, stream)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        subscriber = EventsSubscriber(request, token, {stream})
        with hub.listening(subscriber), contextlib.suppress(ConnectionError):  # the client has gone
            await response.prepare(request)
            await response.write(_WELCOME)
            await subscriber.send_queued(response, hub.heartbeat_seconds)
        return response

    return serve


async def health(_request: web.Request) -> web.StreamResponse:
    """`GET /api/v1/streaming/health`."""
    return web.Response(text="OK")
