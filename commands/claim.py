"""`!claim`: I do it."""

from fedichat.chat.command import Call, Command, Option, Right, Shown, Takes, Tap
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Take the ticket; of two who ask, the first gets it."""
    if "take-over" in call.options:
        await call.desk.tickets.triage.take_over(call.cause, call.ticket)
    else:
        await call.desk.tickets.triage.claim(call.cause, call.ticket)


COMMAND = Command(
    name="claim",
    names={"en": ("claim", "take"), "de": ("übernehmen", "nehmen")},
    summary=mark("Take a ticket: you deal with it. A 👀 on the card does the same."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    options=(
        Option(
            "take-over",
            mark("also when a colleague has it; they are told"),
            is_flag=True,
            names={"en": ("take-over", "takeover"), "de": ("trotzdem",)},
        ),
    ),
    taps=(Tap(Shown.CARD, "👀"),),
    undone_by="release",
    examples=(mark("claim 42"), mark("claim 42 --take-over")),
)
