"""Sentences with fields, as Markdown: what `Tell` says, and the answers of commands."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from fedichat import html
from fedichat.domain.names import UserId, localpart
from fedichat.errors import FarEndError
from fedichat.i18n import Language
from fedichat.render.parts import Rendered


def words(t: Language, message: str, fields: Mapping[str, str | int] | None = None, prefix: str = "!") -> Rendered:
    """A message id in the room's language, its fields filled in; what citizens wrote in them means nothing.

    `prefix` is what commands begin with: every message may name one, as `{prefix}claim`.
    """
    given = {"prefix": prefix} | dict(fields or {})
    plain = t(message, **{name: html.clean(str(value)) for name, value in given.items()})
    outside = {name: _field(value) for name, value in given.items()}
    inside = {name: _code_field(value) for name, value in given.items()}
    # Markdown shows what stands between backticks as it is: entities would be seen there.
    template = enumerate(t(message).split("`"))
    parts = (part.format(**(inside if number % 2 else outside)) for number, part in template)
    return Rendered(plain, html.markdown_html("`".join(parts)))


def reason(error: Exception, t: Language) -> str:
    """Why a far end did not do as asked, for people; what only the log has words for, as it is there."""
    told = error.told if isinstance(error, FarEndError) else None
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


def _field(value: str | int) -> str:
    text = str(value)
    if text.startswith(("https://", "http://")) and not any(sign in text for sign in "<> \n"):
        return f"<{text}>"
    return html.escape(text)


def _code_field(value: str | int) -> str:
    return html.clean_line(str(value)).replace("`", "'")
