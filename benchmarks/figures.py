"""What is measured, and how it is shown."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Aim(StrEnum):
    """Which way is good."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the page.

    `value` and `floor` are in `unit`; a count has none. `limit` is the aim: for the ratio of value to floor where
    `of_ratio`, else for the value itself. None: a figure without an aim.
    """

    part: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    limit: float | None = None
    aim: Aim = Aim.AT_MOST
    of_ratio: bool = True

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        measured = self.ratio if self.of_ratio else self.value
        if self.limit is None or measured is None:
            return None
        return measured <= self.limit if self.aim is Aim.AT_MOST else measured >= self.limit

    @property
    def what_counts(self) -> str:
        """The ratio where the aim is one, else the value."""
        return amount(self.value, self.unit) if not self.of_ratio or self.ratio is None else f"{self.ratio:.2f}×"

    @property
    def wanted(self) -> str:
        """The aim in words."""
        if self.limit is None:
            return "–"
        return f"{self.aim} {self.limit:g}" + ("×" if self.of_ratio else f" {self.unit}".rstrip())

    def cells(self) -> tuple[str, ...]:
        """Name, value, floor, ratio, aim and whether it is reached, as a table shows them."""
        return (
            self.name,
            amount(self.value, self.unit),
            "–" if self.floor is None else amount(self.floor, self.unit),
            "–" if self.ratio is None else f"{self.ratio:.2f}×",
            self.wanted,
            {True: "yes", False: "**no**", None: "–"}[self.met],
        )


def table(figures: Sequence[Figure], floor: str = "bare floor") -> list[str]:
    """The figures as a Markdown table; `floor` names what they are compared with."""
    return markdown([("what", "fedichat", floor, "ratio", "aim", "reached"), *(figure.cells() for figure in figures)])


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose source can be read as it is; the first row is its head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def median(samples: Sequence[float]) -> float:
    """Half of the samples are below."""
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """19 of 20 samples are below; of few samples the largest."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * 0.95))]


def amount(number: float, unit: str) -> str:
    """With as many digits as say something."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:.{digits}f} {unit}".rstrip()
