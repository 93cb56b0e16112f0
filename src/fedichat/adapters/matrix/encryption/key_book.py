"""What nio's key store has no place for: whose each Olm session is, and the room keys that we gave out.

`key-book.db` in the store folder, mode 0600. Losing it costs little: new sessions are made, and people who join later
cannot read what was said before.
"""

import logging
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fedichat.ports import RoomId

log = logging.getLogger(__name__)

KEPT = timedelta(days=180)
"""How long people who join later can get a room key; older cards are edited with a newer key."""
_MOST = 300
"""How many keys of a room newcomers get; each covers about a hundred messages."""
_TABLES = """
create table if not exists olm_session (
    id text primary key, user text not null, made_at real not null, used_at real not null
);
create table if not exists room_key (
    id text primary key, room text not null, key text not null, made_at text not null
);
create table if not exists given (
    room_key text not null references room_key(id) on delete cascade, user text not null, device text not null,
    primary key (room_key, user, device)
) without rowid;
create table if not exists identity (user text primary key, master text not null);
"""

Recipient = tuple[str, str]
"""A user and the id of one of their devices."""


@dataclass(frozen=True, slots=True)
class SessionNote:
    """With whose device an Olm session is, when it was begun, and when it was last heard from (seconds, Unix time)."""

    user: str
    made_at: float
    used_at: float


@dataclass(frozen=True, slots=True)
class RoomKey:
    """A Megolm session of ours. `key` opens it from its first message on."""

    id: str
    room: RoomId
    key: str


class KeyBook:
    """One connection, used in one thread; every call is a transaction of its own."""

    def __init__(self, folder: Path) -> None:
        file = folder / "key-book.db"
        try:
            self._database = _opened(file)
        except sqlite3.DatabaseError as error:
            log.warning("matrix-key-book-damaged file=%s reason=%s (a new one is begun)", file, error)
            file.replace(file.with_suffix(".damaged"))
            self._database = _opened(file)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # --- Olm sessions ---

    def sessions(self) -> dict[str, SessionNote]:
        """What is known of each Olm session, by its id."""
        rows = self._database.execute("select id, user, made_at, used_at from olm_session")
        return {ident: SessionNote(user, made_at, used_at) for ident, user, made_at, used_at in rows}

    def note_session(self, ident: str, note: SessionNote) -> None:
        """Remember that of an Olm session."""
        values = (ident, note.user, note.made_at, note.used_at)
        self._database.execute("insert or replace into olm_session values (?, ?, ?, ?)", values)

    def drop_session(self, ident: str) -> None:
        """That Olm session no longer exists."""
        self._database.execute("delete from olm_session where id = ?", (ident,))

    # --- room keys ---

    def keep(self, key: RoomKey, now: datetime) -> None:
        """Remember a new room key, and forget those that are too old."""
        self._database.execute(
            "insert or ignore into room_key values (?, ?, ?, ?)", (key.id, key.room, key.key, now.isoformat())
        )
        self._database.execute("delete from room_key where made_at < ?", ((now - KEPT).isoformat(),))

    def keys_of(self, room: RoomId) -> tuple[RoomKey, ...]:
        """The keys with which we have spoken in a room, the newest first."""
        rows = self._database.execute(
            "select id, key from room_key where room = ? order by made_at desc limit ?", (room, _MOST)
        )
        return tuple(RoomKey(ident, room, key) for ident, key in rows)

    def given_to(self, key: str) -> frozenset[Recipient]:
        """Who has that room key."""
        rows = self._database.execute("select user, device from given where room_key = ?", (key,))
        return frozenset((user, device) for user, device in rows)

    def give(self, key: str, recipients: Iterable[Recipient]) -> None:
        """These devices have that room key now."""
        with self._database:
            self._database.execute("begin")
            self._database.executemany(
                "insert or ignore into given values (?, ?, ?)", [(key, user, device) for user, device in recipients]
            )

    # --- identities ---

    def identity(self, user: str) -> str | None:
        """The master key that a user had when it was noted last."""
        row = self._database.execute("select master from identity where user = ?", (user,)).fetchone()
        return row[0] if row else None

    def note_identity(self, user: str, master: str) -> None:
        """That is the user's master key."""
        self._database.execute("insert or replace into identity values (?, ?)", (user, master))


def _opened(file: Path) -> sqlite3.Connection:
    file.touch(mode=0o600)
    file.chmod(0o600)
    database = sqlite3.connect(file, isolation_level=None)
    try:
        # The last write may be lost in a power cut; that repairs itself.
        database.executescript("pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on;")
        database.executescript(f"pragma foreign_keys = on; {_TABLES}")
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
