"""`!draft`: a post without a time yet."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.plans import PLAN_OPTIONS, account_of, plan_from, replan
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Keep a text for a planned post, to be given a time later."""
    account = await account_of(call)
    plan, _ = await plan_from(call)
    await call.desk.plan.scheduling.plan_post(call.cause, account, plan)


COMMAND = Command(
    name="draft",
    names={"en": ("draft",), "de": ("entwurf",)},
    summary=mark("Keep a text for a post that has no time yet. `{prefix}reschedule` gives it one."),
    right=Right.PLAN,
    run=run,
    text=Takes.MUST,
    options=PLAN_OPTIONS,
    makes=(PostKind.PLANNED,),
    on_edit=replan,
    examples=(mark("draft --label guide Our new guide is nearly done."),),
)
