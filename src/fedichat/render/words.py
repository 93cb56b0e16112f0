"""Sentences with fields: what `Tell` says, and the answers of commands."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from fedichat.domain.names import UserId, localpart
from fedichat.domain.phrase import Day, Field, Listed, Moment, Phrase, mark
from fedichat.errors import FarEndError, Gone, Rejected, StopError, TryLater, Unsure
from fedichat.render.parts import Rendered, Setting, inline, link
from fedichat.text import html
from fedichat.text.i18n import Language, phrase

_NAMED = 20
_WITHOUT_WORDS = (
    (StopError, mark("the access is refused")),
    (Unsure, mark("no clear answer came")),
    (TryLater, mark("the server does not answer as it should")),
    (Gone, mark("it is not there any more")),
    (Rejected, mark("the server refuses it")),
)
"""Why something did not work, by the kind of error, where that has nothing to say to people itself."""


def words(
    t: Language,
    message: str,
    fields: Mapping[str, str | int] | None = None,
    prefix: str = "!",
    *,
    confirm: str = "✅",
) -> Rendered:
    """A message id in the room's language, its fields filled in.

    What stands between backticks is code; nothing else means anything, in the message or in its fields: as Markdown,
    “#42 …” would be a headline without its #.
    `prefix` is what commands begin with: every message may name one, as `{prefix}claim`. One about a post may have a
    `{confirm}`, for which `confirm` is put, see `Setting.confirm`.
    """
    given = {"prefix": prefix} | dict(fields or {})
    clean = {name: html.clean(str(value)) for name, value in given.items()}
    inside = {name: html.clean_line(str(value)) for name, value in given.items()}
    text = t(message).replace("{confirm}", confirm)
    plain = text.format(**clean)
    shown = {name: _field(value) for name, value in clean.items()}
    code = {name: escape(value) for name, value in inside.items()}
    parts: list[str] = []
    for number, part in enumerate(text.split("`")):
        made = escape(part, quote=False).format(**(code if number % 2 else shown))
        parts.append(f"<code>{made}</code>" if number % 2 else made)
    return Rendered(plain, f"<p>{''.join(parts)}</p>")


def reason(error: Exception) -> Phrase:
    """Why a far end did not do as asked, for people. What has words only for the log is said by its kind."""
    if isinstance(error, FarEndError | StopError) and error.told is not None:
        return phrase(error.told)
    for kind, message in _WITHOUT_WORDS:
        if isinstance(error, kind):
            return Phrase(message)
    return Phrase(mark("a fault inside fedichat ({kind})"), {"kind": type(error).__name__})


def in_room(value: Field, setting: Setting, prefix: str = "!") -> str | int:
    """What a field stands for, in the words of a room."""
    t = setting.language
    match value:
        case Phrase(message, fields):
            text = t(message).replace("{confirm}", setting.confirm)
            return text.format(**{"prefix": prefix} | all_in_room(fields, setting, prefix))
        case Listed(items):
            return ", ".join(str(in_room(item, setting, prefix)) for item in items)
        case Moment(at):
            return t.moment(at, setting.zone)
        case Day(on):
            return t.day(on)
        case _:
            return value


def all_in_room(fields: Mapping[str, Field], setting: Setting, prefix: str = "!") -> dict[str, str | int]:
    """The fields of a message, each in the words of a room."""
    return {name: in_room(value, setting, prefix) for name, value in fields.items()}


def addressed(said: Rendered, people: Sequence[UserId]) -> Rendered:
    """The same, with the names of those for whom it is meant in front; of many only the first, and how many more."""
    if not people:
        return said
    named, left = people[:_NAMED], len(people) - _NAMED
    more = f" +{left}" if left > 0 else ""
    names = ", ".join(localpart(user) for user in named) + more
    pills = ", ".join(f'<a href="https://matrix.to/#/{quote(user)}">{escape(localpart(user))}</a>' for user in named)
    pills += more
    paragraph = said.html.startswith("<p>")
    html_text = f"<p>{pills}: {said.html[3:]}" if paragraph else f"{pills}: {said.html}"
    return Rendered(f"{names}: {said.plain}", html_text)


def markdown(text: str) -> Rendered:
    """Our own Markdown, which reads well as plain text too."""
    return Rendered(text, html.markdown_html(text))


def _field(value: str) -> str:
    if value.startswith(("https://", "http://")) and not any(sign in value for sign in "<> \n"):
        return link(value, value)
    return inline(value)
