"""How the workers speak in rooms: which room a place is, in which language, and under which transaction id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fedichat.domain.names import EventId, Place, RoomId
from fedichat.domain.roles import RoomRole
from fedichat.errors import TryLater
from fedichat.ports import Message, Rooms
from fedichat.render.parts import Setting
from fedichat.store.outbox import Waiting

NOTHING = "…"
"""What is said where there is nothing to say, only to be told under which id an earlier try became a message."""


@dataclass(frozen=True, slots=True)
class Voice:
    """`room_of` is None while a room is not joined yet, `prefix` is what commands begin with.

    `is_shut` says of a place that nothing may be shown there now.
    """

    rooms: Rooms
    roles: Mapping[Place, RoomRole]
    zone: ZoneInfo
    room_of: Callable[[Place], RoomId | None]
    prefix: str = "!"
    server: str = ""
    """The name of our homeserver, by way of which others find the rooms."""
    is_shut: Callable[[Place], bool] = lambda _: False

    def room(self, place: Place) -> RoomId:
        """The room of a place. Raises TryLater while we are not in it, and while nothing may be shown there."""
        room = self.room_of(place)
        if room is None:
            raise TryLater(f"the bot is not in the room for {place} yet: invite it")
        if self.is_shut(place):
            raise TryLater(f"the room for {place} is open to strangers: nothing is shown there")
        return room

    def setting(self, place: Place) -> Setting:
        """For whom something is rendered there."""
        return Setting.of(self.roles[place].language, self.zone)

    def link(self, place: Place, event: EventId) -> str | None:
        """The address of a message there, for clients; None while we are not in that room.

        See https://spec.matrix.org/latest/appendices/#matrixto-navigation.
        """
        room = self.room_of(place)
        if room is None:
            return None
        return (
            f"https://matrix.to/#/{quote(room, safe='!:')}/{quote(event, safe='$:')}?via={quote(self.server, safe=':')}"
        )

    async def send(self, place: Place, message: Message, waiting: Waiting) -> EventId:
        """Say it: the same effect always becomes the same event."""
        return await self.rooms.send(self.room(place), message, waiting.id)
