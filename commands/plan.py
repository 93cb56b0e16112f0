"""`!plan`: the editorial plan."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.domain.time.period import parse_period, two_weeks
from fedichat.render.parts import Rendered
from fedichat.render.plan import plan


async def run(call: Call) -> Rendered:
    """What is planned, day by day."""
    today = call.desk.now().astimezone(call.setting.zone).date()
    period = parse_period(call.text, today, ahead=True) if call.text else two_weeks(today)
    view = await call.desk.plan.lists.planned(call.cause, *period.moments(call.setting.zone))
    return plan(view, call.desk.settings.calendar, call.desk.now(), call.setting)


COMMAND = Command(
    name="plan",
    names={"en": ("plan",), "de": ("redaktionsplan", "plan")},
    summary=mark("Show the editorial plan day by day; without words, this week and the next."),
    right=Right.READ,
    run=run,
    text=Takes.MAY,
    text_name=mark("time"),
    examples=(mark("plan"), mark("plan this week"), mark("plan december")),
)
