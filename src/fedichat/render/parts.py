"""What everything shown is put together from: lines that exist as plain text and as Matrix HTML."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape as escape_html
from zoneinfo import ZoneInfo

from fedichat.domain.names import TicketId, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets.mention import SEEN_BY, Author, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket, TicketState
from fedichat.domain.time.sla import Due
from fedichat.text import html
from fedichat.text.i18n import Language, language

STATE_WORDS = {
    TicketState.NEW: ("🆕", mark("new")),
    TicketState.CLAIMED: ("👀", mark("claimed")),
    TicketState.WAITING: ("⏳", mark("waiting")),
    TicketState.ANSWERED: ("✅", mark("answered")),
    TicketState.IGNORED: ("🙈", mark("ignored")),
    TicketState.CLOSED: ("🗑", mark("closed")),
}
PRIORITY_WORDS = {
    Priority.URGENT: ("🔴", mark("urgent")),
    Priority.HIGH: ("🟠", mark("high")),
    Priority.NORMAL: ("", mark("normal")),
    Priority.LOW: ("🔽", mark("low")),
}
POST_WORDS = {
    PostState.DRAFT: mark("a draft"),
    PostState.CONFIRMED: mark("confirmed"),
    PostState.PUBLISHING: mark("on its way to the server"),
    PostState.PUBLISHED: mark("published"),
    PostState.WITHDRAWN: mark("withdrawn"),
    PostState.FAILED: mark("refused by the server"),
    PostState.REMOVED: mark("deleted from the server"),
    PostState.MISSED: mark("past its time"),
}
VISIBILITY_WORDS = {
    Visibility.PUBLIC: ("🌐", SEEN_BY[Visibility.PUBLIC]),
    Visibility.UNLISTED: ("🌙", SEEN_BY[Visibility.UNLISTED]),
    Visibility.PRIVATE: ("🔒", SEEN_BY[Visibility.PRIVATE]),
    Visibility.DIRECT: ("✉️", SEEN_BY[Visibility.DIRECT]),
}
LANGUAGE_WORDS = {
    "de": mark("German"),
    "en": mark("English"),
    "fr": mark("French"),
    "es": mark("Spanish"),
    "it": mark("Italian"),
    "tr": mark("Turkish"),
    "pl": mark("Polish"),
    "nl": mark("Dutch"),
    "uk": mark("Ukrainian"),
    "ru": mark("Russian"),
    "ar": mark("Arabic"),
}


_LONGEST_NAME = 100
_LONGEST_HANDLE = 300
"""Of elsewhere, servers take far longer ones: Mastodon 2,048 characters each (app/models/account.rb, hard limits)."""
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK_BEGINS = ("<blockquote>", "<table>")
_BLOCK_ENDS = ("</blockquote>", "</table>")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The same text twice, for clients that show formatting and for notifications and those that do not.

    `quotes` are the tickets whose citizens' words are in it.
    """

    plain: str
    html: str
    quotes: tuple[TicketId, ...] = ()


def below(first: Rendered, second: Rendered) -> Rendered:
    """The second text in a line, or paragraph, of its own below the first."""
    return Rendered(f"{first.plain}\n{second.plain}", first.html + second.html)


@dataclass(frozen=True, slots=True)
class Setting:
    """For whom something is rendered: the room's language, the office's clock, and how it confirms.

    `typed`: not by a ✅ but by a message that says so.
    """

    language: Language
    zone: ZoneInfo
    typed: bool = False

    @classmethod
    def of(cls, code: str, zone: ZoneInfo, *, typed: bool = False) -> "Setting":
        """That of a room whose language has that code."""
        return cls(language(code), zone, typed)

    @property
    def confirm(self) -> str:
        """How to say that a post may go out, for a text that has the fields `prefix` and `post`."""
        t = self.language
        return t("`{prefix}publish P{post}`") if self.typed else "✅"


