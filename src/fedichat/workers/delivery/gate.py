"""The one gate between a confirmed post and the server: it opens when everything said until now has been heard.

Who says ❌, `!freeze` or `!withdraw` before a post leaves must be heard before it leaves, whatever holds up our ears: a
preview that is being sent, a key that is missing, an instance that does not answer, an answer of the homeserver that
is on its way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from fedichat.desk import Desk
from fedichat.domain.effects import Publish
from fedichat.domain.posts.post import Attempt, Post
from fedichat.ports import Clock, Mark, Rooms

log = logging.getLogger(__name__)

TOLD_AFTER = 10.0
"""Seconds after which the room is told why a post waits."""
WITHOUT_EARS = 60.0
"""Seconds that an answer or a warning waits for a homeserver that does not answer. What is planned waits longer."""
_STILL_SILENT = 3.0
_STEP = 1.0
_LONG = 5.0
"""Seconds of waiting after which what was looked at before may not be so any more. Longer than a wait in silence."""
_MOST_LOOKS = 3
"""A homeserver may be that slow at every time."""


async def _as_it_was() -> bool:
    return True


class Gate:
    """Lets posts through, one at a time for each lane of the outbox."""

    def __init__(self, desk: Desk, rooms: Rooms, clock: Clock) -> None:
        self._desk = desk
        self._rooms = rooms
        self._clock = clock
        self._silent_since: int | None = None
        """The last answer of the homeserver when something went out without waiting for another one."""

    async def start_publishing(
        self,
        effect: Publish,
        attempt: Attempt | None = None,
        is_still_right: Callable[[], Awaitable[bool]] = _as_it_was,
    ) -> Post | None:
        """The post, now in the server's hands; None when it was taken back, or is held back. See the desk's own.

        To be called when its moment has come. What is planned waits until its `grace` is over, and is missed then.
        `is_still_right` is asked when it had to wait for long, and then all is heard again that was said meanwhile;
        where it is not, that has been dealt with.
        """
        is_heard, waited = await self._hear(effect)
        looks = 0
        while waited >= _LONG and looks < _MOST_LOOKS:
            looks += 1
            if not await is_still_right():
                return None
            is_heard, waited = await self._hear(effect)
        return await self._desk.posts.publishing.start_publishing(effect, attempt, unheard=not is_heard)

    async def _hear(self, effect: Publish) -> tuple[bool, float]:
        """Whether all has been heard that was said until now, and how many seconds that took."""
        mark = self._rooms.mark()
        heard = asyncio.ensure_future(mark.heard())
        try:
            return await self._wait(effect, mark, heard)
        finally:
            heard.cancel()
            with suppress(asyncio.CancelledError):
                await heard

    async def _wait(self, effect: Publish, mark: Mark, heard: asyncio.Future[None]) -> tuple[bool, float]:
        """Whether all has been heard, or it is waited no longer; and how many seconds it was waited."""
        # Several answers must not wait a minute each, one after the other.
        patience = _STILL_SILENT if self._silent_since == mark.answers else WITHOUT_EARS
        waited, silent, is_told = 0.0, 0.0, False
        while not await self._is_done(heard):
            waited += _STEP
            silent = silent + _STEP if mark.is_cut_off else 0.0
            without_ears = silent >= patience
            if not await self._desk.room.unheard.is_to_wait(effect, without_ears=without_ears):
                if without_ears:
                    self._silent_since = mark.answers
                log.warning("post-not-waiting post=%d cut_off=%s", effect.post, mark.is_cut_off)
                return False, waited
            if waited >= TOLD_AFTER and not mark.is_cut_off and not is_told:
                log.warning("post-waits post=%d something said before its time is not dealt with", effect.post)
                await self._desk.room.unheard.tell_that_it_waits(effect)
                is_told = True
        return True, waited

    async def _is_done(self, heard: asyncio.Future[None]) -> bool:
        """Give it a moment."""
        await asyncio.sleep(0)  # mostly there is nothing to wait for
        if heard.done():
            return True
        pause = asyncio.ensure_future(self._clock.sleep(_STEP))
        try:
            await asyncio.wait({heard, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
        return heard.done()
