"""From a citizen's mention to the card on somebody's screen; from a command to its answer."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from benchmarks.figures import Figure, median, p95
from benchmarks.scene import Room, Scene
from benchmarks.watcher import Fits, Seen

_PATIENCE = 30.0
_WARM_UP = 3

Sampler = Callable[[Room, str], Awaitable[float]]

QUESTION = (
    "Guten Tag, wir sind ein kleiner Verein und fragen uns, ob wir unsere Mitgliederliste verschlüsselt "
    "ablegen müssen und welches Programm dafür empfohlen wird. Gibt es dazu eine Seite? Danke! {}"
)


async def mentions(scene: Scene, pairs: int) -> list[Figure]:
    """Mentions to fedichat and to the floor in turn; both run all the time."""

    async def sample(room: Room, word: str) -> float:
        return await timed(
            scene,
            lambda: scene.mention(room.account, QUESTION.format(word)),
            lambda seen: seen.room == room.id and word in seen.body,
        )

    async with scene.fedichat(), scene.bare("mirror"):
        ours, floor = await in_turn(scene, sample, pairs)
    return both("latency", "mention posted → card visible", ours, floor)


async def commands(scene: Scene, pairs: int) -> list[Figure]:
    """`!queue`, `!help` and a tap on 👀, to fedichat and to an echo of the same size in turn."""
    async with scene.fedichat():
        cards = {scene.team.id: await _cards(scene, 2 * (pairs + _WARM_UP))}
        queue = await _answer(scene, "!queue")
        help_ = await _answer(scene, "!help")
        edit = await _claimed(scene, scene.team, cards[scene.team.id].pop())
    answers = {"!queue": queue.content, "!help": help_.content, "edit": edit.content}
    bare = {key: {k: v for k, v in content.items() if k != "m.relates_to"} for key, content in answers.items()}
    cards[scene.floor.id] = [await scene.anna.say(scene.floor.id, "a card") for _ in cards[scene.team.id]]

    async def said(room: Room, command: str) -> float:
        sent: list[str] = []

        async def act() -> None:
            sent.append(await scene.anna.say(room.id, command))

        return await timed(scene, act, lambda seen: seen.room == room.id and seen.relates_to in sent)

    async def claim(room: Room, _word: str) -> float:
        card = cards[room.id].pop()
        act = scene.anna.react(room.id, card, "👀")  # type: ignore[arg-type]
        return await timed(scene, lambda: act, lambda seen: is_edit_of(seen, card))

    figures: list[Figure] = []
    async with scene.fedichat(), scene.bare("echo", bare):
        for command in ("!queue", "!help"):
            ours, floor = await in_turn(scene, lambda room, _, said_=command: said(room, said_), pairs)  # type: ignore[misc]
            figures += both("commands", f"{command} → answer", ours, floor)
        ours, floor = await in_turn(scene, claim, pairs)
        figures += both("commands", "👀 on a card → card edited", ours, floor)
    return figures


async def in_turn(scene: Scene, sample: Sampler, pairs: int) -> tuple[list[float], list[float]]:
    """Milliseconds of fedichat and of the floor. Who begins changes, so that noise meets both alike."""
    samples: dict[str, list[float]] = {scene.team.id: [], scene.floor.id: []}
    for number in range(pairs + _WARM_UP):
        order = [scene.team, scene.floor]
        for room in order if number % 2 else reversed(order):
            milliseconds = await sample(room, f"w{random.randrange(10**12):012d}")
            if number >= _WARM_UP:
                samples[room.id].append(milliseconds)
            await asyncio.sleep(random.uniform(0.15, 0.35))  # what follows (bookkeeping, syncs) is not measured
    return samples[scene.team.id], samples[scene.floor.id]


async def timed(scene: Scene, act: Callable[[], Awaitable[object]], fits: Fits) -> float:
    """Milliseconds from the beginning of the act until the watcher sees what follows."""
    # The answer may overtake the act's own: what came is kept until the act has told what to look for.
    early: list[Seen] = []

    def take(seen: Seen) -> bool:
        early.append(seen)
        return fits(seen)

    future = scene.watcher.expect(take)
    start = time.perf_counter()
    await act()
    found = next((seen for seen in early if fits(seen)), None)
    if found is not None and not future.done():
        future.cancel()
        return (found.at - start) * 1000
    return ((await asyncio.wait_for(future, _PATIENCE)).at - start) * 1000


def both(part: str, name: str, ours: list[float], floor: list[float]) -> list[Figure]:
    """The median and the 95th percentile."""
    return [
        Figure(part, f"{name}, p50", median(ours), "ms", median(floor), 1.5),
        Figure(part, f"{name}, p95", p95(ours), "ms", p95(floor), 1.5),
    ]


def is_edit_of(seen: Seen, event: str) -> bool:
    """Whether it replaces that event."""
    return "m.new_content" in seen.content and seen.relates_to == event


async def _cards(scene: Scene, count: int) -> list[str]:
    word = f"c{random.randrange(10**12):012d}"
    coming = asyncio.create_task(
        scene.watcher.collect(lambda seen: word in seen.body and "m.new_content" not in seen.content, count, 120)
    )
    await asyncio.sleep(0)
    for _ in range(count):
        await scene.mention(scene.team.account, QUESTION.format(word))
    return [seen.id for seen in await coming]


async def _answer(scene: Scene, command: str) -> Seen:
    asked: list[str] = []
    found = scene.watcher.expect(lambda seen: seen.room == scene.team.id and seen.relates_to != "")
    asked.append(await scene.anna.say(scene.team.id, command))
    return await asyncio.wait_for(found, _PATIENCE)


async def _claimed(scene: Scene, room: Room, card: str) -> Seen:
    found = scene.watcher.expect(lambda seen: is_edit_of(seen, card))
    await scene.anna.react(room.id, card, "👀")  # type: ignore[arg-type]
    return await asyncio.wait_for(found, _PATIENCE)
