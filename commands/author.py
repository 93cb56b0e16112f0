"""`!author`: has this person written before?"""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.errors import Refusal
from fedichat.render.lists import of_author
from fedichat.render.parts import Rendered

SHOWN = 20


async def run(call: Call) -> Rendered:
    """The tickets of a citizen that this room may see; without a name, those of the ticket's author."""
    author = call.text.strip().removeprefix("@")
    if not author and call.ticket_number is not None:
        author = (await call.desk.tickets.lists.ticket(call.cause, call.ticket)).author
    if not author or any(sign.isspace() for sign in author):
        raise Refusal("Whose tickets? For example: `{prefix}author @erika@example.social`")
    lines, total = await call.desk.tickets.lists.of_author(call.cause, author if "@" in author else f"{author}@", SHOWN)
    return of_author(lines, total, author, call.desk.now(), call.setting)


COMMAND = Command(
    name="author",
    names={"en": ("author",), "de": ("person", "autor")},
    summary=mark("List the tickets of a citizen; in a ticket's thread, those of its author."),
    right=Right.READ,
    run=run,
    ticket=Takes.MAY,
    text=Takes.MAY,
    text_name=mark("person"),
    examples=(mark("author @erika@example.social"),),
)
