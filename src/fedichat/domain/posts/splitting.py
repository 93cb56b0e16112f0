"""A text that is too long for one status, as a numbered thread: cut where a reader would take breath."""

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, partial

from fedichat.domain.posts.tagging import tags_in
from fedichat.errors import Refusal

MOST_PARTS = 20
_TRIES = 12
"""How many lower limits are tried to make the parts alike; the more, the longer a draft takes."""
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?:(?<=\S\S[.!?…])|(?<=\S\S[.!?…][\"”“’»)\]]))\s+(?![a-zäöüß])")
"""Behind a sentence; not behind „z. B.“ and other short abbreviations."""
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"https?://[!-~]+")
_KEPT_BEFORE = 30
"""As many of the letters before an @ stay with it: at the beginning of a part it would tag somebody."""
_FRONT = re.compile(r"(?:@\S+\s+)+")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")
_MODIFIERS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FLAGS = range(0x1F1E6, 0x1F200)


def split(text: str, accts: Sequence[str], measure: Callable[[str], int], limit: int) -> tuple[str, ...]:
    """The parts of a thread, each with its number at its end and the same @mentions in front, so that each is read.

    Those are the ones that the text begins with, and `accts`. Cut at paragraphs, else lines, sentences, words; a word
    only where it is too long for a part by itself. `measure` says what a status counts as, up to `limit`: it is asked
    about each word once and about each part that comes out, so the time grows with the text and no faster. Refuses what
    would take more than `MOST_PARTS`, and what cannot be cut.
    """
    front = match[0] if (match := _FRONT.match(text)) else ""
    known = {word.casefold() for word in front.split()}
    missing = [f"@{acct}" for acct in dict.fromkeys(accts) if f"@{acct}".casefold() not in known]
    mentions = " ".join([*missing, *front.split()])
    body = _Body(text[len(front) :].strip(), cache(measure))
    # The number's own length depends on how many there are: nine parts with room for one digit, else two.
    for digits in ("9", "99"):
        over = partial(_over, mentions, digits, measure, limit)
        room = -over("x") + 1
        chunks = _chunks(body, room, over)
        if len(chunks) < len(digits) * 10 or digits == "99":
            break
    if len(chunks) > MOST_PARTS:
        raise Refusal(
            "That is too long even for a thread: it would take {count} posts, and {most} is the most. No preview was "
            "made; please shorten the text.",
            count=len(chunks),
            most=MOST_PARTS,
        )
    chunks = _balanced(body, chunks, room, over)
    return tuple(_dressed(mentions, chunk, number, len(chunks)) for number, chunk in enumerate(chunks, 1))


def _dressed(mentions: str, chunk: str, number: int | str, count: int | str) -> str:
    return f"{mentions} {chunk} ({number}/{count})".strip()


def _over(mentions: str, digits: str, measure: Callable[[str], int], limit: int, chunk: str) -> int:
    """By how much a part with that text is too long; negative where there is room left."""
    return measure(_dressed(mentions, chunk, digits, digits)) - limit


class _Body:
    """What is to be cut: where its words end, and what all up to there counts as, word by word."""

    def __init__(self, text: str, measure: Callable[[str], int]) -> None:
        self.text = text
        self.measure = measure
        self.ends: list[int] = []
        self.sums: list[int] = []
        self.wholes = _wholes(text)
        self.whole_ends = [end for _, end in self.wholes]
        total, end = 0, 0
        for word in _WORD.finditer(text):
            total += word.start() - end + measure(word[0])
            end = word.end()
            self.ends.append(end)
            self.sums.append(total)

    def furthest(self, start: int, room: int, longest: int) -> int:
        """Where the last of the words ends that fit into so much room; inside the first one where that is too long.

        `start` itself where not even its first sign fits.
        """
        first = bisect_right(self.ends, start)
        if start == 0 or self.text[start - 1].isspace():
            counted = self.measure(self.text[start : self.ends[first]])
            if counted > room:
                return self._inside_a_word(start, room)[0]
        else:
            # It is the rest of a word that was cut: what did not fit as a whole is not measured as a whole again.
            cut, counted = self._inside_a_word(start, room)
            if cut < self.ends[first]:
                return cut
        left = self.sums[first] - counted + room
        return self.ends[max(first, min(bisect_right(self.sums, left), bisect_right(self.ends, start + longest)) - 1)]

    def _inside_a_word(self, start: int, room: int) -> tuple[int, int]:
        """Up to where the signs of the first word fit, of which addresses and handles are each one; what they count."""
        end = self.ends[bisect_right(self.ends, start)]
        at, total = start, 0
        while at < end:
            number = bisect_right(self.whole_ends, at)
            whole_start, whole_end = self.wholes[number] if number < len(self.wholes) else (end, end)
            behind = whole_end if whole_start <= at else at + 1
            while behind < end and not _may_part(self.text[behind - 1], self.text[behind]):
                behind += 1
            counted = self.measure(self.text[at:behind])
            if total + counted > room:
                break
            at, total = behind, total + counted
        return at, total


