"""`!reschedule`: another time for a planned post."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.plans import doubt_about, meaning_of
from fedichat.domain.when import Instant
from fedichat.errors import Refusal
from fedichat.i18n import mark


async def run(call: Call) -> None:
    """Move it; it is to be confirmed anew, as it is then."""
    words = call.invocation.moment
    if not words:
        raise Refusal("To when? For example: `{prefix}reschedule P7 friday 10:00`")
    meant = await meaning_of(call, words)
    if isinstance(meant, Instant):
        await call.desk.reschedule(call.cause, call.planned, meant.at)
    else:
        await call.desk.ask_when(call.cause, call.planned, doubt_about(words, meant))


COMMAND = Command(
    name="reschedule",
    names={"en": ("reschedule",), "de": ("verschieben",)},
    summary=mark("Give a planned post another time, or its first one. The new preview is to be confirmed."),
    right=Right.PLAN,
    run=run,
    post=Takes.MUST,
    moment=True,
    examples=(mark("reschedule P7 friday 10:00"),),
)
