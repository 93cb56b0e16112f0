"""Reading along in all of a person's rooms."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from fedichat.adapters.matrix.events import Json, part, word
from fedichat.demo.homeserver_client import HomeserverClient, quoted
from fedichat.demo.timeline import Line, Timeline
from fedichat.errors import Rejected, TryLater
from fedichat.ports import EventId, RoomId

_PAGE = 200
_NONE = {"not_types": ["*"]}
_FILTER = quote(
    json.dumps(
        {
            "presence": _NONE,
            "account_data": _NONE,
            "room": {
                "timeline": {"limit": _PAGE},
                "ephemeral": _NONE,
                "account_data": _NONE,
                "state": {"lazy_load_members": True},
            },
        }
    )
)


class Reader:
    """Syncs from its first use until `close`, and keeps a `Timeline` of every room."""

    def __init__(self, client: HomeserverClient) -> None:
        self._client = client
        self._timelines: dict[RoomId, Timeline] = {}
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._token = ""
        self._caught_up = asyncio.Event()
        self._failed: Rejected | None = None

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def lines(self, room: RoomId) -> tuple[Line, ...]:
        """What the room shows now, the oldest first. Raises Rejected if our access was taken away.

        It also has what was said a moment ago, although our long sync may be slightly behind.
        """
        await self._read()
        since = self._token
        with contextlib.suppress(TryLater):  # the server is away: what we know has to be enough
            said = await self._sync(since, wait=False)
            await self._announce(changed=await self._take_in(said, since))
        return self._lines(room)

    async def first(self, room: RoomId, fits: Callable[[Line], object], timeout: float) -> Line:
        """The first line that fits, as soon as there is one. Raises TimeoutError, with what the room shows instead."""
        try:
            async with asyncio.timeout(timeout):
                await self._read()
                async with self._changed:
                    while True:
                        found = next((line for line in self._lines(room) if fits(line)), None)
                        if found is not None:
                            return found
                        await self._wait_for_change()
        except TimeoutError:
            seen = [f"  {line.sender}: {line.body}" for line in self._lines(room)[-20:]]
            text = "\n".join([f"nothing came within {timeout:.0f} s; the room shows:", *seen])
            raise TimeoutError(text) from None

    async def changes(self) -> AsyncIterator[Line]:
        """Every line of every room, and again whenever it changes, forever."""
        await self._read()
        shown: dict[EventId, Line] = {}
        while True:
            async with self._changed:
                while not (fresh := self._not_in(shown)):
                    await self._wait_for_change()
            for line in fresh:
                shown[line.event_id] = line
                yield line

    def _lines(self, room: RoomId) -> tuple[Line, ...]:
        timeline = self._timelines.get(room)
        return timeline.lines if timeline else ()

    def _not_in(self, shown: dict[EventId, Line]) -> list[Line]:
        lines = (line for timeline in self._timelines.values() for line in timeline.lines)
        return [line for line in lines if shown.get(line.event_id) != line]

    async def _wait_for_change(self) -> None:
        await self._changed.wait()
        if self._failed is not None:
            raise self._failed

    async def _read(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._reading())
        await self._caught_up.wait()
        if self._failed is not None:
            raise self._failed

    async def _reading(self) -> None:
        while self._failed is None:
            try:
                said = await self._sync(self._token)
                changed = await self._take_in(said, self._token)
                self._token = word(said, "next_batch")
            except TryLater:
                await asyncio.sleep(0.2)  # the server is away; a person waits too
                continue
            except Rejected as error:
                self._failed = error
                changed = True
            self._caught_up.set()
            await self._announce(changed=changed)

    async def _announce(self, *, changed: bool) -> None:
        if changed:
            async with self._changed:
                self._changed.notify_all()

    async def _sync(self, token: str, *, wait: bool = True) -> Json:
        since = f"&since={quote(token)}&timeout={20000 if wait else 0}" if token else ""
        return await self._client.call("GET", f"/sync?filter={_FILTER}{since}")

    async def _take_in(self, said: Json, since: str) -> bool:
        changed = False
        rooms = part(part(said, "rooms"), "join")
        for name in rooms:
            room = RoomId(name)
            timeline = self._timelines.setdefault(room, Timeline(room))
            chunk = part(part(rooms, name), "timeline")
            events = _events(chunk.get("events"))
            if chunk.get("limited"):
                events = await self._between(room, since, word(said, "next_batch"))
            changed |= timeline.take_in(events)
        return changed

    async def _between(self, room: RoomId, since: str, until: str) -> list[Json]:
        """Everything said between two tokens (`since` empty: from the beginning), the oldest first.

        `prev_batch` is no safe place to start: the first sync cuts its timeline in the order of the room's graph, but
        the token is in order of arrival, and one of several messages sent at once can fall in between.
        """
        found: list[Json] = []
        to = f"&to={quote(since)}" if since else ""
        while until:
            path = f"/rooms/{quoted(room)}/messages?dir=b&limit={_PAGE}&from={quote(until)}{to}"
            page = await self._client.call("GET", path)
            events = _events(page.get("chunk"))
            found += events
            until = word(page, "end") if events else ""
        return list(reversed(found))


def _events(listed: object) -> list[Json]:
    return [event for event in listed if isinstance(event, dict)] if isinstance(listed, list) else []
