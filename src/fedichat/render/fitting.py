"""What a Matrix event can hold, and what becomes of a message that is too long for one.

An event has 65,536 bytes at most (client-server API, "Size limits"). In an encrypted room its content is there in
base64, and an edit has each of its two bodies twice: so a body counts as JSON, and an edit's counts double.
"""

import json

from fedichat.i18n import Language, mark
from fedichat.render.parts import Rendered, inline

MOST_BYTES = 44_000
"""Of the bodies of a message, as JSON. In base64 that is 58,700; the rest is for what servers and encryption add."""


def size_of(shown: Rendered) -> int:
    """How many bytes the two bodies take, as JSON in UTF-8."""
    return _size(shown.plain) + _size(shown.html)


def is_too_long(shown: Rendered, *, is_edit: bool) -> bool:
    """Whether an event cannot hold it."""
    return size_of(shown) > _room(is_edit=is_edit)


def fitted(shown: Rendered, t: Language, *, is_edit: bool) -> Rendered:
    """As much of it as an event holds, without its formatting, and how much is left out; the same where all fits."""
    room = _room(is_edit=is_edit)
    kept, made = len(shown.plain), shown
    while (size := size_of(made)) > room and kept:
        kept = min(kept * room // size, kept - 1)
        beginning = shown.plain[:kept].rstrip()
        left = len(shown.plain) - len(beginning)
        more = t(mark("… and {count} more characters, too many for one message."), count=left)
        plain = f"{beginning}\n{more}"
        made = Rendered(plain, inline(plain), shown.quotes)
    return made


def _room(*, is_edit: bool) -> int:
    return MOST_BYTES // 2 if is_edit else MOST_BYTES


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
