"""`!unfreeze`: what is planned goes out again."""

from fedichat.chat.command import Call, Command, Option, Right
from fedichat.desk.plan.crisis import Thawed
from fedichat.domain.phrase import mark
from fedichat.render.plan import thawed


async def run(call: Call) -> None:
    """End the freeze; what is overdue is listed, or goes out now."""

    def worded(view: Thawed) -> tuple[str, str]:
        shown = thawed(view, call.setting, call.prefix)
        return shown.plain, shown.html

    await call.desk.plan.crisis.unfreeze(call.cause, worded, release_all="all" in call.options)


COMMAND = Command(
    name="unfreeze",
    names={"en": ("unfreeze",), "de": ("fortsetzen",)},
    summary=mark("Let planned posts go out again. What is overdue is listed, and released one by one or all at once."),
    right=Right.FREEZE,
    run=run,
    lets_out=True,
    options=(
        Option(
            "all",
            mark("publish now all that fell due during the freeze and was confirmed; needs the right to publish"),
            is_flag=True,
            right=Right.PUBLISH,
            names={"de": ("alle",)},
        ),
    ),
    examples=(mark("unfreeze"), mark("unfreeze --all")),
)
