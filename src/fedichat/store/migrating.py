"""Bringing a database up to this program's version, by Alembic's numbered steps."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from fedichat.errors import StartError


def migrate(connection: Connection) -> None:
    """Bring the tables up to date; the caller's transaction makes it all or nothing.

    Raises StartError when the database is newer than this program.
    """
    config = Config()
    config.set_main_option("script_location", str(resources.files("fedichat.store") / "migrations"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise StartError(
            f"The database is of a newer fedichat (version {present!r}) than this program. Install that version or a "
            "later one, or restore a backup from before the update."
        )
    command.upgrade(config, "head")
