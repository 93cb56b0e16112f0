"""docs/performance.md: generated, so that no figure in it is typed by hand."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import Figure, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

_INTRODUCTION = """\
# Performance

This page is generated: `make bench ARGS=--write` measures everything again and writes it anew.

Every figure stands beside a *bare floor*, measured in the same run and in turn with it, so that what else the
machine does meets both alike. Compare the ratios; the milliseconds belong to this machine, on which Synapse,
the fediverse server, the bot and the person watching share the cores.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page."""

    title: str
    explanation: str


_PARTS = {
    "latency": Part(
        "A mention becomes a card",
        "From the citizen's request to the sandbox until a second Matrix client has the card. The floor is a "
        "script that does nothing but pass on what the stream brings: an aiohttp WebSocket, then nio's "
        "`room_send`. fedichat asks the server for its notifications when the stream rings (the stream alone "
        "would lose some), and commits ticket, history and card before it sends.",
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
    "store": Part(
        "A million tickets",
        "The desk's calls on the real database file, 250 tickets open in either. The floor is the same call "
        "with a thousand tickets.",
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
        "`fedichat run` with one account and one room. The floor is a process with nio's sync and a WebSocket open.",
    ),
    "start": Part(
        "Start and stop",
        "From the start of the process to “ready” in the log, device and database there already. The floor: "
        "nio and aiohttp imported, first sync answered, stream open.",
    ),
}


@dataclass(frozen=True, slots=True)
class Run:
    """How it was measured."""

    figures: Sequence[Figure]
    quick: bool
    load_before: float
    sizes: str


def text_of(run: Run) -> str:
    """The page."""
    lines = [_INTRODUCTION]
    if run.quick:
        lines += ["**A quick run with few samples: not to be quoted.**", ""]
    for name, part in _PARTS.items():
        figures = [figure for figure in run.figures if figure.part == name]
        if figures:
            lines += [f"## {part.title}", "", part.explanation, "", *table(figures), ""]
    missed = [figure.name for figure in run.figures if figure.met is False]
    lines += ["## Aims not reached", ""]
    lines += [f"- {name}" for name in missed] or ["All aims are reached."]
    lines += ["", "## The run", "", *(f"- {fact}" for fact in _facts(run)), ""]
    return "\n".join(lines)


def _facts(run: Run) -> list[str]:
    names = ("matrix-synapse", "matrix-nio", "Mastodon.py", "aiohttp", "SQLAlchemy", "aiosqlite")
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, fedichat {version('fedichat')}",
        f"{_processor()}; {platform.system()} {platform.machine()}",
        f"load average before the run: {run.load_before:.2f}"
        + (", so other programs were at work beside it" if run.load_before > 1 else ""),
        f"Python {platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in names),
        "Synapse on SQLite, all servers on the loopback interface, plain HTTP, no rate limits, no encryption",
        run.sizes,
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown model")
    return f"{os.cpu_count()} cores ({model})"
