"""What is said to somebody whose message is not obeyed: it could not be read, or somebody else may have written it.

Each function returns what to say the first time within an hour, the second time, and so on; after the last, nothing.
"""

from fedichat.chat.command import Command
from fedichat.errors import Refusal
from fedichat.ports import Unproven
from fedichat.render.parts import shortened

UNREADABLE, UNPROVEN = "unreadable", "unproven"
"""The kinds of messages that are counted, see `Replies.decline`."""
NOT_DONE = "🚫"
"""The reaction to an unproven message: its sender may be unable to read the answer, but everybody sees reactions."""
_MOST = 5
"""How often to answer unproven messages: somebody who tries again needs an answer, a flood must not get one."""
_LONGEST_DEVICE = _LONGEST_LINE = 60


def unreadable() -> tuple[Refusal, ...]:
    """What to say when we have no key for a message."""
    return (
        Refusal(
            "I cannot read this message: I have no key for it. Please send it again; if that does not help, leave the "
            "room and join it again, or tell whoever runs fedichat. I say this at most once an hour."
        ),
    )


def unproven(why: Unproven) -> tuple[Refusal, ...]:
    """What to say when somebody else may have written a message."""
    if why.device is None:
        again = Refusal("This does not count either: it came unencrypted.")
        last = Refusal(
            "This does not count either: it came unencrypted. I will not repeat that before {until}.", until=""
        )
        first = Refusal(
            "This does not count: it came unencrypted, and this room is encrypted. Please send it again from a client "
            "that encrypts."
        )
    else:
        device = shortened(why.device, _LONGEST_DEVICE)
        again = Refusal("This does not count either: “{device}” is not verified.", device=device)
        last = Refusal(
            "This does not count either: “{device}” is not verified. I will not repeat that before {until}.",
            device=device,
            until="",
        )
        first = Refusal(
            "This does not count: it came from “{device}”, a device that is not verified. Please verify it in your "
            "client's settings (“verify with another device”), or use one that is.",
            device=device,
        )
    return (first, *[again] * (_MOST - 2), last)


def to_be_typed(command: Command, rest: str) -> Refusal:
    """What to say to a tap where confirmations must be typed; `rest` is what follows the command's name."""
    return Refusal(
        "A tap does not do that here. Please type: `{prefix}{command} {rest}`",
        command=command,
        rest=shortened(rest, _LONGEST_LINE),
    )


def repeated(refusal: Refusal) -> tuple[Refusal, ...]:
    """The same refusal, as often as unproven messages are answered."""
    return (refusal,) * _MOST
