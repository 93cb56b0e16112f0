"""fedichat with counters: `python -m benchmarks.counted run …` is `fedichat run …`, and prints them at SIGUSR1.

A *thread hop* is a call that is handed to a thread and whose outcome comes back to the event loop. However it was
handed over (aiosqlite's queue, an executor of Mastodon.py's, `to_thread`), it comes back by `call_soon_threadsafe`, and
is counted there. A *transaction* is a BEGIN that SQLite itself reports for our database, empty ones included.
"""

import asyncio
import functools
import json
import signal
import sqlite3
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from fedichat.cli.main import main

DATABASE = "fedichat.db"
HOPS, WRITES, READS = "hops", "writes", "reads"
counts: Counter[str] = Counter()


def count_hops() -> None:
    """Count what threads hand back to the event loop."""
    original = asyncio.BaseEventLoop.call_soon_threadsafe

    @functools.wraps(original)
    def call_soon_threadsafe(self: asyncio.BaseEventLoop, *arguments: Any, **named: Any) -> asyncio.Handle:  # noqa: ANN401
        if threading.current_thread() is not threading.main_thread():
            counts[HOPS] += 1
        return original(self, *arguments, **named)

    asyncio.BaseEventLoop.call_soon_threadsafe = call_soon_threadsafe  # type: ignore[method-assign, assignment]


def count_transactions() -> None:
    """Count the transactions of each connection that is opened from now on."""
    original = sqlite3.connect

    def connect(database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401 - as sqlite3's
        connection: sqlite3.Connection = original(database, *arguments, **named)
        if DATABASE in str(database):
            connection.set_trace_callback(_note)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]


def _note(statement: str) -> None:
    if statement.startswith("BEGIN"):
        counts[WRITES if "IMMEDIATE" in statement else READS] += 1


def _show(*_: object) -> None:
    print("counts " + json.dumps(counts), flush=True)


if __name__ == "__main__":
    assert Path.cwd().joinpath("benchmarks").is_dir(), "run from the top of the repository"
    count_hops()
    count_transactions()
    signal.signal(signal.SIGUSR1, _show)
    sys.exit(main())
