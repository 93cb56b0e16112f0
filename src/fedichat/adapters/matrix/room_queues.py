"""One queue for each room: what happens there is handled in order, and beside the other rooms."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from fedichat.ports import RoomId

Work = Callable[[], Awaitable[None]]


class RoomQueues:
    """Runs what is put in, in tasks of `group`; what raises there ends the group."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._waiting: dict[RoomId, deque[Work]] = {}

    def put(self, room: RoomId, work: Work) -> None:
        """Do this after everything that was put in for that room before."""
        if room in self._waiting:
            self._waiting[room].append(work)
            return
        self._waiting[room] = deque([work])
        self._group.create_task(self._work_off(room), name=f"hearing {room}")

    async def _work_off(self, room: RoomId) -> None:
        waiting = self._waiting[room]
        while waiting:
            await waiting[0]()
            waiting.popleft()
        del self._waiting[room]
