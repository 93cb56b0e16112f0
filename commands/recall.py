"""`!recall`: a department is no longer needed."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Take the ticket back from the department that is named, or from all of them."""
    await call.desk.departments.escalations.recall(call.cause, call.ticket, call.text or None)


COMMAND = Command(
    name="recall",
    names={"en": ("recall",), "de": ("zurückholen",)},
    summary=mark("Take a ticket back from a department, or from all of them: they hear no more of it."),
    right=Right.CONSULT,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("department"),
    examples=(mark("recall 42"), mark("recall 42 krypto")),
)
