"""What an event costs the bot: CPU of its process, and requests to the instance."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.figures import Figure, median
from benchmarks.latency import PATIENCE, QUESTION, answers_of, make_cards
from benchmarks.processes import Running
from benchmarks.scene import FEDICHAT, FLOOR, Room, Scene

_WARM_UP = 3
_SETTLING = 5.0
"""Seconds in which all that an event leads to has been done: bookkeeping, late questions to the instance."""
LOOK = "GET /api/v1/notifications"
_LOOKS_PER = 10.0

Act = Callable[[Room], Awaitable[object]]


async def cost(scene: Scene, events: int) -> list[Figure]:
    """Each kind of event to fedichat and to the floor in turn, one a second; the CPU that each process used for it."""
    async with scene.fedichat() as ours:
        async with scene.bare("mirror") as floor:
            figures = await _mentions(scene, {FEDICHAT: ours, FLOOR: floor}, events)
        (card,) = await make_cards(scene, 1)
        answers = await answers_of(scene, card)
        async with scene.bare("echo", answers) as floor:
            both = {FEDICHAT: ours, FLOOR: floor}
            for name, texts, aim in (
                ("per command (!queue, !help)", ("!queue", "!help"), 20),
                ("per message that is not for it", ("Guten Morgen zusammen", "Wer macht heute Mittag?"), 2),
            ):
                used = await _used(scene, both, _speaker(scene, texts), events)
                figures.append(_figure(name, used, aim))
    return figures


async def _mentions(scene: Scene, bots: Mapping[str, Running], events: int) -> list[Figure]:
    on_the_way: list[int] = []

    async def mention(room: Room) -> None:
        word = f"w{random.randrange(10**12):012d}"
        seen = scene.watcher.expect(lambda seen: seen.room == room.id and word in seen.body)
        before = sum((await scene.asked()).values())
        await scene.mention(room.account, QUESTION.format(word))
        await asyncio.wait_for(seen, PATIENCE)
        if room is scene.team:
            on_the_way.append(sum((await scene.asked()).values()) - before)

    begin, before = asyncio.get_running_loop().time(), await scene.asked()
    used = await _used(scene, bots, mention, events)
    seconds, after = asyncio.get_running_loop().time() - begin, await scene.asked()
    looks = after.get(LOOK, 0) - before.get(LOOK, 0)
    return [
        _figure("per mention", used, 25),
        Figure("requests", "requests before the card is visible, p50", median(on_the_way), "", None, 0, of_ratio=False),
        Figure(
            "requests", "looks at the notifications in 10 s, a mention a second", looks / seconds * _LOOKS_PER, "",
            None, 1, of_ratio=False,
        ),
        Figure(
            "requests", "requests of all kinds, per mention",
            (sum(after.values()) - sum(before.values())) / (events + _WARM_UP), "",
        ),
    ]  # fmt: skip


def _speaker(scene: Scene, texts: tuple[str, ...]) -> Act:
    """Anna says one text after the other, the same ones in each room."""
    next_texts = {room.id: itertools.cycle(texts) for room in scene.rooms.values()}
    return lambda room: scene.anna.say(room.id, next(next_texts[room.id]))


async def _used(scene: Scene, bots: Mapping[str, Running], act: Act, events: int) -> dict[str, float]:
    """Milliseconds of CPU of each process per event."""
    await rounds(scene, bots, act, _WARM_UP)  # what is imported or read at first use
    await asyncio.sleep(_SETTLING)
    before = {bot: running.cpu_seconds() for bot, running in bots.items()}
    await rounds(scene, bots, act, events)
    await asyncio.sleep(_SETTLING)
    return {bot: (running.cpu_seconds() - before[bot]) * 1000 / events for bot, running in bots.items()}


async def rounds(scene: Scene, bots: Mapping[str, object], act: Act, events: int) -> None:
    """Act in the room of each bot in turn, once a second in each, or as fast as they can where that is slower."""
    loop = asyncio.get_running_loop()
    turn = loop.time()
    for _ in range(events):
        for bot in bots:
            await act(scene.rooms[bot])
            turn = max(turn + 1 / len(bots), loop.time())
            await asyncio.sleep(turn - loop.time())


def _figure(name: str, used: dict[str, float], aim: float) -> Figure:
    return Figure("cost", f"CPU {name}", used[FEDICHAT], "ms", used[FLOOR], aim, of_ratio=False)
