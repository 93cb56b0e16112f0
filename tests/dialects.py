"""What both databases understand: SQLite, on which the tests run, and PostgreSQL, for which they compile as well."""

import re
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgres_dialect
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

import fedichat.store.engines.postgres  # noqa: F401 - how PostgreSQL's SQL is written
from fedichat.store.engines.base import json_objects, json_texts

POSTGRES: Dialect = postgres_dialect()  # type: ignore[no-untyped-call]
"""With numbered parameters, as PREPARE takes them. Compiling needs no driver."""

# SQLAlchemy writes any name as a function. These exist in both, or it knows what each of them calls it.
_FUNCTIONS = {"aggregate_strings", "coalesce", "count", "lower", "max", "min", "replace", "row_number", "sum"}
_OF_ONE = {"count", "max", "min", "sum"}
_LITERAL = re.compile(r"(\w+\.)?state IN \(('\w+'(, )?)+\)")


class OnlyOneUnderstandsItError(AssertionError):
    """A statement that one database takes and the other does not."""


def in_postgres(statement: ClauseElement) -> str:
    """A statement as PostgreSQL gets it.

    Raises OnlyOneUnderstandsItError, or CompileError of SQLAlchemy, for what PostgreSQL does not understand.
    """
    for part in iterate(statement):
        if isinstance(part, FunctionElement) and not isinstance(part, json_texts | json_objects):
            name, count = getattr(part, "name", ""), len(part.clauses)
            if name not in _FUNCTIONS or (name in _OF_ONE and count > 1):
                raise OnlyOneUnderstandsItError(f"{name} of {count}")
        if isinstance(part, TextClause) and not _LITERAL.fullmatch(part.text):
            raise OnlyOneUnderstandsItError(part.text)
    return str(statement.compile(dialect=POSTGRES, compile_kwargs={"render_postcompile": True}))


def for_both(compiler: type[Any]) -> type[Any]:
    """A compiler that refuses what PostgreSQL would not take. It sees each statement once: they are cached."""

    class Both(compiler):  # type: ignore[misc]
        def __init__(self, dialect: Dialect, statement: ClauseElement | None, *args: object, **options: object) -> None:
            super().__init__(dialect, statement, *args, **options)
            # A whole statement in words is an engine's own, or a test's.
            if statement is not None and not isinstance(statement, TextClause):
                in_postgres(statement)

    return Both
