"""`!reopen`: it is not finished after all."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Open a closed ticket again."""
    await call.desk.tickets.triage.reopen(call.cause, call.ticket)


COMMAND = Command(
    name="reopen",
    names={"en": ("reopen",), "de": ("wiederöffnen", "öffnen")},
    summary=mark("Reopen an answered or ignored ticket."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("reopen 42"),),
)
