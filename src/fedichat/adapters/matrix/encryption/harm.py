"""One bad event, device or key must do no harm to the others."""

import asyncio
import logging
from time import monotonic

log = logging.getLogger(__name__)

_HOUR = 3600.0
_REMEMBERED = 1000
OUR_OWN_END = (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""Errors of our own machine, which nobody can have sent."""
_said: dict[str, float] = {}


class contained:  # noqa: N801 - reads as a function in `with`
    """Let an exception end here: `what` was being done with something of that user or device.

    Also those that are no `Exception`: a panic of vodozemac is raised as one (PyO3's PanicException).
    """

    def __init__(self, what: str, whose: str) -> None:
        self._what = what
        self._whose = whose

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None or isinstance(error, OUR_OWN_END):
            return False
        say_seldom(f"matrix-skipped what={self._what} whose={self._whose} reason={type(error).__name__}")
        log.debug("matrix-skipped what=%s whose=%s", self._what, self._whose, exc_info=error)
        return True


def say_seldom(line: str) -> None:
    """Log a warning, but the same one at most once an hour: strangers must not be able to fill the log."""
    now = monotonic()
    if now - _said.get(line, -_HOUR) < _HOUR:
        return
    _said.pop(line, None)
    _said[line] = now
    if len(_said) > _REMEMBERED:
        _said.pop(next(iter(_said)))
    log.warning("%s", line)
