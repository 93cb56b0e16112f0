"""The direct rooms that we enter to be verified: Element verifies a *user*, and does it there.

Which ones these are is kept in the store folder before we enter them, so that a process after us leaves what we could
not: fedichat is in the configured rooms, and in no others.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from fedichat.adapters.matrix.login import write_private
from fedichat.errors import FarEndError, Rejected, TryLater
from fedichat.ports import RoomId, UserId

log = logging.getLogger(__name__)

MOST: Final = 5
"""How many such rooms we are in at once."""
_KEPT: Final = 50
"""How many people's invitations are remembered; of each the newest one."""


class Door(Protocol):
    """Going in and out of rooms. Both raise FarEndError, and a repeat does no harm."""

    async def join(self, room: RoomId) -> None:
        """Enter a room that we are invited to."""
        ...

    async def leave(self, room: RoomId) -> None:
        """Leave a room."""
        ...


class Visits:
    """`open` are the rooms that we are in for that. `is_ours`: a configured room is none of these."""

    def __init__(self, door: Door, folder: Path, is_ours: Callable[[RoomId], bool]) -> None:
        self._door = door
        self._file = folder / "visits.json"
        self._is_ours = is_ours
        self._invitations: dict[UserId, RoomId] = {}
        self.open: set[RoomId] = _read(self._file)

    def note(self, room: RoomId, inviter: UserId) -> None:
        """Remember an invitation to a direct room until somebody is at `fedichat verify`."""
        if self._is_ours(room) or room in self.open:
            return
        self._invitations.pop(inviter, None)
        self._invitations[inviter] = room
        while len(self._invitations) > _KEPT:
            del self._invitations[next(iter(self._invitations))]

    async def enter(self, is_wanted: Callable[[UserId], bool]) -> None:
        """Enter the rooms that the people we expect have invited us to."""
        for inviter, room in reversed(list(self._invitations.items())):
            if len(self.open) >= MOST:
                return
            del self._invitations[inviter]
            if is_wanted(inviter) and not self._is_ours(room):
                await self._enter(room, inviter)

    async def _enter(self, room: RoomId, inviter: UserId) -> None:
        self._keep(self.open | {room})  # kept before we are in it: whatever happens, it is left again
        try:
            await self._door.join(room)
        except FarEndError as error:
            log.info("verification-room-not-entered room=%s by=%s reason=%s", room, inviter, error)
            self._keep(self.open - {room})
            if isinstance(error, TryLater):
                self.note(room, inviter)
        else:
            log.info("verification-room-entered room=%s by=%s", room, inviter)

    def gone(self, room: RoomId) -> None:
        """We were put out of a room."""
        if room in self.open:
            self._keep(self.open - {room})

    async def leave(self, room: RoomId) -> None:
        """Leave one of them. One that cannot be left now is left at the next end."""
        if not self._is_ours(room):
            try:
                await self._door.leave(room)
            except Rejected as error:  # we are not in it any more
                log.info("verification-room-left room=%s reason=%s", room, error)
            except FarEndError as error:
                log.warning("verification-room-not-left room=%s reason=%s", room, error)
                return
        self._keep(self.open - {room})

    async def end(self) -> None:
        """Leave them all."""
        for room in sorted(self.open):
            await self.leave(room)

    def _keep(self, rooms: set[RoomId]) -> None:
        write_private(self._file, json.dumps(sorted(rooms)))
        self.open = rooms


def _read(file: Path) -> set[RoomId]:
    try:
        kept = json.loads(file.read_text())
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        log.warning("verification-rooms-unreadable file=%s reason=%s", file, error)
        return set()
    return {RoomId(room) for room in kept if isinstance(room, str)} if isinstance(kept, list) else set()
