"""`!publish`: the preview is right."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Confirm the draft of a ticket as its newest preview shows it."""
    post = await call.desk.pending_post(call.cause, call.ticket)
    await call.desk.confirm(call.cause, post.id, post.revision)


COMMAND = Command(
    name="publish",
    names={"en": ("publish", "confirm"), "de": ("veröffentlichen", "freigeben")},
    summary=mark("Publish a ticket's draft as its preview shows it. ✅ on the preview does the same."),
    right=Right.PUBLISH,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("publish 42"),),
)
