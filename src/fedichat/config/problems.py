"""What is wrong with a configuration, in sentences for the operator, made from what pydantic finds.

No sentence quotes the value of a secret: readers of secrets never name it, and `loading` masks whatever came from the
environment or a file.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from fedichat.errors import Problem

Place = tuple[int | str, ...]
"""Keys and list indices from the top of the file down to a value."""

FILE_ALTERNATIVES = {"password": "password_file", "access_token": "access_token_file"}
"""Keys that may be given as the name of a file that holds the value."""

_SENTENCES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_inexact": "must be a day, such as 2026-12-24",
    "date_from_datetime_parsing": "must be a day that exists, such as 2026-12-24",
    "date_parsing": "must be a day that exists, such as 2026-12-24",
    "date_type": "must be a day, such as 2026-12-24",
    "dict_type": "must be a group of keys",
    "enum": "must be {expected}",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "frozen_set_type": "must be a list, such as [one, two]",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "model_type": "must be a group of keys",
    "too_short": "is empty; at least one is needed",
    "tuple_type": "must be a list, such as [one, two]",
}


def dotted(place: Place) -> str:
    """A place as the operator reads it: `sla.remind_at[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def problems_in(
    error: ValidationError, model: type[BaseModel], tree: Mapping[str, object]
) -> Iterator[tuple[Place, Problem]]:
    """Each of pydantic's findings with its place. `tree` is what was validated."""
    for found in error.errors(include_url=False):
        place = _as_written(found["loc"], tree)
        yield place, Problem(dotted(place), _sentence(found, place, model))


def _as_written(location: Place, tree: object) -> Place:
    """The place without what pydantic adds to it, such as the `room` of a room that is given as plain text."""
    place: list[int | str] = []
    here = tree
    for part in location:
        if part == "[key]" or not isinstance(here, Mapping | Sequence) or isinstance(here, str):
            break
        place.append(part)
        if isinstance(here, Mapping):
            here = here.get(str(part))
        else:
            here = here[part] if isinstance(part, int) and part < len(here) else None
    return tuple(place)


def _sentence(found: Mapping[str, object], place: Place, model: type[BaseModel]) -> str:
    kind, context = str(found["type"]), found.get("ctx")
    values = context if isinstance(context, Mapping) else {}
    if kind == "value_error":
        return str(values["error"])
    if kind == "missing":
        return "is missing" + _for_example(place, model)
    if kind == "extra_forbidden":
        return _unknown(place, model)
    if found["input"] is None:
        return "is empty; give it a value, or leave the key out"
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**values) + _for_example(place, model)
    message = str(found["msg"])
    return message[:1].lower() + message[1:]


def _for_example(place: Place, model: type[BaseModel]) -> str:
    section = _section(place[:-1], model)
    field = section.model_fields.get(str(place[-1])) if section else None
    return f"; for example: {field.examples[0]}" if field and field.examples else ""


def _unknown(place: Place, model: type[BaseModel]) -> str:
    section, key = _section(place[:-1], model), str(place[-1])
    known = [*_keys_of(section)] if section else []
    if near := difflib.get_close_matches(key, known, n=1, cutoff=0.7):
        return f"is not a key; did you mean “{near[0]}”?"
    if homes := [home for home, name in _all_keys(model, "") if name == key]:
        return f"is not a key here; it belongs {f'under {homes[0]}' if homes[0] else 'at the top level'}"
    return f"is not a key; the keys here are {', '.join(known)}"


def _keys_of(section: type[BaseModel]) -> Iterator[str]:
    for key in section.model_fields:
        yield key
        if key in FILE_ALTERNATIVES:
            yield FILE_ALTERNATIVES[key]


def _all_keys(section: type[BaseModel], home: str) -> Iterator[tuple[str, str]]:
    """Every key with the dotted name of the group that it belongs to."""
    for key, field in section.model_fields.items():
        yield home, key
        if inner := _inner(field.annotation):
            middle = ".<name>" if get_origin(field.annotation) is dict else ""
            yield from _all_keys(inner, f"{home}.{key}{middle}".removeprefix("."))


def _section(place: Place, model: type[BaseModel]) -> type[BaseModel] | None:
    """The model of the group at a place; None if there is none."""
    section: type[BaseModel] | None = model
    parts = iter(place)
    for part in parts:
        if isinstance(part, int):  # a place in a list of groups
            continue
        field = section.model_fields.get(str(part)) if section else None
        if field is None:
            return None
        section = _inner(field.annotation)
        if get_origin(field.annotation) is dict:
            next(parts, None)  # the name that the operator gave
    return section


def _inner(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - that is what an annotation is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for arg in get_args(annotation) if (inner := _inner(arg))), None)
