"""`!assign`: somebody else does it."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.naming import person_meant
from fedichat.domain.names import is_direct, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.roles import RoomKind
from fedichat.errors import FarEndError, Refusal


async def run(call: Call) -> None:
    """Give the ticket to a colleague in its room; both that colleague and whoever had it are notified."""
    ticket = await call.desk.tickets.lists.ticket(call.cause, call.ticket)
    try:
        people = await call.people(ticket.place)
    except FarEndError:
        raise Refusal("I cannot find out just now who is in the room. Please try again in a moment.") from None
    person = person_meant(call.text, people)
    if not call.allows(call.commands["claim"], person, RoomKind.DIRECT if is_direct(ticket.place) else RoomKind.TEAM):
        raise Refusal(
            "{person} cannot take tickets: they are a guest here, or the configuration does not let them.",
            person=localpart(person),
        )
    await call.desk.tickets.triage.assign(call.cause, call.ticket, person)


COMMAND = Command(
    name="assign",
    names={"en": ("assign",), "de": ("zuweisen",)},
    summary=mark("Give a ticket to a colleague, who is told."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MUST,
    text_name=mark("person"),
    examples=(mark("assign 42 @ben"),),
)
