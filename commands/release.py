"""`!release`: back to the queue."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Put the ticket back; a colleague who had it is told. Taking a 👀 back releases only one's own ticket."""
    if call.takes_back:
        await call.desk.tickets.triage.release_own(call.cause, call.ticket)
    else:
        await call.desk.tickets.triage.release(call.cause, call.ticket)


COMMAND = Command(
    name="release",
    names={"en": ("release", "unclaim"), "de": ("abgeben",)},
    summary=mark("Put a ticket back into the queue. Taking your 👀 off the card does the same."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("release 42"),),
)
