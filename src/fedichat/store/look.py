"""A look at a database that changes nothing: no file is made, nothing is migrated, no lock is kept."""

import asyncio
import os
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from fedichat.domain.names import RoomId
from fedichat.errors import StartError
from fedichat.files.lock import is_locked
from fedichat.store import schema
from fedichat.store.engines.sqlite import beside, lock_file


@dataclass(frozen=True, slots=True)
class Look:
    """What is there. `version` is None in an empty file; `newest` is this program's.

    `is_known`: this program can use that version. `malformed` counts, by account, the notifications
    that could not be read, `set_aside` what could never be said or published.
    """

    exists: bool
    in_use: bool = False
    version: str | None = None
    newest: str | None = None
    is_known: bool = True
    malformed: dict[str, int] = field(default_factory=dict)
    set_aside: int = 0
    rooms: dict[str, RoomId] = field(default_factory=dict)
    """The room that each configured alias or id stands for."""
    key_steps: dict[str, int] = field(default_factory=dict)
    """How far encryption keys have come, by fingerprint."""


async def look(path: Path) -> Look:
    """How a database file stands. Raises StartError when it can be neither used nor made."""
    return await asyncio.to_thread(_look, path)


def _look(path: Path) -> Look:
    if not path.exists():
        _can_be_made(path)
        return Look(exists=False)
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        raise StartError(f"{path} and its folder must be readable and writable for this user")
    try:
        return _inside(path)
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise StartError(f"{path} cannot be read as a database: {reason}") from None


def _inside(path: Path) -> Look:
    config = Config()
    config.set_main_option("script_location", str(resources.files("fedichat.store") / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    with beside(path) as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        malformed: dict[str, int] = {}
        set_aside = 0
        if inspect(connection).has_table(schema.effects.name):
            aside = select(func.count()).where(schema.effects.c.set_aside.is_not(None))
            set_aside = connection.execute(aside).scalar_one()
        rooms: dict[str, RoomId] = {}
        if inspect(connection).has_table(schema.room_pins.name):
            rooms = {row.name: RoomId(row.room) for row in connection.execute(select(schema.room_pins))}
        key_steps: dict[str, int] = {}
        if inspect(connection).has_table(schema.key_steps.name):
            key_steps = {str(row[0]): int(row[1]) for row in connection.execute(select(schema.key_steps))}
        if inspect(connection).has_table(schema.malformed.name):
            account = schema.malformed.c.account
            rows = connection.execute(select(account, func.count().label("count")).group_by(account))
            malformed = {str(row[0]): int(row[1]) for row in rows}
    known = {script.revision for script in scripts.walk_revisions()}
    is_known = version is None or version in known
    head = scripts.get_current_head()
    return Look(True, is_locked(lock_file(path)), version, head, is_known, malformed, set_aside, rooms, key_steps)  # noqa: FBT003


def _can_be_made(path: Path) -> None:
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"{path} cannot be made: {folder} is not writable for this user")
