"""`!search`: have we had that?"""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.phrase import mark
from fedichat.render.lists import found
from fedichat.render.parts import Rendered

SHOWN = 10


async def run(call: Call) -> Rendered:
    """The newest tickets with these words that this room may see."""
    lines = await call.desk.tickets.lists.search(call.cause, call.text, SHOWN + 1)
    return found(lines, SHOWN, call.desk.now(), call.setting)


COMMAND = Command(
    name="search",
    names={"en": ("search", "find"), "de": ("suche", "suchen")},
    summary=mark("Find tickets by words: in what citizens wrote, in notes and in answers. The newest are shown."),
    right=Right.READ,
    run=run,
    text=Takes.MUST,
    text_name=mark("words"),
    examples=(mark("search password manager"),),
)
