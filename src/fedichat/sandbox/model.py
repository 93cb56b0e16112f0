"""The records of the sandbox: statuses, media, polls, notifications and what was planned."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedichat.sandbox.accounts import SandboxAccount


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


@dataclass(frozen=True, slots=True)
class NewMedia:
    """A file to be attached to a status."""

    data: bytes
    content_type: str = "image/png"
    description: str | None = None


@dataclass(slots=True)
class Media:
    """An uploaded file; `polls_left` is how often the server will still say "processing"."""

    id: str
    owner: "SandboxAccount"
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
    """What a status said from `created_at` on."""

    text: str
    spoiler_text: str
    sensitive: bool
    created_at: datetime
    media: tuple[Media, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A status that is to be: what `POST /api/v1/statuses` takes."""

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
    """A status; `audience` are the accounts that were ever mentioned and may therefore see it."""

    id: str
    key: int
    author: "SandboxAccount"
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
    mentions: list["SandboxAccount"] = field(default_factory=list)
    audience: set["SandboxAccount"] = field(default_factory=set)
    edited_at: datetime | None = None
    revisions: list[Revision] = field(default_factory=list)
    replies: list["Status"] = field(default_factory=list)
    favourited_by: dict["SandboxAccount", None] = field(default_factory=dict)
    reblogs: dict["SandboxAccount", "Status"] = field(default_factory=dict)
    bookmarked_by: set["SandboxAccount"] = field(default_factory=set)
    pinned: bool = False
    deleted: bool = False
    notifications: list["Notification"] = field(default_factory=list)
    raw_html: str | None = None
    """What is sent as its HTML instead of what `text` makes: some servers let through whatever another one sends."""

    def __repr__(self) -> str:
        return f"<Status {self.id} of {self.author.acct}, {self.visibility.value}: {self.text!r}>"

    def visible_to(self, viewer: "SandboxAccount | None") -> bool:
        """Whether somebody (None: the public) may see this status."""
        if self.reblog_of is not None and not self.reblog_of.visible_to(viewer):
            return False
        if self.visibility in {Visibility.PUBLIC, Visibility.UNLISTED} or viewer is self.author:
            return True
        if viewer is None:
            return False
        follows = self.visibility is Visibility.PRIVATE and viewer in self.author.followers
        return follows or viewer in self.audience

    def participants(self) -> set["SandboxAccount"]:
        """Those who answered, favoured or boosted it: servers tell them when it is edited."""
        return {reply.author for reply in self.replies} | {*self.favourited_by, *self.reblogs}


@dataclass(slots=True, eq=False, repr=False)
class Notification:
    """Something that somebody is told; `filtered` means that the policy keeps it aside."""

    id: str
    key: int
    type: NotificationType
    recipient: "SandboxAccount"
    account: "SandboxAccount"
    created_at: datetime
    status: Status | None = None
    filtered: bool = False
    malformation: str | None = None
    named: str = ""
    """Its `type`, where that is another server's word than Mastodon's."""

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
    owner: "SandboxAccount"
    scheduled_at: datetime
    draft: Draft
    idempotency: str | None = None
