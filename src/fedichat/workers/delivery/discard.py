"""Deletes uploads that were not used."""

import logging
from collections.abc import Mapping

from fedichat.desk import Desk
from fedichat.domain.effects import Discard
from fedichat.errors import Rejected
from fedichat.ports import Fediverse
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import Handler

log = logging.getLogger(__name__)


class DiscardHandler(Handler[Discard]):
    """Deletes an upload from the instance. Where the server will not, it does so itself after a day."""

    def __init__(self, desk: Desk, fediverses: Mapping[str, Fediverse]) -> None:
        super().__init__(desk)
        self._fediverses = fediverses

    async def carry_out(self, waiting: Waiting, effect: Discard) -> None:
        """Ask for it once."""
        try:
            await self._fediverses[effect.account].discard(effect.media)
        except Rejected as error:
            log.info("upload-not-discarded account=%s reason=%s", effect.account, error)
        await self._desk.room.outbox.carried_out(waiting)
