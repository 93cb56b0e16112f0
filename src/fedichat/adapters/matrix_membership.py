"""Being in the configured rooms, and in no others."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from nio import AsyncClient, InviteMemberEvent, SyncResponse

from fedichat.adapters.matrix_doors import SeenDoors
from fedichat.adapters.matrix_errors import checked, network
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError
from fedichat.ports import RoomId

log = logging.getLogger(__name__)


class Membership:
    """Which of the configured rooms (`names`: aliases or ids) we are in.

    Rooms that cannot be entered yet are tried again, on an invitation at once, else with a growing pause.
    """

    def __init__(self, client: AsyncClient, names: Sequence[str], changed: Callable[[], Awaitable[None]]) -> None:
        """`changed` is called when it may have changed who can come into a room, or read it."""
        self._client = client
        self._changed = changed
        self.doors = SeenDoors(client.user_id)
        self._names = tuple(dict.fromkeys(names))
        self.ids: dict[str, RoomId] = {name: RoomId(name) for name in self._names if name.startswith("!")}
        self.joined: set[RoomId] = set()
        self._pause = Backoff(first=30, longest=600)
        self._next_try: datetime | None = None
        self._said: dict[str, str] = {}

    @property
    def complete(self) -> bool:
        """Whether we are in every configured room."""
        return all(self.ids.get(name) in self.joined for name in self._names)

    def ours(self, room: str) -> RoomId | None:
        """The room's id when it is one of the configured rooms."""
        known = RoomId(room)
        return known if known in self.ids.values() else None

    async def enter_all(self) -> None:
        """Resolve every alias and join every room that can be joined now; the rest is logged once."""
        with network("joined rooms"):
            response = await self._client.joined_rooms()
        checked(response, "asking for our rooms")
        self.joined = {RoomId(room) for room in response.rooms}
        await self._enter_missing()

    async def try_again(self, now: datetime) -> None:
        """Try the missing rooms when their time has come."""
        if self.complete:
            return
        if self._next_try is not None and now >= self._next_try:
            await self._enter_missing()
            self._next_try = None
        if self._next_try is None:
            self._next_try = now + timedelta(seconds=self._pause.next())

    async def follow(self, response: SyncResponse) -> None:
        """Take in what a sync says: who may come in, invitations, and rooms that we were put out of."""
        has_changed = self.doors.follow(response)  # before anything waits: from here on it counts
        for room in response.rooms.join:
            self.joined.add(RoomId(room))
        for room in response.rooms.leave:
            self.joined.discard(RoomId(room))
            if self.ours(room):
                log.warning("matrix-room-left room=%s we are no longer in this configured room", room)
                self._next_try = None
        for room, info in response.rooms.invite.items():
            inviter = _inviter(info.invite_state, self._client.user_id)
            if inviter and RoomId(room) not in self.joined:
                await self._invited(RoomId(room), inviter)
        if has_changed:
            await self._changed()

    async def _invited(self, room: RoomId, inviter: str) -> None:
        # An alias may have come into being only now. The invitation's own words about aliases prove nothing.
        for name in self._names:
            if self.ours(room) is None and name not in self.ids:
                await self._enter(name)
        if self.ours(room) is None:
            self._say(room, "matrix-invite-ignored room=%s by=%s not a configured room", room, inviter)
            return
        if room in self.joined:
            return
        for name, known in self.ids.items():
            if known == room:
                await self._enter(name)
                return

    async def _enter_missing(self) -> None:
        for name in self._names:
            if self.ids.get(name) not in self.joined:
                await self._enter(name)

    async def _enter(self, name: str) -> None:
        try:
            room = self.ids.get(name) or await self._resolve(name)
            self.ids[name] = room
            if room not in self.joined:
                # By alias where there is one: it tells the server whom to ask for the room.
                with network("join"):
                    checked(await self._client.join(name), "joining")
                self.joined.add(room)
                log.info("matrix-room-joined room=%s id=%s", name, room)
        except FarEndError as error:
            self._say(
                name,
                "matrix-room-not-joined room=%s reason=%s (invite %s)",
                name,
                error,
                self._client.user_id,
            )

    async def _resolve(self, alias: str) -> RoomId:
        with network("alias"):
            response = await self._client.room_resolve_alias(alias)
        checked(response, "looking up the alias")
        return RoomId(response.room_id)

    def _say(self, about: str, message: str, *values: object) -> None:
        text = message % values
        if self._said.get(about) != text:
            self._said[about] = text
            log.warning(message, *values)


def _inviter(state: Sequence[object], me: str) -> str:
    """Who invites us: nio calls back for every stripped event, only our own membership counts."""
    for event in state:
        if isinstance(event, InviteMemberEvent) and event.state_key == me and event.membership == "invite":
            return str(event.sender)
    return ""
