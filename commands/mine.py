"""`!mine`: what I have to do."""

from fedichat.chat.command import Call, Command, Right
from fedichat.domain.phrase import mark
from fedichat.render.lists import mine
from fedichat.render.parts import Rendered

SHOWN = 50


async def run(call: Call) -> Rendered:
    """The open tickets of whoever asks that this room may see."""
    lines = await call.desk.tickets.lists.mine(call.cause, SHOWN)
    return mine(lines, call.desk.now(), call.setting)


COMMAND = Command(
    name="mine",
    names={"en": ("mine",), "de": ("meine",)},
    summary=mark("List your open tickets."),
    right=Right.READ,
    run=run,
    examples=(mark("mine"),),
)
