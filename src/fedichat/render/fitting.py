"""What a Matrix event can hold, and what becomes of a message that is too long for one.

An event has 65,536 bytes at most (client-server API, "Size limits"). In an encrypted room its content is there in
base64, and an edit has each of its two bodies twice: so a body counts as JSON, and an edit's counts double.
"""

import json
from collections.abc import Callable, Sequence

from fedichat.domain.names import UserId
from fedichat.domain.phrase import mark
from fedichat.render.parts import Rendered, inline
from fedichat.text.i18n import Language

MOST_BYTES = 44_000
"""Of the bodies of a message, as JSON. In base64 that is 58,700; the rest is for what servers and encryption add."""

_MOST_WOKEN = MOST_BYTES // 4
"""Of the ids of the people who are mentioned, as JSON."""

_LONGEST = (10_000, 7_000, 4_000, 2_000, 1_000, 500, 200, 50)
"""How many characters of each text are shown, one after the other, until it fits."""


def size_of(shown: Rendered) -> int:
    """How many bytes the two bodies take, as JSON in UTF-8."""
    return _size(shown.plain) + _size(shown.html)


def is_too_long(shown: Rendered, *, is_edit: bool, woken: Sequence[UserId] = ()) -> bool:
    """Whether an event cannot hold it, together with the people whom it mentions."""
    return size_of(shown) > _room(is_edit=is_edit, woken=woken)


def with_texts_that_fit(make: Callable[[int | None], Rendered]) -> Rendered:
    """What is made with all of its texts, or with as many characters of each as an edited message holds.

    So what stands below a text is there still. Texts are cut with `beginning`, which marks that.
    """
    shown = make(None)
    for longest in _LONGEST:
        if not is_too_long(shown, is_edit=True):
            break
        shown = make(longest)
    return shown


def beginning(text: str, longest: int | None) -> str:
    """The text, or its first so many characters and a sign that there are more."""
    return text if longest is None or len(text) <= longest else f"{text[:longest].rstrip()} […]"


def those_woken(people: Sequence[UserId]) -> tuple[UserId, ...]:
    """As many of the people as an event can mention beside its words: the first ones."""
    kept = tuple(people)
    while _size_of_people(kept) > _MOST_WOKEN:
        kept = kept[: len(kept) * _MOST_WOKEN // _size_of_people(kept)]
    return kept


def fitted(shown: Rendered, t: Language, *, is_edit: bool, woken: Sequence[UserId] = ()) -> Rendered:
    """As much of it as an event holds, without its formatting, and how much is left out; the same where all fits."""
    room = _room(is_edit=is_edit, woken=woken)
    kept, made = len(shown.plain), shown
    while (size := size_of(made)) > room and kept:
        kept = min(kept * room // size, kept - 1)
        first = shown.plain[:kept].rstrip()
        left = len(shown.plain) - len(first)
        more = t(mark("… and {count} more characters, too many for one message."), count=left)
        plain = f"{first}\n{more}"
        made = Rendered(plain, inline(plain), shown.quotes)
    return made


def _room(*, is_edit: bool, woken: Sequence[UserId]) -> int:
    left = MOST_BYTES - _size_of_people(woken)
    return left // 2 if is_edit else left


def _size_of_people(people: Sequence[UserId]) -> int:
    return sum(_size(user) + len(", ") for user in people)


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
