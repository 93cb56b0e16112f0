"""`!reschedule`: another time for a planned post."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.moments import moment
from fedichat.domain.phrase import mark
from fedichat.errors import Refusal


async def run(call: Call) -> None:
    """Move it; it needs to be confirmed again with its new time."""
    words = call.invocation.moment
    if not words:
        raise Refusal("To when? For example: `{prefix}reschedule P{post} friday 10:00`", post=call.planned)
    own = (await call.desk.posts.finding.post(call.planned, call.cause)).due_at
    due_at = await moment(call, words, lambda at: f"reschedule P{call.planned} {at}", own=own)
    if due_at is not None:
        await call.desk.plan.scheduling.reschedule(call.cause, call.planned, due_at)


COMMAND = Command(
    name="reschedule",
    names={"en": ("reschedule",), "de": ("verschieben",)},
    summary=mark(
        "Give a planned post another time, or its first one: “11:00” stays on its day, “monday” keeps its time, “one "
        "hour later” counts from it. The new preview needs to be confirmed."
    ),
    right=Right.PLAN,
    run=run,
    post=Takes.MUST,
    moment=True,
    examples=(mark("reschedule P7 friday 10:00"), mark("reschedule P7 one hour later")),
)
