"""What was measured, and after which step of the work on the speed: kept in history.json, written by runs alone."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from benchmarks import peer
from benchmarks.figures import Figure

FILE: Final = Path(__file__).with_name("history.json")

STEPS: Final = {
    "before": "before any of these steps",
    "start": "what is needed later is imported later; the accounts share their threads",
    "A": "a transaction is a plain function: one hop to the database's thread and one back",
    "listen": "a chat message is read without a schema, and how far the rooms were heard is stored every few seconds",
    "B": "what a commit records for an idle lane is handed to it in memory",
    "C": "the notification that the stream brings opens the ticket; the poll looks later for what was missed",
    "D": "several cards are under way at once, and what waits to be recorded is recorded together",
}
"""The steps in the order in which they were taken, as `--step` names them."""

_LIBRARIES = ("matrix-synapse", "matrix-nio", "Mastodon.py", "aiohttp", "SQLAlchemy", "aiosqlite")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One part of the page, measured once."""

    part: str
    step: str
    at: str
    """The day and the time of day in UTC."""
    load_before: float
    sizes: str
    machine: str
    versions: str
    figures: list[Figure]


_measurements = TypeAdapter(list[Measurement])


def measured(part: str, step: str, load_before: float, sizes: str, figures: list[Figure]) -> Measurement:
    """What has been measured just now, on this machine."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    return Measurement(part, step, at, load_before, sizes, _machine(), _versions(), figures)


def load() -> list[Measurement]:
    """All that is kept, steps in their order, oldest first within each."""
    return _measurements.validate_json(FILE.read_bytes()) if FILE.exists() else []


def keep(new: Measurement) -> list[Measurement]:
    """Write it down in place of what there was for this part and step; all that is kept now."""
    others = [kept for kept in load() if (kept.part, kept.step) != (new.part, new.step)]
    kept = sorted([*others, new], key=lambda it: (list(STEPS).index(it.step), it.at))
    text = json.dumps(_measurements.dump_python(kept, mode="json"), indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
    return kept


def latest(kept: Sequence[Measurement]) -> dict[str, Measurement]:
    """The newest measurement of each part."""
    return {it.part: it for it in sorted(kept, key=lambda it: it.at)}


def last_step(kept: Sequence[Measurement]) -> str:
    """The step after which anything was last measured."""
    return kept[-1].step if kept else next(iter(STEPS))


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown model")
    return f"{os.cpu_count()} cores ({model}); {platform.system()} {platform.machine()}"


def _versions() -> str:
    names = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    peers = f"; {peer.versions()}" if peer.installed() else ""
    return f"fedichat {version('fedichat')}, Python {platform.python_version()}; {names}{peers}"
