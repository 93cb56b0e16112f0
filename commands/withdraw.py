"""`!withdraw`: not this draft."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Take the draft of a ticket back before it goes out."""
    post = await call.desk.pending_post(call.cause, call.ticket)
    await call.desk.withdraw(call.cause, post.id)


COMMAND = Command(
    name="withdraw",
    names={"en": ("withdraw",), "de": ("zurückziehen",)},
    summary=mark("Take a ticket's draft back before it goes out. ❌ on the preview does the same."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    examples=(mark("withdraw 42"),),
)
