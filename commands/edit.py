"""`!edit`: change what is published."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.drafts import EDIT_OPTIONS, draft_from, revise
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Draft another text for what was published last; nothing changes before somebody confirms the preview."""
    if call.post is not None:
        await call.desk.plan.scheduling.edit_post(call.cause, call.post, draft_from(call.invocation))
    else:
        await call.desk.posts.drafting.edit(call.cause, call.ticket, draft_from(call.invocation))


COMMAND = Command(
    name="edit",
    names={"en": ("edit",), "de": ("ändern",)},
    summary=mark(
        "Change the text of what was published last for a ticket, or of a planned post. A preview shows it; ✅ does it."
    ),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    text=Takes.MUST,
    options=EDIT_OPTIONS,
    makes=(PostKind.EDIT,),
    on_edit=revise,
    examples=(mark("edit 42 The corrected text"), mark("edit P7 The corrected text")),
)
