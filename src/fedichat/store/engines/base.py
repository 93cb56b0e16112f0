"""What an engine offers, and the constructs that it must know how to write in its own SQL.

The queries of `store` are written with these and with what SQLAlchemy writes for every database; nothing outside of
this package names one. A construct that an engine does not know does not compile there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Index,
    Insert,
    String,
    Table,
    Text,
    TypeDecorator,
    alias,
    bindparam,
    case,
    column,
    exists,
    insert,
    table,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import ReadOnlyColumnCollection, SyntaxExtension
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, KeyedColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.sql.visitors import InternalTraversal

T = TypeVar("T")


class Engine(Protocol):
    """An open database. Transactions are plain functions, run whole; see `fedichat.store.database`."""

    async def open(self, prepare: Callable[[Connection], None]) -> None:
        """Connect, keep every other fedichat out, and run `prepare` in the first transaction.

        Raises StartError where the database is in use or cannot be used; then nothing stays open.
        """

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction: all of it is kept, or nothing."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent view of the data, beside a write that may be under way."""

    async def count(self, work: Callable[[Connection], T]) -> T:
        """The same for what may take seconds: nobody else waits for it."""

    async def empty_log(self) -> None:
        """Leave nothing of removed words in files that the engine keeps beside the tables."""

    async def tidy_search(self, *, begins: bool) -> bool:
        """Let go of a little of what is left of removed words in the full-text index; whether there is more to do."""

    async def close(self) -> None:
        """Finish what is under way and let go of the database."""


# --- rows that may be there already ---


class OnConflict(SyntaxExtension, ClauseElement):
    """What becomes of a new row where one with the same key is there: it is left out, or the old one is changed.

    Use `insert_new` and `upsert`. SQLite took PostgreSQL's syntax: https://sqlite.org/lang_upsert.html.
    """

    inherit_cache = True
    _traverse_internals: Any = [  # noqa: RUF012 - as SQLAlchemy's own are
        ("key", InternalTraversal.dp_string_list),
        ("names", InternalTraversal.dp_string_list),
        ("values", InternalTraversal.dp_clauseelement_list),
    ]

    def __init__(self, key: Sequence[str], changes: Mapping[str, ColumnElement[Any]]) -> None:
        """`key` names the columns of the unique index (none: any of them); without `changes` the row is left out."""
        self.key = list(key)
        self.names = list(changes)
        self.values = list(changes.values())

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        """Put the clause behind the values; SQLAlchemy calls it."""
        insert_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_values")


@compiles(OnConflict, "sqlite")
@compiles(OnConflict, "postgresql")
def _on_conflict(clause: OnConflict, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    quote = compiler.preparer.quote
    target = f" ({', '.join(quote(name) for name in clause.key)})" if clause.key else ""
    if not clause.names:
        return f"ON CONFLICT{target} DO NOTHING"
    changes = zip(clause.names, clause.values, strict=True)
    assigned = ", ".join(f"{quote(name)} = {compiler.process(value, **options)}" for name, value in changes)
    return f"ON CONFLICT{target} DO UPDATE SET {assigned}"


def insert_new(into: Table, *key: str) -> Insert:
    """Insert the rows that are not there yet: by these columns, or by any unique key of the table."""
    return insert(into).ext(OnConflict(key, {}))


def upsert(into: Table, *key: str, changes: Mapping[str, ColumnElement[Any]] | None = None) -> Insert:
    """Insert rows; where one with that key is there, make these changes to it, or else put the new one in its place."""
    new = incoming(into)
    whole = {name: value for name, value in new.items() if name not in key}
    return insert(into).ext(OnConflict(key, whole if changes is None else changes))


def incoming(into: Table) -> ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]:
    """The columns of the row that an upsert would have inserted, for its changes."""
    return alias(into, name="excluded").c


def greater(one: ColumnElement[T], other: ColumnElement[T]) -> ColumnElement[T]:
    """The greater of two; nothing where one of them is nothing.

    SQLite has a function for that, max(a, b); PostgreSQL's GREATEST passes over what is nothing.
    """
    return case((one >= other, one), (one < other, other))


# --- lists kept as JSON ---


class json_texts(FunctionElement[str]):  # noqa: N801 - a function in SQL
    """The texts in a JSON list, as rows with a `value`."""

    inherit_cache = True


class json_objects(FunctionElement[Any]):  # noqa: N801 - a function in SQL
    """The objects in a JSON list, as rows with a `value`."""

    inherit_cache = True


def has_text(texts: ColumnElement[Any], wanted: str) -> ColumnElement[bool]:
    """Whether that text is one of a JSON list of texts."""
    one = json_texts(texts).table_valued(column("value", String), name="one")
    return exists().select_from(one).where(one.c.value == wanted)


def objects_in(listed: ColumnElement[Any], name: str) -> TableValuedAlias:
    """The objects of a JSON list as rows under a name of their own, with a `value` to take their members from."""
    return json_objects(listed).table_valued(column("value", JSON), name=name)


# --- words ---

search = table("search", column("rowid", BigInteger), column("words", Text))
"""The full-text index: a row for each ticket, by its number. Triggers keep it: see the engines."""


class Sought(NamedTuple):
    """Words to find, the last one perhaps only begun; `everywhere`, or only in what every room of the ticket reads."""

    words: str
    everywhere: bool


class SoughtType(TypeDecorator[Sought]):
    """Words to find, as the engine's full-text search wants them written: nothing in them is an operator."""

    impl = Text
    cache_ok = True
    written: ClassVar[dict[str, Callable[[Sought], str]]] = {}
    """How, by the name of the dialect; each engine adds its own."""

    def process_bind_param(self, value: Sought | None, dialect: Dialect) -> str:
        """To the database."""
        return self.written[dialect.name](value or Sought("", everywhere=False))


class IsFound(ColumnElement[bool]):
    """Whether a row of `search` has all these words."""

    inherit_cache = True
    _traverse_internals: Any = [("sought", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as SQLAlchemy's own

    def __init__(self, sought: Sought) -> None:
        self.sought = bindparam("sought", sought, SoughtType, unique=True)


# --- indexes ---


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of those rows only of which a condition holds.

    It counts only for queries that ask for just that, so they must say so with literals, not with parameters.
    """
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
