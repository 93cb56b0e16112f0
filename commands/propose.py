"""`!propose`: this could be the answer."""

from fedichat.chat.command import Call, Command, Kept, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Number the text and show it to the team, which decides."""
    await call.desk.departments.proposals.propose(call.cause, call.ticket, call.text)


async def revise(call: Call) -> None:
    """The message was edited: the proposal changes with it, wherever it is shown."""
    await call.desk.departments.proposals.revise_proposal(call.cause, call.message, call.text)


COMMAND = Command(
    name="propose",
    names={"en": ("propose", "suggest"), "de": ("vorschlagen", "vorschlag")},
    summary=mark("Propose an answer. The team decides what becomes of it; nothing is published."),
    right=Right.PROPOSE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    makes=(Kept.PROPOSAL,),
    on_edit=revise,
    examples=(mark("propose 42 Yes, as long as TLS 1.0 and 1.1 are switched off."),),
)
