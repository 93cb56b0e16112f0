"""What the real process costs: doing nothing, and until it is ready."""

import asyncio
import time

from benchmarks.figures import Figure, median
from benchmarks.processes import Running, python
from benchmarks.scene import Scene

_SETTLING = 5.0


async def idle(scene: Scene, seconds: float) -> list[Figure]:
    """CPU and memory of both while nobody speaks, at the same time."""
    async with scene.fedichat() as ours, scene.bare("idle") as floor:
        await asyncio.sleep(_SETTLING)
        (our_cpu, floor_cpu) = await asyncio.gather(_cpu_percent(ours, seconds), _cpu_percent(floor, seconds))
        memory = ours.memory(), floor.memory()
    return [
        Figure("idle", "CPU while idle, of one core", our_cpu, "%", floor_cpu),
        Figure("idle", "memory while idle (PSS)", memory[0], "MB", memory[1], 120, of_ratio=False),
    ]


async def start(scene: Scene, pairs: int) -> list[Figure]:
    """From the start of the process until it says that it is ready, and from SIGTERM to its end."""
    ready: list[float] = []
    floor: list[float] = []
    stopped: list[float] = []
    for number in range(pairs + 1):
        async with python(["-m", "fedichat", "run", "--config", str(scene.config())]) as ours:
            ready.append(await _until(ours, " ready "))
            await asyncio.sleep(0.5)
            begin = time.perf_counter()
            ours.process.terminate()
            await ours.process.wait()
            stopped.append(time.perf_counter() - begin)
        async with scene.bare_process("idle") as bare:
            floor.append(max(await _until(bare, "streaming"), await _until(bare, "syncing")))
        if not number:  # the first has read everything from the disk, and made the database
            for samples in (ready, floor, stopped):
                samples.clear()
    return [
        Figure("start", "start → ready, warm, p50", median(ready), "s", median(floor), 2, of_ratio=False),
        Figure("start", "SIGTERM → ended, p50", median(stopped), "s", None, 5, of_ratio=False),
    ]


async def _until(running: Running, word: str) -> float:
    await running.said(word)
    return time.perf_counter() - running.started


async def _cpu_percent(running: Running, seconds: float) -> float:
    before, begin = running.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (running.cpu_seconds() - before) / (time.perf_counter() - begin) * 100
