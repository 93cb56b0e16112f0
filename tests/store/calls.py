"""Every function of the store, called with everything that it can be given, as its annotations say it."""

import ast
import importlib
import inspect
import itertools
import math
import pkgutil
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NewType, get_args, get_origin, get_type_hints

from sqlalchemy import ColumnElement

import fedichat.store
from fedichat.domain.effects import EFFECTS, Effect
from fedichat.store import schema
from tests.factories import NOW

FOLDER = Path(fedichat.store.__file__).parent
_NOT_QUERIES = {"engines", "migrations", "schema"}


def modules() -> list[types.ModuleType]:
    """The modules with queries."""
    found = pkgutil.walk_packages([str(FOLDER)], "fedichat.store.")
    return [importlib.import_module(one.name) for one in found if one.name.split(".")[2] not in _NOT_QUERIES]


def queries() -> list[Callable[..., Any]]:
    """The public functions that take a transaction; what adds something comes first, what removes something last."""
    found = [
        function
        for module in modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_") and "tx" in _parameters(function)
    ]
    return sorted(found, key=_turn)


def _turn(function: Callable[..., Any]) -> int:
    name = function.__name__
    if name.startswith(("add_", "open_ticket", "keep_", "remember", "set_", "pin", "save", "begin_", "see_")):
        return 0
    removing = ("forget", "drop", "clear", "settle", "take", "done", "leave", "end_", "put_back", "move")
    return 2 if name.startswith(removing) else 1


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def arguments(function: Callable[..., Any]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What to call a function with, beside the transaction: each kind of value that each parameter can have."""
    hints = get_type_hints(function)
    wanted = [one for one in _parameters(function).values() if one.name != "tx"]
    choices = [list(values(hints[one.name])) for one in wanted]
    few = math.prod(len(some) for some in choices) <= _FEW
    for given in itertools.product(*choices) if few else _abreast(choices):
        paired = list(zip(wanted, given, strict=True))
        plain = [value for one, value in paired if one.kind is not one.KEYWORD_ONLY]
        yield tuple(plain), {one.name: value for one, value in paired if one.kind is one.KEYWORD_ONLY}


_FEW = 12
"""How many combinations are all tried; of more, only so many that each value comes once."""

_PLAIN: dict[Any, list[Any]] = {
    str: ["1", ""],
    int: [1, 2, 1_000],
    bool: [True, False],
    datetime: [NOW, NOW + timedelta(days=4_000)],
    date: [NOW.date()],
    timedelta: [timedelta(days=1)],
    type(None): [None],
    tuple[datetime, datetime]: [(NOW - timedelta(days=1), NOW + timedelta(days=1))],
    Any: ["1"],
    object: ["1"],
}


def values(hint: Any) -> Iterator[Any]:  # noqa: ANN401, C901, PLR0911 - a case for each kind of type
    """Values of that type: of a union some of each, of what is optional also none."""
    if isinstance(hint, NewType):
        return values(hint.__supertype__)
    if hint in _PLAIN:
        return iter(_PLAIN[hint])
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return itertools.chain.from_iterable(values(one) for one in inner)
    if origin is tuple and inner[-1] is not Ellipsis:
        return (tuple(some) for some in _abreast([list(values(one)) for one in inner]))
    if origin in (tuple, list, set, Sequence, Collection, Iterable):
        make = tuple if origin is tuple else set if origin is set else list
        some = list(itertools.islice(values(inner[0]), 100))
        return itertools.chain((make([one]) for one in some), [make(some[:2])])
    if origin in (dict, Mapping):
        return ({key: value} for key, value in zip(values(inner[0]), itertools.cycle(values(inner[1])), strict=False))
    if origin is ColumnElement:
        return iter([schema.posts.c.id > 0])
    if hint is Effect:
        return itertools.chain.from_iterable(itertools.islice(values(one), 2) for one in EFFECTS)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return iter(hint)
    if is_dataclass(hint):
        return _instances(hint) if hint not in _within else iter(())
    if hasattr(hint, "_fields"):
        return (hint(*some) for some in _abreast([list(values(one)) for one in get_type_hints(hint).values()]))
    raise TypeError(f"Say in tests/store/calls.py what a {hint} may be.")


_within: list[Any] = []
"""What is being made of parts: such things can be parts of themselves."""


def _instances(kind: Any) -> Iterator[Any]:  # noqa: ANN401 - a dataclass
    hints = get_type_hints(kind)
    made = [one for one in fields(kind) if one.init]
    _within.append(kind)
    choices = {one.name: list(itertools.islice(values(hints[one.name]), 8)) for one in made}
    _within.pop()
    for some in itertools.islice(_abreast(list(choices.values())), 3 if len(_within) else 8):
        yield kind(**dict(zip(choices, some, strict=True)))
    needed = [one.name for one in made if one.default is MISSING and one.default_factory is MISSING]
    yield kind(**{name: choices[name][0] for name in needed})


def _abreast(choices: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    for turn in range(max((len(some) for some in choices), default=1)):
        yield [some[turn % len(some)] for some in choices]


Site = tuple[str, int]
"""A file of the store, and the line on which an execution begins."""


def call_sites() -> set[Site]:
    """Every place in the store where a statement is executed."""
    return {
        (str(path), node.lineno)
        for path in FOLDER.rglob("*.py")
        if _has_queries(str(path))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _executes(node.func)
    }


def site_of(frame: types.FrameType | None) -> Site | None:
    """The place in the store from which this was called, if it was."""
    while frame is not None:
        if _has_queries(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


@cache
def _has_queries(name: str) -> bool:
    path = Path(name)
    return path.is_relative_to(FOLDER) and path.relative_to(FOLDER).parts[0] not in _NOT_QUERIES


def _executes(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr in {"execute", "scalar", "scalars"}
