"""The words of time in English and German, and a text brought into the form in which the grammar reads it."""

import re
import unicodedata

WEEKDAYS = {
    name: day
    for day, names in enumerate(
        (
            "montag mo monday mon",
            "dienstag di tuesday tue tues",
            "mittwoch mi wednesday wed weds",
            "donnerstag do thursday thu thur thurs",
            "freitag fr friday fri",
            "samstag sonnabend sa saturday sat",
            "sonntag so sunday sun",
        )
    )
    for name in names.split()
}
"""English and German names to 0 (Monday) … 6 (Sunday)."""

MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "januar jaenner jan january",
            "februar feber feb february",
            "maerz mrz mar march",
            "april apr",
            "mai may",
            "juni jun june",
            "juli jul july",
            "august aug",
            "september sep sept",
            "oktober okt october oct",
            "november nov",
            "dezember dez december dec",
        ),
        start=1,
    )
    for name in names.split()
}

_ONES = {
    "eins": 1, "one": 1, "zwei": 2, "zwo": 2, "two": 2, "drei": 3, "three": 3, "vier": 4, "four": 4, "fuenf": 5,
    "five": 5, "sechs": 6, "six": 6, "sieben": 7, "seven": 7, "acht": 8, "eight": 8, "neun": 9, "nine": 9,
}  # fmt: skip
_TEENS = {
    "zehn": 10, "ten": 10, "elf": 11, "eleven": 11, "zwoelf": 12, "twelve": 12, "dreizehn": 13, "thirteen": 13,
    "vierzehn": 14, "fourteen": 14, "fuenfzehn": 15, "fifteen": 15, "sechzehn": 16, "sixteen": 16, "siebzehn": 17,
    "seventeen": 17, "achtzehn": 18, "eighteen": 18, "neunzehn": 19, "nineteen": 19,
}  # fmt: skip
_TENS_DE = {"zwanzig": 20, "dreissig": 30, "vierzig": 40, "fuenfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80,
            "neunzig": 90}  # fmt: skip
_TENS_EN = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
            "ninety": 90}  # fmt: skip
_BEFORE_UND = {"ein": 1} | {name: n for name, n in _ONES.items() if name not in {"eins", "one"}}
_NUMBERS: dict[str, int] = (
    {"null": 0, "zero": 0}
    | _ONES
    | _TEENS
    | _TENS_DE
    | _TENS_EN
    | {f"{one}und{ten}": n + m for one, n in _BEFORE_UND.items() for ten, m in _TENS_DE.items()}
    | {f"{ten}-{one}": m + n for ten, m in _TENS_EN.items() for one, n in _ONES.items()}
)
_IRREGULAR_EN = {
    "first": 1, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12, "twentieth": 20, "thirtieth": 30,
    "twenty-first": 21, "twenty-second": 22, "twenty-third": 23, "twenty-fifth": 25, "twenty-eighth": 28,
    "twenty-ninth": 29, "thirty-first": 31,
}  # fmt: skip
_ORDINALS_EN = {f"{name}th": n for name, n in _NUMBERS.items() if n <= 31 and name not in {"one", "five"}} | (
    _IRREGULAR_EN
)
_STEMS_DE = {"erst": 1, "dritt": 3, "siebt": 7, "acht": 8} | {
    f"{name}{'t' if n < 20 else 'st'}": n for name, n in _NUMBERS.items() if 2 <= n <= 31 and n not in {3, 8}
}
_ORDINALS_DE = {f"{stem}e{end}": n for stem, n in _STEMS_DE.items() for end in ("", "n", "r", "m", "s")}
_HALVES = {"anderthalb": "1.5", "anderthalbe": "1.5"} | {
    f"{name}einhalb": f"{n}.5" for name, n in _BEFORE_UND.items() if n < 10
}
_IN_DIGITS = (
    {name: str(n) for name, n in _NUMBERS.items()}
    | {name: f"{n}th" for name, n in _ORDINALS_EN.items()}
    | {name: f"{n}." for name, n in _ORDINALS_DE.items()}
    | _HALVES
)

_PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "’": "'", "‘": "'", "´": "'", "–": "-", "—": "-", "‑": "-"})
_EN_COMPOUND = re.compile(rf"\b({'|'.join(_TENS_EN)}) (?=(?:{'|'.join(_ONES)}|first|second|third|fifth)\b)")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_DAY_AND_PART = re.compile(
    r"\b(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
    r"(frueh|morgen|vormittag|mittag|nachmittag|abend|nacht)(s?)\b"
)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_SECOND_BEFORE = re.compile(rf"\bsecond(?= (?:of )?(?:{_MONTH})\b)")
_SECOND_AFTER = re.compile(rf"\b({_MONTH}) (?:the )?second\b")
_ISO_T = re.compile(r"(?<=\d\d-\d\d)t(?=\d\d)")
_ISO_Z = re.compile(r"(?<=:\d\d)z\b")
_EIGHT_DAYS = re.compile(r"\bacht (tagen?)\b")
"""A week to most, but not to all: it must not become a figure."""
_AHEAD = re.compile(r" ?\(in \d+ [a-z]+\.?(?: \d+ [a-z]+\.?)?\)$")
LONGEST = 120
"""Phrases with more characters are not read: none that people write is that long."""


def normalized(text: str) -> str:
    """Lower case, umlauts as ae, oe and ue, numbers in digits, one space between words, no `(in 19 hours)` behind."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    line = " ".join(unicodedata.normalize("NFC", folded).translate(_PLAIN).split()).rstrip("!?;")
    line = _ISO_Z.sub(" z", _ISO_T.sub(" ", _AHEAD.sub("", line)))
    line = _SECOND_AFTER.sub(r"\1 2nd", _SECOND_BEFORE.sub("2nd", line))
    line = _EIGHT_DAYS.sub(r"acht\1", line)
    line = _DAY_AND_PART.sub(r"\1 \2\3", _EN_COMPOUND.sub(r"\1-", line))
    return _WORD.sub(lambda word: _digits(word[0]), line)


def _digits(word: str) -> str:
    if (digits := _IN_DIGITS.get(word)) is not None:
        return digits
    if "-" in word:
        return "-".join(_IN_DIGITS.get(part, part) for part in word.split("-"))
    return word


_OTHERS = (
    "heute morgen uebermorgen gestern today tomorrow yesterday tonight abend abends morgens vormittag "
    "vormittags mittag mittags nachmittag nachmittags nacht nachts frueh morning afternoon evening night noon "
    "midnight mitternacht woche wochen week weeks stunde stunden hour hours minute minuten minutes tage tagen "
    "days monat monats month naechste naechsten naechster naechstes uebernaechste uebernaechsten kommenden "
    "diesen diese next this after coming jeden jede jeder jedes every taeglich daily weekday weekdays viertel "
    "quarter halb half past viertelstunde anderthalb montags dienstags mittwochs donnerstags freitags samstags "
    "sonntags mondays tuesdays wednesdays thursdays fridays saturdays sundays ersten letzten first last until "
    "from monatlich monthly weekly woechentlich jaehrlich yearly other nach"
)
WORDS = frozenset({*_IN_DIGITS, *WEEKDAYS, *MONTHS, *_OTHERS.split()})
"""What a mistyped word may have been."""
