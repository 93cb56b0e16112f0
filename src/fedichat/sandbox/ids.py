"""Ids as fediverse servers make them: strings that clients must treat as opaque."""

from datetime import datetime
from enum import Enum
from typing import Final

_SEQUENCE_BITS: Final = 16
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH: Final = 26


class IdStyle(Enum):
    """What ids look like to clients; internally they are always ordered integers."""

    SNOWFLAKE = "snowflake"
    ULID = "ulid"


class IdFactory:
    """Makes ids that begin with the time in milliseconds, and never repeat or go backwards."""

    def __init__(self, style: IdStyle = IdStyle.SNOWFLAKE) -> None:
        self._style = style
        self._last = 0

    def new_key(self, now: datetime) -> int:
        """The next key; keys follow the order of calls, even when the clock stands still or goes back."""
        self._last = max(self._last + 1, int(now.timestamp() * 1000) << _SEQUENCE_BITS)
        return self._last

    def text(self, key: int) -> str:
        """The id that clients see for a key."""
        if self._style is IdStyle.SNOWFLAKE:
            return str(key)
        digits = ""
        for _ in range(_ULID_LENGTH):
            digits = _CROCKFORD[key & 31] + digits
            key >>= 5
        return digits

    def key(self, text: str) -> int | None:
        """The key behind an id, or None if it cannot be one of ours."""
        if self._style is IdStyle.SNOWFLAKE:
            return int(text) if text.isascii() and text.isdigit() else None
        if len(text) != _ULID_LENGTH or any(digit not in _CROCKFORD for digit in text):
            return None
        key = 0
        for digit in text:
            key = key << 5 | _CROCKFORD.index(digit)
        return key
