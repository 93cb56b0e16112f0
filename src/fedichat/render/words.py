"""Sentences with fields: what `Tell` says, and the answers of commands."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from fedichat import html
from fedichat.domain.names import UserId, localpart
from fedichat.errors import FarEndError, StopError
from fedichat.i18n import Language
from fedichat.render.parts import Rendered, inline, link


def words(t: Language, message: str, fields: Mapping[str, str | int] | None = None, prefix: str = "!") -> Rendered:
    """A message id in the room's language, its fields filled in.

    What stands between backticks is code; nothing else means anything, in the message or in its fields: as Markdown,
    “#42 …” would be a headline without its #.
    `prefix` is what commands begin with: every message may name one, as `{prefix}claim`.
    """
    given = {"prefix": prefix} | dict(fields or {})
    clean = {name: html.clean(str(value)) for name, value in given.items()}
    inside = {name: html.clean_line(str(value)) for name, value in given.items()}
    plain = t(message, **clean)
    shown = {name: _field(value) for name, value in clean.items()}
    code = {name: escape(value) for name, value in inside.items()}
    parts: list[str] = []
    for number, part in enumerate(t(message).split("`")):
        made = escape(part, quote=False).format(**(code if number % 2 else shown))
        parts.append(f"<code>{made}</code>" if number % 2 else made)
    return Rendered(plain, f"<p>{''.join(parts)}</p>")


def reason(error: Exception, t: Language) -> str:
    """Why a far end did not do as asked, for people; what only the log has words for, as it is there."""
    told = error.told if isinstance(error, FarEndError | StopError) else None
    return t(told.message, **told.fields) if told is not None else str(error)


def addressed(said: Rendered, people: Sequence[UserId]) -> Rendered:
    """The same, with the names of those for whom it is meant in front."""
    if not people:
        return said
    names = ", ".join(localpart(user) for user in people)
    pills = ", ".join(f'<a href="https://matrix.to/#/{quote(user)}">{escape(localpart(user))}</a>' for user in people)
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
