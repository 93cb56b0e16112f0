"""Keeps which rooms are ours, watches who can get into them, and says what is wrong with them."""

import logging
from collections.abc import Callable, Collection, Mapping

from fedichat.desk import Desk
from fedichat.domain.doors import Doors, Way
from fedichat.domain.names import Place, RoomId, UserId, is_direct
from fedichat.domain.roles import RoomRole
from fedichat.ports import KeyTrouble, RoomTrouble

log = logging.getLogger(__name__)

_NAMED = 5


class RoomWatch:
    """Keeps private messages out of a room that is open to strangers. Fulfils `fedichat.ports.RoomBook`.

    `doors` of a room are None while they are not known yet, `trusted` are the homeservers whose users are no strangers.
    """

    def __init__(
        self,
        desk: Desk,
        roles: Mapping[Place, RoomRole],
        room_of: Callable[[Place], RoomId | None],
        doors: Callable[[RoomId], Doors | None],
        trusted: Collection[str],
    ) -> None:
        self._desk = desk
        self._roles = roles
        self._room_of = room_of
        self._doors = doors
        self._trusted = trusted
        self._said: dict[Place, list[str]] = {}
        self._open: set[Place] = set()

    def is_shut(self, place: Place) -> bool:
        """Whether nothing may be shown there: a room for direct messages that strangers can read, or may."""
        if not is_direct(place):
            return False
        doors = self._doors_of(place)
        return doors is None or doors.is_open(self._trusted)

    def is_for_anybody(self, place: Place) -> bool:
        """Whether anybody at all can read that room, as far as is known."""
        doors = self._doors_of(place)
        return doors is not None and doors.let_anybody_read

    async def known(self) -> Mapping[str, RoomId]:
        """See `RoomBook`."""
        return await self._desk.room.book.known_rooms()

    async def enter(self, name: str, room: RoomId) -> None:
        """See `RoomBook`. Where it is another room than before, what is open is shown there again."""
        await self._desk.room.book.enter(self._place(name), name, room)

    async def in_trouble(self, name: str, trouble: RoomTrouble) -> None:
        """See `RoomBook`."""
        await self._desk.room.book.tell_of_trouble(self._place(name), name, trouble)

    async def keys_in_trouble(self, user: UserId, trouble: KeyTrouble, device: str) -> None:
        """See `RoomBook`."""
        await self._desk.room.book.tell_of_keys(user, trouble, device)

    def _place(self, name: str) -> Place:
        return next(place for place, role in self._roles.items() if role.given == name)

    async def doors_changed(self) -> None:
        """Say of every room when strangers can get in, once and whenever that changes."""
        for place, role in self._roles.items():
            doors = self._doors_of(place)
            if doors is None:
                continue
            found = described(doors, self._trusted)
            if found != self._said.get(place, []):
                for text in found:
                    log.warning("room-open place=%s room=%s %s", place, role.given, text)
            self._said[place] = found
            if is_direct(place) and doors.is_open(self._trusted) != (place in self._open):
                self._open ^= {place}
                await self._tell(place, role)

    async def _tell(self, place: Place, role: RoomRole) -> None:
        is_open = place in self._open
        if is_open:
            log.error("direct-room-open place=%s room=%s nothing is shown there until it is closed", place, role.given)
        else:
            log.warning("direct-room-closed place=%s room=%s what waited is shown there now", place, role.given)
        await self._desk.room.book.tell_of_open_room(place, role.given, is_open=is_open)

    def _doors_of(self, place: Place) -> Doors | None:
        room = self._room_of(place)
        return self._doors(room) if room is not None else None


def described(doors: Doors, trusted: Collection[str]) -> list[str]:
    """A line for each way in, for the operator; the gravest first."""
    there = doors.ways_in(trusted)
    return [text for way, text in _words(doors, trusted).items() if way in there]


def _words(doors: Doors, trusted: Collection[str]) -> dict[Way, str]:
    rule = "" if doors.join_rule == "public" else f" (unknown join rule “{doors.join_rule[:40]}”)"
    return {
        Way.JOIN: f"anybody may join it without an invitation{rule}",
        Way.GUESTS: "guests without an account may join it",
        Way.READ: "anybody may read it without joining",
        Way.FOREIGNERS: f"people of other homeservers are in it, or invited: {_some(doors.foreigners(trusted))}",
        Way.OTHER_ROOMS: "members of another room or space may join it without an invitation",
        Way.KNOCK: "anybody may ask to be let in",
    }


def _some(users: list[UserId]) -> str:
    more = len(users) - _NAMED
    return ", ".join(users[:_NAMED]) + (f" and {more} more" if more > 0 else "")
