"""Unicode's categories of characters for regular expressions, whose engine goes through a text in one call."""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby


def ranges_of(*categories: str) -> list[str]:
    """The letters, marks, digits and connectors of these categories as ranges of a regular expression's `[…]`.

    A category is named in full (`Mn`) or by its first letter (`M`).
    """
    return [f"{chr(first)}-{chr(last)}" for category, first, last in _runs() if category.startswith(categories)]


@cache
def _runs() -> Sequence[tuple[str, int, int]]:
    """Which category the characters have from one to another, where there are letters, marks, digits and connectors."""
    return tuple(_all_runs())


def _all_runs() -> Iterator[tuple[str, int, int]]:
    for known in (range(0x32400), range(0xE0100, 0xE01F0)):
        first = known.start
        for category, run in groupby(map(unicodedata.category, map(chr, known))):
            behind = first + len(list(run))
            yield category, first, behind - 1
            first = behind
