"""`!queue`: what is open."""

from fedichat.chat.command import Call, Command, Right
from fedichat.i18n import mark
from fedichat.render.lists import queue
from fedichat.render.parts import Rendered

SHOWN = 20


async def run(call: Call) -> Rendered:
    """The open tickets of this room, the oldest first."""
    lines, total = await call.desk.queue(call.cause.place, SHOWN)
    return queue(lines, total, call.desk.clock.now(), call.setting)


COMMAND = Command(
    name="queue",
    names={"en": ("queue", "open"), "de": ("offen", "liste")},
    summary=mark("List the open tickets, the oldest first."),
    right=Right.READ,
    run=run,
    examples=(mark("queue"),),
)
