"""What moves a planned post is read against its own time: a table of phrases in both languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.time.when import Ambiguous, Instant, Refused, Suggestion, read_moved

BERLIN = ZoneInfo("Europe/Berlin")


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


MONDAY = at("2026-11-23 10:20")
"""Now."""
FRIDAY = at("2026-11-27 10:00")
"""When the post is to go out."""


def moments(text: str, own: datetime = FRIDAY, now: datetime = MONDAY) -> list[str] | str:
    """The moment, the moments that are asked about, or what kind of no it is."""
    read = read_moved(text, own, now, BERLIN, "de")
    match read:
        case Instant(when):
            found = [when]
        case Ambiguous(candidates):
            found = [*candidates]
        case Suggestion(when):
            return f"{when.astimezone(BERLIN):%m-%d %H:%M}?"
        case Refused():
            return "no"
        case _:
            return type(read).__name__
    return [f"{when.astimezone(BERLIN):%m-%d %H:%M}" for when in found]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # a time alone: its own day
        ("11:00", ["11-27 11:00"]),
        ("um 15 Uhr", ["11-27 15:00"]),
        ("15 Uhr", ["11-27 15:00"]),
        ("at 3pm", ["11-27 15:00"]),
        ("11.30 Uhr", ["11-27 11:30"]),
        ("noon", ["11-27 12:00"]),
        ("9:00", ["11-27 09:00"]),
        # a day alone: its own time
        ("thursday", ["11-26 10:00"]),
        ("Donnerstag", ["11-26 10:00"]),
        ("tomorrow", ["11-24 10:00"]),
        ("morgen", ["11-24 10:00"]),
        ("übermorgen", ["11-25 10:00"]),
        ("2026-12-03", ["12-03 10:00"]),
        ("3.12.", ["12-03 10:00"]),
        ("am 3. Dezember", ["12-03 10:00"]),
        ("3 December", ["12-03 10:00"]),
        ("tomorrow same time", ["11-24 10:00"]),
        ("morgen zur gleichen Zeit", ["11-24 10:00"]),
        ("morgen, gleiche Uhrzeit", ["11-24 10:00"]),
        ("in 2 Tagen", ["11-25 10:00"]),
        # both: as always
        ("friday 11:00", ["11-27 11:00"]),
        ("tomorrow 9:00", ["11-24 09:00"]),
        ("Donnerstag um 15 Uhr", ["11-26 15:00"]),
        ("2026-12-03 14:00", ["12-03 14:00"]),
        ("3.12. 14:00", ["12-03 14:00"]),
        # from its own time
        ("one hour later", ["11-27 11:00"]),
        ("eine Stunde später", ["11-27 11:00"]),
        ("30 minutes earlier", ["11-27 09:30"]),
        ("eine halbe Stunde früher", ["11-27 09:30"]),
        ("um eine Stunde", ["11-27 11:00"]),
        ("um eine Stunde nach hinten", ["11-27 11:00"]),
        ("by two hours", ["11-27 12:00"]),
        ("+90 min", ["11-27 11:30"]),
        ("-2h", ["11-27 08:00"]),
        ("2 days earlier", ["11-25 10:00"]),
        ("zwei Tage früher", ["11-25 10:00"]),
        ("a week later", ["12-04 10:00"]),
        ("eine Woche später", ["12-04 10:00"]),
        ("one month later", ["12-27 10:00"]),
        # from now
        ("in one hour", ["11-23 11:20"]),
        ("in einer Stunde", ["11-23 11:20"]),
        # a week is one week on, for a post of this week
        ("next week", ["12-04 10:00"]),
        ("next week same time", ["12-04 10:00"]),
        ("nächste Woche zur selben Zeit", ["12-04 10:00"]),
        ("nächste Woche um 11:00", ["12-04 11:00"]),
        # two meanings
        ("one hour", ["11-27 11:00", "11-23 11:20"]),
        ("eine Stunde", ["11-27 11:00", "11-23 11:20"]),
        # none
        ("later", "no"),
        ("später", "no"),
        ("earlier", "no"),
        ("etwas früher", "no"),
        ("a week earlier", "no"),
        ("eine Woche früher", "no"),
        ("2 working days later", "no"),
        ("same time", ["11-27 10:00"]),
        ("gestern", "no"),
        ("every friday 10:00", "no"),
        ("when it rains", "no"),
    ],
)
def test_what_is_left_open_stays_as_it_was(text: str, meant: list[str] | str) -> None:
    assert moments(text) == meant


@pytest.mark.parametrize(
    ("text", "own", "meant"),
    [
        # its day is over: only a guess
        ("11:00", "2026-11-20 10:00", "11-23 11:00?"),
        # its time of today is over
        ("9:00", "2026-11-23 12:00", "no"),
        ("11:00", "2026-11-23 10:00", ["11-23 11:00"]),
        ("today", "2026-11-27 09:00", "no"),
        ("heute", "2026-11-27 12:00", ["11-23 12:00"]),
        ("one hour later", "2026-11-23 10:00", ["11-23 11:00"]),
        ("one hour later", "2026-11-20 10:00", "no"),
        # the week after its own, or after this one?
        ("next week", "2026-12-11 10:00", ["12-04 10:00", "12-18 10:00"]),
        # days keep the time of day when the clocks change, hours do not
        ("1 day later", "2027-03-27 10:00", ["03-28 10:00"]),
        ("24 hours later", "2027-03-27 10:00", ["03-28 11:00"]),
        ("one day earlier", "2027-03-29 02:30", "no"),
    ],
)
def test_where_its_own_time_cannot_be_meant_it_is_asked_or_refused(text: str, own: str, meant: list[str] | str) -> None:
    assert moments(text, at(own)) == meant
