"""HTML read as text: the layout that people would see, in line breaks, margins and bullets."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

_SPACE: Final = re.compile(r"[ \t\n\r\f]+")
_HANDLE: Final = re.compile(r"@[\w.-]+")
_QUOTE_LINE: Final = re.compile(r"RE: https?://\S+")
_DEEPEST: Final = 10
# How many line breaks are around these.
_AROUND: Final = {
    **dict.fromkeys(["p", "blockquote", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6"], 2),
    **dict.fromkeys(["div", "tr", "caption"], 1),
}


class Reader(HTMLParser):
    """Reads sanitised, hence well-formed HTML into lines of text: `feed`, `close`, then `text`.

    `mentions` maps the address of a link to the acct that it mentions.
    """

    def __init__(self, mentions: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._mentions = mentions
        self._parts: list[str] = []
        self._breaks = 0
        self._before = ""
        self._space = False
        self._margins: list[str] = []
        self._lists: list[int | None] = []
        self._link: tuple[str, str, int] | None = None
        self._pre = 0
        self._quote: tuple[str, int] | None = None
        self._inside_quote = 0
        self.quote_line = ""
        """The line that names a quoted post for clients without quotes, as in the text; empty without one.

        Nobody can hide other words in it: it is an address and nothing else.
        """

    def text(self) -> str:
        """What has been read so far."""
        lines = "".join(self._parts).split("\n")
        return "\n".join(line.rstrip() for line in lines).strip("\n")

    def handle_data(self, data: str) -> None:
        if self._pre:
            for number, line in enumerate(data.split("\n")):
                self._break(1, more=number > 0)
                self._write(line)
            return
        words = _SPACE.sub(" ", data)
        if words.startswith(" "):
            self._space = True
        if words.strip(" "):
            self._write(words.strip(" "))
            self._space = words.endswith(" ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self._quote is None and "quote-inline" in values.get("class", "").split():
            self._quote = tag, len(self._parts)
        self._inside_quote += self._quote is not None and self._quote[0] == tag
        match tag:
            case "br":
                self._break(1, more=True)
            case "hr":
                self._break(2)
                self._write("---")
                self._break(2)
            case "a":
                self._link = (values.get("href", ""), values.get("class", ""), len(self._parts))
            case "ul" | "ol":
                self._break(1 if self._lists else 2)
                start = values.get("start", "1")
                self._lists.append(int(start) if tag == "ol" else None)
            case "li":
                self._break(1)
                self._write(self._bullet())
                self._margins.append("  ")
                self._space = False
            case "td" | "th":
                self._space = True
            case _:
                self._open_block(tag)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a" if self._link is not None:
                self._end_link(*self._link)
                self._link = None
            case "ul" | "ol":
                self._lists = self._lists[:-1]
                self._break(1 if self._lists else 2)
            case "li" | "blockquote":
                self._break(1 if tag == "li" else 2)
                self._margins = self._margins[:-1]
            case _:
                self._pre -= tag == "pre" and self._pre > 0
                self._break(_AROUND.get(tag, 0))
        if self._quote is not None and self._quote[0] == tag:
            self._inside_quote -= 1
            if not self._inside_quote:
                self._end_quote(self._quote[1])

    def _end_quote(self, start: int) -> None:
        line = "".join(self._parts[start:]).strip()
        if not self.quote_line and _QUOTE_LINE.fullmatch(line):
            self.quote_line = line
        self._quote = None

    def _open_block(self, tag: str) -> None:
        at_bullet = bool(self._parts) and self._parts[-1].endswith(("- ", ". ")) and bool(self._lists)
        if not at_bullet:
            self._break(_AROUND.get(tag, 0))
        if tag == "blockquote":
            self._margins.append("> ")
        self._pre += tag == "pre"

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{number}. "

    def _margin(self) -> str:
        """What lines begin with; nesting has a limit, so that lines do not grow with it."""
        return "".join(self._margins[:_DEEPEST])

    def _break(self, lines: int, *, more: bool = False) -> None:
        """Have at least this many line breaks before the next word; `more`: one more than there are."""
        if not self._breaks:
            self._before = self._margin()
        self._breaks = self._breaks + 1 if more else max(self._breaks, lines)
        if lines:
            self._space = False

    def _write(self, text: str) -> None:
        if not self._parts:
            self._parts.append(self._margin())
        elif self._breaks:
            margin = self._margin()
            blank = min(margin, self._before, key=len)
            self._parts.append(f"\n{blank}" * (min(self._breaks, 2) - 1) + "\n" + margin)
        elif self._space:
            self._parts.append(" ")
        self._breaks, self._space = 0, False
        self._parts.append(text)

    def _end_link(self, href: str, classes: str, start: int) -> None:
        shown = "".join(self._parts[start:])
        label = shown.strip()
        named = _named(label, href, classes.split(), self._mentions)
        if not label:
            self._write(named)
        elif named != label:
            before = shown[: len(shown) - len(shown.lstrip())]
            self._parts[start:] = [before, named]


def _named(label: str, href: str, classes: list[str], mentions: Mapping[str, str]) -> str:
    """How a link reads as text."""
    if not href or "hashtag" in classes or label.startswith("#"):
        return label
    # A server may leave out an account that the text tags: the link alone must show who is addressed.
    is_mention = "mention" in classes or _is_profile(href, label)
    if _HANDLE.fullmatch(label):
        if href in mentions:
            return f"@{mentions[href]}"
        if is_mention:
            return f"{label}@{_host(href)}".removesuffix("@")
    if label.startswith("@") and is_mention:
        return label
    return _with_target(label, href)


def _is_profile(href: str, label: str) -> bool:
    """Whether the address ends in the name of the handle that is its label."""
    name = label.removeprefix("@").partition("@")[0].casefold()
    last = href.partition("?")[0].rstrip("/").rpartition("/")[2]
    return label.startswith("@") and bool(name) and last.removeprefix("@").partition("@")[0].casefold() == name


def _host(href: str) -> str:
    try:
        return urlsplit(href).netloc
    except ValueError:
        return ""


def _with_target(label: str, href: str) -> str:
    """Both, or only the address if the label is the same, shortened or not."""
    target, short = _bare(href), _bare(label.removesuffix("…").removesuffix("..."))
    same = target == short or (label.endswith(("…", "...")) and bool(short) and target.startswith(short))
    if same:
        return label if href.startswith("mailto:") else href
    return f"{label} ({href})" if label else href


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://|mailto:)(?:www\.)?|^www\.", "", address.casefold()).rstrip("/")
