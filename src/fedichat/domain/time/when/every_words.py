"""Recurrences: `jeden Montag`, `every weekday`, `am ersten Mittwoch im Monat`, `alle zwei Wochen`, `bis 24.12.`."""

import re
from dataclasses import replace

from fedichat.domain.time.when.dates import read_date
from fedichat.domain.time.when.pieces import ADVERB, GAP, MONTH, ORDINAL, WEEKDAY, Rule, nth_of, rule, weekday_of
from fedichat.domain.time.when.said import Calendar, Complaint, DayFact, Every, Frequency, Part, Relative, Said
from fedichat.domain.time.when.words import MONTHS

_EVERY = r"(?:(?:an |am )?(?:jede[nrsm]?)|(?:on )?(?:every|each)|immer(?: am)?)"
_MONTHLY = (
    r"(?:im monat|des monats|(?:in )?jede[ns] monats?|eines jeden monats|of (?:the|every|each|a) month|"
    r"in (?:the|every|each) month|every month|each month|monthly)"
)
_NAMES = rf"(?P<names>{WEEKDAY}\b\.?(?:{GAP}{WEEKDAY}\b\.?)*)"
_ADVERBS = rf"(?P<names>{ADVERB}(?:{GAP}{ADVERB})*)"
_FIVE_DAYS = (0, 1, 2, 3, 4)
_UNITS = {
    "tag": Frequency.DAILY, "day": Frequency.DAILY, "woch": Frequency.WEEKLY, "week": Frequency.WEEKLY,
    "monat": Frequency.MONTHLY, "mont": Frequency.MONTHLY, "jahr": Frequency.YEARLY, "year": Frequency.YEARLY,
}  # fmt: skip
_PARTS = {
    "morgen": Part.MORNING, "morning": Part.MORNING, "vormittag": Part.FORENOON, "mittag": Part.NOON,
    "nachmittag": Part.AFTERNOON, "afternoon": Part.AFTERNOON, "abend": Part.EVENING, "evening": Part.EVENING,
    "nacht": Part.NIGHT, "night": Part.NIGHT,
}  # fmt: skip


def _days_in(names: str) -> tuple[int, ...]:
    found = re.findall(r"[a-z]+", names)
    return tuple(sorted({weekday_of(name) for name in found if name not in {"und", "and", "sowie"}}))


def _weekdays(m: re.Match[str], said: Said) -> bool:
    return said.put(every=Every(Frequency.WEEKLY, weekdays=_days_in(m["names"])))


def _adverbs(m: re.Match[str], said: Said) -> bool:
    return said.put(weekdays=_days_in(m["names"]))


def _range(m: re.Match[str], said: Said) -> bool:
    first, last = weekday_of(m["first"]), weekday_of(m["last"])
    days = tuple(range(first, last + 1)) if first < last else (*range(last + 1), *range(first, 7))
    return first != last and said.put(every=Every(Frequency.WEEKLY, weekdays=days))


def _every_nth(m: re.Match[str], said: Said) -> bool:
    """`every second tuesday` is every two weeks; the first and the last can only be of the month."""
    nth = 2 if m["nth"] in {"other", "anderen"} else nth_of(m["nth"])
    day = weekday_of(m["name"])
    if nth in {-1, 1}:
        return said.put(every=Every(Frequency.MONTHLY, weekdays=(day,), nth=nth))
    if nth > 2:
        return said.put(complaint=Complaint.NTH)
    return said.put(every=Every(Frequency.WEEKLY, interval=2, weekdays=(day,)))


def _nth_of_month(m: re.Match[str], said: Said) -> bool:
    if (nth := nth_of(m["nth"])) not in {-1, 1, 2, 3, 4}:
        return said.put(complaint=Complaint.MISSING)
    return said.put(every=Every(Frequency.MONTHLY, weekdays=(weekday_of(m["name"]),), nth=nth))


def _nth_behind(m: re.Match[str], said: Said) -> bool:
    monthly = said.every
    if monthly is None or monthly != Every(Frequency.MONTHLY, monthly.interval) or nth_of(m["nth"]) > 4:
        return False
    said.every = replace(monthly, weekdays=(weekday_of(m["name"]),), nth=nth_of(m["nth"]))
    return True


