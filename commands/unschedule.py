"""`!unschedule`: a planned post is dropped."""

from fedichat.chat.command import Call, Command, Option, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Drop it, or everything that would follow in its series as well."""
    await call.desk.plan.scheduling.unschedule(call.cause, call.planned, whole_series="series" in call.options)


COMMAND = Command(
    name="unschedule",
    names={"en": ("unschedule",), "de": ("absetzen",)},
    summary=mark("Drop a planned post. Of a series, only this one unless you say otherwise."),
    right=Right.PLAN,
    run=run,
    post=Takes.MUST,
    holds_back=True,
    options=(
        Option(
            "series", mark("and everything that would follow in its series"), is_flag=True, names={"de": ("serie",)}
        ),
    ),
    examples=(mark("unschedule P7"), mark("unschedule P7 --series")),
)
