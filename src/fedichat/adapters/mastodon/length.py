"""What a text counts as by Mastodon's rule, in linear time.

Mastodon.py knows the rule, but takes some 20 microseconds a character, and seconds for a host name of thousands of
labels. So it is asked only about the words that need it: those with an address, a handle, or signs that may join.
"""

import re
from functools import lru_cache
from typing import Final

# Letters, digits and signs that each stand for themselves beside any other of these: no marks, no joiners, no jamo.
# See Unicode Standard Annex 29, table 2; `tests/adapters/test_mastodon_length.py` holds each of them to Mastodon.py.
_SINGLE: Final = (
    "\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0482\u048a-\u058f\u05d0-\u05ea\u0620-\u064a"
    "\u1e00-\u1fff\u2010-\u2027\u2030-\u203b\u20a0-\u20bf\u3040-\u3096\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uff01-\uff9d\U0001f400-\U0001f4fc\U0001f600-\U0001f64f\U0001f680-\U0001f6c5"
)
_IS_PLAIN: Final = re.compile(f"[{_SINGLE}]+")
_ACCENTS: Final = re.compile(f"(?<=[{_SINGLE}])[\u0300-\u036f\ufe0e\ufe0f]+")
"""They form one sign with whatever they follow."""
_LONGEST_HOST: Final = 253
"""A host name has no more characters (RFC 1035, 2.3.4); a longer one is none, and counts in full."""
_NO_HOST: Final = re.compile(rf"://[^/?#\s]{{{_LONGEST_HOST + 1}}}")


def status_length(text: str, content_warning: str = "") -> int:
    """How many characters a status counts as; a few too many for signs that nobody types."""
    return _length(text) + _length(content_warning)


def _length(text: str) -> int:
    # Nothing joins a line's end (Unicode Standard Annex 29, GB4 and GB5).
    lines = text.split("\n")
    return sum(map(_of_line, lines)) + len(lines) - 1


def _of_line(text: str) -> int:
    words = text.split()
    # A mark forms one sign with the space before it; with nothing before it, it is a sign of its own.
    is_bare_mark = bool(text) and not text[0].isspace() and _counted(text[0]) == 0
    return len(text) - sum(map(len, words)) + sum(map(_of_word, words)) + is_bare_mark


def _of_word(word: str) -> int:
    has_address = "://" in word
    if not has_address and "@" not in word and _IS_PLAIN.fullmatch(word):
        return len(word)
    return _counted(word)


@lru_cache(maxsize=2_048)
def _counted(word: str) -> int:
    if _NO_HOST.search(word):
        return len(word)
    if "://" not in word and "@" not in word:
        word = _ACCENTS.sub("", word)
        if _IS_PLAIN.fullmatch(word):
            return len(word)
    # Mastodon.py takes 12 MB: it is imported on first use.
    from mastodon import Mastodon  # noqa: PLC0415 - see above

    # An accent ends a handle or an address, so it stays in place.
    return int(Mastodon.get_status_length(f" {word}")) - 1
