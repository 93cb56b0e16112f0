"""Pins warnings to accounts' profiles."""

from collections.abc import Mapping

from fedichat.desk import Desk
from fedichat.domain.effects import Pin
from fedichat.domain.phrase import Phrase
from fedichat.errors import Rejected
from fedichat.ports import Fediverse
from fedichat.render.words import reason
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import Handler


class PinHandler(Handler[Pin]):
    """Pins what a warning became to the account's profile."""

    def __init__(self, desk: Desk, fediverses: Mapping[str, Fediverse]) -> None:
        super().__init__(desk)
        self._fediverses = fediverses

    async def carry_out(self, waiting: Waiting, effect: Pin) -> None:
        """Pin it; where the instance refuses, the room hears so."""
        post = await self._desk.posts.finding.any_post(effect.post)
        failure: Phrase | None = None
        try:
            if post.published_as is not None and post.stands:
                await self._fediverses[effect.account].pin(post.published_as)
        except Rejected as error:
            failure = reason(error)
        await self._desk.plan.due.pinned(waiting, effect.post, failure)
