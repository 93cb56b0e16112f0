"""Whose words a column keeps, and how they go. Every column says so in its `info`, and retention works from that."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Column, String, Table


class Whose(Enum):
    """Who wrote it, or is named by it."""

    CITIZEN = "citizen"
    COLLEAGUE = "colleague"


class Goes(Enum):
    """How words go. A planned post has no ticket: its words go with its row, once it is over and old."""

    EMPTIED = "emptied with the words of its ticket"
    REMOVED = "removed with its row, with the words of its ticket"
    LATER = "removed with its row, once that is over and old"


CITIZEN, COLLEAGUE = Whose
EMPTIED, REMOVED, LATER = Goes


@dataclass(frozen=True, slots=True)
class Words:
    """What a column keeps of people's words. `empty` is what stays in it when they are gone."""

    of: Whose
    goes: Goes
    empty: object = ""


_KEY = "words"
NO_WORDS: dict[Any, Any] = {_KEY: None}
"""The `info` of a column in which nothing stands that a person wrote."""


def words(of: Whose, goes: Goes, empty: object = "") -> dict[Any, Any]:
    """The `info` of a column that keeps people's words."""
    return {_KEY: Words(of, goes, empty)}


def code(name: str, *arguments: Any, **options: Any) -> Column[Any]:  # noqa: ANN401 - Column's own
    """A column for an id, a state, a language, a name from the configuration: nothing that a person wrote."""
    return Column(name, String, *arguments, info=dict(NO_WORDS), **options)


def is_declared(column: Column[Any]) -> bool:
    """Whether the column says if it keeps words."""
    return _KEY in column.info


def words_in(column: Column[Any]) -> Words | None:
    """Which words a column keeps, if any."""
    found: Words | None = column.info.get(_KEY)
    return found


def that_go(table: Table, goes: Goes) -> dict[str, Words]:
    """The columns of a table whose words go like that."""
    found = {column.name: words_in(column) for column in table.columns}
    return {name: kept for name, kept in found.items() if kept is not None and kept.goes is goes}
