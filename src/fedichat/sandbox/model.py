"""The records of the sandbox: accounts, statuses, media, polls, notifications and what is scheduled."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from fedichat.sandbox.paging import PagedLog


class Visibility(Enum):
    """Who may see a status (docs: entities/Status, `visibility`)."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"
    DIRECT = "direct"


class NotificationType(Enum):
    """Why somebody is notified (docs: entities/Notification, `type`)."""

    MENTION = "mention"
    REBLOG = "reblog"
    FAVOURITE = "favourite"
    FOLLOW = "follow"
    UPDATE = "update"


class Account:
    """Who somebody is, what they published and what they were notified of."""

    def __init__(self, account_id: str, username: str, domain: str | None, created_at: datetime) -> None:
        self.id = account_id
        self.username = username
        self.domain = domain
        self.created_at = created_at
        self.display_name = username
        self.note = ""
        self.bot = False
        self.token = ""
        self.followers: set[Account] = set()
        self.following: set[Account] = set()
        self.filters: set[Account] = set()
        # docs: entities/NotificationPolicy; as Mastodon sets it for a new account.
        self.policy = {
            "for_not_following": "accept",
            "for_not_followers": "accept",
            "for_new_accounts": "accept",
            "for_private_mentions": "accept",
            "for_limited_accounts": "filter",
        }
        self.statuses: PagedLog[Status] = PagedLog()
        self.notifications: PagedLog[Notification] = PagedLog()
        self._heard: list[Notification] = []
        self._rung = asyncio.Event()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.acct}>"

    @property
    def acct(self) -> str:
        """`user` for accounts of the sandbox's own domain, `user@domain` for others."""
        return self.username if self.domain is None else f"{self.username}@{self.domain}"

    @property
    def inbox(self) -> list["Notification"]:
        """What this account was notified of, oldest first."""
        return list(self.notifications)

    @property
    def mentions(self) -> list["Status"]:
        """The statuses in which this account was mentioned, oldest first."""
        rows = (row for row in self.notifications if row.type is NotificationType.MENTION)
        return [row.status for row in rows if row.status is not None]

    def notify(self, row: "Notification") -> None:
        """Put a notification into the inbox, and wake whoever waits for it."""
        self.notifications.add(row.key, row)
        self._heard.append(row)
        self._rung.set()

    async def next_notification(self, heard: int = 0) -> "Notification":
        """The notification after the first `heard` ones that ever came, including those deleted since.

        Waits until there is one.
        """
        while len(self._heard) <= heard:
            self._rung.clear()
            await self._rung.wait()
        return self._heard[heard]


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, with the scopes that were granted to it."""

    value: str
    account: Account
    scopes: frozenset[str]
    application: str

    def allows(self, scope: str) -> bool:
        """Whether it covers a scope: `read` covers `read:statuses`, not the other way round."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A file to be attached to a status."""

    data: bytes
    content_type: str = "image/png"
    description: str | None = None


@dataclass(slots=True)
class Media:
    """An uploaded file; `polls_left` is how often the server will still answer "processing"."""

    id: str
    owner: Account
    data: bytes
    content_type: str
    description: str | None
    uploaded_at: datetime
    polls_left: int = 0
    focus: tuple[float, float] | None = None
    attached: bool = False

    @property
    def kind(self) -> str:
        """`image`, `gifv`, `video` or `audio`."""
        if self.content_type == "image/gif":
            return "gifv"
        return self.content_type.partition("/")[0]


@dataclass(slots=True)
class Poll:
    """A poll; `votes` counts by option."""

    id: str
    options: list[str]
    expires_at: datetime
    multiple: bool = False
    votes: list[int] = field(default_factory=list)
    voters: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Revision:
    """What a status said from `created_at` onwards."""

    text: str
    spoiler_text: str
    sensitive: bool
    created_at: datetime
    media: tuple[Media, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A status that is to be published: what `POST /api/v1/statuses` takes."""

    text: str
    visibility: Visibility = Visibility.PUBLIC
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    in_reply_to: "Status | None" = None
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    application: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Status:
    """A status; `audience` are the accounts that were ever mentioned in it, and may therefore see it."""

    id: str
    key: int
    author: Account
    text: str
    visibility: Visibility
    created_at: datetime
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    application: str | None = None
    in_reply_to: "Status | None" = None
    reblog_of: "Status | None" = None
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    mentions: list[Account] = field(default_factory=list)
    audience: set[Account] = field(default_factory=set)
    edited_at: datetime | None = None
    revisions: list[Revision] = field(default_factory=list)
    replies: list["Status"] = field(default_factory=list)
    favourited_by: dict[Account, None] = field(default_factory=dict)
    reblogs: dict[Account, "Status"] = field(default_factory=dict)
    bookmarked_by: set[Account] = field(default_factory=set)
    pinned: bool = False
    deleted: bool = False
    notifications: list["Notification"] = field(default_factory=list)
    raw_html: str | None = None
    """HTML to send instead of what `text` would give: some servers pass on whatever another one sends."""

    def __repr__(self) -> str:
        return f"<Status {self.id} of {self.author.acct}, {self.visibility.value}: {self.text!r}>"

    def visible_to(self, viewer: Account | None) -> bool:
        """Whether somebody (None: the public) may see this status."""
        if self.reblog_of is not None and not self.reblog_of.visible_to(viewer):
            return False
        if self.visibility in {Visibility.PUBLIC, Visibility.UNLISTED} or viewer is self.author:
            return True
        if viewer is None:
            return False
        follows = self.visibility is Visibility.PRIVATE and viewer in self.author.followers
        return follows or viewer in self.audience

    def participants(self) -> set[Account]:
        """Everybody who replied to it, favourited or boosted it: servers notify them when it is edited."""
        return {reply.author for reply in self.replies} | {*self.favourited_by, *self.reblogs}


@dataclass(slots=True, eq=False, repr=False)
class Notification:
    """Something that somebody is notified of; `filtered` means that their policy keeps it aside."""

    id: str
    key: int
    type: NotificationType
    recipient: Account
    account: Account
    created_at: datetime
    status: Status | None = None
    filtered: bool = False
    malformation: str | None = None
    named: str = ""
    """Its `type`, if the server calls it differently from Mastodon."""

    @property
    def kind(self) -> str:
        """The `type` that clients read and filter by."""
        return self.named or self.type.value

    def __repr__(self) -> str:
        return f"<Notification {self.id}: {self.type.value} by {self.account.acct}, {self.status!r}>"


@dataclass(slots=True)
class Planned:
    """A scheduled status, waiting on the server (docs: entities/ScheduledStatus)."""

    id: str
    owner: Account
    scheduled_at: datetime
    draft: Draft
    idempotency: str | None = None
