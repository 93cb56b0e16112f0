"""docs/performance.md: generated from what is kept, so that no figure in it is typed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, markdown, table
from benchmarks.history import STEPS, Measurement, latest

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

_INTRODUCTION = """\
# Performance

This page is generated. `make bench ARGS=--write` measures everything again and rewrites it; with the names of parts,
as in `make bench ARGS="latency cost --write"`, only these. What was measured is kept in `benchmarks/history.json`.

Every figure stands beside a *bare floor*, measured in the same run and in turn with it, so that what else the
machine does affects both alike. Compare the ratios; the milliseconds belong to this machine, on which Synapse,
the fediverse server, the bot and the person watching share the cores.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page. `floor` is what the figures are compared with."""

    title: str
    explanation: str
    floor: str = "bare floor"


_PARTS = {
    "latency": Part(
        "A mention becomes a card",
        "From the citizen's request to the sandbox until a second Matrix client has the card. The floor is a "
        "script that does nothing but pass on what the stream brings: an aiohttp WebSocket, then nio's "
        "`room_send`. It keeps nothing and would lose what the stream does not bring; fedichat commits ticket, "
        "history and card before it sends.",
    ),
    "backlog": Part(
        "A backlog is mirrored",
        "All mentions appear at once; the clock stops when the second client has the last card. The floor "
        "sends the very same messages with `room_send`, one after the other.",
    ),
    "commands": Part(
        "A command is answered",
        "From the sending of the command (or of the reaction) until a second client has the answer (or the "
        "edited card). The floor is an echo on nio that answers with a text of the same size.",
    ),
    "maubot": Part(
        "A command is answered, beside maubot",
        "The same samples beside an echo on maubot in standalone mode (`benchmarks/maubot_echo`), which answers the "
        "same texts in its own room, in the same run and in turn. maubot is AGPL: it runs as a process of its own, in "
        "an environment of its own, and is neither imported nor shipped.",
        "maubot",
    ),
    "cost": Part(
        "What an event costs",
        "CPU time of the bot's process, all threads, user and system, per event: as `/proc` has it before the first "
        "and five seconds after the last of a series, one event a second. The floor for a mention is the script that "
        "passes on the stream, for the others the echo on nio.",
    ),
    "requests": Part(
        "Requests to the instance",
        "Counted by the sandbox in the same run, each mention brought by the stream. A look is a request for the "
        "list of notifications.",
    ),
    "counts": Part(
        "Threads and transactions",
        "Counted in the real program. A thread hop is a call handed to another thread whose outcome comes back to the "
        "event loop, counted where it comes back (`call_soon_threadsafe`), whoever handed it over: the database, "
        "Mastodon.py's executor, `to_thread`. A transaction is a BEGIN that SQLite reports for our database. What "
        "follows an event in five seconds counts for it, what the timers do meanwhile as well.",
    ),
    "store": Part(
        "A million tickets",
        "The desk's calls on the real database file, 250 tickets open in either. The floor is the same call "
        "with a thousand tickets.",
        "1,000 tickets",
    ),
    "due": Part(
        "A due moment",
        "When a promise falls due by the office's calendar, with public holidays and lunch breaks, for moments of "
        "a whole year. The floor reads the office's clock and adds plain days.",
    ),
    "digest": Part(
        "The digest of a year",
        "All figures of a year, read and counted by the desk on a real database file, and of a weekend in it. Then by "
        "how much the event loop is late at most to wake a sleeper, while the picture is drawn (by a process of its "
        "own) and while the year is counted; the floor is the same wait with nothing to do.",
    ),
    "times": Part(
        "A time in plain words",
        "Reading one phrase, for all phrases of [times.md](times.md): the quickest of many readings of each, so that "
        "other programs do not count. The floor is `datetime.strptime` on `2026-12-03 12:00`.",
    ),
    "idle": Part(
        "Idle",
        "`fedichat run` with one account and one room, its database there already. The very first start makes the "
        "tables, and what that needs (Alembic) stays in memory until the next one. The floor is a process with nio's "
        "sync and a WebSocket open.",
    ),
    "many": Part(
        "Forty accounts in one process",
        "`fedichat run` with forty accounts, a team room and three open tickets each, while nobody writes: each "
        "account is looked at once a minute. The floor is a process with nio's sync and forty WebSockets open.",
    ),
    "start": Part(
        "Start and stop",
        "From the start of the process to “ready” in the log, device and database there already. The floor: "
        "nio and aiohttp imported, first sync answered, stream open. The time for imports comes from a run of its own "
        "under `python -X importtime`.",
    ),
}

_SAME_RUN = {"maubot": "commands", "requests": "cost"}
"""Sections whose figures are measured together with another's."""

