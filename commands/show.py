"""`!show`: a ticket with its history."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.render.lists import shown_ticket
from fedichat.render.parts import Rendered
from fedichat.render.plan import shown_post


async def run(call: Call) -> Rendered:
    """The card again, and every step with who and when."""
    if call.post is not None:
        return shown_post(await call.desk.plan.lists.show_post(call.cause, call.post), call.setting)
    view, entries = await call.desk.room.views.show(call.cause, call.ticket)
    return shown_ticket(view, entries, call.desk.now(), call.setting)


COMMAND = Command(
    name="show",
    names={"en": ("show",), "de": ("zeigen", "zeige")},
    summary=mark("Show a ticket or a planned post, and everything that happened to it."),
    right=Right.READ,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    examples=(mark("show 42"), mark("show P7")),
)
