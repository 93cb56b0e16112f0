"""Times of day: `9 Uhr`, `halb zehn`, `quarter past 9`, `9am`, `mittags`, `10:00 UTC`."""

import re

from fedichat.domain.time.when.pieces import MONTH, Rule, rule
from fedichat.domain.time.when.said import Clock, Complaint, Part, Reading, Said

_NOON = 720
_WHOLE_DAY = 1440

_PARTS = {
    Part.MORNING: r"fruehmorgens|morgens|frueh|early morning|morning|in der fruehe",
    Part.FORENOON: r"vormittags?",
    Part.AFTERNOON: r"nachmittags?|afternoon",
    Part.EVENING: r"abends?|evening",
    Part.NIGHT: r"nachts?|in der nacht|night",
}
_AT = r"(?:(?:um|at|@|ab punkt|punkt|genau um|exactly at|genau) )?"
_GERMAN_DAY = (
    r"(?:(?:kommenden|naechsten|uebernaechsten|diesem) )?(?:mo(?:ntag)?|di(?:enstag)?|mi(?:ttwoch)?|do(?:nnerstag)?"
    r"|fr(?:eitag)?|sa(?:mstag)?|so(?:nntag)?|sonnabend)\b|(?:morgen|vormittag|mittag|nachmittag|abend|heiligabend"
    r"|silvester|nikolaus|nikolaustag|neujahr|neujahrstag|tag|letzten|allerletzten|jeden)\b"
)
_AM = (
    r" ?(?:a\.m\.?|p\.m\.?|pm)|(?<=\d)am"
    # "um 9 am Montag": am is German there.
    rf"| am(?! (?:\d{{1,2}}\.|{_GERMAN_DAY}))"
)
_NO_YEAR = rf"(?![.:/\d]|,\d| ?(?:{MONTH})\b| ?(?:tag|woche|stunde|minute|day|week|hour))"


def _fixed(hour: int, minute: int, half: str) -> Clock | None:
    if not 1 <= hour <= 12 or minute > 59:
        return None
    return Clock((hour % 12 + (12 if half.startswith("p") else 0)) * 60 + minute, Reading.FIXED)


def _put(said: Said, clock: Clock | None) -> bool:
    return said.put(complaint=Complaint.MISSING) if clock is None else said.put(clock=clock)


def _twelve(m: re.Match[str], said: Said) -> bool:
    return _put(said, _fixed(int(m[1]), int(m[2] or 0), m[3].strip()))


