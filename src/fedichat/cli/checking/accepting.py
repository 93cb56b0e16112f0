"""`fedichat check --accept-rooms`: aliases that now lead to other rooms than before stand for those from now on."""

import asyncio
from collections.abc import Callable

from fedichat.cli.checking.matrix import looking
from fedichat.config.model import Config
from fedichat.store.look import look
from fedichat.store.rooms import accept


async def accept_rooms(config: Config, say: Callable[[str], object]) -> int:
    """Let configured names stand for the rooms that they now lead to, and `say` which. The exit code.

    A running fedichat notices within ten minutes.
    """
    seen = await look(config.database)
    async with looking(config, seen.rooms) as matrix:
        troubles = await matrix.room_troubles()
    found = {name: one.other for name, one in troubles.items() if one.can_be_accepted and name in seen.rooms}
    if not found:
        say("no room is waiting to be accepted")
        return 0
    for name, room in found.items():
        say(f"accepted {name}: {seen.rooms[name]} -> {room}")
    await asyncio.to_thread(accept, config.database, found)
    if seen.in_use:
        say("fedichat is running and moves there within ten minutes; restart it to move at once")
    return 0
