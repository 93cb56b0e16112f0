"""Reading the list of notifications without losing one, on servers that page each in their own way."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from fedichat.adapters.mastodon.entities import id_of, is_json, time_of
from fedichat.adapters.mastodon.kinds import OTHERS
from fedichat.errors import Rejected

_PAGE: Final = 80
_LATEST_PAGE: Final = 40
_REMEMBERED: Final = 5_000
# How many pages without a mention are read on a server that seems to filter after its limit.
_PATIENCE: Final = 25

Params = list[tuple[str, str]]
Fetch = Callable[[Params], Awaitable[list[object]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification as it came. `key` identifies it; `id` is None if it has none."""

    raw: object
    key: str
    id: str | None
    at: datetime | None


@dataclass(slots=True)
class _Walk:
    """What is known while reading: the keys that were handed on, and since when entries matter."""

    seen: set[str]
    bound: datetime | None = None
    found: dict[str, Entry] = field(default_factory=dict)

    def is_known(self, entry: Entry) -> bool:
        too_old = self.bound is not None and entry.at is not None and entry.at < self.bound
        return too_old or entry.key in self.seen

    def new(self, page: Iterable[Entry]) -> list[Entry]:
        return [entry for entry in page if entry.key not in self.seen]


class Notifications:
    """The list of one account. `fetch` brings one page as JSON."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._times: dict[str, datetime] = {}
        self._climbs = False
        self._may_choose = True
        self.cost = 1
        """How many requests the last look took; all but one of them asked for a page."""

    async def newer(
        self,
        after: str | None,
        since: datetime | None,
        time_of_entry: Callable[[str], Awaitable[datetime | None]],
    ) -> AsyncIterator[list[Entry]]:
        """Pages of entries newer than `after`, or else than `since`, the oldest first.

        Looks at the newest page: mostly it reaches down to what is known, and that is all. Else reads upwards by
        `min_id`, and then looks at the newest page again: it shows what a short or empty page hid, and everything where
        `min_id` is ignored (snac2). Ends, whatever the server sends: each step must bring an entry not seen before.
        """
        self.cost = 0
        walk = _Walk(seen=set() if after is None else {after})
        if after is not None:
            walk.bound = self._times.get(after) or await time_of_entry(after) or since
            newest = await self._page([])
            lowest = newest[-1 if _newest_first(newest) else 0] if newest else None
            if lowest is not None and (walk.is_known(lowest) or any(entry.key == after for entry in newest)):
                new = [entry for entry in newest if not walk.is_known(entry)]
                for part in _parts(_in_order(new)):
                    yield part
                return
            walk.bound = None
            async for page in self._upward(after, walk):
                walk.seen.update(entry.key for entry in page)
                for part in _parts(page):
                    yield part
            walk.bound = self._times.get(after) or await time_of_entry(after) or since
        else:
            walk.bound = since
        rest = await self._downward(walk)
        for part in _parts(rest):
            yield part

    async def _upward(self, after: str, walk: _Walk) -> AsyncIterator[list[Entry]]:
        page = await self._page([("min_id", after)])
        # A page is handed on only after the one above it shows that the server has moved on: one that ignores
        # min_id gives its newest page again and again, and what lies below that must be handed on first. Nobody
        # has to wait for that once the server has shown that nothing lies above the newest one.
        while page and len(walk.new(page)) == len(page) and (top := _newest_id(page)) is not None:
            early = self._climbs
            if early:
                yield _in_order(page)
            above = await self._page([("min_id", top)])
            keys = {entry.key for entry in page}
            if keys & {entry.key for entry in above}:
                self._climbs = False
                walk.seen -= keys  # it has changed its ways: all is read again from the top
                return
            if not early:
                yield _in_order(page)
            self._climbs = self._climbs or not above
            page = above

    async def _downward(self, walk: _Walk) -> list[Entry]:
        """Everything new, from the newest page down to what is known, oldest first."""
        cursor: Params = []
        of_type, idle = True, 0
        while idle < _PATIENCE:
            page = await self._page(cursor, limit=_PAGE if cursor else _LATEST_PAGE, of_type=of_type)
            if not page and of_type:
                # Filters may be applied after the limit: the next mention may lie below many favourites.
                of_type = False
                continue
            new = [entry for entry in page if entry.key not in walk.found]
            walk.found.update((entry.key, entry) for entry in new if not walk.is_known(entry))
            below = _oldest_id(page)
            if not new or below is None or any(map(walk.is_known, page)):
                break
            idle = 0 if any(map(_is_mention, new)) else idle + 1
            cursor = [("max_id", below)]
        return _in_order(list(walk.found.values()))

    async def _page(self, cursor: Params, *, limit: int = _PAGE, of_type: bool = True) -> list[Entry]:
        # Only kinds that cannot be mentions are left out: there may be kinds of mentions that we do not know.
        kinds: Params = [("exclude_types[]", kind) for kind in OTHERS] if of_type and self._may_choose else []
        # Mastodon 4.3 holds back what the notification policy filters, for example from new accounts.
        params: Params = [*cursor, ("limit", str(limit)), ("include_filtered", "true")]
        try:
            self.cost += 1
            found = await self._fetch([*kinds, *params])
        except Rejected as error:
            if not kinds or error.status not in {400, 422}:
                raise
            # It refuses kinds that it does not know.
            found = await self._fetch(params)
            self._may_choose = False
        if all(id_of(raw) for raw in found):
            page = [_entry(raw) for raw in found]
        else:  # one without an id is known by all that it says, which may be much
            page = await asyncio.to_thread(lambda: [_entry(raw) for raw in found])
        for entry in page:
            if entry.at is not None:
                self._times[entry.key] = entry.at
        while len(self._times) > _REMEMBERED:
            del self._times[next(iter(self._times))]
        return page


def _entry(raw: object) -> Entry:
    found = id_of(raw)
    at = time_of(raw.get("created_at")) if is_json(raw) else None
    return Entry(raw, found or f"?{hashlib.sha256(json.dumps(raw).encode()).hexdigest()}", found, at)


def _parts(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Split into pages; some servers ignore `limit`."""
    for start in range(0, len(entries), _PAGE):
        yield entries[start : start + _PAGE]


def _is_mention(entry: Entry) -> bool:
    return not is_json(entry.raw) or entry.raw.get("type") not in OTHERS


def _newest_first(page: Sequence[Entry]) -> bool:
    times = [entry.at for entry in page if entry.at is not None]
    return len(times) < 2 or times[0] >= times[-1]


def _newest_id(page: Sequence[Entry]) -> str | None:
    """The newest by the server's own order: times may be equal, and ids are opaque."""
    ids = [entry.id for entry in page if entry.id is not None]
    return (ids[0] if _newest_first(page) else ids[-1]) if ids else None


def _oldest_id(page: Sequence[Entry]) -> str | None:
    ids = [entry.id for entry in page if entry.id is not None]
    return (ids[-1] if _newest_first(page) else ids[0]) if ids else None


def _in_order(page: Sequence[Entry]) -> list[Entry]:
    """Oldest first; an entry without a time stays behind the one that it came after."""
    upwards = list(reversed(page)) if _newest_first(page) else list(page)
    keyed, last = [], datetime.min.replace(tzinfo=UTC)
    for entry in upwards:
        last = entry.at or last
        keyed.append((last, entry))
    return [entry for _, entry in sorted(keyed, key=lambda pair: pair[0])]
