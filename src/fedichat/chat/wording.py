"""What a refusal is about, in the words of the room where it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedichat.chat.command import Named, Option
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Marked
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.time.when import Weekday
from fedichat.errors import Refusal
from fedichat.render.parts import POST_WORDS, VISIBILITY_WORDS
from fedichat.text.i18n import Language


@dataclass(frozen=True, slots=True)
class Several:
    """Options or choices, to be listed."""

    items: Sequence[Named]

    def __str__(self) -> str:
        return ", ".join(map(str, self.items))


def worded(refusal: Refusal, t: Language) -> Refusal:
    """The refusal with its fields in that language: states, commands, marked texts; everything else as it is."""
    return Refusal(refusal.message, **{name: word(value, t) for name, value in refusal.fields.items()})


def about_post(refusal: Refusal, post: PostId | None) -> Refusal:
    """A refusal that a command declares, with the number of the post that it turns out to be about."""
    return refusal if post is None else Refusal(refusal.message, **{**refusal.fields, "post": post})


def word(value: object, t: Language) -> object:
    """One value in that language."""
    match value:
        case Several(items):
            shown: object = ", ".join(str(word(item, t)) for item in items)
        case Option():
            shown = f"--{value.shown_name(t.code)}"
        case Named():
            shown = value.shown_name(t.code)
        case Visibility():
            shown = t(VISIBILITY_WORDS[value][1])
        case PostState():
            shown = t(POST_WORDS[value])
        case Weekday():
            shown = t.weekday_in_full(value)
        case Marked():
            shown = t(value)
        case _:
            shown = value
    return shown
