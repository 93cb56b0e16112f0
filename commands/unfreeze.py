"""`!unfreeze`: what is planned goes on."""

from fedichat.chat.command import Call, Command, Option, Right
from fedichat.i18n import mark
from fedichat.render.parts import Rendered
from fedichat.render.plan import thawed


async def run(call: Call) -> Rendered:
    """End the freeze; what is overdue is listed, or goes out now."""
    return thawed(await call.desk.unfreeze(call.cause, release_all="all" in call.options), call.setting, call.prefix)


COMMAND = Command(
    name="unfreeze",
    names={"en": ("unfreeze",), "de": ("fortsetzen",)},
    summary=mark("Let planned posts go out again. What is overdue is listed, and released one by one or all at once."),
    right=Right.FREEZE,
    run=run,
    options=(
        Option("all", mark("publish now all that is overdue and was confirmed"), is_flag=True, names={"de": ("alle",)}),
    ),
    examples=(mark("unfreeze"), mark("unfreeze --all")),
)
