"""Enters the configured rooms, and no others."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from nio import AsyncClient, InviteMemberEvent, SyncResponse

from fedichat.adapters.matrix.doors import SeenDoors
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import Json, word
from fedichat.adapters.matrix.upgrades import Upgrades
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, Gone, Rejected
from fedichat.ports import KeyTrouble, RoomBook, RoomId, RoomTrouble, Trouble, UserId

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=10)
"""How often to check whether aliases still lead where they did."""
_TAKE_A_MOMENT = 3
"""How many checks a problem that is likely to pass must last before people hear of it."""
_PASSING = frozenset({Trouble.NOT_INVITED, Trouble.ALIAS_STAYS})
"""What is likely to be fixed soon: servers move an alias just after the tombstone, people invite the bot."""


class Membership:
    """Which of the configured rooms (`names`: aliases or ids) we are in, and which room each of them is.

    A name stands for the room that it led to when it was first entered: who takes an alias away does not get the office
    with it. Another room takes its place only by an upgrade of the old one, or when the operator accepts it.
    Rooms that cannot be entered yet are tried again, on an invitation at once, else with a growing pause.
    """

    def __init__(
        self, client: AsyncClient, names: Sequence[str], book: RoomBook, trusted: Collection[str] = ()
    ) -> None:
        self._client = client
        self._names = tuple(dict.fromkeys(names))
        self._book = book
        self.doors = SeenDoors(client.user_id)
        self.ids: dict[str, RoomId] = {name: RoomId(name) for name in self._names if name.startswith("!")}
        self.seen: dict[str, RoomId] = {}
        """The rooms that names led to when they were looked up last, entered or not."""
        self.joined: set[RoomId] = set()
        self._invitations: dict[RoomId, str] = {}
        self.doubles: dict[str, str] = {}
        self.troubles: dict[str, RoomTrouble] = {}
        self._upgrades = Upgrades(client, trusted, self.join, self.leave)
        self._unsure = set(self._names)
        self._pause = Backoff(first=30, longest=600)
        self._soon = Backoff(first=1, longest=60)
        self._next_try: datetime | None = None
        self._next_look: datetime | None = None
        self._said: dict[str, str] = {}
        self._entered: set[str] = set()
        self._reported: dict[str, RoomTrouble] = {}

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
        known = {name: room for name, room in (await self._book.known()).items() if name in self._names}
        self.ids |= known
        self._entered |= known.keys()
        await self._enter_missing()
        for name, room in self.ids.items():
            if room in self.joined:
                await self._settle(name, room)

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
        """Take in what a sync says: who may come in, invitations, upgrades, and rooms that we were put out of.

        Nothing is asked of the server here: what is said in other rooms must not wait for it.
        """
        has_changed = self.doors.follow(response)  # before anything waits: from here on it counts
        for room, info in response.rooms.join.items():
            self.joined.add(RoomId(room))
            if any(_is_tombstone(event.source) for event in (*info.state, *info.timeline.events)):
                self._look_again(RoomId(room))
        for room in response.rooms.leave:
            self.joined.discard(RoomId(room))
            if self.ours(room):
                log.warning("matrix-room-left room=%s we are no longer in this configured room", room)
                self._next_try = None
        for room, info in response.rooms.invite.items():
            inviter = inviter_of(info.invite_state, self._client.user_id)
            if inviter and RoomId(room) not in self.joined:
                self._invitations[RoomId(room)] = inviter
        if has_changed:
            await self._book.doors_changed()

    async def answer_invitations(self) -> None:
        """Enter the configured rooms that we were invited to; other invitations are left alone."""
        while self._invitations:
            room, inviter = self._invitations.popitem()
            if room not in self.joined:
                await self._invited(room, inviter)

    async def keep_up(self, now: datetime) -> None:
        """Follow rooms that were replaced, and see whether aliases still lead where they did.

        To be called when all is heard that was said in the old rooms.
        """
        if self._next_look is None or now >= self._next_look:
            self._unsure |= set(self._names)
            self._next_look = now + LOOK_EVERY
        looked, self._unsure = sorted(self._unsure & set(self.ids)), self._unsure - set(self.ids)
        if not looked:
            return
        is_pending = False
        for name in looked:
            try:
                trouble = await self._checked(name)
            except FarEndError as error:
                log.info("matrix-room-not-checked room=%s reason=%s", name, error)
                is_pending = True
                continue
            is_passing = trouble is not None and trouble.kind in _PASSING
            is_pending |= is_passing
            await self._report(name, trouble, is_new=is_passing and self._soon.failures < _TAKE_A_MOMENT)
        if is_pending:
            self._next_look = now + timedelta(seconds=self._soon.next())
        else:
            self._soon.reset()

    @property
    def is_unsettled(self) -> bool:
        """Whether something is to be looked at again in a moment."""
        return bool(self._unsure & set(self.ids)) or 0 < self._soon.failures <= _TAKE_A_MOMENT

    async def is_replaced(self, room: RoomId) -> bool:
        """Whether a room has a tombstone. Raises TryLater."""
        return await self._upgrades.is_replaced(room)

    def _look_again(self, room: RoomId) -> None:
        self._unsure |= {name for name, known in self.ids.items() if known == room}
        self._soon.reset()

    async def _checked(self, name: str) -> RoomTrouble | None:
        """Follow a name's room where it was replaced. Returns what is wrong with it. Raises FarEndError."""
        return await self._moved_by_operator(name) or await self._moved_by_upgrade(name)

    async def _moved_by_operator(self, name: str) -> RoomTrouble | None:
        accepted = (await self._book.known()).get(name)
        if accepted is not None and accepted != self.ids[name]:
            if accepted in self.ids.values():
                # Two that swap: for a moment both would be one room, and private words in the wrong one.
                return RoomTrouble(
                    Trouble.REFUSED, self.ids[name], accepted, "accepted: restart fedichat to move there"
                )
            try:
                await self.join(accepted)
            except Rejected:
                reason = f"invite {self._client.user_id} to the room that was accepted"
                return RoomTrouble(Trouble.NOT_INVITED, self.ids[name], accepted, reason)
            await self._settle(name, accepted)
        return None

    async def _moved_by_upgrade(self, name: str) -> RoomTrouble | None:
        room = self.ids[name]
        target = await self._target(name)
        heir = await self._upgrades.heir(room, {known for other, known in self.ids.items() if other != name})
        if isinstance(heir, RoomTrouble):
            return heir
        if heir == room:
            if target is None or target == room:
                return None
            return RoomTrouble(Trouble.ELSEWHERE, room, target, "the alias leads to another room now")
        if target != heir and not name.startswith("!"):
            return RoomTrouble(Trouble.ALIAS_STAYS, room, heir, "the alias does not lead to the new room")
        log.warning("matrix-room-replaced room=%s old=%s new=%s", name, room, heir)
        await self._settle(name, heir)
        return None

    async def _report(self, name: str, trouble: RoomTrouble | None, *, is_new: bool) -> None:
        """Say what is wrong, or that nothing is any more. What `is_new` and likely to pass is not said yet."""
        if trouble is None:
            self.troubles.pop(name, None)
            if self._reported.pop(name, None) is not None:
                log.warning("matrix-room-in-order room=%s id=%s", name, self.ids[name])
            return
        self.troubles[name] = trouble
        if is_new or trouble == self._reported.get(name):
            return
        self._reported[name] = trouble
        log.warning(
            "matrix-room-trouble room=%s id=%s not=%s reason=%s", name, trouble.room, trouble.other, trouble.reason
        )
        await self._book.in_trouble(name, trouble)

    async def _target(self, name: str) -> RoomId | None:
        """Where an alias leads now; None for an id, and for an alias that is gone."""
        if name.startswith("!"):
            return None
        try:
            return await self._resolve(name)
        except Gone:
            return None

    async def _settle(self, name: str, room: RoomId) -> None:
        """From now on the name stands for that room: kept first, used then."""
        await self._book.enter(name, room)
        self.ids[name] = room
        self._entered.add(name)

    def _is_before(self, name: str, other: str) -> bool:
        return self._names.index(name) < self._names.index(other)

    async def join(self, room: RoomId) -> None:
        """Enter a room, if we are not in it. Raises FarEndError."""
        if room not in self.joined:
            with network("join"):
                checked(await self._client.join(room), "joining")
            self.joined.add(room)

    async def _invited(self, room: RoomId, inviter: str) -> None:
        # An alias may have come into being only now. The invitation's own words about aliases prove nothing.
        for name in self._names:
            if self.ours(room) is None and name not in self.ids:
                await self._enter(name)
        names = {name for name, trouble in self.troubles.items() if trouble.other == room}
        if names:
            # The new room of one that was replaced: all that has to hold for that is looked at again.
            self._unsure |= names
            return
        if self.ours(room) is None:
            self._say(room, "matrix-invite-ignored room=%s by=%s not a configured room", room, inviter)
            return
        if room in self.joined:
            return
        for name, known in self.ids.items():
            if known == room:
                await self._enter(name)
                return

    async def leave(self, room: RoomId) -> None:
        """Leave a room. Raises FarEndError."""
        with network("leave"):
            checked(await self._client.room_leave(room), "leaving")
        self.joined.discard(room)

    async def _enter_missing(self) -> None:
        for name in self._names:
            if self.ids.get(name) not in self.joined:
                await self._enter(name)

    async def _enter(self, name: str) -> None:
        try:
            room = self.ids.get(name)
            target = await self._target(name)
            if room is None:
                room = target or (RoomId(name) if name.startswith("!") else await self._resolve(name))
                self.seen[name] = room
                other = next((other for other, known in self.ids.items() if known == room), None)
                if other is not None and other not in self._entered and self._is_before(name, other):
                    # The one that comes first in the configuration has the room.
                    del self.ids[other]
                elif other is not None:
                    self.doubles[name] = other
                    del self.seen[name]
                    self._say(name, "matrix-room-double room=%s is the same room as %s", name, other)
                    return
            if room not in self.joined:
                # By alias where it leads there: it tells the server whom to ask for the room.
                with network("join"):
                    checked(await self._client.join(name if target == room else room), "joining")
                self.joined.add(room)
                log.info("matrix-room-joined room=%s id=%s", name, room)
            self.doubles.pop(name, None)
            await self._settle(name, room)
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


