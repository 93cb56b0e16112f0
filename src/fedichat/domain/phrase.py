"""What is to be said, before it is known in which language: a message id and what its fields stand for.

The same step is read in several rooms, each in a language of its own. So whatever is kept or waits to be said is one of
these values; `fedichat.render.words` makes words of it for one room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


class Marked(str):
    """A message id of the catalogues, translated when it is shown."""

    __slots__ = ()


def mark(message: str) -> Marked:
    """Mark a message id for the catalogues that is translated later, when it is shown."""
    return Marked(message)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, shown in full on the office's clock."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A day, shown with its weekday."""

    on: date


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message id of the catalogues with its `{fields}`."""

    message: str
    fields: dict[str, "Field"] = field(default_factory=dict[str, "Field"])

    def __str__(self) -> str:
        """In English, for logs and for the operator."""
        return self.message.format(**_in_english(self.fields))


@dataclass(frozen=True, slots=True)
class Listed:
    """Several things, apart by commas."""

    items: tuple["Field", ...]

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self.items)


Field = str | int | Moment | Day | Phrase | Listed
"""What a text's `{field}` may be filled with. A plain text is shown as it is: somebody's words, a name, a number."""


def listed(*items: Field | None) -> Listed | None:
    """Those that there are, if any."""
    given = tuple(item for item in items if item is not None)
    return Listed(given) if given else None


def _in_english(fields: Mapping[str, Field]) -> dict[str, object]:
    return {"prefix": "!", "confirm": "✅", **{name: _bare(value) for name, value in fields.items()}}


def _bare(value: Field) -> object:
    match value:
        case Moment(at):
            return at.isoformat(timespec="minutes")
        case Day(on):
            return on.isoformat()
        case _:
            return value
