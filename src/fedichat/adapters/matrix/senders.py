"""Who sent an event: remembered for a while, otherwise asked of the homeserver."""

from nio import AsyncClient

from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import word
from fedichat.errors import Gone, Rejected
from fedichat.ports import AnyHeard, EventId, RoomId, Spoken, UserId

_REMEMBERED = 5_000


class Senders:
    """The senders of messages, the latest few thousand of them in memory."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._known: dict[EventId, UserId] = {}

    def note(self, heard: AnyHeard) -> None:
        """Remember who said this."""
        if isinstance(heard, Spoken):
            self._remember(heard.event_id, heard.sender)

    async def of(self, room: RoomId, event: EventId) -> UserId | None:
        """The sender of an event; None where there is no such event for us. Raises TryLater."""
        known = self._known.get(event)
        if known is not None:
            return known
        try:
            with network("event"):
                response = await self._client.room_get_event(room, event)
            checked(response, "asking for an event")
        except (Gone, Rejected):
            return None
        sender = UserId(word(response.event.source, "sender"))
        self._remember(event, sender)
        return sender

    def _remember(self, event: EventId, sender: UserId) -> None:
        self._known[event] = sender
        if len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))
