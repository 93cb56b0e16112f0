"""What a server makes of a status's text: its length, its handles and hashtags, and its HTML."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, Literal, NamedTuple


def _word_signs() -> str:
    """What Ruby counts as part of a word, `[[:word:]]`, as a set for a pattern; Python's own leaves out marks."""
    signs = itertools.chain(range(0x33480), range(0xE0100, 0xE01F0))
    in_words = [sign for sign in signs if unicodedata.category(chr(sign)) in _WORD_CATEGORIES]
    # Neighbours have the same distance to their place in the list.
    runs = (list(run) for _, run in itertools.groupby(enumerate(in_words), lambda it: it[1] - it[0]))
    return "".join(f"\\U{run[0][1]:08x}-\\U{run[-1][1]:08x}" for run in runs)


URL_LENGTH: Final = 23
_SHOWN_URL: Final = 30
_ZWJ: Final = "\u200d"
_WORD_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Pc"})
_WORD: Final = _word_signs()
_MENTION_PATTERN: Final = (
    rf"(?<![=/{_WORD}])@(?P<user>[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@(?P<domain>[{_WORD}]+(?:[.-]+[{_WORD}]+)*))?"
)
"""Mastodon's source, app/models/account.rb, `MENTION_RE`."""
_MENTION: Final = re.compile(_MENTION_PATTERN, re.IGNORECASE)
_ENTITY: Final = re.compile(
    r"(?P<url>https?://(?:[\w-]+\.)+[^\W\d_]{2,}(?![\w-])(?::\d+)?(?:[/?#][^\s<>\"]*)?)"
    rf"|{_MENTION_PATTERN}"
    r"|(?<![\w/&#])#(?P<hashtag>\w*[^\W\d]\w*)",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?'\"*_~"


class Handle(NamedTuple):
    """`@username` or `@username@domain`, as written."""

    username: str
    domain: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; a handle comes with its parts."""

    kind: Literal["url", "handle", "hashtag", "text"]
    text: str
    handle: Handle | None = None


def tokens(text: str) -> Iterator[Token]:
    """Cut text into links, handles, hashtags and what is between them."""
    place = 0
    while found := _ENTITY.search(text, place):
        if found.start() > place:
            yield Token("text", text[place : found.start()])
        token = _entity(found)
        yield token
        place = found.start() + len(token.text)
    if place < len(text):
        yield Token("text", text[place:])


def _entity(found: re.Match[str]) -> Token:
    if found["url"]:
        return Token("url", _trimmed_url(found["url"]))
    if found["user"]:
        return Token("handle", found.group(), Handle(found["user"], found["domain"]))
    return Token("hashtag", found.group())


def _trimmed_url(url: str) -> str:
    """The link without the punctuation of the sentence around it."""
    while url and (url[-1] in _TRAILING or (url[-1] == ")" and url.count("(") < url.count(")"))):
        url = url[:-1]
    return url


def handles(text: str) -> list[Handle]:
    """The accounts that a text tags, in order and without repetition.

    As Mastodon's source, app/services/process_mentions_service.rb: the raw text is scanned, including its links.
    """
    return list(dict.fromkeys(Handle(found["user"], found["domain"]) for found in _MENTION.finditer(text)))


def hashtags(text: str) -> list[str]:
    """The hashtags of a text without `#`, in lower case and without repetition."""
    return list(dict.fromkeys(token.text[1:].lower() for token in tokens(text) if token.kind == "hashtag"))


def status_length(text: str, spoiler_text: str = "") -> int:
    """Characters that count against the limit (docs: user/posting, "Text").

    Graphemes; a link is 23 of them, `@user@host` is as long as `@user`, and the content warning counts.
    """
    total = grapheme_count(spoiler_text)
    for token in tokens(text):
        if token.kind == "url":
            total += URL_LENGTH
        elif token.handle:
            total += 1 + len(token.handle.username)
        else:
            total += grapheme_count(token.text)
    return total


def grapheme_count(text: str) -> int:
    """User-perceived characters, by those cluster rules of Unicode annex 29 that matter in practice."""
    count = 0
    before = ""
    flags = 0
    for char in text:
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        if not before or not _joins(before, char, odd_flags=bool(flags % 2) and flag):
            count += 1
        flags = flags + 1 if flag else 0
        before = char
    return count


def _joins(before: str, char: str, *, odd_flags: bool) -> bool:
    if before in "\r\n" or char in "\r\n":
        return before == "\r" and char == "\n"
    extends = (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char in {_ZWJ, "\u200c"}
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )
    pictograph_after_joiner = before == _ZWJ and ord(char) >= 0x2190 and unicodedata.category(char) == "So"
    return odd_flags or extends or pictograph_after_joiner or _joins_hangul(before, char)


def _joins_hangul(before: str, char: str) -> bool:
    vowel, final = "\u1160" <= char <= "\u11a7", "\u11a8" <= char <= "\u11ff"
    if not (vowel or final or "\u1100" <= char <= "\u115f" or "\uac00" <= char <= "\ud7a3"):
        return False
    if "\u1100" <= before <= "\u115f":
        return not final
    syllable = "\uac00" <= before <= "\ud7a3"
    open_syllable = syllable and (ord(before) - 0xAC00) % 28 == 0
    if open_syllable or "\u1160" <= before <= "\u11a7":
        return vowel or final
    return final and (syllable or "\u11a8" <= before <= "\u11ff")


def to_html(text: str, profile_url: Callable[[Handle], str | None], tag_url: Callable[[str], str]) -> str:
    """A status's text as Mastodon serves it (docs: spec/activitypub, "HTML sanitization").

    `profile_url` gives None for a handle that nobody has; it stays plain text.
    """
    if not text.strip():
        return ""
    pieces = tokens(text.replace("\r\n", "\n").strip("\n"))
    paragraphs = re.split(r"\n{2,}", "".join(_token_html(piece, profile_url, tag_url) for piece in pieces))
    return "".join("<p>" + paragraph.replace("\n", "<br />") + "</p>" for paragraph in paragraphs)


def _token_html(token: Token, profile_url: Callable[[Handle], str | None], tag_url: Callable[[str], str]) -> str:
    if token.kind == "url":
        return _link_html(token.text)
    if token.kind == "hashtag":
        name = token.text[1:]
        address = escape(tag_url(name.lower()))
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'
    profile = profile_url(token.handle) if token.handle else None
    if token.handle is None or profile is None:
        return escape(token.text)
    return (
        f'<span class="h-card" translate="no"><a href="{escape(profile)}" class="u-url mention">'
        f"@<span>{escape(token.handle.username)}</span></a></span>"
    )


def _link_html(url: str) -> str:
    prefix = re.match(r"https?://(?:www\.)?", url, re.IGNORECASE)
    start = prefix.end() if prefix else 0
    shown, rest = url[start : start + _SHOWN_URL], url[start + _SHOWN_URL :]
    kind = "ellipsis" if rest else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(url[:start])}</span>'
        f'<span class="{kind}">{escape(shown)}</span><span class="invisible">{escape(rest)}</span></a>'
    )
