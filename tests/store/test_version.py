"""The version that a start compares with, before it takes the time to load Alembic."""

from importlib import resources

from alembic.config import Config
from alembic.script import ScriptDirectory

from fedichat.store import schema


def test_the_tables_have_the_version_of_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("fedichat.store") / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.VERSION
