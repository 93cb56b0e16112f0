"""`!thank`: an office's own command. It drafts the office's usual thanks, and does all that a command of ours can."""

from dataclasses import replace

from fedichat.chat.command import Call, Command, Right, Shown, Takes, Tap
from fedichat.domain.phrase import mark
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import PostKind


async def run(call: Call) -> None:
    """Draft the thanks; nothing goes out before somebody confirms the preview."""
    await call.desk.posts.drafting.answer(call.cause, call.ticket, _thanks(call))


async def thank_again(call: Call) -> None:
    """The message was edited: thank for what it names now."""
    await call.desk.posts.drafting.revise(call.cause, call.planned, _thanks(call))


def _thanks(call: Call) -> Draft:
    draft = Draft("Thank you!")
    return replace(draft, text=f"Thank you for {call.text}!") if call.text else draft


COMMAND = Command(
    name="thank",
    names={"en": ("thank",), "de": ("danken",)},
    summary=mark("Draft the usual thanks. A 🙏 on the card does the same; taking it back withdraws them."),
    right=Right.ANSWER,
    run=run,
    ticket=Takes.MUST,
    text=Takes.MAY,
    text_name=mark("what for"),
    makes=(PostKind.ANSWER,),
    on_edit=thank_again,
    taps=(Tap(Shown.CARD, "🙏"),),
    undone_by="hush",
    examples=(mark("thank 42"), mark("thank 42 your patience")),
)
