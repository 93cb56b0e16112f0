"""Whatever one worker stumbles over, the others go on, and so does it after a while."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fedichat.backoff import Backoff
from fedichat.errors import StartError, StopError
from fedichat.ports import Clock

log = logging.getLogger(__name__)

_LONGEST = 300.0
_LIVED = timedelta(minutes=10)


async def keep_up(name: str, work: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Do it until it is done; after a fault of ours, again, with growing pauses of up to five minutes.

    Raises StartError and StopError: they are meant to end the program.
    """
    backoff = Backoff(longest=_LONGEST)
    while True:
        begun = clock.now()
        try:
            await work()
        except (StartError, StopError):
            raise
        except Exception:
            if clock.now() - begun >= _LIVED:
                backoff.reset()
            log.exception("worker-broke worker=%s reference=%s", name, secrets.token_hex(4))
            await clock.sleep(backoff.next())
        else:
            return
