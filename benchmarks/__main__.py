"""Measure, print the figures, and with `--write` write docs/performance.md: `make bench`."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import backlog, digest, latency, process, reckoning, store, times
from benchmarks.figures import Figure, table
from benchmarks.page import PAGE, Run, text_of
from benchmarks.scene import Scene, load_average, set_scene


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    pairs: int
    rounds: int
    round_size: int
    tickets: int
    calls: int
    idle_seconds: float
    starts: int

    def __str__(self) -> str:
        return (
            f"{self.pairs} pairs of each latency, {self.rounds} rounds of {self.round_size} mentions, "
            f"{self.calls} calls to each database, {self.idle_seconds:.0f} s idle, {self.starts} starts"
        )


FULL = Sizes(pairs=40, rounds=4, round_size=250, tickets=1_000_000, calls=200, idle_seconds=60, starts=5)
QUICK = Sizes(pairs=12, rounds=2, round_size=50, tickets=50_000, calls=50, idle_seconds=10, starts=2)

YEAR = 100_000
"""How many tickets a year has of which a digest is made."""

PARTS: dict[str, Callable[[Scene, Sizes], Awaitable[list[Figure]]]] = {
    "start": lambda scene, sizes: process.start(scene, sizes.starts),
    "idle": lambda scene, sizes: process.idle(scene, sizes.idle_seconds),
    "latency": lambda scene, sizes: latency.mentions(scene, sizes.pairs),
    "commands": lambda scene, sizes: latency.commands(scene, sizes.pairs),
    "backlog": lambda scene, sizes: backlog.backlog(scene, sizes.rounds, sizes.round_size),
    "due": lambda _, sizes: reckoning.due_moments(sizes.rounds * 5),
    "digest": lambda scene, sizes: digest.digest(scene.folder, YEAR, min(sizes.calls, 20)),
    "times": lambda _, sizes: times.reading(sizes.calls),
    "store": lambda scene, sizes: store.million(scene.folder, sizes.tickets, sizes.calls),
}


async def run(parts: list[str], *, quick: bool, write: bool) -> None:
    """Each part on a fresh scene, so that one does not weigh on the next."""
    sizes = QUICK if quick else FULL
    load = load_average()
    figures: list[Figure] = []
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="fedichat-bench-") as folder:
            async with set_scene(Path(folder)) as scene:
                measured = await PARTS[part](scene, sizes)
        print("\n".join([part, *table(measured), ""]), flush=True)
        figures += measured
        if write:  # after each, so that an interrupted run leaves what it has measured
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(text_of(Run(figures, quick, load, str(sizes))), encoding="utf-8")
    if write:
        print(f"written: {PAGE.relative_to(PAGE.parents[1])}")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or several of: {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="few samples: does it run, and roughly how fast")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md (all parts)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.write and options.parts:
        parser.error("--write is for a run of all parts")
    if sys.platform != "linux":
        parser.error("memory and CPU are read from /proc: Linux only")
    logging.getLogger("fedichat").setLevel(logging.WARNING)
    asyncio.run(run(options.parts or list(PARTS), quick=options.quick, write=options.write))


if __name__ == "__main__":
    main()
