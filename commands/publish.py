"""`!publish`: the preview is right."""

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.domain.phrase import mark


async def run(call: Call) -> None:
    """Confirm the draft of a ticket, or a planned post, as its newest preview shows it."""
    if call.post is not None:
        post = await call.desk.posts.finding.newest_revision(call.cause, call.post)
    else:
        post = await call.desk.posts.finding.pending_post(call.cause, call.ticket, call.replied_to, to_confirm=True)
    await call.desk.posts.confirming.confirm(call.cause, post.id, post.revision, typed=True)


async def confirm_shown(call: Call) -> None:
    """A tap confirms exactly what the tapped preview shows."""
    await call.desk.posts.confirming.confirm(call.cause, call.planned, call.revision)


COMMAND = Command(
    name="publish",
    names={"en": ("publish", "confirm"), "de": ("veröffentlichen", "freigeben")},
    summary=mark(
        "Publish a ticket's draft, or schedule a planned post, as its preview shows it. ✅ on the preview does the "
        "same."
    ),
    right=Right.PUBLISH,
    run=run,
    ticket=Takes.MUST,
    post=Takes.MAY,
    taps=(Tap(Shown.PREVIEW, CONFIRM, confirm_shown),),
    examples=(mark("publish 42"), mark("publish P7")),
)
