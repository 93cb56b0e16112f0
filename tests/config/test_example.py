"""config.example.yaml has every key and no other."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from ruamel.yaml import YAML

from fedichat.config.model import Config
from tests.config.trees import EXAMPLE


def keys_of(model: type[BaseModel], home: str = "") -> Iterator[str]:
    """Every key, dotted, with * for the names that an operator gives."""
    for key, field in model.model_fields.items():
        place = f"{home}.{key}".removeprefix(".")
        inner = inner_model(field.annotation)
        if inner is None or inner.__name__ == "RoomRef":
            yield place
        else:
            kind = get_origin(field.annotation)
            yield from keys_of(inner, f"{place}.*" if kind is dict else f"{place}[]" if kind is tuple else place)
        if key in {"password", "access_token"}:
            yield f"{place}_file"


def inner_model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - that is what an annotation is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for arg in get_args(annotation) if (inner := inner_model(arg))), None)


GIVEN_NAMES = {"reactions", "accounts.*.rooms.direct", "publishing.interim_texts", "working_hours.half_days"}


def keys_in(value: object, home: str = "") -> Iterator[str]:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from keys_in(item, f"{home}[]")
        return
    if not isinstance(value, dict) or home in GIVEN_NAMES:
        yield home
        return
    for key, inner in value.items():
        name = "*" if home in {"accounts", "departments", "users"} else key
        yield from keys_in(inner, f"{home}.{name}".removeprefix("."))


def test_the_example_has_every_key_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    # alternatives stand commented out, at the place where they would go
    everything = re.sub(r"^( +)# (\w+: \S+)$", r"\1\2", text, flags=re.MULTILINE)
    assert everything.count("\n") == text.count("\n")
    example = set(keys_in(YAML(typ="safe", pure=True).load(everything)))
    assert example == set(keys_of(Config))


def test_a_room_with_a_language_is_in_the_example() -> None:
    assert "language: de}" in EXAMPLE.read_text(encoding="utf-8")
