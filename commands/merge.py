"""`!merge`: both are one question."""

import re

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.domain.names import TicketId
from fedichat.domain.phrase import mark
from fedichat.errors import Refusal

_NUMBERS = re.compile(r"(?:#?(?P<source>\d{1,12}) )?(?:(?:into|in|mit|with) )?#?(?P<target>\d{1,12})")


async def run(call: Call) -> None:
    """Continue one ticket in another. In a ticket's thread, a single number says in which."""
    numbers = _NUMBERS.fullmatch(" ".join(call.text.casefold().split()))
    if numbers and not (numbers["source"] and call.invocation.ticket is not None):
        source = TicketId(int(numbers["source"])) if numbers["source"] else call.ticket
        await call.desk.tickets.sorting.merge(call.cause, source, TicketId(int(numbers["target"])))
    elif not call.text and call.here not in (None, call.ticket):
        await call.desk.tickets.sorting.merge(call.cause, call.here or call.ticket, call.ticket)
    else:
        raise Refusal("Which ticket goes into which? `{prefix}merge 43 42` puts #43 into #42.")


COMMAND = Command(
    name="merge",
    names={"en": ("merge",), "de": ("zusammenführen",)},
    summary=mark("Merge a ticket into an earlier one of the same person: it goes on there, and is answered there."),
    right=Right.TRIAGE,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("the other ticket"),
    number_in_text=True,
    examples=(mark("merge 43 42"),),
)
