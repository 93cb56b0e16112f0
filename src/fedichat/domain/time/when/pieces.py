"""What the patterns of the grammar are made of, and how a pattern becomes a rule."""

import re
from collections.abc import Callable, Iterable

from fedichat.domain.lazy_pattern import LazyPattern
from fedichat.domain.time.when.said import Said
from fedichat.domain.time.when.words import MONTHS, WEEKDAYS

END = r"(?![\w])"
"""No word goes on here."""


def one_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest first."""
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


MONTH = rf"(?:{one_of(MONTHS)})"
WEEKDAY = rf"(?:{one_of(WEEKDAYS)})"
ADVERB = (
    r"(?:montags|dienstags|mittwochs|donnerstags|freitags|samstags|sonnabends|sonntags"
    r"|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)"
)
ORDINAL = r"(?:\d{1,2}(?:\.|st|nd|rd|th)|second|(?:aller)?letzte[nrsm]?|last)"
GAP = r"(?:, ?| und | and | & | ?/ ?|, und |, and | sowie )"

Handler = Callable[[re.Match[str], Said], bool]


class Rule(LazyPattern):
    """A pattern for whole words, and what it says; the handler gives False where the words cannot mean that here."""

    def __init__(self, pattern: str, handler: Handler) -> None:
        super().__init__(rf"(?:{pattern}){END}")
        self.handler = handler


def rule(pattern: str, handler: Handler) -> Rule:
    """A rule for whole words."""
    return Rule(pattern, handler)


def weekday_of(name: str) -> int:
    """The number of a weekday's name, its adverb or plural included."""
    return WEEKDAYS[name] if name in WEEKDAYS else WEEKDAYS[name.removesuffix("s")]


def nth_of(ordinal: str) -> int:
    """The number of an ordinal; -1 for the last."""
    if ordinal == "second":
        return 2
    return int(re.sub(r"\D", "", ordinal)) if ordinal[0].isdigit() else -1


ON = r"(?:(?:on the|am|on|an|den|der|the|vom|zum|dem|fuer|for) )?(?:(?:den|dem|the) )?"
"""What may stand before a day."""
