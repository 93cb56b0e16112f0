"""Regular expressions that are compiled when they are first used.

Some of ours take tens of milliseconds, because they hold all letters of all scripts; the process starts without them.
"""

import re
from collections.abc import Callable
from functools import cached_property


class LazyPattern:
    """A regular expression, given by its text or by a function that makes the text."""

    def __init__(self, source: str | Callable[[], str], flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        source = self._source if isinstance(self._source, str) else self._source()
        return re.compile(source, self._flags)
