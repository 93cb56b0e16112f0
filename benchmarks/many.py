"""One process for many offices: what forty accounts cost while nobody writes."""

import asyncio

from benchmarks.cost import LOOK
from benchmarks.figures import Figure
from benchmarks.process import cpu_percent
from benchmarks.scene import FEDICHAT, Scene
from benchmarks.world import OFFICES

_SETTLING = 30.0
"""Seconds in which the cards of what was written before are in their rooms."""


async def many(scene: Scene, seconds: float) -> list[Figure]:
    """Forty accounts with a team room and a few open tickets each; the floor holds forty streams and one sync open."""
    teams = {name: await scene.anna.create_room(name, None, [scene.user(FEDICHAT)]) for name in OFFICES}
    async with scene.fedichat(config=scene.config(teams)):
        await asyncio.sleep(_SETTLING)
    async with (
        scene.fedichat(config=scene.config(teams)) as ours,
        scene.bare_process("idle", accounts=OFFICES) as floor,
    ):
        await floor.said("syncing")
        await asyncio.sleep(_SETTLING)
        before = await scene.asked()
        our_cpu, floor_cpu = await asyncio.gather(cpu_percent(ours, seconds), cpu_percent(floor, seconds))
        looks = (await scene.asked())[LOOK] - before[LOOK]
        what = f"{len(OFFICES)} accounts"
        return [
            Figure("many", f"CPU while idle, {what}", our_cpu, "%", floor_cpu, 1.5, of_ratio=False),
            Figure("many", "looks of each account in a minute", looks / len(OFFICES) / (seconds / 60), ""),
            Figure("many", f"threads, {what}", ours.threads(), "", floor.threads(), 20, of_ratio=False),
            Figure("many", f"memory while idle (PSS), {what}", ours.memory(), "MB", floor.memory()),
        ]
