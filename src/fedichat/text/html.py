"""HTML and Markdown: citizens' HTML made safe for Matrix or made plain, and our own Markdown made HTML.

The only module that imports nh3 and markdown. Whatever comes in, each function ends in bounded time with a bounded
result: a Matrix event can hold 65,536 bytes, and an encrypted edit of a card carries both forms of a text twice.
"""

import re
from collections.abc import Callable, Mapping
from html import escape as escape_html
from itertools import accumulate
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown import Markdown

from fedichat.text.html_reader import Reader

MAX_HTML_BYTES: Final = 12_000
MAX_PLAIN_BYTES: Final = 9_000
_MAX_RAW: Final = 60_000
_MAX_MARKDOWN: Final = 40_000
_MAX_BRACKETS: Final = 400
_MAX_DEPTH: Final = 100
_MOST_CODE: Final = 20
_MAX_TAGS: Final = 4_000
_CUT: Final = " […]"

# The Matrix specification (client-server API, m.room.message, org.matrix.custom.html) allows these. From citizens,
# headings (loud on a phone), rules (they look like the end of a card) and details (they hide text) are left out.
_INLINE: Final = {"a", "b", "br", "code", "del", "em", "i", "s", "span", "strong", "sub", "sup", "u"}
_BLOCKS: Final = {
    "blockquote", "caption", "div", "li", "ol", "p", "pre", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADINGS: Final = {"h1", "h2", "h3", "h4", "h5", "h6"}
_OURS: Final = _INLINE | _BLOCKS | _HEADINGS | {"details", "hr", "summary"}
_CITIZENS: Final = _INLINE - {"span"} | _BLOCKS
_READ: Final = _INLINE | _BLOCKS | _HEADINGS | {"hr"}
_DROPPED_WITH_CONTENT: Final = {
    "iframe", "math", "mx-reply", "noscript", "object", "script", "select", "style", "svg", "template",
    "textarea", "title",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto"}

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# Controls; the embeddings, overrides and isolates that reorder what follows; marks that are not text.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")
_MARKS: Final = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# The first mark is a class of its own: so the engine jumps from mark to mark instead of trying at each letter.
_TOWERS: Final = re.compile(f"([{_MARKS}][{_MARKS}]{{3}})[{_MARKS}]+")
_FORMATTING_TAG: Final = re.compile(r"<(b|big|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/][^>]*>", re.IGNORECASE)
_CODE_TAG: Final = re.compile(r"<code[\s/][^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<(/?)[a-zA-Z][^<>]*>")
_VOID_TAGS: Final = re.compile(r"<(?:br|hr)>")
_TARGETLESS: Final = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_MATRIX_TO: Final = re.compile(r"matrix(?=\.to/)", re.IGNORECASE)
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
# Every character that means something to Markdown or HTML anywhere; as an entity it means itself to both.
_MEANINGFUL: Final = re.compile(r"""[\\`*_{}\[\]()<>#+\-.!|~&"'=:^]""")


def clean(text: str) -> str:
    """Text without control characters, reordering marks, lone surrogates and stacks of accents."""
    text = _SURROGATES.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    return _TOWERS.sub(r"\1", _UNSEEN.sub("", text))


def clean_line(text: str) -> str:
    """The same on one line: for names, and whatever else must not look like several lines."""
    return " ".join(clean(text).split())


def escape(text: str) -> str:
    """Citizens' plain text for our Markdown or HTML: shown as it is, without any markup. Not for code blocks."""
    lines = (line.strip() for line in clean(text).split("\n"))
    return _MEANINGFUL.sub(lambda sign: f"&#{ord(sign[0])};", "\n".join(lines))


def matrix_html(raw: str) -> str:
    """Citizens' HTML with only what Matrix allows, at most `MAX_HTML_BYTES`; it can ping nobody.

    No pictures, no relative links; links to Matrix users and rooms become plain text.
    """
    return _capped(raw, MAX_HTML_BYTES, _citizens_html)


def plain_text(raw: str, mentions: Mapping[str, str] | None = None) -> str:
    """Citizens' HTML as text, at most `MAX_PLAIN_BYTES`.

    Blank lines separate paragraphs, links are in full, mentions have their host. `mentions` maps an `href` to the acct;
    others are read from the link.
    """
    return _capped(raw, MAX_PLAIN_BYTES, lambda cut: _as_text(cut, mentions or {}))


def quote_line(raw: str) -> str:
    """The line in `plain_text` that names a quoted post for clients without quotes; empty if there is none.

    Mastodon 4.5 and others mark it with the class `quote-inline` (docs.joinmastodon.org/entities/Status, FEP-044f).
    """
    if "quote-inline" not in raw or raw.count("<") > _MAX_TAGS:
        return ""
    return _read(raw[:_MAX_RAW], {}, {"a": {"href", "class"}, "p": {"class"}, "span": {"class"}}).quote_line


def markdown_html(text: str) -> str:
    """Our own Markdown as HTML for Matrix. Citizens' text in it must have been through `escape`."""
    text = clean(text)
    # Python-Markdown takes seconds for thousands of brackets or backquotes, and recurses into quotes.
    if len(text) > _MAX_MARKDOWN or max(map(text.count, "[`<>")) > _MAX_BRACKETS:
        return _unformatted(text[:_MAX_MARKDOWN])
    try:
        made = Markdown(extensions=["tables", "sane_lists", "nl2br", "fenced_code"]).convert(text)
    except RecursionError:
        return _unformatted(text)
    return _sanitised(made, _OURS).strip()


def _capped(raw: str, limit: int, make: Callable[[str], str]) -> str:
    cut = raw[:_MAX_RAW]
    made = make(cut)
    room = limit - len(_CUT.encode())
    while (size := len(made.encode())) > room:
        cut = cut[: len(cut) * room // size - 1] if len(cut) > 1 else ""
        made = make(cut)
    return made if len(cut) == len(raw) else made + _CUT


def _unformatted(text: str) -> str:
    return escape_html(text).replace("\n", "<br>")


# --- sanitising --------------------------------------------------------------------------------------------


def _sanitised(raw: str, tags: set[str], attributes: dict[str, set[str]] | None = None) -> str:
    made = nh3.clean(
        _bare_formatting(clean(raw)),
        tags=tags,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=attributes
        or {"a": {"href"}, "code": {"class"}, "ol": {"start"}, "span": {"data-mx-color", "data-mx-bg-color"}},
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel=None,
        strip_comments=True,
    )
    # Cleaned once more: entities have become characters.
    return _TARGETLESS.sub(r"\1", clean(made))


def _bare_formatting(raw: str) -> str:
    """Formatting without its attributes.

    HTML reopens unclosed formatting in each block, but only three of equal tags: without attributes all are equal, and
    a thousand of them in a thousand blocks do not become a million elements.
    """
    # No tag ends after the last `>`: each one that begins there would be searched to the end, in quadratic time.
    end = raw.rfind(">") + 1
    bare = _FORMATTING_TAG.sub(r"<\1>", raw[:end])
    return (bare if bare.lower().count("<code") <= _MOST_CODE else _CODE_TAG.sub("<code>", bare)) + raw[end:]


def _attribute(tag: str, name: str, value: str) -> str | None:
    """What nh3 keeps of an attribute that the list allows; None drops it."""
    if name == "href":
        return None if _is_matrix_link(value) else value
    if tag == "code":
        languages = [word for word in value.split() if word.startswith("language-")]
        return " ".join(languages) or None
    if name == "start":
        return value if value.isascii() and value.isdigit() and len(value) < 6 else None
    if name.startswith("data-mx-"):
        return value if _COLOUR.fullmatch(value) else None
    return value


def _is_matrix_link(href: str) -> bool:
    try:
        parts = urlsplit(href.strip())
        return parts.scheme == "matrix" or (parts.hostname or "").rstrip(".").removeprefix("www.") == "matrix.to"
    except ValueError:
        return True


def _citizens_html(raw: str) -> str:
    if raw.count("<") > _MAX_TAGS:
        return _unformatted(_TAG.sub(" ", clean(raw)))
    made = _sanitised(raw, _CITIZENS)
    if _depth(made) > _MAX_DEPTH:
        return _unformatted(_as_text(raw, {}))
    # Clients turn bare addresses into links, and links to matrix.to into pills.
    return _MATRIX_TO.sub("matrix\u2060", made).strip()


def _depth(made: str) -> int:
    steps = (-1 if tag[1] else 1 for tag in _TAG.finditer(_VOID_TAGS.sub("", made)))
    return max(accumulate(steps), default=0)


# --- reading -----------------------------------------------------------------------------------------------


def _as_text(raw: str, mentions: Mapping[str, str]) -> str:
    if raw.count("<") > _MAX_TAGS:
        return clean(_TAG.sub(" ", raw)).strip()
    return _read(raw, mentions, {"a": {"href", "class"}, "ol": {"start"}}).text()


def _read(raw: str, mentions: Mapping[str, str], attributes: dict[str, set[str]]) -> Reader:
    reader = Reader(mentions)
    reader.feed(_sanitised(raw, _READ, attributes))
    reader.close()
    return reader
