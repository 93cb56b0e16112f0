"""`!schedule`: plan a post."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.plans import PLAN_OPTIONS, account_of, plan_from, replan
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind
from fedichat.errors import Refusal


async def run(call: Call) -> None:
    """Draft it with its time; nothing goes out before somebody confirms the preview."""
    if not call.invocation.moment:
        raise Refusal(
            "When? Write the time first, then a | or a line break, then the text: `{prefix}schedule friday 10:00 | …`. "
            "`{prefix}draft …` keeps a text without a time."
        )
    if not call.text:
        raise Refusal(
            "Where does the text begin? Put a | or a line break between the time and the text: "
            "`{prefix}schedule friday 10:00 | …`"
        )
    account = await account_of(call)
    plan, doubt = await plan_from(call)
    await call.desk.plan.scheduling.plan_post(call.cause, account, plan, doubt)


COMMAND = Command(
    name="schedule",
    names={"en": ("schedule", "plan-post"), "de": ("planen",)},
    summary=mark(
        "Plan a post: when, then a | or a line break, then the text. The preview says exactly what would appear and "
        "when; ✅ on it schedules the post. For a post that repeats, say so: `every monday at 9`."
    ),
    right=Right.PLAN,
    run=run,
    moment=True,
    text=Takes.MAY,
    options=PLAN_OPTIONS,
    makes=(PostKind.PLANNED,),
    on_edit=replan,
    examples=(
        mark("schedule friday 10:00 | Our new guide is out: …"),
        mark('schedule 3.12. 12:00 --label guide --cw "security" | The text'),
        mark("schedule every monday at 9 | Tip of the week: …"),
    ),
)
