"""`!media`: what is hidden until somebody asks for it."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Show the media that are marked as sensitive in the ticket's thread."""
    await call.desk.tickets.media.show_hidden(call.cause, call.ticket)


COMMAND = Command(
    name="media",
    names={"en": ("media", "pictures"), "de": ("medien", "bilder")},
    summary=mark("Show the pictures of a ticket that are marked as sensitive."),
    right=Right.READ,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("media 42"),),
)
