"""`fedichat` on a clock that a test puts forward while it runs: the first argument is a file with the seconds."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedichat import app
from fedichat.cli.main import main

_OFTEN = 0.05


class FileClock:
    """The machine's clock, ahead by the seconds in a file that may change at any time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text()))

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - no file tells that it was changed
            await asyncio.sleep(min(left, _OFTEN))


if __name__ == "__main__":
    clock = FileClock(Path(sys.argv.pop(1)))
    setattr(app, "SystemClock", lambda: clock)  # noqa: B010 - mypy knows it for a class
    sys.exit(main())
