"""`!unpublish`: delete what is published."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Show what would be deleted; nothing is before somebody confirms it."""
    await call.desk.unpublish(call.cause, call.ticket)


COMMAND = Command(
    name="unpublish",
    names={"en": ("unpublish",), "de": ("depublizieren", "löschen")},
    summary=mark("Delete what was published last for a ticket from the server. It is shown first; ✅ does it."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("unpublish 42"),),
)
