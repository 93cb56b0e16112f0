"""A phrase that moves something from its own time: what it leaves open stays as it was.

"11:00" is that time on its own day, "monday" that day at its own time, "one hour later" counts from it. "tomorrow",
"next week" and dates are said from today, as always. What can be meant from either is asked about.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.days import monday_of
from fedichat.domain.time.when.grammar import take_apart
from fedichat.domain.time.when.lengths import pieces_of
from fedichat.domain.time.when.recurring import is_recurring
from fedichat.domain.time.when.resolve import Asked, ahead_of, is_by_calendar, resolve
from fedichat.domain.time.when.said import Ahead, Calendar, Clock, Complaint, Reading, Said
from fedichat.domain.time.when.values import Ambiguous, Instant, Refused, Suggestion, When
from fedichat.domain.time.when.words import LONGEST, normalized

_SAME_TIME = re.compile(
    r",? ?\b(?:(?:at|um|zu|zur) )?(?:(?:the|die|der) )?"
    r"(?:same|gleiche[nr]?|selbe[nr]?|dieselbe) (?:time|zeit|uhrzeit)\b"
)
_BEFORE = re.compile(r"(?P<by>um|by) |(?P<sign>[+-]) ?")
_BEHIND = re.compile(
    r" (?:(?P<later>later|spaeter|nach hinten)|(?P<earlier>earlier|sooner|before|frueher|vorher|nach vorne?))$"
)


def read_moved(text: str, own: datetime, now: datetime, zone: ZoneInfo, language: str) -> When:
    """What the phrase says of something that is planned for `own`. Both moments are aware."""
    asked = Asked(text, now, zone, language)
    line = normalized(text)
    said = take_apart(line) if len(text) <= LONGEST else None
    is_clock = said is not None and said.complaint is None and said.clock is not None
    if len(text) <= LONGEST and not is_clock and (shifted := _shifted(line, own, asked)) is not None:
        return shifted
    if len(text) <= LONGEST and _SAME_TIME.search(line):
        said = take_apart(_SAME_TIME.sub("", line).strip(" ,"))
    if said is None:
        return answers.not_understood(text)
    if said.complaint is not None:
        return answers.complained(said.complaint, text)
    return answers.not_understood(text) if is_recurring(said) else _completed(said, own, asked)


def _completed(said: Said, own: datetime, asked: Asked) -> When:
    """The phrase with what it leaves open taken from the moment before."""
    local = own.astimezone(asked.zone)
    if said.clock is None and said.part is None and (not said.ahead or is_by_calendar(said.ahead)):
        said.clock = Clock(local.hour * 60 + local.minute, Reading.EXACT, local.second)
    if said.weeks is not None and said.weekday is None and said.day is None:
        return _in_week(said, local, asked)
    if said.names_a_day or said.ahead:
        return resolve(said, asked)
    read = resolve(_on(said, local), asked)
    if not isinstance(read, Refused) or local.date() > asked.local.date():
        return read
    # Its own day, or that time of it, is over: the next one is only a guess.
    plain = resolve(said, asked)
    return Suggestion(plain.at) if isinstance(plain, Instant) else plain


def _on(said: Said, day: datetime) -> Said:
    return replace(said, weeks=None, day=Calendar(day.day, day.month, day.year))


def _in_week(said: Said, local: datetime, asked: Asked) -> When:
    """`next week`: its own weekday there; or so many weeks after it, where that is another day."""
    weeks = timedelta(weeks=said.weeks or 0)
    there = monday_of(asked.local.date()) + weeks + timedelta(days=local.weekday())
    days = dict.fromkeys([local + (there - local.date()), local + weeks])
    read = [resolve(_on(said, day), asked) for day in days]
    moments = tuple(dict.fromkeys(one.at for one in read if isinstance(one, Instant)))
    if len(moments) > 1:
        return Ambiguous(moments, answers.several(asked.text))
    return Instant(moments[0]) if moments else read[0]


def _shifted(line: str, own: datetime, asked: Asked) -> When | None:
    """`one hour later`, `um 30 Minuten`, `-2h`: from its own time. A length alone may be counted from now as well."""
    behind = _BEHIND.search(line)
    before = _BEFORE.match(line)
    start, end = before.end() if before else 0, behind.start() if behind else len(line)
    found = pieces_of(line[start:end])
    if found is None:
        return None
    if any(piece.unit.name == "WORKING" for piece in found):
        return answers.complained(Complaint.WORKING, asked.text)
    is_earlier = bool((behind and behind["earlier"]) or (before and before["sign"] == "-"))
    pieces = [replace(piece, amount=-piece.amount) for piece in found] if is_earlier else found
    from_own = _moment(pieces, own, asked)
    if behind or before or not isinstance(from_own, Instant):
        return from_own
    from_now = _moment(pieces, asked.now, asked)
    if not isinstance(from_now, Instant) or from_now == from_own:
        return from_own
    return Ambiguous((from_own.at, from_now.at), answers.from_what(asked.text))


def _moment(pieces: list[Ahead], start: datetime, asked: Asked) -> When:
    try:
        return ahead_of(start, pieces, asked)
    except OverflowError:
        return answers.too_far(asked.text)
    except ValueError:
        return answers.missing(asked.text)
