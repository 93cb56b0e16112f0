"""Takes messages of ours away."""

import logging

from fedichat.domain.effects import Redact
from fedichat.errors import Rejected
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import RoomHandler

log = logging.getLogger(__name__)


class RedactHandler(RoomHandler[Redact]):
    """Takes a message of ours away. Where the homeserver refuses, it has done so before, or a person must."""

    async def carry_out(self, waiting: Waiting, effect: Redact) -> None:
        """Redact it, and forget what it quoted."""
        try:
            await self._voice.rooms.redact(self._voice.room(effect.place), effect.event, waiting.id)
        except Rejected as error:
            log.warning("redaction-refused place=%s event=%s reason=%s", effect.place, effect.event, error)
        await self._desk.room.outbox.redacted(waiting, effect.event)
