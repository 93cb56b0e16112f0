"""How the workers speak in rooms: which room a place is, in which language, and under which transaction id."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fedichat.domain.names import EventId, Place, RoomId, UserId, localpart
from fedichat.domain.roles import RoomRole
from fedichat.errors import Refusal, Rejected, TryLater
from fedichat.ports import FileMessage, Message, Rooms
from fedichat.render.fitting import fitted, those_woken
from fedichat.render.parts import Rendered, Setting
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)

NOTHING = "…"
"""What is said where there is nothing to say, only to be told under which id an earlier try became a message."""


@dataclass(frozen=True, slots=True)
class Voice:
    """`room_of` is None while a room is not joined yet, `prefix` is what commands begin with.

    `is_shut` says of a place that nothing may be shown there now. `typed`: see `Setting`.
    """

    rooms: Rooms
    roles: Mapping[Place, RoomRole]
    zone: ZoneInfo
    room_of: Callable[[Place], RoomId | None]
    prefix: str = "!"
    server: str = ""
    """The name of our homeserver, by way of which others find the rooms."""
    is_shut: Callable[[Place], bool] = lambda _: False
    typed: bool = False

    def room(self, place: Place, waiting: Waiting | None = None) -> RoomId:
        """The room of a place; for an effect under way, the one in which it was begun.

        Raises TryLater while we are not in it, and while nothing may be shown there.
        """
        room = self.room_of(place)
        if room is None:
            raise TryLater(f"the bot is not in the room for {place} yet: invite it")
        if self.is_shut(place):
            raise TryLater(f"the room for {place} is open to strangers: nothing is shown there")
        return (waiting.room if waiting is not None else None) or room

    def setting(self, place: Place) -> Setting:
        """For whom something is rendered there."""
        return Setting.of(self.roles[place].language, self.zone, typed=self.typed)

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

    async def name_of(self, place: Place, user: UserId) -> str:
        """What somebody is called in the room of a place."""
        room = self.room_of(place)
        return localpart(user) if room is None else await self.rooms.name_of(room, user)

    async def send(self, place: Place, message: Message, waiting: Waiting, *, whole: bool = False) -> EventId:
        """Say it: the same effect always becomes the same event.

        What an event cannot hold is cut; with `whole`, Rejected is raised instead: nobody may confirm half a preview.
        """
        cut = self._fitting(place, message)
        if cut.plain != message.plain:
            log.warning("message-too-long effect=%s kind=%s", waiting.id, type(waiting.effect).__name__)
            if whole:
                told = Refusal("it is too long for one message")
                raise Rejected(str(told), told=told)
        return await self.rooms.send(self.room(place, waiting), cut, waiting.id)

    async def send_beside(self, place: Place, message: Message, transaction: str) -> EventId:
        """Say what no effect stands for: how far something is. The same transaction always becomes the same event."""
        return await self.rooms.send(self.room(place), self._fitting(place, message), transaction)

    async def send_file(self, place: Place, message: FileMessage, waiting: Waiting) -> EventId:
        """The same for a file, of which only the caption can be too long."""
        caption = Rendered(message.caption, message.caption_html)
        cut = fitted(caption, self.setting(place).language, is_edit=False)
        message = replace(message, caption=cut.plain, caption_html=cut.html)
        return await self.rooms.send_file(self.room(place, waiting), message, waiting.id)

    def _fitting(self, place: Place, message: Message) -> Message:
        """As much of it as an event holds; the same where all fits."""
        woken, is_edit = those_woken(message.mentions), message.replaces is not None
        shown = Rendered(message.plain, message.html)
        cut = fitted(shown, self.setting(place).language, is_edit=is_edit, woken=woken)
        return replace(message, plain=cut.plain, html=cut.html, mentions=woken)
