"""Every statement of the store, and the schema, are understood by SQLite and by PostgreSQL."""

import importlib
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.elements import ClauseElement

from fedichat.domain.effects import Say
from fedichat.domain.names import RoomId, TicketId
from fedichat.domain.tickets.mention import StatusId
from fedichat.errors import AlreadyHandled
from fedichat.store import look, outbox, rooms, schema
from fedichat.store.database import Database
from fedichat.store.engines import postgres, sqlite_search
from fedichat.store.exporting import exported
from fedichat.store.migrations.first_search import SEARCH
from tests.dialects import POSTGRES, OnlyOneUnderstandsItError, in_postgres
from tests.factories import DIRECT, NOW
from tests.store.calls import Site, arguments, call_sites, queries, site_of
from tests.tables import with_tables

Statements = dict[Site, set[str]]


@contextmanager
def heard() -> Iterator[Statements]:
    """What the store executes meanwhile, as PostgreSQL would get it."""
    found: Statements = {}
    known: set[object] = set()

    def hear(_connection: Connection, statement: ClauseElement, *_: object) -> None:
        site = site_of(sys._getframe())
        key = statement._generate_cache_key()
        if site is not None and (key is None or (site, key.key) not in known):
            known.add((site, key and key.key))
            found.setdefault(site, set()).add(in_postgres(statement))

    event.listen(Engine, "before_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_execute", hear)


@pytest.fixture(scope="module")
async def statements(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    """All that the store executes when each of its functions is called with everything that it takes."""
    file = tmp_path_factory.mktemp("dialects") / "fedichat.db"
    url = with_tables(file)
    engine = create_engine(f"sqlite:///{file}")  # without foreign keys: what belongs together need not be there
    with heard() as found:
        with engine.begin() as connection:
            for function in queries():
                call(function, connection)
            take_words_back(connection)
        database = await Database.open(url)
        await database.close()
        with exported(file) as tables:
            for table in tables:
                list(table.rows)
        await look.look(file)
        rooms.accept(file, {"#team:example.org": RoomId("!team:example.org")})
    engine.dispose()
    return found


def call(function: Callable[..., Any], connection: Connection) -> None:
    for plain, named in arguments(function):
        # The second of two that are the same is refused; its statement was heard.
        with suppress(IntegrityError, AlreadyHandled), connection.begin_nested():
            function(connection, *plain, **named)


def take_words_back(connection: Connection) -> None:
    """What waits to be said, and what is under way, quotes words that a citizen has deleted."""
    first, second = TicketId(1), TicketId(2)
    for is_under_way in (False, True):
        outbox.add_effects(connection, [Say(DIRECT, "words", "words", quotes=(first, second))])
        if is_under_way:
            outbox.take(connection, DIRECT, NOW, 1)
        outbox.take_words_back(connection, [second], StatusId("1"))


def test_nothing_that_the_store_executes_is_left_out_here(statements: Statements) -> None:
    """Where this fails: the arguments in tests/store/calls.py do not lead to those places."""
    assert call_sites() - statements.keys() == set()
    assert len(statements) > 200


def test_every_table_and_index_can_be_made_in_postgresql() -> None:
    for table in schema.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=POSTGRES))
        for index in table.indexes:
            made = str(CreateIndex(index).compile(dialect=POSTGRES))
            partial = index.dialect_kwargs.get("sqlite_where")
            assert ("WHERE" in made) == (partial is not None), index.name


def test_the_first_migration_makes_the_full_text_index_of_either() -> None:
    assert SEARCH == {"sqlite": sqlite_search.SEARCH, "postgresql": postgres.SEARCH}


@pytest.mark.parametrize(
    "statement",
    [
        select(func.max(schema.tickets.c.due_at, schema.tickets.c.opened_at)),
        select(func.json_each(schema.tickets.c.labels)),
        select(func.group_concat(schema.tickets.c.place)),
        select(schema.tickets.c.id).where(text("search MATCH 'x'")),
    ],
)
def test_what_only_sqlite_understands_is_noticed(statement: ClauseElement) -> None:
    with pytest.raises(OnlyOneUnderstandsItError):
        in_postgres(statement)


# --- on a real server, where its programs are installed: nothing of it is needed to develop or to run fedichat ---


def migration() -> str:
    """What the migrations do in PostgreSQL, as SQL."""
    out = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out})
    first = importlib.import_module("fedichat.store.migrations.versions.0001_the_first_tables")
    with Operations.context(context):
        first.upgrade()
    return f"{out.getvalue()}CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"


PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
USER = "postgres" if Path.home() == Path("/root") else None
"""The server refuses to run as root."""


def run(program: str, *options: str, given: str = "") -> str:
    """Run a program of PostgreSQL; returns what it complains about."""
    assert PROGRAMS is not None
    done = subprocess.run(
        [str(PROGRAMS / program), *options],
        input=given,
        user=USER,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
    )
    return "\n".join(line for line in done.stderr.splitlines() if "ERROR" in line or "FATAL" in line)


@pytest.fixture
def server() -> Iterator[str]:
    """The folder of a server that is not running: each command is a process that reads SQL and ends (`--single`)."""
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed")
    folder = tempfile.mkdtemp(prefix="fedichat-postgres-")
    if USER:
        shutil.chown(folder, USER)
    try:
        assert run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D", folder) == ""
        yield folder
    finally:
        shutil.rmtree(folder)


def test_a_real_server_takes_the_schema_and_every_statement(server: str, statements: Statements) -> None:
    every = sorted(set().union(*statements.values()))
    prepared = [f"PREPARE s{number} AS {statement};" for number, statement in enumerate(every)]
    # `-j`: a statement ends with a semicolon and an empty line.
    script = "\n\n".join([migration(), *prepared, "SELECT ends_here;", ""])
    complaints = run("postgres", "--single", "-j", "-D", server, "postgres", given=script)
    assert [line for line in complaints.splitlines() if "ends_here" not in line] == []
    assert "ends_here" in complaints, "it came to the end"
