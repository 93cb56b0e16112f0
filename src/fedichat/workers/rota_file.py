"""Reads the calendar's file with the rota: at the start, and whenever it has changed."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

from fedichat.desk import Desk
from fedichat.domain.names import Place, UserId, localpart
from fedichat.domain.time.rota import RotaFile
from fedichat.errors import FarEndError, Refusal
from fedichat.ports import Clock

log = logging.getLogger(__name__)

_EVERY = 60.0
_AGAIN = 60
"""After that many looks it is read anew though it has not changed: days pass, and people come and go."""


class RotaFileWatcher:
    """`read` makes shifts of the file's content; `people` are those in a place's room, with their display names."""

    def __init__(
        self,
        path: Path,
        read: Callable[[bytes, Mapping[UserId, str], datetime], RotaFile],
        desk: Desk,
        clock: Clock,
        people: Callable[[Place], Awaitable[Mapping[UserId, str]]],
    ) -> None:
        self._path = path
        self._read = read
        self._desk = desk
        self._clock = clock
        self._people = people
        self._seen: tuple[int, int] | None = None
        self._looks = _AGAIN

    async def run(self) -> None:
        """Watch it for ever."""
        while True:
            try:
                await self.look()
            except FarEndError as error:
                log.warning("rota-waits reason=%s", error)
            except Exception:
                log.exception("rota-broke")
            await self._clock.sleep(_EVERY)

    async def look(self) -> None:
        """Take in what the file says now, if it may be something else than before."""
        seen = await asyncio.to_thread(_state_of, self._path)
        self._looks += 1
        if seen == self._seen and self._looks < _AGAIN:
            return
        people = await self._known()
        try:
            data = await asyncio.to_thread(self._path.read_bytes)
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            unread = Refusal("{path} cannot be read: {reason}.", path=str(self._path), reason=reason)
            await self._desk.duty.roster.take_rota(f"unread {reason}", (), [unread])
        else:
            found = await asyncio.to_thread(self._read, data, people, self._clock.now())
            await self._desk.duty.roster.take_rota(hashlib.sha256(data).hexdigest(), found.shifts, found.problems)
        self._seen, self._looks = seen, 0

    async def _known(self) -> dict[UserId, str]:
        people = {user: localpart(user) for user in self._desk.duty.roster.duty_people}
        for place in self._desk.duty.roster.duty_rooms:
            people |= await self._people(place)
        return people


def _state_of(path: Path) -> tuple[int, int] | None:
    """When it was changed last, and its size; None where it is not there."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size
