"""`!claim`: I do it."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Take the ticket; of two who ask, the first gets it."""
    await call.desk.claim(call.cause, call.ticket)


COMMAND = Command(
    name="claim",
    names={"en": ("claim", "take"), "de": ("übernehmen", "nehmen")},
    summary=mark("Take a ticket: you deal with it. A 👀 on the card does the same."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("claim 42"),),
)
