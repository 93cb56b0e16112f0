"""`!queue`: what is open."""

from fedichat.chat.command import Call, Command, Option, Right
from fedichat.desk.finding import Wanted
from fedichat.i18n import mark
from fedichat.render.lists import queue
from fedichat.render.parts import Rendered

SHOWN = 20


async def run(call: Call) -> Rendered:
    """The open tickets of this room: the most urgent first, of these the oldest."""
    label = call.options.get("label")
    wanted = Wanted(label.removeprefix("#").casefold() if label else None, snoozed="snoozed" in call.options)
    found = await call.desk.queue(call.cause.place, SHOWN, wanted)
    return queue(found, wanted, call.desk.clock.now(), call.setting)


COMMAND = Command(
    name="queue",
    names={"en": ("queue", "open"), "de": ("offen", "liste")},
    summary=mark("List the open tickets: the most urgent first, of these the oldest."),
    right=Right.READ,
    run=run,
    options=(
        Option("label", mark("only those with that label"), names={"de": ("schlagwort", "label")}),
        Option("snoozed", mark("those that are snoozed"), is_flag=True, names={"de": ("zurückgestellt",)}),
    ),
    examples=(mark("queue"), mark("queue --label tls"), mark("queue --snoozed")),
)
