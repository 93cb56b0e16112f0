"""The homeserver is in trouble: said once in the log, waited for, and once more when it is over."""

import logging
from datetime import datetime

from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, TryLater
from fedichat.ports import Clock

log = logging.getLogger(__name__)

ASKED_AGAIN_WITHIN = 10.0
"""Seconds at most until a homeserver that did not answer is asked again.

An answer to a citizen waits a minute for it: once it is back, what was said must be heard well within that.
"""


def patience() -> Backoff:
    """The pauses between requests to a homeserver that does not answer."""
    return Backoff(longest=ASKED_AGAIN_WITHIN)


class Outage:
    """Whether the homeserver is in trouble, and since when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether the log says already that something is wrong."""
        return self._since is not None

    async def wait(self, backoff: Backoff, error: FarEndError) -> None:
        """Wait for as long as the homeserver asks for, else for longer each time."""
        if self._since is None:
            self._since = self._clock.now()
            log.warning("matrix-sync-failed reason=%s (trying again until it works)", error)
        retry_after = error.retry_after if isinstance(error, TryLater) else None
        await self._clock.sleep(backoff.next(retry_after))

    def is_over(self) -> None:
        """The homeserver has answered."""
        if self._since is not None:
            seconds = (self._clock.now() - self._since).total_seconds()
            log.warning("matrix-sync-works-again after=%.0fs", seconds)
            self._since = None
