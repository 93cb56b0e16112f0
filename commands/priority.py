"""`!priority`: how soon."""

from fedichat.chat.command import Call, Choice, Command, Right, Takes, folded
from fedichat.chat.wording import Several
from fedichat.domain.phrase import mark
from fedichat.domain.tickets.ticket import Priority
from fedichat.errors import Refusal

CHOICES = (
    Choice("urgent", {"de": ("dringend",)}),
    Choice("high", {"de": ("hoch",)}),
    Choice("normal", {"de": ("normal",)}),
    Choice("low", {"de": ("niedrig",)}),
)


async def run(call: Call) -> None:
    """Give the ticket its place in the queue."""
    wanted = folded(call.text)
    for choice in CHOICES:
        if wanted in map(folded, choice.all_names()):
            await call.desk.tickets.sorting.prioritize(call.cause, call.ticket, Priority(choice.name))
            return
    raise Refusal("A priority is one of {choices}, not “{value}”.", choices=Several(CHOICES), value=call.text)


COMMAND = Command(
    name="priority",
    names={"en": ("priority", "prio"), "de": ("priorität",)},
    summary=mark("Say how soon a ticket needs attention: urgent, high, normal or low. The queue is in that order."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    text_name=mark("priority"),
    examples=(mark("priority 42 urgent"),),
)
