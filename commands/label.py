"""`!label`: what a ticket is about."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.domain.tickets.sorting import labels_in
from fedichat.render.lists import labels
from fedichat.render.parts import Rendered


async def run(call: Call) -> Rendered | None:
    """Add labels, take them off, or list them."""
    added, removed = labels_in(call.text)
    if not added and not removed:
        return labels(await call.desk.tickets.lists.ticket(call.cause, call.ticket), call.setting)
    await call.desk.tickets.sorting.label(call.cause, call.ticket, added, removed)
    return None


COMMAND = Command(
    name="label",
    names={"en": ("label", "labels"), "de": ("schlagwort", "schlagwörter", "label")},
    summary=mark("Put labels on a ticket, or take them off with a minus in front. Without words it lists them."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("labels"),
    examples=(mark("label 42 tls -passwords"), mark("label 42")),
)
