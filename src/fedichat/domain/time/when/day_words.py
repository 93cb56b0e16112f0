"""Days by what they are called: `übermorgen`, `nächsten Dienstag`, `KW 50`, `am 3.`; and vague words."""

import re
from decimal import Decimal

from fedichat.domain.time.when.dates import DATE_RULES, YEAR
from fedichat.domain.time.when.pieces import MONTH, ON, ORDINAL, WEEKDAY, Rule, nth_of, rule, weekday_of
from fedichat.domain.time.when.said import (
    Ahead,
    AheadUnit,
    Calendar,
    Complaint,
    NamedWeekday,
    NthWeekday,
    Part,
    Relative,
    Said,
    Which,
)
from fedichat.domain.time.when.words import MONTHS

_RELATIVE = {
    "vorgestern": -2, "the day before yesterday": -2, "day before yesterday": -2, "gestern": -1, "yesterday": -1,
    "heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "uebermorgen": 2, "the day after tomorrow": 2,
    "day after tomorrow": 2, "ueberuebermorgen": 3,
}  # fmt: skip
_WHICH = {
    Which.AFTER_NEXT: r"uebernaechste[nrsm]?",
    Which.NEXT: r"naechste[nrsm]?|next",
    Which.COMING: r"kommende[nrsm]?|coming|upcoming",
    Which.THIS: r"diese[nrsm]?|this",
}
_ANY_WHICH = "|".join(_WHICH.values())
_WEEK_LIKE = rf"(?:woche|week|monats?|month|jahre?s?|year|quartals?|quarter|tage?s|day|{MONTH})"
_LENGTHS = r"(?:sekunden|minuten|stunden|tagen?|wochen|monaten?|seconds|minutes|hours|days|weeks|months)"

_EDGE = "anfang|mitte|ende|early|mid|late|end|beginning|start|first thing"
_DAYS_OF_REST = "am|an diesem|this|on the|at the|over the|ueber das|naechstes|dieses|next|kommendes|jedes|every"
_VAGUE = (
    r"(?:zum |am |ab |gegen |bis )?(?:monats|quartals|jahres|wochen)(?:anfang|beginn|mitte|ende)",
    r"irgendwann|demnaechst|bald|baldigst|baldmoeglichst|soon|later|spaeter|sometime|some time|eventually|asap",
    r"so bald wie moeglich|so schnell wie moeglich|as soon as possible|zeitnah|nachher|gleich|in kuerze|shortly",
    r"(?:in )?(?:the )?(?:near )?(?:future|zukunft)|when possible|wenn moeglich|some day|one day|eines tages",
    r"gegen|circa|ca\.?|etwa|ungefaehr|around|about|approximately|so um|so gegen|so ab|zwischen|between",
    rf"(?:in )?(?:ein paar|paar|a few|a couple(?: of)?|einige[nrms]?|several|some|mehreren)(?: {_LENGTHS})?",
    rf"(?:(?:{_DAYS_OF_REST}) )?(?:wochenende|weekend)",
    rf"(?:at the |am |gegen |zum )?(?:{_EDGE})(?: of)?(?: (?:der|des|the|in|{_ANY_WHICH}))*(?: {_WEEK_LIKE})?",
    rf"(?:im |in )?(?:{_ANY_WHICH}) (?:monats?|month|jahre?s?|year|quartals?|quarter|tage|days)",
    r"(?:in )?(?:den |the |die )?(?:naechsten|next|kommenden) (?:\d+ )?(?:tagen?|wochen|days|weeks)",
    r"after lunch|before lunch|(?:nach|vor) dem mittag(?:essen)?|(?:zum |nach )?feierabend|eod|cob|unter der woche",
    r"jetzt|now|sofort|immediately|right away|at once|frueher oder spaeter|sooner or later",
)


def _vague(_: re.Match[str], said: Said) -> bool:
    said.complaint = said.complaint or Complaint.VAGUE
    return True


