"""What citizens write, as fedichat keeps it: statuses, their authors, and the mentions that bring them.

The entities follow Mastodon's API documentation (docs.joinmastodon.org/entities/Status and /Notification),
cut down to what a communications office needs. Everything but the id may be missing on some server.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fedichat.domain.phrase import mark
from fedichat.domain.posts.tagging import plain

StatusId = NewType("StatusId", str)
"""A status's id at one instance: an opaque string, never to be compared by size."""

NotificationId = NewType("NotificationId", str)
"""A notification's id at one instance: an opaque string."""

_HANDLE = re.compile(r"(?<!\w)(@[\w.-]*\w)(?:@[\w.-]*\w(?::\d+)?)?")
_GAP = re.compile(r"\n{3,}")
_UNSURE = "-"


class Visibility(StrEnum):
    """Who may read a status (Mastodon's own words), from the widest to the narrowest."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    DIRECT = "direct"

    @property
    def narrowness(self) -> int:
        """0 for public up to 3 for direct."""
        return list(Visibility).index(self)

    def wider_than(self, other: "Visibility") -> bool:
        """Whether more people may read this than `other`."""
        return self.narrowness < other.narrowness

    def narrowed_to(self, other: "Visibility") -> "Visibility":
        """The narrower of the two."""
        return max(self, other, key=lambda visibility: visibility.narrowness)


SEEN_BY = {
    Visibility.PUBLIC: mark("public"),
    Visibility.UNLISTED: mark("unlisted"),
    Visibility.PRIVATE: mark("followers only"),
    Visibility.DIRECT: mark("direct"),
}
"""What people call each of them."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a status. `acct` is always full (`user@host`), also for accounts of the instance itself."""

    acct: str
    name: str = ""
    url: str = ""
    is_bot: bool = False

    @property
    def shown_name(self) -> str:
        """The display name, or the acct where there is none."""
        return self.name or self.acct


@dataclass(frozen=True, slots=True)
class Media:
    """A media attachment of a status. `description` is the alt text, None where the author gave none.

    `id` is the instance's own: it stays when the file moves, and another file has another one.
    """

    kind: str
    url: str
    description: str | None = None
    preview_url: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll in a status: its options in their order, and whether several may be chosen."""

    options: tuple[str, ...]
    multiple: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """A status as the server shows it to our account.

    `text` is plain (line breaks kept, links in full, no markup); `html` is the same sanitised to what Matrix
    allows. `mentions` are the full accts that the status tags, without ours. Times are aware, in UTC.
    """

    id: StatusId
    author: Author
    text: str
    html: str
    visibility: Visibility
    created_at: datetime
    url: str = ""
    content_warning: str = ""
    language: str = ""
    edited_at: datetime | None = None
    in_reply_to: StatusId | None = None
    mentions: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    is_boost: bool = False
    is_sensitive: bool = False
    """Whether its author, or a moderator of a server, has marked its media as sensitive."""

    quote_line: str = ""
    """The line of `text` in which a server names the quoted post to clients that know no quotes; empty without one."""

    @property
    def hides_media(self) -> bool:
        """Whether its media are not to be seen by whoever only passes by: clients hide them behind a warning, too."""
        return bool(self.media) and (self.is_sensitive or bool(self.content_warning))

    @property
    def version(self) -> str:
        """What the author wrote and chose, kept with a draft to notice when it changes; see `is_version`.

        A digest, and one for the host of each handle in the text.
        """
        return " ".join([_digest(repr((*self.as_written, self.language.casefold()))), *self.vouched_hosts])

    def is_version(self, version: str) -> bool:
        """Whether the author has changed nothing of what they wrote or chose since it was this version.

        Nothing else makes another one: servers move files, forget accounts that the text tags, count votes, and some
        touch `edited_at`. Who may read it is compared by itself, because a server may tell that in other words.
        """
        digest, *hosts = version.split(" ")
        mine, *_ = self.version.split(" ")
        return digest == mine and _are_the_same(self.vouched_hosts, hosts)

    @property
    def as_written(self) -> tuple[object, ...]:
        """What the author wrote and chose for readers to see, the same however the server tells it.

        Handles are in it by name alone: for their hosts see `vouched_hosts`.
        """
        poll = (self.poll.options, self.poll.multiple) if self.poll else None
        media = tuple((item.id, item.description) for item in self.media)
        return self.content_warning, self._text_without_hosts, poll, media

    @property
    def words(self) -> str:
        """All that its author says in it, as plain text."""
        warning = [f"⚠️ {self.content_warning}"] if self.content_warning else []
        media = [f"📎 {item.description or '–'}" for item in self.media]
        poll = [f"📊 {' · '.join(self.poll.options)}"] if self.poll else []
        return "\n".join([*warning, self.text, *media, *poll])

    def shows_the_same_as(self, other: "Status") -> bool:
        """Whether a reader sees no difference."""
        return self.as_written == other.as_written and _are_the_same(self.vouched_hosts, other.vouched_hosts)

    @property
    def _own_words(self) -> str:
        lines = self.text.split("\n")
        if self.quote_line and self.quote_line in lines:
            lines.remove(self.quote_line)
        return _GAP.sub("\n\n", "\n".join(lines)).strip()

    @property
    def _text_without_hosts(self) -> str:
        return _HANDLE.sub(lambda handle: handle[1].lower(), self._own_words)

    @property
    def vouched_hosts(self) -> tuple[str, ...]:
        """For each handle in the text a digest of its host, where the server vouches for it by its `mentions`.

        Else it may be of a deleted account: its handle becomes plain text, or has the host of what it linked to.
        """
        known = {plain(acct) for acct in self.mentions}
        handles = (plain(handle[0]) for handle in _HANDLE.finditer(self._own_words))
        return tuple(_digest(one.partition("@")[2])[:8] if one in known else _UNSURE for one in handles)


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody mentioned our account: the notification and the status in it.

    `earlier` are the statuses above it in its conversation, the oldest first (at most the few that a reader
    needs); empty where it starts one or where the server would not tell.
    """

    notification_id: NotificationId
    notified_at: datetime
    status: Status
    earlier: tuple[Status, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Malformed:
    """A notification that could not be read. `raw` is its JSON, `id` None where even that was missing."""

    id: NotificationId | None
    notified_at: datetime | None
    raw: str
    reason: str


def _are_the_same(hosts: Sequence[str], others: Sequence[str]) -> bool:
    """Whether no handle has another host in both; the server vouches for one, or it does not count."""
    return len(hosts) == len(others) and all(
        one == other or _UNSURE in (one, other) for one, other in zip(hosts, others, strict=True)
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
