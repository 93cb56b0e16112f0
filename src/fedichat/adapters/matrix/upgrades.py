"""Following a room that was replaced by another one (client-server API, "Room upgrades").

The tombstone is read from the room's state, which the homeserver keeps only after it has checked the sender's power;
the timeline may show anything. A new room counts only if it names the old one as its predecessor.
"""

import logging
from collections.abc import Awaitable, Callable, Collection

from nio import AsyncClient

from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import part, word
from fedichat.adapters.matrix.state import State, doors_of, may_replace, state_from
from fedichat.errors import Rejected
from fedichat.ports import RoomId, RoomTrouble, Trouble

log = logging.getLogger(__name__)

TOMBSTONE = ("m.room.tombstone", "")
_ENCRYPTION = ("m.room.encryption", "")
_LONGEST_CHAIN = 20
_NOT_OURS = "the new room does not name this one as its predecessor"


class Upgrades:
    """Finds the room that has taken the place of another.

    `join` enters a room and raises Rejected where we may not, `leave` leaves one.
    """

    def __init__(
        self,
        client: AsyncClient,
        trusted: Collection[str],
        join: Callable[[RoomId], Awaitable[None]],
        leave: Callable[[RoomId], Awaitable[None]],
    ) -> None:
        self._client = client
        self._trusted = trusted
        self._join = join
        self._leave = leave
        self._strangers: set[RoomId] = set()

    async def heir(self, room: RoomId, others: Collection[RoomId]) -> RoomId | RoomTrouble:
        """The room at the end of the chain of upgrades that begins here, entered; the same where there is none.

        `others` are rooms of another role. Raises TryLater.
        """
        first = state = await self._state(room)
        here, seen = room, {room, *others}
        for _ in range(_LONGEST_CHAIN):
            if first is None or state is None or TOMBSTONE not in state:
                return here
            new = RoomId(word(part(state[TOMBSTONE], "content"), "replacement_room"))
            problem = _misplaced(state, new, seen) or (_NOT_OURS if new in self._strangers else "")
            entered = None if problem else await self._entered(new)
            if not problem and entered is None:
                return RoomTrouble(Trouble.NOT_INVITED, room, new, f"invite {self._client.user_id} to the new room")
            if entered is not None and not _comes_after(here, entered):
                # That never changes: who made the room said so when they made it.
                self._strangers.add(new)
                await self._leave(new)
                problem = _NOT_OURS
            problem = problem or self._wider(first, entered or {})
            if problem:
                return RoomTrouble(Trouble.REFUSED, room, new, problem)
            here, state = new, entered
            seen.add(new)
        return RoomTrouble(Trouble.REFUSED, room, here, "it was replaced too often in a row")

    async def is_replaced(self, room: RoomId) -> bool:
        """Whether a room has a tombstone. Raises TryLater."""
        return TOMBSTONE in (await self._state(room) or {})

    def _wider(self, old: State, new: State) -> str:
        """In what the new room protects less than the old one; empty where it does not."""
        if _ENCRYPTION in old and _ENCRYPTION not in new:
            return "the new room is not encrypted"
        me = self._client.user_id
        ways = doors_of(new, me).ways_in(self._trusted) - doors_of(old, me).ways_in(self._trusted)
        return f"strangers can get into the new room ({', '.join(sorted(ways))})" if ways else ""

    async def _entered(self, room: RoomId) -> State | None:
        """The state of a room, which is entered for that if need be; None where we may not."""
        try:
            await self._join(room)
        except Rejected as error:
            log.info("matrix-new-room-not-joined room=%s reason=%s", room, error)
            return None
        return await self._state(room)

    async def _state(self, room: RoomId) -> State | None:
        try:
            with network("state"):
                response = await self._client.room_get_state(room)
            checked(response, "asking for the state of a room")
        except Rejected:
            return None
        return state_from(response.events)


def _misplaced(state: State, new: RoomId, seen: Collection[RoomId]) -> str:
    """Why a tombstone does not count; empty where it does."""
    if not new.startswith("!") or new in seen:
        return "the new room is none, or has a role already"
    sender = word(state[TOMBSTONE], "sender")
    return "" if may_replace(state, sender) else f"{sender} had not the power to replace it"


def _comes_after(old: RoomId, new: State) -> bool:
    """Whether the new room names the old one as its predecessor."""
    create = part(new.get(("m.room.create", ""), {}), "content")
    return word(part(create, "predecessor"), "room_id") == old
