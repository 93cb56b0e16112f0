"""Who reads what is written: whom a text tags on the server, and what a preview can show to people here."""

import json
import re
from collections.abc import Sequence
from html import escape

from fedichat.domain.posts.tagging import has_handle, plain, strangers
from fedichat.domain.tickets.mention import Status, Visibility
from fedichat.errors import Refusal

_BLANKS = re.compile(r"[ \t\n]+")
_OTHER_ATS = frozenset("\ufe6b\uff20")

MOST_SHOWN = 20_000
"""Bytes of texts in a preview, as text and as HTML together, as JSON has them.

A Matrix event holds 65,536, and an encrypted edit has both twice, in base64.
"""


def handles_in(text: str) -> frozenset[str]:
    """The handles that every server reads as they stand, as `plain` has them.

    Some read only what begins behind a blank of ASCII (GoToSocial, Pleroma), and most know no other @.
    """
    words = [word.rstrip(".,:;!?()") for word in _BLANKS.split(text) if word.startswith("@")]
    return frozenset([plain(word) for word in words if _OTHER_ATS.isdisjoint(word)])


def check_readers(
    text: str, status: Status, visibility: Visibility, *, content_warning: str = "", within_words: bool = False
) -> None:
    """Refuse an answer that says nothing, or that would show a direct answer to people outside the conversation.

    On Mastodon whoever is mentioned in a direct status is one of its readers; on Misskey also who is mentioned in its
    content warning. `within_words` is what the instance takes for a mention, see `tags_in`.
    """
    accts = (status.author.acct, *status.mentions)
    check_words(text, content_warning, accts, visibility, within_words=within_words)


def check_words(
    text: str, content_warning: str, accts: Sequence[str], visibility: Visibility, *, within_words: bool
) -> None:
    """The same for these texts, where `accts` are those who read along already."""
    words = [word for word in text.split() if not (word[0] == "@" and has_handle(word))]
    if not any(map(str.isprintable, "".join(words))):
        raise Refusal("There is nothing in this answer but mentions. Please write what it should say.")
    if visibility is not Visibility.DIRECT:
        return
    check_showable(text, content_warning)
    others = strangers(text, accts, within_words=within_words)
    if others:
        raise Refusal(
            "Whoever is mentioned in a direct answer reads it, and {handle} is not in the conversation. Please leave "
            "the @ out.",
            handle=others[0],
        )
    others = strangers(content_warning, accts, within_words=within_words)
    if others:
        raise Refusal(
            "Whoever is mentioned in the content warning of a direct answer may read it, and {handle} is not in the "
            'conversation. `--cw "…"` gives the answer another content warning.',
            handle=others[0],
        )


def check_showable(*texts: str) -> None:
    """Refuse what a preview could not show whole."""
    size = sum(map(_shown_size, texts))
    if size > MOST_SHOWN:
        # Of some writing, a character takes several bytes: said is how many of these would fit.
        fit = sum(map(len, texts)) * MOST_SHOWN // size
        raise Refusal(
            "That is too long to be shown whole in a preview, which holds about {limit} characters. No preview was "
            "made; please shorten the text.",
            limit=fit - fit % 100,
        )


def _shown_size(text: str) -> int:
    marks = 8 * text.count("\n")  # a quotation mark before each line, and a line break
    return marks + sum(
        len(json.dumps(one, ensure_ascii=False).encode("utf-8", "replace")) for one in (text, escape(text))
    )
