"""What may have been meant by a phrase that the grammar does not have: a letter corrected, or dateparser's guess."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.resolve import MORNING, Asked
from fedichat.domain.time.when.said import LONGEST
from fedichat.domain.time.when.values import Suggestion, When
from fedichat.domain.time.when.words import WORDS, normalized
from fedichat.domain.time.when.zones import place

_WORD = re.compile(r"[a-zäöüß]{4,}")
_DOUBLED = re.compile(r"(.)\1")
_LETTER = re.compile(r"[^\W\d_]")
_FIGURES = re.compile(r"\d+")
_YEAR = 4
_SHORTEST = 4


def nearby(text: str) -> list[str]:
    """The phrase with one unknown word corrected by one letter, each way that there is."""
    line = " ".join(text.casefold().split())
    found: list[str] = []
    for m in _WORD.finditer(line):
        plain = normalized(m[0])
        if plain in WORDS or len(plain) < _SHORTEST:
            continue
        found += [line[: m.start()] + word + line[m.end() :] for word in _one_letter_off(plain)]
    return found


def _one_letter_off(word: str) -> list[str]:
    return [known for known in _by_length(len(word)) if is_one_letter_off(word, known)]


@cache
def _by_length(length: int) -> tuple[str, ...]:
    return tuple(sorted(word for word in WORDS if abs(len(word) - length) <= 1 and len(word) >= _SHORTEST))


def is_one_letter_off(word: str, known: str) -> bool:
    """Whether a letter is wrong, missing, too many, or has changed places with its neighbour.

    Doubled letters count as one: `tommorow` is off by one, too.
    """
    if word == known:
        return False
    if _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", known):
        return True
    same = next((i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    mine, theirs = word[same:], known[same:]
    if len(word) == len(known):
        return mine[1:] == theirs[1:] or (mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:])
    return mine[1:] == theirs if len(word) > len(known) else mine == theirs[1:]


def guess(asked: Asked) -> When:
    """What dateparser makes of it, checked: ahead of now, there, and only once. It takes milliseconds, or seconds."""
    from dateparser.date import DateDataParser  # noqa: PLC0415 - slow to import, and seldom needed

    if not _LETTER.search(asked.text):
        return answers.not_understood(asked.text)
    local = asked.local.replace(tzinfo=None)
    settings: dict[str, object] = {"RELATIVE_BASE": local, "PREFER_DATES_FROM": "future", "RETURN_TIME_AS_PERIOD": True}
    settings["DATE_ORDER"] = "DMY" if asked.language == "de" else "MDY"
    parser = DateDataParser(languages=["de", "en"], settings=settings)
    try:
        data = parser.get_date_data(asked.text)
    except (ValueError, OverflowError, TypeError, AttributeError, re.error):
        return answers.not_understood(asked.text)
    if data.date_obj is None or data.period not in {"time", "day"}:
        return answers.not_understood(asked.text)
    has_time = data.period == "time"
    if not has_time and not _figures(asked.text) <= {data.date_obj.day, data.date_obj.month, data.date_obj.year % 100}:
        # A time of day, it may be, that it passed over.
        return answers.not_understood(asked.text)
    return _checked(data.date_obj, asked, has_time=has_time)


def _figures(text: str) -> set[int]:
    return {int(figures) % 100 if len(figures) == _YEAR else int(figures) for figures in _FIGURES.findall(text)}


def _checked(guessed: datetime, asked: Asked, *, has_time: bool) -> When:
    shown = guessed.astimezone(asked.zone) if guessed.tzinfo else guessed
    if has_time and (shown.hour, shown.minute) == (asked.local.hour, asked.local.minute):
        # Of a time that it did not understand it makes the present one.
        return answers.not_understood(asked.text)
    if guessed.tzinfo is not None:
        moments: tuple[datetime, ...] = (guessed.astimezone(UTC),)
    else:
        # Without a time of day it gives the present one.
        local = guessed if has_time else datetime.combine(guessed, datetime.min.time()) + timedelta(minutes=MORNING)
        placed = place(local.replace(second=0, microsecond=0), asked.zone, None)
        moments = placed.moments if placed else ()
    if len(moments) == 1 and timedelta() < moments[0] - asked.now <= LONGEST:
        return Suggestion(moments[0])
    return answers.not_understood(asked.text)
