"""A second client in the rooms, which notes when each event reaches it."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from fedichat.adapters.matrix.events import Json, part, word
from fedichat.demo.homeserver_client import HomeserverClient

_NONE = {"not_types": ["*"]}
_FILTER = {
    "presence": _NONE,
    "account_data": _NONE,
    "room": {"timeline": {"limit": 1000}, "state": _NONE, "ephemeral": _NONE, "account_data": _NONE},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """An event and when it arrived, in seconds of `time.perf_counter`."""

    at: float
    room: str
    event: Json

    @property
    def id(self) -> str:
        """The event's id."""
        return word(self.event, "event_id")

    @property
    def content(self) -> Json:
        """The event's content."""
        return part(self.event, "content")

    @property
    def body(self) -> str:
        """The text, if it is a message."""
        return word(self.content, "body")

    @property
    def relates_to(self) -> str:
        """The event that it replies to or replaces."""
        relation = part(self.content, "m.relates_to")
        return word(part(relation, "m.in_reply_to"), "event_id") or word(relation, "event_id")


Fits = Callable[[Seen], bool]


class Watcher:
    """Reads along from `start` until `close`."""

    def __init__(self, client: HomeserverClient) -> None:
        self._client = client
        self._waiting: list[tuple[Fits, asyncio.Future[Seen]]] = []
        self._token = ""
        self._task: asyncio.Task[None] | None = None

    async def join(self, room: str) -> None:
        """Enter a room to which it is invited."""
        await self._client.call("POST", f"/join/{quote(room)}", {})

    async def start(self) -> None:
        """Begin to read; what happened before is not looked at."""
        self._token = word(await self._sync(), "next_batch")
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop reading and let go of the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()

    def expect(self, fits: Fits) -> "asyncio.Future[Seen]":
        """The first event from now on that fits."""
        future: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting.append((fits, future))
        return future

    async def collect(self, fits: Fits, count: int, timeout: float) -> list[Seen]:
        """That many events from now on that fit. Raises TimeoutError."""
        found: list[Seen] = []

        def take(seen: Seen) -> bool:
            if fits(seen):
                found.append(seen)
            return len(found) == count

        await asyncio.wait_for(self.expect(take), timeout)
        return found

    async def _watch(self) -> None:
        while True:
            answer = await self._sync()
            now = time.perf_counter()
            self._token = word(answer, "next_batch")
            rooms = part(part(answer, "rooms"), "join")
            for room in rooms:
                timeline = part(part(rooms, room), "timeline")
                assert not timeline.get("limited"), "events were missed: the figures would be wrong"
                events = timeline.get("events")
                for event in events if isinstance(events, list) else []:
                    self._hand_out(Seen(now, room, event))

    def _hand_out(self, seen: Seen) -> None:
        still_waiting = []
        for fits, future in self._waiting:
            if future.done():
                continue
            if fits(seen):
                future.set_result(seen)
            else:
                still_waiting.append((fits, future))
        self._waiting = still_waiting

    async def _sync(self) -> Json:
        since = f"&since={quote(self._token)}&timeout=20000" if self._token else ""
        return await self._client.call("GET", f"/sync?filter={quote(json.dumps(_FILTER))}{since}")
