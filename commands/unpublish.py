"""`!unpublish`: delete what is published."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Show what would be deleted; nothing is deleted before somebody confirms it."""
    if call.post is not None:
        await call.desk.plan.scheduling.unpublish_post(call.cause, call.post)
    else:
        await call.desk.posts.drafting.unpublish(call.cause, call.ticket)


COMMAND = Command(
    name="unpublish",
    names={"en": ("unpublish",), "de": ("depublizieren", "löschen")},
    summary=mark(
        "Delete what was published last for a ticket, or a planned post, from the server. It is shown first; ✅ does "
        "it."
    ),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    makes=(PostKind.REMOVAL,),
    examples=(mark("unpublish 42"), mark("unpublish P7")),
)
