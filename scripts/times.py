"""The phrases about time that were collected, what is made of each, and docs/times.md, which tells of it.

`python scripts/times.py` writes the page; tests/domain/test_when_phrases.py holds it and the phrases to the code. A
line of a table is `phrase | what it must be`, under a `= moment zone language` that says when and where it is said:

    2026-11-24 09:00          that instant, on the zone's clock
    2026-11-24                that date, without a time
    @ FREQ=… 2026-11-24 09:00 that recurrence, and its first moment
    ? …, …                    a question, with these candidates
    ~ 2026-11-24 09:00        a suggestion to confirm
    ! past                    a refusal, for that reason (REASONS)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from fedichat.domain.time import when

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "tests" / "domain" / "phrases"
PAGE = ROOT / "docs" / "times.md"
NAMES = ("collected", "unseen", "later", "searched")

REASONS = {
    "past": "is past",
    "far": "more than three years",
    "missing": "no such day or time",
    "gap": "put forward",
    "contradiction": "Which of the two is right?",
    "at odds": "contradicts itself. Write",
    "vague": "too vague",
    "working": "counts working time",
    "meant": "meant?",
    "unknown": "I do not understand",
    "zone": "I do not know the time zone",
    "no time": "lacks the time of day",
    "no weekday": "does not say on which day",
    "too often": "more often than daily",
    "saturdays": "Saturdays",
    "weekdays": "five days or seven",
    "twelve": "before or after noon",
    "not every month": "Not every month",
    "nth": "or once a month",
    "recurs in zone": "follows the office's clocks",
}


class Judgement(Enum):
    """How an answer stands to what was expected."""

    RIGHT = "right"
    ASKED = "asked back"
    WRONG = "silently wrong"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, when and where it is said, and what must come of it."""

    text: str
    expected: str
    kind: str
    now: datetime
    zone: ZoneInfo
    language: str

    def read(self) -> when.When:
        """What the grammar makes of it; of a typo, what is suggested."""
        read = when.suggest_when if self.expected.startswith(("~", "! meant")) else when.read_when
        return read(self.text, self.now, self.zone, self.language)

    def answer(self) -> str:
        """What comes of it, as it is written in the tables."""
        return written(self.read(), self.zone)

    def judged(self) -> Judgement:
        """A moment that is not the expected one is wrong, whatever was expected; all else is asked back."""
        if self.answer() == self.expected:
            return Judgement.RIGHT
        committed = isinstance(self.read(), when.Instant | when.Day | when.Recurring)
        return Judgement.WRONG if committed else Judgement.ASKED