@dataclass(slots=True)
class Sheet:
    """A message in the making: lines and quotes, one under the other."""

    _plain: list[str] = field(default_factory=list)
    _html: list[str] = field(default_factory=list)

    def line(self, text: str, html_text: str | None = None) -> None:
        """A line, shown as it is: escaped for the HTML, unless `html_text` is given, which must be safe already."""
        self._plain.append(text)
        self._html.append(inline(text) if html_text is None else html_text)

    def hint(self, text: str) -> None:
        """A line of our own words alone: what stands in it between backticks is shown as code, as commands are."""
        self.line(text, _CODE.sub(r"<code>\1</code>", inline(text)))

    def strong(self, strong: str, rest: str = "") -> None:
        """A line that begins in bold."""
        self.line(strong + rest, f"<strong>{inline(strong)}</strong>{inline(rest)}")

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Rows, each as plain text and as an HTML row that is safe already."""
        made = list(rows)
        if made:
            self._plain.extend(plain for plain, _ in made)
            self._html.append(f"<table>{''.join(row for _, row in made)}</table>")

    def quote(self, text: str, html_text: str | None = None) -> None:
        """Somebody's words, set apart. `html_text` must be sanitised; without it the text is shown as it is."""
        shown = inline(text) if html_text is None else html_text
        self._plain.extend(f"> {line}" for line in (text or "–").splitlines() or ["–"])
        self._html.append(f"<blockquote>{shown or '–'}</blockquote>")

    def done(self) -> Rendered:
        """The finished message."""
        made: list[str] = []
        for part in self._html:
            # A line break beside a block would be an empty line in most clients.
            beside_a_block = not made or made[-1].endswith(_BLOCK_ENDS) or part.startswith(_BLOCK_BEGINS)
            if piece := part if beside_a_block else f"<br>{part}":
                made.append(piece)
        return Rendered("\n".join(self._plain), "".join(made))


def inline(text: str) -> str:
    """Plain text for HTML, shown as it is, its line breaks kept."""
    return escape_html(html.clean(text)).replace("\n", "<br>")


def joined(parts: Iterable[str]) -> str:
    """The parts that are there, with a middle dot between."""
    return " · ".join(part for part in parts if part)


def shown_author(author: Author) -> str:
    """`Erika Muster (@erika@example.social)`; the name is on one line and cannot reorder anything."""
    name, acct = shortened(author.name, _LONGEST_NAME), f"@{shortened(author.acct, _LONGEST_HANDLE)}"
    return f"{name} ({acct})" if name and name != author.acct else acct


def visibility_words(t: Language, visibility: Visibility) -> str:
    """Who may read it, with its sign."""
    sign, word = VISIBILITY_WORDS[visibility]
    return f"{sign} {t(word)}"


def order_words(ticket: Ticket, setting: Setting) -> str:
    """How soon a ticket wants attention where that is not as usual, its labels, and until when it is snoozed."""
    t = setting.language
    sign, word = PRIORITY_WORDS[ticket.priority]
    until = ticket.snoozed_until
    return joined(
        [
            f"{sign} {t(word)}" if sign else "",
            f"🏷 {label_words(ticket.labels)}" if ticket.labels else "",
            f"💤 {t('until {moment}', moment=t.moment(until, setting.zone))}" if until else "",
        ]
    )


def due_words(due: Due | None, setting: Setting, *, stands: bool = False) -> str:
    """When something is due and how much working time is left, or since when it is overdue; empty where nothing is due.

    `stands`: for what stands for days, with the moment at which that was so.
    """
    if due is None:
        return ""
    t = setting.language
    moment, left = t.moment(due.at, setting.zone), t.working_time(abs(due.left))
    if due.is_over:
        late = f" ({t('{length} of working time', length=left)})" if due.left and not stands else ""
        return f"❗ {t('overdue since {moment}', moment=moment)}{late}"
    if stands:
        now = t.moment(due.now, setting.zone)
        return f"⏰ {t('due {moment} ({now}: {left} of working time left)', moment=moment, left=left, now=now)}"
    return f"⏰ {t('due {moment}, {left} of working time left', moment=moment, left=left)}"


def who_words(t: Language, post: Post) -> str:
    """Who wrote a post, and who released it where that was somebody else."""
    author, confirmer = localpart(post.author), localpart(post.confirmed_by or post.author)
    if author == confirmer:
        return t("by {who}", who=author)
    return t("by {author}, confirmed by {who}", author=author, who=confirmer)


def language_words(t: Language, code: str) -> str:
    """The language's name where we know it, else its code."""
    word = LANGUAGE_WORDS.get(code.partition("-")[0])
    return t(word) if word else code


def link(url: str, words: str) -> str:
    """A link in HTML; only the words where the address is no web address."""
    if not url.startswith(("https://", "http://")):
        return escape_html(words)
    return f'<a href="{escape_html(url, quote=True)}">{escape_html(words)}</a>'


def shortened(text: str, length: int) -> str:
    """The text on one line, with an ellipsis where it is cut."""
    line = html.clean_line(text)
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def label_words(labels: Sequence[str]) -> str:
    """Labels one after the other; nobody's text can reorder anything."""
    return listed([html.clean_line(label) for label in labels])


def listed(items: Sequence[str]) -> str:
    """The items with commas between."""
    return ", ".join(items)
