"""Lengths of time: `in 90 minutes`, `in anderthalb Stunden`, `1h 15min`, `three days from now`, `vor 2 Tagen`."""

import re
from decimal import Decimal

from fedichat.domain.time.when.said import Ahead, AheadUnit, Complaint, Relative, Said

_UNITS = {
    AheadUnit.WORKING: r"(?:arbeits|werk)(?:tage?n?|stunden?)|(?:working|business) (?:days?|hours?)|workdays?",
    AheadUnit.SECOND: r"sekunden?|sek|seconds?|secs?|s",
    AheadUnit.MINUTE: r"minuten?|minutes?|mins?",
    AheadUnit.HOUR: r"stunden?|std|hours?|hrs?|h",
    AheadUnit.DAY: r"tage?n?|days?|d",
    AheadUnit.WEEK: r"wochen?|wo|weeks?|wks?|w",
    AheadUnit.MONTH: r"monate?n?|months?",
    AheadUnit.YEAR: r"jahre?n?|years?",
}
_UNIT = "|".join(f"(?P<{unit.name}>{names})" for unit, names in _UNITS.items())
_AMOUNT = (
    # "14.30 h" and "1400 hours" are times of day, "1,30 Stunden" may be ninety minutes.
    r"(?P<number>(?!0\d|\d{4} ?(?:h|std))\d+(?:[.,]\d)?)"
    r"|(?P<half>(?:eine[rmn]? )?halbe[nrs]?|(?:a )?half an?|half)"
    r"|(?P<one>eine[rmns]?|ein|an?)"
)
_PIECE = re.compile(
    rf"(?:{_AMOUNT}) ?(?P<and_half>and a half )?(?:{_UNIT})(?![a-z])\.?(?P<half_more> and a half)?"
    r"|(?:eine[rm]? )?(?:(?P<three>dreiviertelstunde|3 quarters of an hour)"
    r"|(?P<quarter>viertelstunde|(?:a )?quarter (?:of an )?hour))(?![a-z])"
)
_JOIN = re.compile(r" ?(?:,|und|and)? ?")
_BEFORE = re.compile(r"(?:(?P<ago>vor)|in|noch|fuer|for|after|nach) (?:genau |exactly )?")
_BEHIND = re.compile(
    r" (?P<ago>ago)\b| from (?:now|today|(?P<tomorrow>tomorrow))\b| later\b|'s? time\b| ab (?:jetzt|heute)\b"
)
_HALF = Decimal("0.5")


def take_length(text: str, position: int, said: Said) -> int | None:
    """Take up the length of time at that position, with what stands before and behind it; where it ends."""
    before = _BEFORE.match(text, position)
    found = _pieces(text, before.end() if before else position)
    if found is None:
        return None
    pieces, end = found
    behind = _BEHIND.match(text, end)
    if behind:
        end = behind.end()
    if end < len(text) and text[end] not in " ,":
        return None
    if (before and before["ago"]) or (behind and behind["ago"]):
        return end if said.put(complaint=Complaint.PAST) else None
    if behind and behind["tomorrow"] and not said.put(day=Relative(1)):
        return None
    if said.ahead:
        return None
    said.ahead = pieces
    return end


def pieces_of(text: str) -> list[Ahead] | None:
    """The lengths of which the text consists, and nothing else; None where there is anything else in it."""
    found = _pieces(text, 0)
    return found[0] if found is not None and found[1] == len(text) else None


def _pieces(text: str, position: int) -> tuple[list[Ahead], int] | None:
    pieces: list[Ahead] = []
    end = position
    while m := _PIECE.match(text, position):
        pieces.append(_piece(m))
        end = m.end()
        joined = _JOIN.match(text, end)
        position = joined.end() if joined else end
    return (pieces, end) if pieces else None


def _piece(m: re.Match[str]) -> Ahead:
    if m["three"] or m["quarter"]:
        return Ahead(Decimal(45 if m["three"] else 15), AheadUnit.MINUTE)
    amount = Decimal(m["number"].replace(",", ".")) if m["number"] else _HALF if m["half"] else Decimal(1)
    if m["and_half"] or m["half_more"]:
        amount += _HALF
    return Ahead(amount, next(unit for unit in _UNITS if m[unit.name]))