def _is_tombstone(event: Json) -> bool:
    return word(event, "type") == "m.room.tombstone" and event.get("state_key") == ""


def inviter_of(state: Sequence[object], me: str, *, direct: bool = False) -> str:
    """Who invites us, empty where nobody does: of all the stripped events only our own membership counts.

    `direct`: only to a direct room, as the invitation says.
    """
    for event in state:
        if isinstance(event, InviteMemberEvent) and event.state_key == me and event.membership == "invite":
            is_direct = event.content.get("is_direct") is True
            return str(event.sender) if is_direct or not direct else ""
    return ""


class LooseLeaves:
    """A book that begins with these rooms and keeps nothing beyond the process: for `fedichat check`, and for tests."""

    def __init__(self, rooms: Mapping[str, RoomId] | None = None) -> None:
        self._rooms = dict(rooms or {})

    async def known(self) -> Mapping[str, RoomId]:
        """See `RoomBook`."""
        return self._rooms

    async def enter(self, name: str, room: RoomId) -> None:
        """See `RoomBook`."""
        self._rooms[name] = room

    async def in_trouble(self, name: str, trouble: RoomTrouble) -> None:
        """See `RoomBook`: there is nobody to tell."""

    async def doors_changed(self) -> None:
        """See `RoomBook`: there is nobody to tell."""

    async def keys_in_trouble(self, user: UserId, trouble: KeyTrouble, device: str) -> None:
        """See `RoomBook`: there is nobody to tell."""
