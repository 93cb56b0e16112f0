"""A text that is too long for one status, as a numbered thread: cut where a reader would take breath."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from fedichat.errors import Refusal

MOST_PARTS = 20
_TRIES = 12
"""How many lower limits are tried to make the parts alike; the more, the longer a draft takes."""
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?:(?<=\S\S[.!?…])|(?<=\S\S[.!?…][\"”“’»)\]]))\s+(?![a-zäöüß])")
"""Behind a sentence; not behind „z. B.“ and other short abbreviations."""
_SPACE = re.compile(r"\s+")
_WHOLE = re.compile(r"https?://[!-~]+|@\w[\w.-]*(?:@[\w.-]*\w)?")
"""What is never cut: addresses and handles."""
_FRONT = re.compile(r"(?:@\S+\s+)+")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")
_MODIFIERS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAGS = range(0x1F1E6, 0x1F200)


def split(text: str, accts: Sequence[str], measure: Callable[[str], int], limit: int) -> tuple[str, ...]:
    """The parts of a thread, each with its number at its end and the same @mentions in front, so that each is read.

    Those are the ones that the text begins with, and `accts`. Cut at paragraphs, else lines, sentences, words; a word
    only where it is too long for a part by itself. `measure` says what a status counts as, up to `limit`. Refuses what
    would take more than `MOST_PARTS`, and what cannot be cut.
    """
    front = match[0] if (match := _FRONT.match(text)) else ""
    known = {word.casefold() for word in front.split()}
    missing = [f"@{acct}" for acct in dict.fromkeys(accts) if f"@{acct}".casefold() not in known]
    mentions = " ".join([*missing, *front.split()])
    body = text[len(front) :].strip()
    # The number's own length depends on how many there are: nine parts with room for one digit, else two.
    for digits in ("9", "99"):
        fits = partial(_fits, mentions, digits, measure, limit)
        chunks = _chunks(body, fits)
        if len(chunks) < len(digits) * 10 or digits == "99":
            break
    if len(chunks) > MOST_PARTS:
        raise Refusal(
            "That is too long even for a thread: it would take {count} posts, and {most} is the most. No preview was "
            "made; please shorten the text.",
            count=len(chunks),
            most=MOST_PARTS,
        )
    chunks = _balanced(body, chunks, fits)
    return tuple(_dressed(mentions, chunk, number, len(chunks)) for number, chunk in enumerate(chunks, 1))


def _dressed(mentions: str, chunk: str, number: int | str, count: int | str) -> str:
    return f"{mentions} {chunk} ({number}/{count})".strip()


def _fits(mentions: str, digits: str, measure: Callable[[str], int], limit: int, chunk: str) -> bool:
    return measure(_dressed(mentions, chunk, digits, digits)) <= limit


def _chunks(body: str, fits: Callable[[str], bool]) -> list[str]:
    ends = [match.start() for match in _SPACE.finditer(body)] + [len(body)]
    chunks: list[str] = []
    start = 0
    while start < len(body):
        end = _end(body, start, ends, fits)
        chunks.append(body[start:end].rstrip())
        space = _SPACE.match(body, end)
        start = space.end() if space else end
    return chunks


def _balanced(body: str, full: list[str], fits: Callable[[str], bool]) -> list[str]:
    """As many parts as when each is as full as can be, but of lengths that are more alike.

    Tries lower limits; of what comes out, the fewest sentences torn count first, then how alike the lengths are.
    """
    longest = max(map(len, full), default=0)
    # No word is cut for the sake of it.
    shortest = max(-(-len(body) // max(len(full), 1)), *map(len, body.split()), 1)
    tried = [full]
    for most in range(shortest, longest, max(1, (longest - shortest) // _TRIES)):
        chunks = _chunks(body, partial(_is_within, most, fits))
        if len(chunks) == len(full):
            tried.append(chunks)
    return min(tried, key=partial(_unevenness, body))


def _is_within(most: int, fits: Callable[[str], bool], chunk: str) -> bool:
    return len(chunk) <= most and fits(chunk)


def _unevenness(body: str, chunks: Sequence[str]) -> tuple[int, int]:
    """How many sentences are torn, and by how much the longest part is longer than the shortest."""
    lengths = [len(chunk) for chunk in chunks]
    torn, end = 0, 0
    for chunk in chunks[:-1]:
        end = body.index(chunk, end) + len(chunk)
        is_between = _LINE.match(body, end) or _SENTENCE.match(body, end)
        torn += 0 if is_between else 1
    return torn, max(lengths, default=0) - min(lengths, default=0)


def _end(body: str, start: int, ends: Sequence[int], fits: Callable[[str], bool]) -> int:
    """Where the part that begins at `start` ends."""
    first = bisect_right(ends, start)
    last = _last_that_fits(body, start, ends, first, fits)
    if last is None:
        return _inside_a_word(body, start, ends[first], fits)
    furthest = ends[last]
    if furthest == len(body):
        return furthest
    # Text of which much would be left over is not worth the better place.
    worth_it = start + (furthest - start) // 2
    for better in (_PARAGRAPH, _LINE, _SENTENCE):
        found = [match.start() for match in better.finditer(body, start, furthest + 2) if match.start() <= furthest]
        if found and found[-1] > worth_it:
            return found[-1]
    return furthest


def _last_that_fits(body: str, start: int, ends: Sequence[int], first: int, fits: Callable[[str], bool]) -> int | None:
    """The furthest of the words' ends, as an index into `ends`; None where even the first word is too long."""
    if not fits(body[start : ends[first]]):
        return None
    low, step = first, 1
    while low + step < len(ends) and fits(body[start : ends[low + step]]):
        low, step = low + step, step * 2
    high = min(low + step, len(ends))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(body[start : ends[middle]]) else (low, middle)
    return low


def _inside_a_word(body: str, start: int, end: int, fits: Callable[[str], bool]) -> int:
    whole = [range(match.start() + 1, match.end()) for match in _WHOLE.finditer(body, start, end)]
    cuts = [
        cut
        for cut in range(start + 1, end)
        if _may_part(body[cut - 1], body[cut]) and not any(cut in span for span in whole)
    ]
    low, high = -1, len(cuts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(body[start : cuts[middle]]) else (low, middle)
    if low < 0:
        raise Refusal(
            "That is too long, and “{word}…” alone does not fit into a post. No preview was made; please shorten the "
            "text.",
            word=body[start : min(end, start + 40)],
        )
    return cuts[low]


def _may_part(before: str, after: str) -> bool:
    """Whether two signs stand for themselves: no accents, joined emoji, skin tones or flags are torn apart."""
    if before == "\u200d" or after in _JOINERS or unicodedata.category(after).startswith("M"):
        return False
    if ord(after) in _MODIFIERS or ord(after) in _TAGS:
        return False
    is_hangul = "\u1100" <= before <= "\u11ff" and "\u1100" <= after <= "\u11ff"
    return not is_hangul and not (ord(before) in _FLAGS and ord(after) in _FLAGS)
