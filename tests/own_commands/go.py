"""`!go`: an office's own command that lets something out."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Confirm the ticket's draft as its newest preview shows it."""
    post = await call.desk.posts.finding.pending_post(call.cause, call.ticket, call.replied_to, to_confirm=True)
    await call.desk.posts.confirming.confirm(call.cause, post.id, post.revision, typed=True)


async def confirm_shown(call: Call) -> None:
    """Confirm what the tapped preview shows."""
    await call.desk.posts.confirming.confirm(call.cause, call.planned, call.revision)


COMMAND = Command(
    name="go",
    names={"en": ("go",), "de": ("los",)},
    summary=mark("Publish a ticket's draft. A 🚀 on the preview does the same."),
    right=Right.PUBLISH,
    run=run,
    ticket=Takes.MUST,
    taps=(Tap(Shown.PREVIEW, "🚀", confirm_shown),),
    examples=(mark("go 42"),),
)
