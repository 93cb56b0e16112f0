"""Paging as Mastodon does it (docs: api/guidelines, "Pagination")."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which part of a list was asked for; the keys are exclusive bounds."""

    max_key: int | None = None
    since_key: int | None = None
    min_key: int | None = None
    limit: int = 40


class PagedLog(Generic[T]):
    """Rows ordered by key, cheap to append to and to page through in both directions."""

    def __init__(self) -> None:
        self._keys: list[int] = []
        self._rows: list[T] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        """Oldest first."""
        return iter(self._rows)

    def add(self, key: int, row: T) -> None:
        """Put a row where it belongs: rows need not arrive in the order of their keys."""
        if not self._keys or key > self._keys[-1]:
            self._keys.append(key)
            self._rows.append(row)
            return
        place = bisect_left(self._keys, key)
        self._keys.insert(place, key)
        self._rows.insert(place, row)

    def get(self, key: int) -> T | None:
        """The row of a key."""
        place = bisect_left(self._keys, key)
        return self._rows[place] if place < len(self._keys) and self._keys[place] == key else None

    def remove(self, key: int) -> None:
        """Remove a row, if there is one with that key."""
        place = bisect_left(self._keys, key)
        if place < len(self._keys) and self._keys[place] == key:
            del self._keys[place]
            del self._rows[place]

    def clear(self) -> None:
        """Remove all rows."""
        self._keys.clear()
        self._rows.clear()

    def page(self, cursor: Cursor, wanted: Callable[[T], bool], *, filter_late: bool = False) -> list[T]:
        """One page, newest first.

        `min_key` gives the rows immediately above it. `since_key` gives the newest page, which leaves a gap
        between the two. With `filter_late` the limit counts unwanted rows too, as on servers that filter
        what their database returned: pages can be short, or empty.
        """
        upward = cursor.min_key is not None
        lower = cursor.min_key if upward else cursor.since_key
        start = 0 if lower is None else bisect_right(self._keys, lower)
        end = len(self._keys) if cursor.max_key is None else bisect_left(self._keys, cursor.max_key)
        places: Iterable[int] = range(start, end) if upward else range(end - 1, start - 1, -1)
        found: list[T] = []
        seen = 0
        for place in places:
            if seen >= cursor.limit:
                break
            keep = wanted(self._rows[place])
            seen += keep or filter_late
            if keep:
                found.append(self._rows[place])
        return found[::-1] if upward else found
