"""How often the bot goes to another thread and how many transactions it writes, for one mention and one command."""

import asyncio
import json
import random
import signal

from benchmarks.cost import Act, rounds
from benchmarks.counted import HOPS, READS, WRITES
from benchmarks.figures import Figure
from benchmarks.latency import PATIENCE, QUESTION
from benchmarks.processes import Running
from benchmarks.scene import FEDICHAT, Room, Scene

_WARM_UP = 3
_SETTLING = 5.0
_AIMS = {HOPS: 12, WRITES: 2}
_NAMES = {HOPS: "thread hops", WRITES: "write transactions", READS: "read transactions"}


async def counts(scene: Scene, events: int) -> list[Figure]:
    """Counted in the real program on a real Synapse; see benchmarks/counted.py for what counts."""

    async def mention(room: Room) -> None:
        word = f"w{random.randrange(10**12):012d}"
        seen = scene.watcher.expect(lambda seen: seen.room == room.id and word in seen.body)
        await scene.mention(room.account, QUESTION.format(word))
        await asyncio.wait_for(seen, PATIENCE)

    figures: list[Figure] = []
    async with scene.fedichat("benchmarks.counted") as ours:
        for name, act in (
            ("mention", mention),
            ("command", lambda room: scene.anna.say(room.id, "!queue")),
            ("message that is not for it", lambda room: scene.anna.say(room.id, "Guten Morgen zusammen")),
        ):
            each = await _counted(scene, ours, act, events)
            for key, title in _NAMES.items():
                aim = _AIMS.get(key) if name == "mention" else None
                figures.append(Figure("counts", f"{title} per {name}", each[key], "", None, aim, of_ratio=False))
    return figures


async def _counted(scene: Scene, ours: Running, act: Act, events: int) -> dict[str, float]:
    await rounds(scene, {FEDICHAT: ours}, act, _WARM_UP)
    await asyncio.sleep(_SETTLING)
    before = await _now(ours)
    await rounds(scene, {FEDICHAT: ours}, act, events)
    await asyncio.sleep(_SETTLING)
    after = await _now(ours)
    return {key: (after.get(key, 0) - before.get(key, 0)) / events for key in _NAMES}


async def _now(ours: Running) -> dict[str, int]:
    ours.lines.clear()
    ours.process.send_signal(signal.SIGUSR1)
    line = await ours.said("counts ")
    found: dict[str, int] = json.loads(line.removeprefix("counts "))
    return found
