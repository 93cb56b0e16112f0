"""Measure and print the figures; with `--write`, keep them and rewrite docs/performance.md: `make bench`."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import backlog, cost, counts, digest, history, latency, many, peer, process, reckoning, store, times
from benchmarks.figures import Figure, table
from benchmarks.page import PAGE, text_of
from benchmarks.scene import Scene, load_average, set_scene


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    pairs: int
    rounds: int
    round_size: int
    events: int
    tickets: int
    calls: int
    idle_seconds: float
    starts: int


FULL = Sizes(
    pairs=40, rounds=4, round_size=250, events=40, tickets=1_000_000, calls=200, idle_seconds=120, starts=5
)  # fmt: skip
SHORT = Sizes(
    pairs=12, rounds=2, round_size=50, events=10, tickets=50_000, calls=50, idle_seconds=60, starts=2
)  # fmt: skip

YEAR = 100_000
"""How many tickets a year has of which a digest is made."""


@dataclass(frozen=True, slots=True)
class Part:
    """What measures a part of the page, and how much that is in words."""

    measure: Callable[[Scene, Sizes], Awaitable[list[Figure]]]
    amount: Callable[[Sizes], str]


def _seconds(sizes: Sizes) -> str:
    return f"{sizes.idle_seconds:.0f} s"


PARTS: dict[str, Part] = {
    "start": Part(lambda scene, sizes: process.start(scene, sizes.starts), lambda sizes: f"{sizes.starts} starts"),
    "idle": Part(lambda scene, sizes: process.idle(scene, sizes.idle_seconds), _seconds),
    "many": Part(lambda scene, sizes: many.many(scene, sizes.idle_seconds), _seconds),
    "latency": Part(lambda scene, sizes: latency.mentions(scene, sizes.pairs), lambda sizes: f"{sizes.pairs} pairs"),
    "commands": Part(lambda scene, sizes: latency.commands(scene, sizes.pairs), lambda sizes: f"{sizes.pairs} of each"),
    "cost": Part(lambda scene, sizes: cost.cost(scene, sizes.events), lambda sizes: f"{sizes.events} of each"),
    "counts": Part(lambda scene, sizes: counts.counts(scene, sizes.events), lambda sizes: f"{sizes.events} of each"),
    "backlog": Part(
        lambda scene, sizes: backlog.backlog(scene, sizes.rounds, sizes.round_size),
        lambda sizes: f"{sizes.rounds} rounds of {sizes.round_size} mentions",
    ),
    "due": Part(lambda _, sizes: reckoning.due_moments(sizes.rounds * 5), lambda sizes: f"{sizes.rounds * 5} rounds"),
    "digest": Part(
        lambda scene, sizes: digest.digest(scene.folder, YEAR, min(sizes.calls, 20)),
        lambda sizes: f"{min(sizes.calls, 20)} digests of each",
    ),
    "times": Part(lambda _, sizes: times.reading(sizes.calls), lambda sizes: f"{sizes.calls} readings of each"),
    "store": Part(
        lambda scene, sizes: store.million(scene.folder, sizes.tickets, sizes.calls),
        lambda sizes: f"{sizes.calls} calls to each database",
    ),
}


async def run(parts: list[str], *, short: bool, write: bool, step: str) -> None:
    """Each part on a fresh scene, so that one does not weigh on the next."""
    sizes = SHORT if short else FULL
    if not peer.installed():
        print("maubot is not installed: its rows are left out\n")
    for part in parts:
        load = load_average()
        figures = await _measured(part, sizes)
        for section in dict.fromkeys(figure.part for figure in figures):
            print("\n".join([section, *table([it for it in figures if it.part == section]), ""]), flush=True)
        if write:  # after each, so that an interrupted run keeps what it has measured
            kept = history.keep(history.measured(part, step, load, PARTS[part].amount(sizes), figures))
            PAGE.write_text(text_of(kept), encoding="utf-8")
    if write:
        print(f"written: {PAGE.relative_to(PAGE.parents[1])}, as after step {step!r}")


async def _measured(part: str, sizes: Sizes) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="fedichat-bench-") as folder:
        async with set_scene(Path(folder)) as scene:
            return await PARTS[part].measure(scene, sizes)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or several of: {', '.join(PARTS)}; default: all")
    parser.add_argument("--short", action="store_true", help="few samples: any one part in less than two minutes")
    parser.add_argument("--write", action="store_true", help="keep the figures and rewrite docs/performance.md")
    parser.add_argument("--page", action="store_true", help="measure nothing: rewrite the page from what is kept")
    parser.add_argument("--step", choices=history.STEPS, help="with --write: after which step; default: the last one")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.write and options.short:
        parser.error("--short is for yourself: few samples are not to be quoted")
    if sys.platform != "linux":
        parser.error("memory and CPU are read from /proc: Linux only")
    if options.page:
        PAGE.write_text(text_of(history.load()), encoding="utf-8")
        return
    logging.getLogger("fedichat").setLevel(logging.WARNING)
    step = options.step or history.last_step(history.load())
    asyncio.run(run(options.parts or list(PARTS), short=options.short, write=options.write, step=step))


if __name__ == "__main__":
    main()