def _relative(m: re.Match[str], said: Said) -> bool:
    # "Freitag morgen" is Friday's morning.
    if m[0] == "morgen" and (said.weekday is not None or said.every is not None):
        return False
    return said.put(day=Relative(_RELATIVE[m[0]]))


def _which(text: str | None) -> Which:
    return next((which for which, names in _WHICH.items() if text and re.fullmatch(names, text)), Which.BARE)


def _weekday(m: re.Match[str], said: Said) -> bool:
    which = Which.AFTER_NEXT if m["behind"] else _which(m["which"])
    return said.put(weekday=NamedWeekday(weekday_of(m["name"]), which))


def _weekday_week(m: re.Match[str], said: Said) -> bool:
    if said.ahead or not said.put(weekday=NamedWeekday(weekday_of(m["name"]))):
        return False
    said.ahead = [Ahead(Decimal(1), AheadUnit.WEEK)]
    return True


def _week(m: re.Match[str], said: Said) -> bool:
    if m["after"]:
        return said.put(weeks=2)
    return said.put(weeks={Which.THIS: 0, Which.AFTER_NEXT: 2}.get(_which(m["which"]), 1))


def _nth(m: re.Match[str], said: Said) -> bool:
    if (nth := nth_of(m["nth"])) not in {-1, 1, 2, 3, 4, 5}:
        return said.put(complaint=Complaint.MISSING)
    year = int(m["year"]) if m["year"] else None
    return said.put(day=NthWeekday(nth, weekday_of(m["weekday"]), MONTHS[m["name"]], year))


def _of_month(m: re.Match[str], said: Said) -> bool:
    return said.put(day=Calendar(int(m[1])))


def _behind_weekday(m: re.Match[str], said: Said) -> bool:
    return said.weekday is not None and said.put(day=Calendar(int(m[1])))


def _today(part: Part) -> Rule:
    pattern = "tonight" if part is Part.NIGHT else f"this {part.value}"
    return rule(pattern, lambda _, said: said.put(day=Relative(0), part=part))


DAY_RULES = (
    *(rule(pattern, _vague) for pattern in _VAGUE),
    rule(rf"{ON}(?P<nth>{ORDINAL}) (?P<weekday>{WEEKDAY})\.? (?:im|in|of|des) (?P<name>{MONTH})(?:,? {YEAR})?", _nth),
    *DATE_RULES,
    rule(
        rf"{ON}(?:letzte[nrsm]?|last|vergangene[nrsm]?|vorige[nrsm]?) (?:{WEEKDAY}|{_WEEK_LIKE}|night)",
        lambda _, said: said.put(complaint=Complaint.PAST),
    ),
    rule(r"(?:in |alle |vor )?achttagen?", _vague),
    # Of which month? It is no date: "am zweiten Mittwoch" is not the 2nd.
    rule(rf"{ON}{ORDINAL} {WEEKDAY}", _vague),
    rule("|".join(_RELATIVE), _relative),
    *(_today(part) for part in (Part.NIGHT, Part.MORNING, Part.AFTERNOON, Part.EVENING)),
    rule(
        r"(?:in der |in |of |on |der |die )?"
        rf"(?:(?P<which>{_ANY_WHICH}) (?:woche|week)|(?:the )?week (?P<after>after next))",
        _week,
    ),
    rule(
        r"(?:in )?(?:der )?(?:kw|kalenderwoche|calendar week|week) ?(\d{1,2})(?!\.| ?[:/])",
        lambda m, said: said.put(week_number=int(m[1])),
    ),
    rule(rf"(?:on )?(?P<name>{WEEKDAY}) week", _weekday_week),
    rule(rf"{ON}(?:(?P<which>{_ANY_WHICH}) )?(?P<name>{WEEKDAY})\b\.?(?P<behind> after next)?", _weekday),
    rule(rf"(?:on the|am|den|der|the|on|zum) (\d{{1,2}})(?:\.|st|nd|rd|th)(?! ?(?:{MONTH})\b)", _of_month),
    rule(rf"(\d{{1,2}})(?:\.|st|nd|rd|th)(?! ?(?:{MONTH})\b)", _behind_weekday),
)