def _monthday(m: re.Match[str], said: Said) -> bool:
    return said.put(every=Every(Frequency.MONTHLY, monthday=int(m["day"])))


def _last_day_behind(_: re.Match[str], said: Said) -> bool:
    monthly = said.every
    if monthly is None or monthly != Every(Frequency.MONTHLY, monthly.interval):
        return False
    said.every = replace(monthly, monthday=-1)
    return True


def _last_day(_: re.Match[str], said: Said) -> bool:
    return said.put(every=Every(Frequency.MONTHLY, monthday=-1))


def _interval(m: re.Match[str], said: Said) -> bool:
    interval = 2 if m["other"] else int(m["count"] or 1)
    unit = next(unit for start, unit in _UNITS.items() if m["unit"].startswith(start))
    return interval > 0 and said.put(every=Every(unit, interval=interval))


def _each(frequency: Frequency, interval: int = 1) -> Every:
    return Every(frequency, interval=interval)


def _plain(pattern: str, every: Every) -> Rule:
    return rule(pattern, lambda _, said: said.put(every=every))


def _complaint(pattern: str, complaint: Complaint) -> Rule:
    def put(_: re.Match[str], said: Said) -> bool:
        said.complaint = said.complaint or complaint
        return True

    return rule(pattern, put)


def _part_of_each_day(m: re.Match[str], said: Said) -> bool:
    return said.put(every=Every(Frequency.DAILY), part=_PARTS[m["part"]])


EVERY_RULES = (
    _complaint(
        rf"{_EVERY} (?:stunde|minute|sekunde|hour|minute|second)|stuendlich|minuetlich|hourly|"
        r"(?:alle|every) \d+ (?:stunden|minuten|sekunden|hours|minutes|seconds|min|std)",
        Complaint.TOO_OFTEN,
    ),
    _complaint(rf"(?:an )?werktag(?:s|en)|werktaeglich|(?:{_EVERY}|alle) werktage?", Complaint.SATURDAYS),
    _complaint(rf"(?:an )?wochentag(?:s|en)|(?:{_EVERY}|alle) wochentage?", Complaint.WEEKDAYS),
    _complaint(
        rf"(?:{_EVERY}|alle) (?:arbeitstage?|(?:working|business) days?|workdays?)|arbeitstaeglich"
        r"|on (?:working|business) days",
        Complaint.WORKING,
    ),
    _plain(rf"(?:{_EVERY} weekday|(?:on )?weekdays)", Every(Frequency.WEEKLY, weekdays=_FIVE_DAYS)),
    rule(rf"{_EVERY} (?P<part>{'|'.join(_PARTS)})", _part_of_each_day),
    _plain(rf"taeglich|daily|{_EVERY} (?:tag|day)|alle tage", _each(Frequency.DAILY)),
    rule(
        r"(?:an |am |on the |jeden |an jedem |every |each |the |immer am )?"
        rf"(?P<nth>{ORDINAL}) (?P<name>{WEEKDAY})\.? {_MONTHLY}",
        _nth_of_month,
    ),
    rule(rf"(?:(?:am|on the|an|the) )?(?P<nth>{ORDINAL}) (?P<name>{WEEKDAY})\.?", _nth_behind),
    rule(rf"(?:(?:am|on the|the|{_EVERY}) )?(?:letzten|last) (?:tag|day) {_MONTHLY}", _last_day),
    rule(r"(?:am|on the) (?:letzten tag|last day)", _last_day_behind),
    rule(rf"{_EVERY} (?P<nth>{ORDINAL}|other|anderen) (?P<name>{WEEKDAY})\.?", _every_nth),
    rule(rf"(?:(?:am|on the|the|{_EVERY}) )?(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th) (?:tag )?{_MONTHLY}", _monthday),
    rule(
        rf"{_EVERY} (?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)(?! ?(?:{MONTH}|{WEEKDAY}|{'|'.join(_UNITS)}))",
        _monthday,
    ),
    rule(
        rf"(?:von |from )?(?P<first>{WEEKDAY}|{ADVERB})\b\.? ?(?:bis|to|through|thru|-) ?"
        rf"(?P<last>{WEEKDAY}|{ADVERB})\b\.?",
        _range,
    ),
    rule(rf"{_EVERY} {_NAMES}", _weekdays),
    rule(rf"(?:immer |on |jeweils |always )?{_ADVERBS}", _adverbs),
    _plain(r"14-?taegig|zweiwoechentlich|fortnightly|every fortnight|14-taeglich", _each(Frequency.WEEKLY, 2)),
    _plain(
        rf"woechentlich|weekly|einmal (?:pro|die|in der) woche|once a week|{_EVERY} (?:woche|week)",
        _each(Frequency.WEEKLY),
    ),
    _plain(
        rf"monatlich|monthly|einmal (?:pro|im) monat|once a month|{_EVERY} (?:monat|month)", _each(Frequency.MONTHLY)
    ),
    _plain(
        rf"jaehrlich|einmal (?:pro|im) jahr|once a year|yearly|annually|{_EVERY} (?:jahr|year)", _each(Frequency.YEARLY)
    ),
    rule(
        r"(?:alle|every|each|jede[nrs]?) "
        r"(?:(?P<other>other|second|anderen?) |(?P<count>(?!1\.)\d{1,2})(?:\.|nd|rd|th)? )"
        r"(?P<unit>tage?n?|days?|wochen?|weeks?|monate?n?|months?|jahre?n?|years?)",
        _interval,
    ),
    rule(r"(?P<count>\d{1,3})[ -]?(?:mal|x|times)", lambda m, said: said.put(count=int(m["count"]))),
)