def load(name: str) -> Iterator[Phrase]:
    """The phrases of a table."""
    kind, now, zone, language = "", datetime.now(UTC), ZoneInfo("UTC"), ""
    for line in (TABLES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            day, clock, place, language = line[2:].split()
            zone = ZoneInfo(place)
            now = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
        elif line.startswith("["):
            kind = line.strip("[]")
        elif line.strip():
            text, _, expected = line.rpartition(" | ")
            yield Phrase(text, expected, kind, now, zone, language)


def written(read: when.When, zone: ZoneInfo) -> str:
    """An answer as it is written in the tables."""
    match read:
        case when.Instant(at):
            return _wall(at, zone)
        case when.Day(day):
            return day.isoformat()
        case when.Recurring(rule, first):
            return f"@ {rule.partition('RRULE:')[2]} {_wall(first, zone)}"
        case when.Ambiguous(candidates, _):
            return "? " + ", ".join(_wall(at, zone) for at in candidates)
        case when.Suggestion(at):
            return f"~ {_wall(at, zone)}"
        case when.Refused(refusal):
            return "! " + next((code for code, words in REASONS.items() if words in str(refusal)), str(refusal))


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return when.typed(at, zone)


# --- the page ---


def page() -> str:
    """docs/times.md."""
    tables = {name: list(load(name)) for name in NAMES}
    every = [phrase for phrases in tables.values() for phrase in phrases]
    kinds = list(dict.fromkeys(phrase.kind for phrase in every))
    rows = [_row(kind, [phrase for phrase in every if phrase.kind == kind]) for kind in kinds]
    total = _row("**all**", every)
    lines = [
        _INTRODUCTION.format(count=len(every)),
        "| class | phrases | right | asked back | silently wrong | for example |",
        "|---|---|---|---|---|---|",
        *rows,
        total,
        "",
        _SETS.format(**{name: len(phrases) for name, phrases in tables.items()}),
    ]
    return "\n".join(lines)


def _row(kind: str, phrases: Sequence[Phrase]) -> str:
    judged = [phrase.judged() for phrase in phrases]
    counts = [judged.count(judgement) for judgement in Judgement]
    right = f"{100 * counts[0] / len(phrases):.1f} %" if counts[0] < len(phrases) else "100 %"
    example = phrases[0]
    shown = "" if kind.startswith("*") else f"“{example.text}”: `{example.expected}`"
    return f"| {kind} | {len(phrases)} | {right} | {counts[1]} | {counts[2]} | {shown} |"


_INTRODUCTION = """\
# Times in plain words

<!-- Made from the phrases in tests/domain/phrases by `make docs`. Changes here would be lost. -->

Wherever a command takes a time, people write it as they would to a colleague, in German or English, whatever
the room's language. A closed grammar reads the whole phrase or none of it:

- **One meaning**: it is taken, and echoed in full, with weekday, date, time and zone. What is echoed can be
  typed back and is the same moment.
- **Several meanings**: the room is asked, with a button for each. “next tuesday” said on a monday is one; “at
  3” without am or pm; “3/12”; an hour that the clocks repeat in October; the name of today's weekday.
- **None**: a refusal says why, and what to write instead. What is past, does not exist (31 February, 25:00, the
  hour that the clocks skip in March), contradicts itself (“Montag, 24.11.” when that is a Tuesday) or is vague
  (“next week”, “bald”) never becomes a post.
- **Not in the grammar**: a letter is corrected, or the library dateparser guesses; either is a suggestion that
  somebody must confirm.

What to know:

- A day without a time is a date; `!snooze` takes 9:00 then, everything that publishes asks for the time.
- `8:00` and `8 Uhr` are on the 24-hour clock. A bare “at 8”, “um 8”, “halb neun” is the morning's from seven to
  half past eleven and noon's from twelve on; from one to before seven it is asked about, unless a word such as
  “abends” or “pm” decides. One that is over today is asked about as well. “at 3:30” and “@ 3:30” are asked about like
  “at 3”: “03:30” and “um 3:30” are not.
- The name of a weekday is the coming one. “diesen” and “kommenden” say so. “nächsten” or “next” is asked about
  where that day is still ahead in this week, or is tomorrow.
- A date without a year is this year's; if that is more than 60 days over, next year's.
- “in 2 days” keeps the time of day over a change of the clocks; “in 48 hours” does not. Lengths of a minute or
  more end on a full minute, rounded up.
- In a phrase with “MEZ” for a day in summer, or “MESZ” for one in winter, the two meanings are asked about.
- Recurrences (“jeden Montag um 9”, “every weekday at 8 until 24 Dec”) keep their time on the office's clock. On
  a day on which that time does not exist, it is the first moment after the gap; where it exists twice, the
  first of the two. “every weekday” is Monday to Friday, public holidays included. Daily is the most often that
  there is.
- Working days and hours (“in 2 working days”) are counted by the office's calendar, in commands; `fedichat when`, which
  has none, refuses them.

`fedichat when` tries out wordings: see [operating.md](operating.md#trying-out-wordings).

## How well it reads

Of {count} phrases that offices write. *Asked back* are those that people would have expected to be understood,
and that are asked about or refused instead. *Silently wrong* would be a moment that nobody meant: a test holds
that column at 0.
"""
_SETS = """\
The phrases are four sets: {unseen} were written down before the grammar was, {collected} along with it,
{later} afterwards. The first and the third show how it does on phrases that it has not seen: read for the first
time, 233 of the {unseen} and 102 of the {later} came out as expected (of refusals, that they are some), and
none of the others silently wrong (one was a mistake in what was expected). What they showed to be missing was
added since; the table is today's.

The fourth, of {searched}, comes from a search for phrases that go wrong, among more than 500: what was misread until
then (“14.30 h” and “1400 hours” as lengths of time, “am zweiten Mittwoch” as the 2nd, “um 5 am Sonntag” as five
in the morning, “in acht Tagen” as never a week, “täglich bis 24.11.” on the 25th as a year), what was refused for
no good reason, and their neighbours.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
