"""`!note`: for the office only."""

from fedichat.chat.command import Call, Command, Kept, Right, Takes
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Keep a note in the ticket's history."""
    await call.desk.tickets.triage.note(call.cause, call.ticket, call.text)


async def reword(call: Call) -> None:
    """Change the note with the message that made it."""
    await call.desk.tickets.triage.reword_note(call.cause, call.message, call.text)


COMMAND = Command(
    name="note",
    names={"en": ("note",), "de": ("notiz",)},
    summary=mark("Keep a note with a ticket. It is never published."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    text_name=mark("note"),
    makes=(Kept.NOTE,),
    on_edit=reword,
    examples=(mark("note 42 asked the press office"),),
)
