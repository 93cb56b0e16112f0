"""The collected phrases about time, what the grammar makes of each, and docs/times.md, which shows that.

`python scripts/times.py` writes the page; tests/domain/test_when_phrases.py compares both with the code. A line
of a table is `phrase | expected`, under a line `= moment zone language` that says when and where it is said:

    2026-11-24 09:00          this instant, on the zone's clock
    2026-11-24                this date, without a time
    @ FREQ=… 2026-11-24 09:00 this recurrence, and its first moment
    ? …, …                    a question, with these candidates
    ~ 2026-11-24 09:00        a suggestion to confirm
    ! past                    a refusal, for this reason (REASONS)
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
    """How an answer compares with the expected one."""

    RIGHT = "right"
    ASKED = "asked back"
    WRONG = "silently wrong"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, when and where it is said, and what is expected of it."""

    text: str
    expected: str
    kind: str
    now: datetime
    zone: ZoneInfo
    language: str

    def read(self) -> when.When:
        """What the grammar makes of it; for a typo, what it suggests."""
        read = when.suggest_when if self.expected.startswith(("~", "! meant")) else when.read_when
        return read(self.text, self.now, self.zone, self.language)

    def answer(self) -> str:
        """What becomes of it, as written in the tables."""
        return written(self.read(), self.zone)

    def judged(self) -> Judgement:
        """An unexpected moment is wrong, whatever was expected; everything else is asked back."""
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
    """An answer as written in the tables."""
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

<!-- Made by `make docs` from the phrases in tests/domain/phrases. Changes made here would be lost. -->

Wherever a command takes a time, people write it as they would to a colleague, in German or English, whatever
the room's language. A closed grammar reads the whole phrase or none of it:

- **One meaning**: it is accepted, and repeated in full, with weekday, date, time and zone. What is repeated can
  be typed again, and means the same moment.
- **Several meanings**: the room is asked, with a button for each. Examples are “next tuesday” said on a Monday;
  “at 3” without am or pm; “3/12”; an hour that the clocks repeat in October; the name of today's weekday.
- **No meaning**: a refusal says why, and what to write instead. What is past, does not exist (31 February, 25:00,
  the hour that the clocks skip in March), contradicts itself (“Montag, 24.11.” when that is a Tuesday) or is vague
  (“next week”, “bald”) never becomes a post.
- **Not in the grammar**: a typo is corrected, or the library dateparser guesses; both are suggestions that
  somebody has to confirm.

Good to know:

- A day without a time is a date: `!snooze` then takes 9:00, and everything that publishes asks for the time.
- `8:00` and `8 Uhr` are on the 24-hour clock. A bare “at 8”, “um 8” or “halb neun” means the morning from seven to
  half past eleven, and the middle of the day from twelve on. From one until before seven the room is asked, unless a
  word such as “abends” or “pm” decides. It is also asked if that time is over today. “at 3:30” and “@ 3:30” are
  asked about like “at 3”; “03:30” and “um 3:30” are not.
- The name of a weekday means the coming one. “diesen” and “kommenden” say so as well. “nächsten” or “next” is
  asked about if that day is still to come this week, or is tomorrow.
- A date without a year is in this year, or in the next one if it is more than 60 days past.
- “in 2 days” keeps the time of day when the clocks change; “in 48 hours” does not. Lengths of a minute or more are
  rounded up to the full minute.
- “MEZ” for a day in summer, or “MESZ” for one in winter, can mean two things, and is asked about.
- Recurrences (“jeden Montag um 9”, “every weekday at 8 until 24 Dec”) keep their time on the office's clock. On a
  day when that time does not exist, they take the first moment after the gap; when it exists twice, the first of the
  two. “every weekday” is Monday to Friday, including public holidays. Nothing recurs more often than daily.
- In commands, working days and hours (“in 2 working days”) are counted by the office's calendar; `fedichat when` has
  none, and refuses them.

To try out wordings, use `fedichat when`: see [operating.md](operating.md#trying-out-wordings).

## How well it reads

This is what becomes of {count} phrases that offices write. *Asked back* are those that people would expect to be
understood, but that are asked about or refused. *Silently wrong* would be a moment that nobody meant: a test keeps that
column at 0.
"""
_SETS = """\
The phrases come in four sets: {unseen} were written down before the grammar was, {collected} along with it, and
{later} afterwards. The first and the third show how the grammar does on phrases that it has not seen. When they were
read for the first time, 233 of the {unseen} and 102 of the {later} came out as expected (for refusals: were refused),
and none of the others was silently wrong (one expectation was a mistake). What turned out to be missing has been added
since; the table shows today's results.

The fourth set, of {searched}, comes from a search for phrases that go wrong, among more than 500. It has what was
misread until then (“14.30 h” and “1400 hours” as lengths of time, “am zweiten Mittwoch” as the 2nd, “um 5 am Sonntag”
as five in the morning, “in acht Tagen” as never a week, “täglich bis 24.11.” on the 25th as a year), what was refused
for no good reason, and similar phrases.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