_UNTIL = re.compile(
    r"(?:bis|until|till|til|through|up to|ending|ends)"
    r"(?: (?:einschliesslich|einschl\.|inklusive|incl\.|including|zum|on))* "
)
_START = re.compile(r"(?:ab|vom|from|starting|beginning|seit|as of|beginnend)(?: (?:from|on|am|mit|dem))* ")
_TO = re.compile("to ")
"""`from Dec 1 to Dec 24`: only behind a first day."""
_FIRST_DAY = re.compile(
    r"(?:vom|from)(?: the)? (?P<day>\d{1,2})(?:\.|st|nd|rd|th)? ?(?:bis(?: zum)?|to|until|till|-) ?"
)
"""`vom 1. bis 24. Dezember`: the month stands at the end."""
_END_OF = re.compile(
    r"(?:(?:zum )?jahresende|ende des jahres|(?:the )?end of (?:the )?year|year's end)\b"
    rf"|(?:ende|(?:the )?end of) (?P<name>{MONTH})\b\.?(?: (?P<year>\d{{4}})\b)?"
)
_RELATIVE = re.compile(r"(?:(?P<today>heute|today)|(?P<tomorrow>morgen|tomorrow)|(?P<later>uebermorgen))\b")


def take_limit(text: str, position: int, said: Said) -> int | None:
    """Take up until when, or from when on, it recurs; where that ends."""
    if (m := _FIRST_DAY.match(text, position)) and (found := read_date(text, m.end())):
        return _take_span(int(m["day"]), *found, said)
    patterns = [("until", _UNTIL), ("start", _START)]
    if said.start is not None:
        patterns.append(("until", _TO))
    for name, pattern in patterns:
        if (m := pattern.match(text, position)) and (said.every or m[0] != "vom "):
            if (found := _limit(text, m.end())) is None:
                return None
            fact, end = found
            return end if said.put(**{name: fact}) else None
    return None


def _take_span(day: int, last: DayFact, end: int, said: Said) -> int | None:
    if not said.every or not isinstance(last, Calendar) or day >= last.day:
        return None
    return end if said.put(start=replace(last, day=day), until=last) else None


def _limit(text: str, position: int) -> tuple[DayFact, int] | None:
    if m := _END_OF.match(text, position):
        month = MONTHS[m["name"]] if m["name"] else 12
        return Calendar(-1, month, int(m["year"]) if m["year"] else None), m.end()
    if m := _RELATIVE.match(text, position):
        return Relative(0 if m["today"] else 1 if m["tomorrow"] else 2), m.end()
    return read_date(text, position)
