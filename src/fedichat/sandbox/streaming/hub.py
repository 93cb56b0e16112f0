"""The open streams of all clients: who may have which, and what is sent on them."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from aiohttp import web

from fedichat.sandbox.entities import Entities
from fedichat.sandbox.errors import ApiError, bad_token
from fedichat.sandbox.faults import Faults, malformed
from fedichat.sandbox.model import Account, Notification, Status, Token

NOTIFICATION: Final = "notification"
SCOPES: Final = {"user": "read:statuses", "user:notification": "read:notifications"}


class Event(NamedTuple):
    """Something that a stream carries; `payload` is JSON or, of a deletion, an id."""

    stream: str
    name: str
    payload: str


class Subscriber(ABC):
    """A client that listens."""

    def __init__(self, request: web.Request, token: Token, streams: set[str]) -> None:
        self.token = token
        self.streams = streams
        self.queue: asyncio.Queue[Event] = asyncio.Queue()
        self._transport = request.transport

    def cut(self) -> None:
        """Break the connection without a goodbye."""
        if self._transport is not None:
            self._transport.abort()

    @abstractmethod
    async def close(self) -> None:
        """End the stream in an orderly way."""


class StreamHub:
    """Knows the subscribers of each account, and queues for them what happens to it."""

    def __init__(self, entities: Entities, faults: Faults, tokens: dict[str, Token]) -> None:
        self.heartbeat_seconds = 15.0
        """How often a stream of server-sent events shows that it lives; as in Mastodon's source, streaming/index.js."""
        self._entities = entities
        self._faults = faults
        self._tokens = tokens
        self._subscribers: dict[Account, set[Subscriber]] = {}

    @property
    def open_streams(self) -> int:
        """How many clients listen."""
        return sum(map(len, self._subscribers.values()))

    def admit(self, request: web.Request) -> Token:
        """The token that a request brings in its header, its protocol or its query. Raises ApiError (401).

        Raises also what the faults want instead: another ApiError, or a redirect.
        """
        if self._faults.streaming_status is not None:
            raise ApiError(self._faults.streaming_status, "Not found")
        if self._faults.streaming_redirect:
            raise web.HTTPFound(self._faults.streaming_redirect)
        value = (
            request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            or request.headers.get("Sec-WebSocket-Protocol", "")
            or request.query.get("access_token", "")
        )
        token = self._tokens.get(value)
        if token is None:
            raise bad_token()
        return token

    @staticmethod
    def check(token: Token, stream: str) -> None:
        """Refuse a stream that does not exist, or that a token is not for. Raises ApiError (400, 401)."""
        if stream not in SCOPES:
            raise ApiError(400, "Unknown stream type")
        if not token.allows(SCOPES[stream]):
            raise ApiError(401, "Access token does not have the required scopes")

    @contextmanager
    def listening(self, subscriber: Subscriber) -> Iterator[None]:
        """Queue for a subscriber what happens while the context is open."""
        group = self._subscribers.setdefault(subscriber.token.account, set())
        group.add(subscriber)
        try:
            yield
        finally:
            group.discard(subscriber)

    def emit(self, account: Account, event: str, payload: Status | Notification | str) -> None:
        """Send an event to the streams of an account; nothing is made of it where nobody listens."""
        subscribers = self._subscribers.get(account)
        if not subscribers or self._faults.silent_streams:
            return
        body = self._payload(account, payload)
        for subscriber in subscribers:
            for stream in sorted(subscriber.streams):
                if _carries(stream, event, subscriber.token):
                    subscriber.queue.put_nowait(Event(stream, event, body))

    def _payload(self, account: Account, payload: Status | Notification | str) -> str:
        if isinstance(payload, str):
            return payload
        if isinstance(payload, Notification):
            return json.dumps(malformed(payload, self._entities.notification(payload)))
        return json.dumps(self._entities.status(payload, account))

    def drop(self) -> None:
        """Cut all streams, without a goodbye."""
        for subscriber in self._everybody():
            subscriber.cut()

    async def close(self) -> None:
        """Close all streams in an orderly way."""
        for subscriber in self._everybody():
            await subscriber.close()

    def _everybody(self) -> list[Subscriber]:
        return [one for group in self._subscribers.values() for one in group]


def _carries(stream: str, event: str, token: Token) -> bool:
    """Whether an event goes out on a stream.

    Mastodon's source, streaming/index.js, `channelsForUserStream`: `user` has notifications only for tokens that
    may read them.
    """
    if event == NOTIFICATION:
        return token.allows(SCOPES["user:notification"])
    return stream == "user"
