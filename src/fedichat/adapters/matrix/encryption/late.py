"""Waits for the keys of messages, which may come a moment later."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.adapters.matrix.encryption.reading import NoKey, NotReadable, Reader
from fedichat.adapters.matrix.events import Json
from fedichat.adapters.matrix.progress import Answer
from fedichat.ports import RoomId

PATIENCE = timedelta(seconds=10)
"""How long the key of a message may come after the message."""


@dataclass(frozen=True, slots=True)
class Late:
    """A message that could not be read when it came, as part of that answer and at that position in its room."""

    event: Json
    room: RoomId
    arrived_at: datetime
    answer: Answer
    position: int


class LateKeys:
    """Messages that wait a little for their key."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._waiting: list[Late] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def wait_for(self, late: Late) -> None:
        """Wait for the key of a message."""
        self._waiting.append(late)

    def settled(self, now: datetime) -> Iterator[Late]:
        """Those that can be read now and those whose time is over, in the order in which they came."""
        waiting, self._waiting = self._waiting, []
        for late in waiting:
            if now >= late.arrived_at + PATIENCE or self._is_settled(late):
                yield late
            else:
                self._waiting.append(late)

    def _is_settled(self, late: Late) -> bool:
        try:
            self._reader.read(late.event, late.room)
        except NoKey:
            return False
        except NotReadable:  # it will never be readable
            return True
        return True
