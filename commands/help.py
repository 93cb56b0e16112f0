"""`!help`: what can be said here."""

from fedichat.chat.command import Call, Command, Right, Takes
from fedichat.chat.manual import one, overview
from fedichat.chat.parsing import find_command
from fedichat.domain.phrase import mark
from fedichat.render.parts import Rendered
from fedichat.render.words import markdown


async def run(call: Call) -> Rendered:
    """All commands that may be used here by whoever asks, or one command with its examples."""
    if call.text:
        command = find_command(call.text.removeprefix(call.prefix), call.commands, call.prefix)
        text = one(command, call.t, call.prefix)
        if call.setting.typed and "✅" in text:
            t = call.t
            typed = t(
                "In this office a tap publishes nothing: `{prefix}publish P7` does what ✅ would.", prefix=call.prefix
            )
            text = f"{text}\n\n{typed}"
        return markdown(text)
    return markdown(overview(call.commands, call.may, call.t, call.prefix))


COMMAND = Command(
    name="help",
    names={"en": ("help",), "de": ("hilfe",)},
    summary=mark("Show the commands, or one of them with examples."),
    right=Right.READ,
    run=run,
    text=Takes.MAY,
    text_name=mark("command"),
    examples=(mark("help"), mark("help answer")),
)
