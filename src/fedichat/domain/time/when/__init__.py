"""Moments as people write them, in English and German: "morgen um 9 Uhr", "next friday at noon", "jeden Montag um 9".

A closed grammar takes the whole phrase or refuses it: a moment that was misread would pass unnoticed. What can be
understood in two ways is asked about, and what the grammar does not have is only ever a suggestion to confirm.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.grammar import take_apart
from fedichat.domain.time.when.moved import read_moved as read_moved
from fedichat.domain.time.when.recurrence import echo_rule as echo_rule
from fedichat.domain.time.when.recurrence import next_after as next_after
from fedichat.domain.time.when.recurring import is_recurring, resolve_recurring
from fedichat.domain.time.when.resolve import Asked, resolve
from fedichat.domain.time.when.suggest import guess, nearby
from fedichat.domain.time.when.values import Ambiguous as Ambiguous
from fedichat.domain.time.when.values import Day as Day
from fedichat.domain.time.when.values import Instant as Instant
from fedichat.domain.time.when.values import Recurring as Recurring
from fedichat.domain.time.when.values import Refused as Refused
from fedichat.domain.time.when.values import Suggestion as Suggestion
from fedichat.domain.time.when.values import Weekday as Weekday
from fedichat.domain.time.when.values import When as When
from fedichat.domain.time.when.words import LONGEST, normalized
from fedichat.domain.time.when.zones import at_wall as at_wall
from fedichat.domain.time.when.zones import typed as typed

_CORRECTIONS = 20


def read_when(text: str, now: datetime, zone: ZoneInfo, language: str) -> When:
    """What the phrase says, by the grammar alone; never a Suggestion.

    `now` is aware. Days and times are on the zone's clocks. Both languages are always understood; `language` decides
    only which of two readings comes first.
    """
    if len(text) > LONGEST or (said := take_apart(normalized(text))) is None:
        return answers.not_understood(text)
    if said.complaint is not None:
        return answers.complained(said.complaint, text)
    asked = Asked(text, now, zone, language)
    return resolve_recurring(said, asked) if is_recurring(said) else resolve(said, asked)


def suggest_when(text: str, now: datetime, zone: ZoneInfo, language: str) -> When:
    """What the phrase says, or, where the grammar does not have it, what may have been meant.

    Slow where it is not understood: call it in a thread.
    """
    read = read_when(text, now, zone, language)
    if not isinstance(read, Refused) or read.is_understood or len(text) > LONGEST:
        return read
    return _corrected(text, now, zone, language) or guess(Asked(text, now, zone, language))


def _corrected(text: str, now: datetime, zone: ZoneInfo, language: str) -> When | None:
    """The one thing that can have been meant if a letter is wrong."""
    near = {word: read_when(word, now, zone, language) for word in nearby(text)[:_CORRECTIONS]}
    near = {word: read for word, read in near.items() if not isinstance(read, Refused) or read.is_understood}
    moments = {read.at for read in near.values() if isinstance(read, Instant)}
    if len(moments) == 1 and all(isinstance(read, Instant) for read in near.values()):
        return Suggestion(moments.pop())
    return answers.meant(text, next(iter(near))) if near else None
