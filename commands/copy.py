"""`!copy`: the words of a planned post again."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.moments import understood
from fedichat.chat.plans import doubt_about
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind
from fedichat.domain.time.when import Instant
from fedichat.errors import Refusal


async def run(call: Call) -> None:
    """Make a new draft with the same words, and a time if one is given."""
    words = call.invocation.moment
    meant = await understood(call, words) if words else None
    due_at = meant.at if isinstance(meant, Instant) else None
    doubt = doubt_about(call, words, meant) if meant is not None and due_at is None else None
    await call.desk.plan.scheduling.copy_post(call.cause, call.planned, due_at, doubt)


COMMAND = Command(
    name="copy",
    names={"en": ("copy",), "de": ("kopieren",)},
    summary=mark("Make a new draft with the words of a planned post, even one that is out or was dropped."),
    right=Right.PLAN,
    run=run,
    post=Takes.MUST,
    moment=True,
    makes=(PostKind.PLANNED,),
    # Its message does not contain the post's words.
    on_edit=Refusal(
        "This edit does nothing: a copy does not follow the message that made it. `{prefix}reschedule P{post} …` moves "
        "it, `{prefix}edit P{post} …` changes its words.",
        post="",
    ),
    examples=(mark("copy P7"), mark("copy P7 friday 10:00")),
)