def _wholes(text: str) -> list[tuple[int, int]]:
    """From where to where nothing is cut, in order: addresses, and handles with the letters right before them."""
    spans = [match.span() for match in _ADDRESS.finditer(text)]
    for tag in tags_in(text):
        start = tag.start
        while start and tag.start - start < _KEPT_BEFORE and (text[start - 1].isalnum() or text[start - 1] in "=/._-+"):
            start -= 1
        spans.append((start, tag.end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _chunks(body: _Body, room: int, over: Callable[[str], int], longest: int = sys.maxsize) -> list[str]:
    """The text in pieces, each as long as can be: not too long by itself, and of at most `longest` characters."""
    chunks: list[str] = []
    start = 0
    while start < len(body.text):
        left = room
        while True:
            end = _end(body, start, left, longest)
            chunk = body.text[start:end].rstrip()
            # Words of which an address is made only together count more than each: it is measured as a whole, too.
            too_much = over(chunk)
            if too_much <= 0:
                break
            left -= too_much
        chunks.append(chunk)
        space = _SPACE.match(body.text, end)
        start = space.end() if space else end
    return chunks


def _balanced(body: _Body, full: list[str], room: int, over: Callable[[str], int]) -> list[str]:
    """As many parts as when each is as full as can be, but of lengths that are more alike.

    Tries lower limits; of what comes out, the fewest sentences torn count first, then how alike the lengths are.
    """
    longest = max(map(len, full), default=0)
    # No word is cut for the sake of it.
    shortest = max(-(-len(body.text) // max(len(full), 1)), *map(len, body.text.split()), 1)
    tried = [full]
    for most in range(shortest, longest, max(1, (longest - shortest) // _TRIES)):
        chunks = _chunks(body, room, over, most)
        if len(chunks) == len(full):
            tried.append(chunks)
    return min(tried, key=partial(_unevenness, body.text))


def _unevenness(body: str, chunks: Sequence[str]) -> tuple[int, int]:
    """How many sentences are torn, and by how much the longest part is longer than the shortest."""
    lengths = [len(chunk) for chunk in chunks]
    torn, end = 0, 0
    for chunk in chunks[:-1]:
        end = body.index(chunk, end) + len(chunk)
        is_between = _LINE.match(body, end) or _SENTENCE.match(body, end)
        torn += 0 if is_between else 1
    return torn, max(lengths, default=0) - min(lengths, default=0)


def _end(body: _Body, start: int, room: int, longest: int) -> int:
    """Where the part that begins at `start` ends."""
    furthest = body.furthest(start, room, longest)
    if furthest == start:
        raise Refusal(
            "That is too long, and “{word}…” alone does not fit into a post. No preview was made; please shorten the "
            "text.",
            word=body.text[start : start + 40].split(maxsplit=1)[0],
        )
    if furthest == len(body.text):
        return furthest
    # Text of which much would be left over is not worth the better place.
    worth_it = start + (furthest - start) // 2
    for better in (_PARAGRAPH, _LINE, _SENTENCE):
        matches = better.finditer(body.text, start, furthest + 2)
        found = [match.start() for match in matches if match.start() <= furthest]
        if found and found[-1] > worth_it:
            return found[-1]
    return furthest


def _may_part(before: str, after: str) -> bool:
    """Whether two signs stand for themselves: no accents, joined emoji, skin tones or flags are torn apart."""
    if before == "\u200d" or after in _JOINERS or unicodedata.category(after).startswith("M"):
        return False
    if ord(after) in _MODIFIERS or ord(after) in _TAGS:
        return False
    is_hangul = "\u1100" <= before <= "\u11ff" and "\u1100" <= after <= "\u11ff"
    return not is_hangul and not (ord(before) in _FLAGS and ord(after) in _FLAGS)