def _twenty_four(m: re.Match[str], said: Said) -> bool:
    hour, minute, second = int(m[1]), int(m[2] or 0), int((m.groupdict().get("second")) or 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return said.put(complaint=Complaint.MISSING)
    return said.put(clock=Clock(hour * 60 + minute, Reading.EXACT, second))


def _bare(m: re.Match[str], said: Said) -> bool:
    return _hour(int(m[1]), said)


def _after_part(m: re.Match[str], said: Said) -> bool:
    return said.part is not None and _hour(int(m[1]), said)


def _hour(hour: int, said: Said) -> bool:
    if hour > 24:
        return said.put(complaint=Complaint.MISSING)
    exact = hour > 12 or hour == 0
    return said.put(clock=Clock(hour * 60 if exact else hour % 12 * 60, Reading.EXACT if exact else Reading.SPOKEN))


def _spoken(hour: int, minutes: int, said: Said, reading: Reading = Reading.SPOKEN) -> bool:
    if not 0 <= hour <= 24:
        return said.put(complaint=Complaint.MISSING)
    if hour > 12:
        return said.put(clock=Clock((hour * 60 + minutes) % _WHOLE_DAY, Reading.EXACT))
    return said.put(clock=Clock((hour * 60 + minutes) % _NOON, reading))


def _half_to(m: re.Match[str], said: Said) -> bool:
    return _spoken(int(m[1]), -30, said)


def _half_past(m: re.Match[str], said: Said) -> bool:
    return _spoken(int(m[1]), 30, said)


def _half(m: re.Match[str], said: Said) -> bool:
    return _spoken(int(m[1]), 30, said, Reading.HALF)


def _three_quarters(m: re.Match[str], said: Said) -> bool:
    return _spoken(int(m[1]), -15, said)


def _one_quarter(m: re.Match[str], said: Said) -> bool:
    return _spoken(int(m[1]), -45, said)


def _counted(m: re.Match[str], said: Said) -> bool:
    minutes = 15 if m["minutes"] in {"viertel", "quarter", "a quarter"} else int(m["minutes"])
    if m["side"] == "to" and m["minutes"].isdigit() and not m["unit"] and (minutes % 5 or not m["at"]):
        return False  # "9 to 10" is a span
    if minutes > 30:
        return said.put(complaint=Complaint.MISSING)
    offset = minutes if m["side"] in {"nach", "past", "after"} else -minutes
    if m["named"]:
        base = 0 if m["named"] in {"mitternacht", "midnight"} else _NOON
        return base == _NOON and said.put(clock=Clock(_NOON + offset, Reading.FIXED))
    return _spoken(int(m["hour"]), offset - (30 if m["half"] else 0), said)


def _half_of_day(m: re.Match[str], said: Said) -> bool:
    """`quarter past four pm`."""
    clock = said.clock
    if clock is None or clock.reading is not Reading.SPOKEN:
        return False
    said.clock = Clock(clock.minutes + (_NOON if m[0].startswith("p") else 0), Reading.FIXED)
    return True


def _noon(_: re.Match[str], said: Said) -> bool:
    return said.put(clock=Clock(_NOON, Reading.FIXED))


def _midday(_: re.Match[str], said: Said) -> bool:
    return said.put(part=Part.NOON)


def _midnight(_: re.Match[str], said: Said) -> bool:
    return said.put(clock=Clock(0, Reading.MIDNIGHT))


def _part(part: Part) -> Rule:
    leading = r"(?:(?:am|in the|at|during the|in der) )?"
    return rule(rf"{leading}(?:{_PARTS[part]})", lambda _, said: said.put(part=part))


def _morning(_: re.Match[str], said: Said) -> bool:
    """`heute morgen`, `Freitag morgen`: behind a day it is the part of it, elsewhere the day."""
    return bool(said.day or said.weekday or said.every or said.weekdays) and said.put(part=Part.MORNING)


def _zone(m: re.Match[str], said: Said) -> bool:
    return said.clock is not None and said.put(zone=m[0].strip())


_ZONE_NAMES = (
    "utc|gmt|z|mez|mesz|cet|cest|wet|west|eet|eest|bst|ist|msk|est|edt|cst|cdt|mst|mdt|pst|pdt|jst|aest|aedt|"
    "sast|hst|akst|akdt|nzst|nzdt|kst|acst|acdt|awst|wib|wit|wita|hkt|sst|chst|eat|cat|wat|pkt"
)

TIME_RULES = (
    rule(rf"{_AT}(\d{{1,2}})(?:[:.](\d\d))?({_AM})", _twelve),
    rule(
        r"(?:at|@) ([1-6])[:.](\d\d)(?![:.\d]| ?(?:uhr|h|hrs|hours)\b)",
        lambda m, said: int(m[2]) < 60 and _spoken(int(m[1]), int(m[2]), said),
    ),
    rule(rf"{_AT}(\d{{1,2}}):(\d\d)(?::(?P<second>\d\d))?(?: ?(?:uhr|h|hrs|hours))?(?![:.]\d)", _twenty_four),
    rule(rf"{_AT}(\d{{1,2}})\.(\d\d) ?(?:uhr|h)", _twenty_four),
    rule(r"(?:um|at|@) (\d{1,2})\.(\d\d)(?!\.)", _twenty_four),
    # No month has such a number.
    rule(rf"{_AT}(\d{{1,2}})\.(00|1[3-9]|[2-5]\d)(?![.:\d]| ?%)", _twenty_four),
    rule(rf"{_AT}(\d{{1,2}}) ?uhr (\d\d){_NO_YEAR}", _twenty_four),
    rule(r"(?:um|at|@|punkt) (\d\d)(\d\d)(?![.:\d])", _twenty_four),
    rule(rf"{_AT}(\d\d)(\d\d) ?(?:uhr|h|hrs|hours)", _twenty_four),
    rule(
        rf"(?P<at>{_AT})(?P<minutes>\d{{1,2}}|viertel|a quarter|quarter) (?P<unit>min |minuten |minutes )?"
        r"(?P<side>nach|vor|past|after|to|before)"
        r" (?:(?P<half>halb) )?"
        r"(?:(?P<hour>\d{1,2})(?! ?[.:])(?: ?uhr)?|(?P<named>noon|mittag|midnight|mitternacht))",
        _counted,
    ),
    rule(rf"{_AT}halb (\d{{1,2}})(?: uhr)?", _half_to),
    rule(rf"{_AT}half past (\d{{1,2}})", _half_past),
    rule(rf"{_AT}half (\d{{1,2}})", _half),
    rule(rf"{_AT}(?:dreiviertel|3 viertel) (\d{{1,2}})(?: uhr)?", _three_quarters),
    rule(rf"{_AT}viertel (\d{{1,2}})(?: uhr)?", _one_quarter),
    rule(rf"{_AT}(\d{{1,2}})() ?uhr", _twenty_four),
    rule(r"(?:um|at) (\d{1,2}) ?h(\d\d)?", _twenty_four),
    rule(rf"{_AT}(\d{{1,2}}) ?o'? ?clock(?: sharp)?", _bare),
    rule(rf"{_AT}(?:12 )?(?:noon|midday)|at lunchtime", _noon),
    rule(rf"{_AT}(?:(?:0|12|24) ?)?(?:mitternachts?|midnight)", _midnight),
    rule(
        rf"(?:um|at) (\d{{1,2}}) (\d\d){_NO_YEAR}",
        lambda m, said: int(m[2]) < 60 and _spoken(int(m[1]), int(m[2]), said),
    ),
    rule(r"(?:um|at|@) (\d{1,2})(?![.:/\d]\d| ?%| to )", _bare),
)
PART_RULES = (
    rule(r"(\d{1,2})(?![.:/\d]|st|nd|rd|th| ?[a-z]*tag| ?h)", _after_part),
    rule(r"(?:a\.m\.?|p\.m\.?|pm|am(?! \w))", _half_of_day),
    rule(r"(?:(?:am|zu) )?mittags?", _midday),
    *(_part(part) for part in _PARTS),
    rule(r"morgen", _morning),
    rule(
        rf"(?:(?:utc|gmt) ?[+-] ?\d{{1,2}}(?::?\d\d)?|{_ZONE_NAMES}|[+-]\d\d(?::?\d\d)?|[a-z]+/[a-z_]+(?:/[a-z_]+)?)",
        _zone,
    ),
    rule(r"(?:ortszeit|local time|deutscher zeit|german time)", lambda _, said: said.clock is not None),
)
HOUR_SIGN = rule(r"(\d{1,2}) ?h(\d\d)?", lambda m, said: said.names_a_day and _twenty_four(m, said))
"""`Freitag 14h`, `morgen 14h30`; without a day it is fourteen hours."""