_NOT_OF_THE_STEPS = {"due", "digest", "times", "store"}


def text_of(kept: Sequence[Measurement]) -> str:
    """The page."""
    newest = latest(kept)
    lines = [_INTRODUCTION]
    for name, part in _PARTS.items():
        run = newest.get(_SAME_RUN.get(name, name))
        figures = [figure for figure in run.figures if figure.part == name] if run else []
        if run and figures:
            lines += [f"## {part.title}", "", part.explanation, "", *table(figures, part.floor), "", *_how(run), ""]
    lines += ["## What each step brought", "", *_steps(kept), ""]
    missed = [figure for run in newest.values() for figure in run.figures if figure.met is False]
    lines += ["## Aims not reached", ""]
    lines += [f"- {figure.name}: {figure.what_counts}, aim {figure.wanted}" for figure in missed]
    lines += [] if missed else ["All aims are reached."]
    lines += ["", "## The runs", "", *(f"- {fact}" for fact in _facts(newest)), ""]
    return "\n".join(lines)


def _how(run: Measurement) -> list[str]:
    busy = ", so other programs were at work beside it" if run.load_before > 1 else ""
    return [f"Measured {run.at} UTC: {run.sizes}; load average before it {run.load_before:.2f}{busy}."]


def _steps(kept: Sequence[Measurement]) -> list[str]:
    """What has an aim, after each step: the ratio to the floor where the aim is one, else the figure itself."""
    runs = [run for run in kept if run.part not in _NOT_OF_THE_STEPS]
    steps = [step for step in STEPS if any(run.step == step for run in runs)]
    found = {(figure.name, figure.part, run.step): figure for run in runs for figure in run.figures}
    rows = sorted(dict.fromkeys((name, part) for name, part, _ in found), key=lambda row: list(_PARTS).index(row[1]))
    lines = [(_title(name, part), [found.get((name, part, step)) for step in steps]) for name, part in rows]
    with_aims = [(title, row) for title, row in lines if any(figure and figure.limit is not None for figure in row)]
    return [
        *(f"- **{step}**: {STEPS[step]}" for step in steps),
        "",
        "As ratios to the floor of the same run where the aim is a ratio." + _beside_others(runs),
        "",
        *markdown([("what", *steps, "aim"), *((title, *_cells(row)) for title, row in with_aims)]),
    ]


def _beside_others(runs: Sequence[Measurement]) -> str:
    """Which of the figures come from a busy machine, where CPU and memory caches are shared, too."""
    busy = [f"{run.step} {run.part} {run.load_before:.0f}" for run in runs if run.load_before > 1]
    return f" Load averages above 1 before a run, as other programs were at work: {', '.join(busy)}." if busy else ""


def _cells(row: Sequence[Figure | None]) -> list[str]:
    newest = next(figure for figure in reversed(row) if figure)
    return [*(figure.what_counts if figure else "–" for figure in row), newest.wanted]


def _title(name: str, part: str) -> str:
    return f"{name}, beside maubot" if part == "maubot" else name


def _facts(newest: dict[str, Measurement]) -> list[str]:
    return [
        *dict.fromkeys(run.machine for run in newest.values()),
        *dict.fromkeys(run.versions for run in newest.values()),
        "Synapse on SQLite, all servers on the loopback interface, plain HTTP, no rate limits, no encryption",
    ]
