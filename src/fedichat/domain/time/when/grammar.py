"""The grammar: a phrase is taken apart into facts, from left to right, all of it or not at all."""

import re

from fedichat.domain.time.when.clock_words import HOUR_SIGN, PART_RULES, TIME_RULES
from fedichat.domain.time.when.day_words import DAY_RULES
from fedichat.domain.time.when.every_words import EVERY_RULES, take_limit
from fedichat.domain.time.when.lengths import take_length
from fedichat.domain.time.when.pieces import Rule
from fedichat.domain.time.when.said import Complaint, Said

_BETWEEN = re.compile(r"(?:[ ,]+|\.(?= |$)|(?:bitte|please|noch|dann|erst|jeweils|-)(?: |$))*")
_FIRST = re.compile(r"(?:bis|until|till|til|by) (?:zum )?")
"""In front of a single moment, as `!snooze until friday`."""


def take_apart(text: str) -> Said | None:
    """The facts of a normalized phrase; None where a part of it is not understood."""
    said = Said()
    position = _between(text, 0)
    while position < len(text):
        end = _next(text, position, said)
        if end is None and position == 0 and (first := _FIRST.match(text)):
            end = first.end()
        if end is None:
            # "gegen 9" is vague, whatever "9" is.
            return said if said.complaint is Complaint.VAGUE else None
        position = _between(text, end)
    return said


def _next(text: str, position: int, said: Said) -> int | None:
    return (
        _first_rule(EVERY_RULES, text, position, said)
        or _limit(text, position, said)
        or _first_rule((HOUR_SIGN,), text, position, said)
        or take_length(text, position, said)
        or _first_rule(_RULES, text, position, said)
    )


_RULES = (*TIME_RULES, *DAY_RULES, *PART_RULES)


def _limit(text: str, position: int, said: Said) -> int | None:
    # "bis morgen" as a whole is one moment.
    return take_limit(text, position, said) if position else None


def _first_rule(rules: tuple[Rule, ...], text: str, position: int, said: Said) -> int | None:
    for rule in rules:
        if (m := rule.compiled.match(text, position)) and m.end() > position and rule.handler(m, said):
            return m.end()
    return None


def _between(text: str, position: int) -> int:
    m = _BETWEEN.match(text, position)
    return m.end() if m else position
