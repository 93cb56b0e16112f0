"""`!withdraw`: not this draft."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.desk.posts.drafting import WITHDRAW
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Take the draft of a ticket, or a planned post, back before it goes out."""
    number = call.post
    if number is None:
        number = (await call.desk.posts.finding.pending_post(call.cause, call.ticket, call.replied_to)).id
    await call.desk.posts.confirming.withdraw(call.cause, number)


COMMAND = Command(
    name="withdraw",
    names={"en": ("withdraw",), "de": ("zurückziehen",)},
    summary=mark("Take a ticket's draft, or a planned post, back before it goes out. ❌ on the preview does the same."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    holds_back=True,
    taps=(Tap(Shown.PREVIEW, WITHDRAW),),
    examples=(mark("withdraw 42"), mark("withdraw P7")),
)
