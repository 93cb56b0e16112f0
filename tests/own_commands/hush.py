"""`!hush`: an office's own command that only holds something back."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Withdraw the ticket's draft, or the one whose preview was tapped."""
    post = call.post or (await call.desk.posts.finding.pending_post(call.cause, call.ticket, call.replied_to)).id
    await call.desk.posts.confirming.withdraw(call.cause, post)


COMMAND = Command(
    name="hush",
    names={"en": ("hush",), "de": ("pst",)},
    summary=mark("Withdraw a ticket's draft. A 🤫 on the preview does the same."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    holds_back=True,
    taps=(Tap(Shown.PREVIEW, "🤫"),),
    examples=(mark("hush 42"),),
)
