"""`!answer`: draft an answer and see its preview."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.drafts import POST_OPTIONS, PROPOSAL, draft_from, revise
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Draft it; nothing goes out before somebody confirms the preview."""
    await call.desk.posts.drafting.answer(call.cause, call.ticket, draft_from(call.invocation, call.replied_to))


COMMAND = Command(
    name="answer",
    names={"en": ("answer", "reply"), "de": ("antwort", "antworten")},
    summary=mark("Draft an answer and see exactly what would appear. ✅ on the preview publishes it."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    options=(*POST_OPTIONS, PROPOSAL),
    makes=(PostKind.ANSWER,),
    on_edit=revise,
    examples=(
        mark("answer 42 Thank you for asking! …"),
        mark('answer 42 --visibility unlisted --cw "security" The text'),
        mark("answer 42 --proposal 2"),
    ),
)
