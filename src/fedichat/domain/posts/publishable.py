"""What is to be published, without what cannot be seen: the preview then shows exactly the text that goes out.

Some invisible signs reorder what stands around them, hide words or tag somebody unseen. What people need stays: joiners
and variation selectors in emoji, flags, and joiners in the scripts that are written with them.
"""

import re
import unicodedata
from functools import cache

from fedichat.domain.lazy_pattern import LazyPattern
from fedichat.domain.signs import ranges_of

_JOINER, _NON_JOINER, _THIN_BREAK = "\u200d", "\u200c", "\u200b"
_BLACK_FLAG, _TAG_END = "\U0001f3f4", "\U000e007f"
_MOST_MARKS = 4
_MOST_MARKS_OF_A_SCRIPT = 8
_WITHOUT_JOINERS = frozenset(
    {"LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARMENIAN", "GEORGIAN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL"}
    | {"BOPOMOFO", "FULLWIDTH", "HALFWIDTH", "DIGIT", "MATHEMATICAL", "COMBINING", "THAI", "LAO"}
)
"""By the first word of its letters' names: scripts whose letters are written alone."""
_WITHOUT_SPACES = frozenset({"THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "BALINESE"})
_MOST_JUDGED = 10_000
"""Characters: nothing longer can be published, so of more than that no unseen sign is worth a look."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028]")
_SUSPECT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    + "".join(f"|[{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}]" for plane in range(0x10000, 0x110000, 0x10000))
)
_PERHAPS = re.compile("[^\t\n\f -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205f]")
"""All but signs that are seen and stand alone: Latin letters, dashes, quotation marks."""
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_TOWER = re.compile(f"([{_MARKS}][{_MARKS}]{{{_MOST_MARKS - 1}}})[{_MARKS}]+")
"""The first sign stands by itself: then the engine leaps from mark to mark, instead of trying at each letter."""


@cache
def _stacked() -> str:
    """Marks of all scripts that are written above or below a letter."""
    return "".join(one for one in ranges_of("Mn", "Me") if not _is_variation_selector(one[0]))


_TOWER_OF_A_SCRIPT = LazyPattern(
    lambda: f"(?=[\u0300-\U000e01ef])([{_stacked()}][{_stacked()}]{{{_MOST_MARKS_OF_A_SCRIPT - 1}}})[{_stacked()}]+"
)
_BLANK_ENDS = re.compile(r"(?<![^\S\n])[^\S\n]+$", re.MULTILINE)
"""Looked for from the first blank on only: from each, a line of blanks would take long."""


def publishable(text: str) -> str:
    """The text as it can be shown and published alike; the same again is the same.

    Half characters become the replacement character, which is seen.
    """
    text = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    # Each post that is read from the database comes by here, and most of their signs need no look at all.
    if _PERHAPS.search(text) is not None:
        if len(text) > _MOST_JUDGED:
            text = _SUSPECT.sub("", text)
        elif _SUSPECT.search(text):
            text = _without_the_unseen(text)
        text = _without_towers(text)
    return _BLANK_ENDS.sub("", text).strip()


def publishable_line(text: str) -> str:
    """The same on one line: for content warnings and the names of files."""
    return " ".join(publishable(text).split())


def _without_the_unseen(text: str) -> str:
    kept: list[str] = []
    for place, sign in enumerate(text):
        if "\ud800" <= sign <= "\udfff":
            kept.append("\ufffd")
        elif _SUSPECT.match(sign) is None or _is_needed(sign, kept, text, place):
            kept.append(sign)
    return _without_odd_joiners("".join(kept))


def _is_needed(sign: str, before: list[str], text: str, place: int) -> bool:
    """Whether an unseen sign does something to the one before it that people see."""
    last = before[-1] if before else ""
    if sign in (_JOINER, _NON_JOINER, _THIN_BREAK):
        return bool(last)
    if _is_variation_selector(sign):
        return _takes_selector(last, sign)
    if "\U000e0020" <= sign <= _TAG_END:
        return _is_in_a_flag(text, place)
    return sign == "\u180e" and _script(last) == "MONGOLIAN"


def _without_odd_joiners(text: str) -> str:
    """Joiners only between signs that they do something to."""
    kept: list[str] = []
    for place, sign in enumerate(text):
        if sign in (_JOINER, _NON_JOINER, _THIN_BREAK):
            last, following = kept[-1] if kept else "", text[place + 1 : place + 2]
            if not _joins(sign, last, following):
                continue
        kept.append(sign)
    return "".join(kept)


def _joins(sign: str, last: str, following: str) -> bool:
    if sign == _THIN_BREAK:
        return _script(last) in _WITHOUT_SPACES and _script(following) in _WITHOUT_SPACES
    is_written = last != "" and unicodedata.category(last)[0] in "LM"
    if is_written and _script(last) not in _WITHOUT_JOINERS and not _is_variation_selector(last):
        return last not in (_JOINER, _NON_JOINER)
    if sign == _NON_JOINER:
        return False
    is_emoji = _is_pictograph(last) or _is_variation_selector(last) or _is_skin_tone(last)
    return is_emoji and _is_pictograph(following)


def _takes_selector(base: str, selector: str) -> bool:
    """Whether a variation selector stands where Unicode knows variants, at most one behind each sign."""
    if not base or _is_variation_selector(base):
        return False
    if selector in "\u180b\u180c\u180d\u180f":
        return _script(base) == "MONGOLIAN"
    if selector >= "\U000e0100":
        return _script(base) == "CJK"
    if selector in "\ufe0e\ufe0f":
        return _is_pictograph(base) or base in "#*0123456789\u203c\u2049\u3030\u303d"
    return _is_pictograph(base) or _script(base) in {"CJK", "MYANMAR", "PHAGS-PA"} or unicodedata.category(base) == "Sm"


def _is_in_a_flag(text: str, place: int) -> bool:
    """Whether the tag belongs to a whole flag, as that of Scotland: a black flag, tags, and the tag that ends it."""
    start = place
    while start and "\U000e0020" <= text[start - 1] < _TAG_END:
        start -= 1
        if place - start > _MOST_MARKS_OF_A_SCRIPT:
            return False
    end = place
    while end < len(text) and "\U000e0020" <= text[end] < _TAG_END and end - place <= _MOST_MARKS_OF_A_SCRIPT:
        end += 1
    return start > 0 and text[start - 1] == _BLACK_FLAG and text[end : end + 1] == _TAG_END and end - start <= 6


def _without_towers(text: str) -> str:
    """No more accents on a letter than can be read: four, or as many as a script of its own piles up."""
    return _TOWER_OF_A_SCRIPT.compiled.sub(r"\1", _TOWER.sub(r"\1", text))


def _is_pictograph(sign: str) -> bool:
    return sign != "" and (unicodedata.category(sign)[0] == "S" or unicodedata.category(sign) == "Cn")


def _is_skin_tone(sign: str) -> bool:
    return "\U0001f3fb" <= sign <= "\U0001f3ff"


def _is_variation_selector(sign: str) -> bool:
    is_mongolian = sign in {"\u180b", "\u180c", "\u180d", "\u180f"}
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef" or is_mongolian


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0] if sign else ""
