"""What the real process costs: doing nothing, and until it is ready."""

import asyncio
import re
import time

from benchmarks.figures import Figure, median
from benchmarks.processes import Running, python
from benchmarks.scene import Scene

_SETTLING = 5.0
_IMPORT = re.compile(r"import time:\s+(\d+) \|")
"""A line of `python -X importtime`: the microseconds of one module, without what it imports itself."""


async def idle(scene: Scene, seconds: float) -> list[Figure]:
    """CPU and memory of both while nobody writes, at the same time."""
    async with scene.fedichat() as first:
        await asyncio.sleep(_SETTLING)
        after_making_tables = first.memory()
    async with scene.fedichat() as ours, scene.bare("idle") as floor:
        await asyncio.sleep(_SETTLING)
        (our_cpu, floor_cpu) = await asyncio.gather(cpu_percent(ours, seconds), cpu_percent(floor, seconds))
        memory = ours.memory(), floor.memory()
    return [
        Figure("idle", "CPU while idle, of one core", our_cpu, "%", floor_cpu),
        Figure("idle", "memory while idle (PSS)", memory[0], "MB", memory[1], 85, of_ratio=False),
        Figure("idle", "memory after the very first start (PSS)", after_making_tables, "MB"),
    ]


async def start(scene: Scene, pairs: int) -> list[Figure]:
    """From the start of the process until it says that it is ready, and from SIGTERM to its end."""
    ready: list[float] = []
    imports: list[float] = []
    floor: list[float] = []
    stopped: list[float] = []
    for number in range(pairs + 1):
        async with python(_run(scene)) as ours:
            ready.append(await _until(ours, " ready "))
            await asyncio.sleep(0.5)
            begin = time.perf_counter()
            ours.process.terminate()
            await ours.process.wait()
            stopped.append(time.perf_counter() - begin)
        async with scene.bare_process("idle") as bare:
            floor.append(max(await _until(bare, "streaming"), await _until(bare, "syncing")))
        imports.append(await _importing(scene))
        if not number:  # the first has read everything from the disk, and made the database
            for samples in (ready, imports, floor, stopped):
                samples.clear()
    return [
        Figure("start", "start → ready, warm, p50", median(ready), "s", median(floor), 1.5, of_ratio=False),
        Figure("start", "of which imports, p50", median(imports), "s"),
        Figure("start", "start → ready beside the floor, p50", median(ready), "s", median(floor), 2),
        Figure("start", "SIGTERM → ended, p50", median(stopped), "s", None, 5, of_ratio=False),
    ]


def _run(scene: Scene) -> list[str]:
    return ["-m", "fedichat", "run", "--config", str(scene.config())]


async def _importing(scene: Scene) -> float:
    """Seconds that Python spent on imports until ready, by `-X importtime`: in a run of its own, a bit slower."""
    async with python(["-X", "importtime", *_run(scene)]) as ours:
        await ours.said(" ready ")
        return sum(int(found[1]) for line in ours.lines if (found := _IMPORT.match(line))) / 1e6


async def _until(running: Running, word: str) -> float:
    await running.said(word)
    return time.perf_counter() - running.started


async def cpu_percent(running: Running, seconds: float) -> float:
    """Of one core, over that time."""
    before, begin = running.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (running.cpu_seconds() - before) / (time.perf_counter() - begin) * 100
