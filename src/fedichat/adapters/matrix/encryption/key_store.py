"""The store with our encryption keys: used by one process at a time, and never after it was restored from a backup.

Encryption goes forward only: each message to a device turns a ratchet (Olm), each one-time key serves once. A store
that is put back to an older state would do both again, and what it writes nobody could read. So nio's database counts
its own steps, and before anything goes out that a step has made, the count is kept in fedichat's database and in our
account data at the homeserver. A store that is behind one of these was put back, whatever else was put back with it.
"""

import asyncio
import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import IO
from urllib.parse import quote

from nio import AsyncClient
from nio.crypto import OlmAccount
from nio.store import DefaultStore

from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.events import Json, word
from fedichat.errors import Gone, Rejected, StartError, StopError
from fedichat.files.lock import lock as lock_file
from fedichat.ports import StepBook

log = logging.getLogger(__name__)

PICKLE_KEY = "DEFAULT_KEY"
"""nio encrypts the keys in its database with this; what protects them are the folder's permissions."""
ACCOUNT_DATA = "org.fedichat.key_store"

_TABLE = """
CREATE TABLE IF NOT EXISTS fedichat_steps (steps INTEGER NOT NULL);
INSERT INTO fedichat_steps SELECT 0 WHERE NOT EXISTS (SELECT * FROM fedichat_steps);
"""
# Whatever in nio saves keys, now or later: the count moves in the same transaction.
_COUNT = """
CREATE TRIGGER IF NOT EXISTS fedichat_{table}_{verb} AFTER {verb} ON {table}
BEGIN UPDATE fedichat_steps SET steps = steps + 1; END
"""


class CountingStore(DefaultStore):  # type: ignore[misc] # nio has no types
    """nio's database of keys, which counts whenever the account or a session with a device is saved."""

    def __post_init__(self) -> None:
        super().__post_init__()
        database = self.database.connection()
        database.executescript(_TABLE)
        for table, verb in product(("accounts", "olmsessions"), ("insert", "update", "delete")):
            database.execute(_COUNT.format(table=table, verb=verb))

    @property
    def steps(self) -> int:
        """How many steps there have been."""
        return int(self.database.execute_sql("SELECT steps FROM fedichat_steps").fetchone()[0])


@dataclass(frozen=True, slots=True)
class Keys:
    """What a store holds: the `fingerprint` of its device (its ed25519 key, unpadded base64) and its `steps`."""

    fingerprint: str
    steps: int


def lock(folder: Path) -> IO[str]:
    """Take the folder until the file is closed, or the process dies.

    Raises StartError if another process has it.
    """
    file = folder / "lock"
    try:
        return lock_file(file)
    except BlockingIOError as error:
        raise StartError(
            f"Another fedichat is using the encryption keys in {folder}: stop it first, or give this one a Matrix user "
            "and a matrix.store of its own."
        ) from error
    except OSError as error:
        raise StartError(f"{file} cannot be used: {error.strerror}") from error


def look(file: Path) -> Keys | None:
    """What is in a database of keys, also beside a running fedichat; None where there are no keys.

    Changes nothing. Raises sqlite3's and vodozemac's errors where the file is damaged.
    """
    if not file.exists():
        return None
    # Not mode=ro: after a crash, SQLite has to roll the last transaction back before anybody can read.
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=10)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        row = database.execute("SELECT account, shared FROM accounts").fetchone() if "accounts" in tables else None
        if row is None:
            return None
        counted = database.execute("SELECT steps FROM fedichat_steps").fetchone() if "fedichat_steps" in tables else [0]
    account = OlmAccount.from_pickle(bytes(row[0]), PICKLE_KEY, bool(row[1]))
    return Keys(account.identity_keys["ed25519"], int(counted[0]))


async def was_put_back(client: AsyncClient, device: str, keys: Keys, book: StepBook | None) -> bool:
    """Whether these keys were further ahead once. Raises TryLater, and StopError if the token is not valid."""
    known = await book.key_steps(keys.fingerprint) if book is not None else 0
    return max(known, await _steps_at_server(client, device, keys.fingerprint)) > keys.steps


class Steps:
    """Keeps how far the keys of a logged-in client have come, in a place that a restored backup does not change."""

    def __init__(self, client: AsyncClient, book: StepBook | None) -> None:
        self._client = client
        self._book = book
        self._kept = 0
        self._keeping = asyncio.Lock()
        self._refused = False

    async def keep(self) -> None:
        """Keep the present state, unless it is kept. To be called before anything goes out that a step has made.

        Raises TryLater; StopError when the store was put back, or a copy of it used, while we run (as when a virtual
        machine goes back to a snapshot).
        """
        store: CountingStore = self._client.store
        async with self._keeping:
            steps = store.steps
            if steps <= self._kept:
                return
            fingerprint: str = self._client.olm.account.identity_keys["ed25519"]
            if self._book is not None:
                await self._book.keep_key_steps(fingerprint, steps)
            await self._tell_server(fingerprint, steps)
            self._kept = steps

    async def _tell_server(self, fingerprint: str, steps: int) -> None:
        client = self._client
        if await _steps_at_server(client, client.device_id, fingerprint) > steps:
            raise StopError(
                f"The encryption keys in {client.store_path} were put back to an older state, or a copy of them is in "
                "use, while fedichat was running. Start fedichat again, and only once."
            )
        content: Json = {"fingerprint": fingerprint, "steps": steps}
        try:
            await _account_data(client, client.device_id, "PUT", content)
        except Rejected as error:
            if not self._refused:
                log.warning("matrix-key-steps-not-kept reason=%s (the database keeps them)", error)
            self._refused = True


async def _steps_at_server(client: AsyncClient, device: str, fingerprint: str) -> int:
    try:
        kept = await _account_data(client, device, "GET")
    except Gone:
        return 0
    except Rejected as error:
        log.warning("matrix-key-steps-unknown reason=%s (the database knows them)", error)
        return 0
    steps = kept.get("steps")
    # A device id may come a second time, for keys that have nothing to do with the first ones.
    return steps if isinstance(steps, int) and word(kept, "fingerprint") == fingerprint else 0


async def _account_data(client: AsyncClient, device: str, method: str, content: Json | None = None) -> Json:
    kind = quote(f"{ACCOUNT_DATA}.{device}", safe="")
    path = f"user/{quote(client.user_id, safe='')}/account_data/{kind}"
    return await call(client, method, path, content, "account data")
