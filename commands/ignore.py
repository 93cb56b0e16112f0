"""`!ignore`: this one gets no answer."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Close the ticket without an answer, with the reason."""
    await call.desk.tickets.triage.ignore(call.cause, call.ticket, call.text)


COMMAND = Command(
    name="ignore",
    names={"en": ("ignore",), "de": ("ignorieren",)},
    summary=mark("Close a ticket without an answer. Give the reason. A 🙈 on the card does the same without one."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    text_name=mark("reason"),
    taps=(Tap(Shown.CARD, "🙈"),),
    examples=(mark("ignore 42 polemic"),),
)
