"""`!stats`: the figures of a period."""

from fedichat.chat.command import Call, Command, Option, Right, Takes
from fedichat.domain.figures import Scope
from fedichat.domain.phrase import mark
from fedichat.domain.time.period import month_of, parse_period
from fedichat.render.digest import stats
from fedichat.render.parts import Rendered


async def run(call: Call) -> Rendered:
    """The figures of a period, by default of this month: for all tickets, one department, or one label."""
    desk, department, label = call.desk, call.options.get("department"), call.options.get("label")
    period = parse_period(call.text, desk.reports.today()) if call.text.strip() else month_of(desk.reports.today())
    scope = Scope(
        desk.reports.department_called(department) if department else None,
        label.removeprefix("#").casefold() if label else None,
    )
    return stats(await desk.reports.stats(period, scope), scope, desk.reports.department_names(), call.setting)


COMMAND = Command(
    name="stats",
    names={"en": ("stats", "figures"), "de": ("statistik", "zahlen")},
    summary=mark("Show the figures of a period, or else of this month."),
    right=Right.REPORT,
    run=run,
    text=Takes.MAY,
    text_name=mark("period"),
    options=(
        Option("department", mark("only what was put to that department"), names={"de": ("fachreferat", "referat")}),
        Option("label", mark("only those with that label"), names={"de": ("schlagwort", "label")}),
    ),
    options_behind=True,
    examples=(
        mark("stats"),
        mark("stats last month"),
        mark("stats Q3 --department krypto"),
        mark("stats 2026 --label tls"),
    ),
)
