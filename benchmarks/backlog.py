"""A backlog of mentions mirrored into the room, against bare sends of the very same messages."""

import asyncio
import random
import time

from benchmarks.figures import Aim, Figure
from benchmarks.latency import QUESTION
from benchmarks.scene import Scene
from benchmarks.watcher import Seen

_PATIENCE = 600.0


async def backlog(scene: Scene, rounds: int, size: int) -> list[Figure]:
    """Rounds of fedichat and of the floor in turn; one ends when the watcher has seen the last message."""
    ours = floor = 0.0
    async with scene.fedichat(), scene.bare("batch") as bare:
        for number in range(rounds + 1):
            seconds, cards = await _mirrored(scene, size if number else 20)
            await asyncio.sleep(1)
            file = scene.file([seen.content for seen in cards])
            start = time.perf_counter()
            sent = asyncio.create_task(
                scene.watcher.collect(lambda seen: seen.room == scene.floor.id, len(cards), _PATIENCE)
            )
            await bare.tell(str(file))
            bare_seconds = (await sent)[-1].at - start
            await asyncio.sleep(1)
            if number:  # the first is for warming up
                ours, floor = ours + seconds, floor + bare_seconds
    total = rounds * size
    name = f"{total:,} mentions mirrored, a second"
    return [Figure("backlog", name, total / ours, "/s", total / floor, 1.2, Aim.AT_LEAST)]


async def _mirrored(scene: Scene, count: int) -> tuple[float, list[Seen]]:
    """Let that many mentions appear at once; the seconds until the last card is seen, and the cards."""
    word = f"b{random.randrange(10**12):012d}"
    await scene.control("faults", {"hold_commits": True})
    for number in range(count):
        await scene.mention(scene.team.account, QUESTION.format(f"{word} {number}"))
    coming = asyncio.create_task(
        scene.watcher.collect(lambda seen: seen.room == scene.team.id and word in seen.body, count, _PATIENCE)
    )
    await asyncio.sleep(0)
    start = time.perf_counter()
    await scene.control("faults", {"hold_commits": False, "commit_held": True})
    cards = await coming
    assert len({seen.body for seen in cards}) == count
    return cards[-1].at - start, cards
