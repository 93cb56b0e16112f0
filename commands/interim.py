"""`!interim`: say that the answer will take longer."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.drafts import POST_OPTIONS, draft_from, revise
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Draft it; nothing goes out before somebody confirms the preview, and the ticket stays open."""
    await call.desk.posts.drafting.interim(call.cause, call.ticket, draft_from(call.invocation, call.replied_to))


COMMAND = Command(
    name="interim",
    names={"en": ("interim",), "de": ("zwischenstand",)},
    summary=mark(
        "Tell the citizen that the answer will take longer. The ticket stays open. Without a text: the usual words."
    ),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    options=POST_OPTIONS,
    makes=(PostKind.INTERIM,),
    on_edit=revise,
    examples=(mark("interim 42"), mark("interim 42 We are asking our experts and will be back.")),
)
