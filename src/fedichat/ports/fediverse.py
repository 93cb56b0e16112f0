"""The fediverse: one account at one server that speaks the Mastodon API."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from fedichat.domain.tickets.mention import Author, Malformed, Mention, NotificationId, Status, StatusId, Visibility
from fedichat.ports.files import FileData

can_wait: ContextVar[bool] = ContextVar("can_wait", default=False)
"""Set by a task for whose requests nobody is waiting: they leave the server's rate limit to the others."""

MOST_AT_ONCE: Final = 20
"""How many statuses one request may ask for; Mastodon refuses more (`check_statuses_limit` in its source)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the instance allows, from `/api/v2/instance` (or v1, or Mastodon's defaults for what it does not say)."""

    characters: int = 500
    url_characters: int | None = 23
    """What a URL counts as; None if the server counts it in full."""
    attachments: int = 4
    """How many media attachments a status may have."""
    alt_characters: int = 1500
    """How long an alt text may be."""
    image_bytes: int = 16 * 1024 * 1024
    video_bytes: int = 99 * 1024 * 1024
    """How large a video or an audio file may be."""
    media_types: frozenset[str] | None = None
    """The MIME types that it accepts; None if it does not say."""
    mixes_media: bool = False
    """Whether a video or audio file may be combined with other files, as far as we know: then the server decides."""
    edits_warnings: bool = True
    """Whether an edit of a status can change its content warning, too."""
    tags_within_words: bool = False
    """Whether a handle inside a word or an address may tag somebody: Mastodon ignores those."""
    software: str = ""
    """The version string, for `fedichat check`."""


@dataclass(frozen=True, slots=True)
class NewStatus:
    """A status to publish. `text` is complete, @mentions included; `asker` is the acct whom it answers."""

    text: str
    visibility: Visibility
    in_reply_to: StatusId | None = None
    content_warning: str = ""
    language: str = ""
    media: tuple[str, ...] = ()
    """The ids that `upload` returned."""
    asker: str = ""


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """What the server made of a `NewStatus`."""

    id: StatusId
    url: str
    created_at: datetime
    visibility: Visibility
    mentions: tuple[str, ...] = ()
    """Whom it tags according to the server, without ourselves; also empty if the server does not say."""


Known = Callable[[Sequence[NotificationId]], Awaitable[Collection[NotificationId]]]
"""Says which of these notifications need not be read again."""


class StreamListener(Protocol):
    """Who wants to know at once what happens at the server. Nothing of it may raise, or take long."""

    def opened(self) -> None:
        """The stream begins, or begins again: what came before is not in it."""
        ...

    def ring(self) -> None:
        """Something may be new."""
        ...

    def brought(self, mention: Mention) -> None:
        """The stream has brought this mention, whole. `ring` is not called for it."""
        ...

    def changed(self, status: StatusId) -> None:
        """That status was edited or deleted. `ring` is called for it as well."""
        ...


class Fediverse(Protocol):
    """One account at one server that speaks the Mastodon API."""

    @property
    def instance(self) -> str:
        """The address of its server, as configured."""
        ...

    async def limits(self) -> Limits:
        """The instance's limits; asked for once, then remembered for an hour."""
        ...

    def length(self, text: str, limits: Limits, content_warning: str = "") -> int:
        """What a status counts as against `limits.characters` by this server's rule; no I/O."""
        ...

    async def me(self) -> Author:
        """Our own account."""
        ...

    async def scopes(self) -> Sequence[str]:
        """The scopes of the token; empty if the server does not say."""
        ...

    def mentions(
        self, after: NotificationId | None, since: datetime | None, known: Known | None = None
    ) -> AsyncIterator[list[Mention | Malformed]]:
        """Pages of mention notifications, oldest first, upwards from `after` until there is nothing newer.

        `after` None: those that the server lists and that are younger than `since` (all if that is None as well).
        `known` is asked about the ids of each page before it is read: those that it returns are left out. What has no
        id may come again: the caller has to drop it. Our own statuses and boosts are left out. `Mention.earlier` is
        empty here: see `earlier`.
        """
        ...

    async def earlier(self, status_id: StatusId) -> tuple[Status, ...]:
        """The statuses above this one in its conversation, oldest first. Raises Gone."""
        ...

    async def replies(self, status_id: StatusId) -> tuple[Status, ...]:
        """The statuses below this one that we may see. Raises Gone."""
        ...

    async def status(self, status_id: StatusId) -> Status:
        """The status as it is now. Raises Gone if it was deleted or is hidden from us."""
        ...

    async def statuses_by_id(self, ids: Sequence[StatusId]) -> Mapping[StatusId, Status]:
        """Those of up to `MOST_AT_ONCE` statuses that the server shows when asked for all of them in one request.

        A status that is missing from the answer may still exist: only `status` tells. Empty if the server cannot do it.
        """
        ...

    async def publish(self, new: NewStatus, idempotency_key: str) -> PublishedStatus:
        """Publish it. Raises Unsure if the request may have reached the server and no answer came.

        Raises TagsOthers if the server would tag people whom the text does not.
        """
        ...

    async def edit(self, status_id: StatusId, new: NewStatus) -> tuple[str, ...]:
        """Change a status of ours; its audience stays. Twice is the same as once. Raises Gone.

        Returns whom it then tags, as `PublishedStatus.mentions`.
        """
        ...

    async def delete(self, status_id: StatusId) -> None:
        """Delete a status of ours, with its media. Raises Gone if it does not exist (any more)."""
        ...

    async def discard(self, media: str) -> None:
        """Delete an upload that no status uses. Raises Rejected if the server has none of that id, or cannot do it."""
        ...

    async def pin(self, status_id: StatusId) -> None:
        """Pin a status of ours to the profile. Twice is the same as once. Raises Rejected if that is not possible."""
        ...

    async def upload(self, file: FileData, alt: str, progress: Callable[[float], None]) -> str:
        """Upload a file and wait until the server has processed it. Returns its id, for `NewStatus.media`.

        `progress` gets the share that is done, from 0 to 1. Raises Rejected for what the server does not accept.
        """
        ...

    async def fetch(self, url: str, limit: int) -> FileData:
        """A citizen's media attachment.

        Raises Rejected for one of more than `limit` bytes, and for an address outside the public web.
        """
        ...

    async def own_statuses(self, since: datetime | None) -> tuple[Status, ...]:
        """What our account has published since then, newest first, as far as the server lists it.

        `since` is by the server's clock: the `created_at` of another status there. None: the newest ones, one page.
        """
        ...

    async def listen(self, listener: StreamListener) -> None:
        """Tell `listener` what the stream says, for ever; returns at once if the server has no streaming."""
        ...

    async def close(self) -> None:
        """Release connections and threads, without waiting for calls that hang."""
        ...
