"""JSON as servers send it, made harmless: whatever is read here can be compared, copied and written again.

One notification among eighty must not make the page unreadable, nor break whoever walks through it; one letter to our
Matrix device not the answer that has everybody's messages. So what is nested deeper than anything that we read, what is
no number to others, and bytes that are no text are replaced, not refused.
"""

import json
import math
import re
from typing import Final

DEEPEST: Final = 40
"""Levels that are kept. A page of statuses that quote statuses has about ten, as has an answer to a Matrix sync."""
_LONGEST_NUMBER: Final = 30
# One without an end matches as well: else each quote in it is tried as a beginning, in time that grows with its square.
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET: Final = re.compile(r"[^\[\]{}]+")
_STRING_OR_BRACKET: Final = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]", re.DOTALL)


def read_json(data: bytes | str) -> object:
    """The value in a text. Raises ValueError where it is no JSON.

    Null stands for what is nested too deep, for NaN and infinities, and for whole numbers that no id or count has.
    """
    text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else data
    if _is_deep(text):
        text = _without_depths(text)
    try:
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=lambda _: None)
    except RecursionError:  # brackets without an end
        raise ValueError("nested too deep") from None


def _is_deep(text: str) -> bool:
    depth = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _without_depths(text: str) -> str:
    kept: list[str] = []
    depth = begin = cut = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
                if depth == DEEPEST + 1:
                    cut = token.start()
            case "]" | "}":
                if depth == DEEPEST + 1:
                    kept += [text[begin:cut], "null"]
                    begin = token.end()
                depth -= 1
    return "".join([*kept, text[begin:]])


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
