"""How long people wait: from a citizen's mention to the card on somebody's screen; from a command to its answer."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from benchmarks.figures import Figure, median, p95
from benchmarks.scene import FEDICHAT, FLOOR, MAUBOT, Room, Scene
from benchmarks.watcher import Fits, Seen

PATIENCE = 30.0
_WARM_UP = 3
_OF_FLOOR = (1.2, 1.25)
_OF_MAUBOT = 1.1

Samples = dict[str, list[float]]
Sampler = Callable[[str, str], Awaitable[float]]
"""Takes the bot and a word that nobody has used; gives milliseconds."""

QUESTION = (
    "Guten Tag, wir sind ein kleiner Verein und fragen uns, ob wir unsere Mitgliederliste verschlüsselt "
    "ablegen müssen und welches Programm dafür empfohlen wird. Gibt es dazu eine Seite? Danke! {}"
)


async def mentions(scene: Scene, pairs: int) -> list[Figure]:
    """Mentions to fedichat and to the floor in turn; both run all the time."""

    async def sample(bot: str, word: str) -> float:
        room = scene.rooms[bot]
        return await timed(
            scene,
            lambda: scene.mention(room.account, QUESTION.format(word)),
            lambda seen: seen.room == room.id and word in seen.body,
        )

    async with scene.fedichat(), scene.bare("mirror"):
        samples = await in_turn((FEDICHAT, FLOOR), sample, pairs)
    return compared("latency", "mention posted → card visible", samples, FLOOR, (1.35, 1.3))


async def commands(scene: Scene, pairs: int) -> list[Figure]:
    """`!queue`, `!help` and a tap on 👀, to fedichat, to the floor and to maubot in turn."""
    bots = tuple(scene.rooms)
    async with scene.fedichat():
        cards = {FEDICHAT: await make_cards(scene, 2 * (pairs + _WARM_UP))}
        answers = await answers_of(scene, cards[FEDICHAT].pop())
    for bot in bots[1:]:
        cards[bot] = [await scene.anna.say(scene.rooms[bot].id, "a card") for _ in cards[FEDICHAT]]

    async def claim(bot: str, _word: str) -> float:
        card = cards[bot].pop()
        react = scene.anna.react(scene.rooms[bot].id, card, "👀")  # type: ignore[arg-type]
        return await timed(scene, lambda: react, lambda seen: is_edit_of(seen, card))

    figures: list[Figure] = []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(scene.fedichat())
        await stack.enter_async_context(scene.bare("echo", answers))
        if MAUBOT in bots:
            await stack.enter_async_context(scene.maubot(answers))
            await _wake(scene, scene.rooms[MAUBOT])
        for command in ("!queue", "!help"):
            figures += _both(f"{command} → answer", await in_turn(bots, _asker(scene, command), pairs))
        figures += _both("👀 on a card → card edited", await in_turn(bots, claim, pairs))
    return figures


def _asker(scene: Scene, command: str) -> Sampler:
    async def ask(bot: str, _word: str) -> float:
        room, sent = scene.rooms[bot], list[str]()

        async def act() -> None:
            sent.append(await scene.anna.say(room.id, command))

        return await timed(scene, act, lambda seen: seen.room == room.id and seen.relates_to in sent)

    return ask


async def answers_of(scene: Scene, card: str) -> dict[str, object]:
    """What fedichat answers: what the others are to answer, too."""
    found = {command: (await _answer(scene, command)).content for command in ("!queue", "!help")}
    found["edit"] = (await _claimed(scene, scene.team, card)).content
    return {key: {k: v for k, v in content.items() if k != "m.relates_to"} for key, content in found.items()}


async def in_turn(bots: Sequence[str], sample: Sampler, rounds: int) -> Samples:
    """Milliseconds of each bot. Who begins changes, so that noise meets all alike."""
    samples: Samples = {bot: [] for bot in bots}
    for number in range(rounds + _WARM_UP):
        first = number % len(bots)
        for bot in (*bots[first:], *bots[:first]):
            milliseconds = await sample(bot, f"w{random.randrange(10**12):012d}")
            if number >= _WARM_UP:
                samples[bot].append(milliseconds)
            await asyncio.sleep(random.uniform(0.15, 0.35))  # what follows (bookkeeping, syncs) is not measured
    return samples


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
    return ((await asyncio.wait_for(future, PATIENCE)).at - start) * 1000


def compared(
    part: str, name: str, samples: Samples, floor: str, limits: tuple[float, float], value: str = FEDICHAT
) -> list[Figure]:
    """The median and the 95th percentile, with the aim for each."""
    ours, other = samples[value], samples[floor]
    return [
        Figure(part, f"{name}, p50", median(ours), "ms", median(other), limits[0]),
        Figure(part, f"{name}, p95", p95(ours), "ms", p95(other), limits[1]),
    ]


def _both(name: str, samples: Samples) -> list[Figure]:
    """Beside the floor, and beside maubot where it is there."""
    figures = compared("commands", name, samples, FLOOR, _OF_FLOOR)
    if MAUBOT in samples:
        figures += compared("maubot", name, samples, MAUBOT, (_OF_MAUBOT, _OF_MAUBOT))
    return figures


def is_edit_of(seen: Seen, event: str) -> bool:
    """Whether it replaces that event."""
    return "m.new_content" in seen.content and seen.relates_to == event


async def make_cards(scene: Scene, count: int) -> list[str]:
    """Let that many mentions become cards; their event ids."""
    word = f"c{random.randrange(10**12):012d}"
    coming = asyncio.create_task(
        scene.watcher.collect(lambda seen: word in seen.body and "m.new_content" not in seen.content, count, 120)
    )
    await asyncio.sleep(0)
    for _ in range(count):
        await scene.mention(scene.team.account, QUESTION.format(word))
    return [seen.id for seen in await coming]


async def _answer(scene: Scene, command: str) -> Seen:
    found = scene.watcher.expect(lambda seen: seen.room == scene.team.id and seen.relates_to != "")
    await scene.anna.say(scene.team.id, command)
    return await asyncio.wait_for(found, PATIENCE)


async def _claimed(scene: Scene, room: Room, card: str) -> Seen:
    found = scene.watcher.expect(lambda seen: is_edit_of(seen, card))
    await scene.anna.react(room.id, card, "👀")  # type: ignore[arg-type]
    return await asyncio.wait_for(found, PATIENCE)


async def _wake(scene: Scene, room: Room) -> None:
    """Maubot ignores what its first sync brings, and does not say when that is over."""
    answered = scene.watcher.expect(lambda seen: seen.room == room.id and seen.relates_to != "")
    async with asyncio.timeout(PATIENCE):
        while not answered.done():
            await scene.anna.say(room.id, "!help")
            await asyncio.wait([answered], timeout=1)
