"""All that can be counted, row by row, for `fedichat export`. No words of citizens are ever in it.

The bot may be running meanwhile: everything is read in one transaction, and nothing is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from fedichat.domain.history import Step
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Priority
from fedichat.errors import StartError
from fedichat.store import schema
from fedichat.store.engines.sqlite import beside

Row = dict[str, datetime | str | int | None]

_IN_PUBLIC = [Visibility.PUBLIC.value, Visibility.UNLISTED.value]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an export: its rows are read when they are iterated, once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]


@contextmanager
def exported(path: Path, *, authors: bool = False, colleagues: bool = False) -> Iterator[tuple[Table, ...]]:
    """The export of a database file: `authors` names the citizens in it, `colleagues` the office's own people.

    Raises StartError where there is no database of this version.
    """
    if not path.exists():
        raise StartError(f"There is no database {path}.")
    try:
        with beside(path) as connection:
            _must_be_ours(connection, path)
            yield tuple(
                Table(name, tuple(query.selected_columns.keys()), _rows(connection, query))
                for name, query in queries(authors=authors, colleagues=colleagues).items()
            )
    except SQLAlchemyError as error:
        raise StartError(f"{path} cannot be read as a database: {getattr(error, 'orig', None) or error}") from None


def queries(*, authors: bool, colleagues: bool) -> dict[str, Select[Any]]:
    """What is exported, by the name of the table."""
    return {
        "tickets": _tickets(authors=authors, colleagues=colleagues),
        "steps": _steps(colleagues=colleagues),
        "posts": _posts(colleagues=colleagues),
    }


def _must_be_ours(connection: Connection, path: Path) -> None:
    version = connection.scalar(select(schema.alembic_version.c.version_num))
    if version != schema.VERSION:
        raise StartError(
            f"{path} is of another version of fedichat ({version}); start this one once, or export with it."
        )


def _tickets(*, authors: bool, colleagues: bool) -> Select[Any]:
    table, asked = schema.tickets, schema.escalations
    put = (
        select(func.aggregate_strings(func.replace(asked.c.department, "department/", ""), " "))
        .where(asked.c.ticket == table.c.id, asked.c.recalled_by.is_(None))
        .scalar_subquery()
    )
    named = [*([table.c.claimant] if colleagues else []), *([table.c.author] if authors else [])]
    return select(
        table.c.id.label("number"),
        table.c.account,
        table.c.place,
        table.c.state,
        table.c.visibility,
        table.c.language,
        table.c.priority,
        table.c.labels,
        put.label("departments"),
        table.c.opened_at,
        table.c.asked_at,
        table.c.first_due_at,
        table.c.first_response_at,
        table.c.first_response_seconds,
        table.c.due_at,
        table.c.interim_at,
        table.c.snoozed_until,
        table.c.changed_at,
        table.c.merged_into,
        *named,
    ).order_by(table.c.id)


def _steps(*, colleagues: bool) -> Select[Any]:
    """What happened to tickets, and to what is planned, which has none.

    The reason for ignoring is the office's word, and counted in the digest; of a private ticket it is left out.
    """
    table, tickets = schema.history, schema.tickets
    is_told = (table.c.step == Step.IGNORED.value) & (tickets.c.visibility != Visibility.DIRECT.value)
    reason: ColumnElement[Any] = case((is_told, table.c.text), else_=None)
    return (
        select(
            table.c.number,
            table.c.ticket,
            table.c.at,
            table.c.step,
            table.c.post,
            reason.label("reason"),
            *([table.c.actor] if colleagues else []),
        )
        .join_from(table, tickets, tickets.c.id == table.c.ticket, isouter=True)
        .order_by(table.c.number)
    )


def _posts(*, colleagues: bool) -> Select[Any]:
    """Each post, with the address of what it became where anybody can read that."""
    table, out = schema.posts, schema.published
    first = select(out.c.url).where(out.c.post == table.c.id).order_by(out.c.part).limit(1).scalar_subquery()
    statuses = select(func.count()).where(out.c.post == table.c.id).scalar_subquery()
    return select(
        table.c.id.label("number"),
        table.c.ticket,
        table.c.account,
        table.c.kind,
        table.c.state,
        table.c.visibility,
        table.c.language,
        table.c.created_at,
        table.c.due_at,
        table.c.revision,
        table.c.target,
        statuses.label("statuses"),
        case((table.c.visibility.in_(_IN_PUBLIC), first), else_=None).label("url"),
        *([table.c.author, table.c.confirmed_by] if colleagues else []),
    ).order_by(table.c.id)


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield {name: _value(name, value) for name, value in zip(row._fields, row, strict=True)}


def _value(name: str, value: Any) -> datetime | str | int | None:  # noqa: ANN401 - of any column
    if name == "priority":
        return str(list(Priority)[value])
    if name in {"labels", "departments"}:
        words = value if isinstance(value, list) else (value or "").split()
        return " ".join(sorted(words))
    return value if value is None or isinstance(value, int | datetime) else str(value)
