"""`!crisis`: a warning, now."""

from fedichat.chat.command import Call, Command, Option, Right, Takes
from fedichat.chat.plans import CRISIS_OPTIONS, accounts_of, plan_from, replan
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Draft a warning; the ✅ of a second person publishes it at once and pins it."""
    accounts = await accounts_of(call)
    plan, _ = await plan_from(call)
    await call.desk.plan.crisis.warn(call.cause, accounts, plan)


COMMAND = Command(
    name="crisis",
    names={"en": ("crisis", "warning"), "de": ("krise", "warnung")},
    summary=mark(
        "Publish a warning now: one ✅ by a second person sends it out at once, and it is pinned to the profile. A "
        "freeze does not hold it back."
    ),
    right=Right.PLAN,
    run=run,
    text=Takes.MUST,
    options=(
        *CRISIS_OPTIONS,
        Option(
            "account",
            mark("an account that publishes it; repeat the option for several"),
            repeats=True,
            names={"de": ("konto",)},
        ),
        Option("all-accounts", mark("all accounts publish it"), is_flag=True, names={"de": ("alle-konten",)}),
    ),
    makes=(PostKind.CRISIS,),
    on_edit=replan,
    examples=(mark("crisis Please do not open mails with the subject …"), mark("crisis --all-accounts Warning: …")),
)
