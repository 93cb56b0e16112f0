"""`!freeze`: nothing that is planned goes out."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.desk.plan.crisis import Frozen
from fedichat.domain.phrase import mark
from fedichat.render.plan import frozen


async def run(call: Call) -> None:
    """Hold back all planned posts at once, and say what is held."""

    def worded(held: Frozen) -> tuple[str, str]:
        shown = frozen(held, call.setting, call.prefix)
        return shown.plain, shown.html

    await call.desk.plan.crisis.freeze(call.cause, call.text, worded)


COMMAND = Command(
    name="freeze",
    names={"en": ("freeze",), "de": ("anhalten",)},
    summary=mark("Hold back all planned posts of all accounts, at once. Answers and warnings go out as usual."),
    right=Right.FREEZE,
    run=run,
    holds_back=True,
    text=Takes.MAY,
    text_name=mark("reason"),
    examples=(mark("freeze"), mark("freeze An incident is being investigated")),
)
