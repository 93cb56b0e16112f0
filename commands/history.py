"""`!history`: what happened."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.render.lists import history
from fedichat.render.parts import Rendered


async def run(call: Call) -> Rendered:
    """Every step of a ticket, with who and when."""
    entries = await call.desk.tickets.lists.steps(call.cause, call.ticket)
    return history(entries, call.setting)


COMMAND = Command(
    name="history",
    names={"en": ("history",), "de": ("verlauf",)},
    summary=mark("Show what happened to a ticket, step by step."),
    right=Right.READ,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("history 42"),),
)
