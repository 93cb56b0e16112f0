"""Posts: what the office writes, from the first draft until it is out. Two steps lead there, and both are people's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from fedichat.domain.names import EventId, Place, PostId, SeriesId, TicketId, UserId
from fedichat.domain.posts.publishable import publishable, publishable_line
from fedichat.domain.tickets.mention import StatusId, Visibility


class PostState(StrEnum):
    """Where a post stands. While `publishing` it may be out: no way back before it is certain that it is not."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    REMOVED = "removed"
    """It was published, and was taken back from the server since."""
    MISSED = "missed"
    """Its moment passed without it: somebody decides whether it goes out late, at another time, or not at all."""


class PostKind(StrEnum):
    """What publishing a post does."""

    ANSWER = "answer"
    """Answers the question: the ticket is answered."""
    INTERIM = "interim"
    """Says that an answer will take longer: the ticket stays open."""
    EDIT = "edit"
    """Changes the text of a published post, its `target`."""
    REMOVAL = "removal"
    """Deletes a published post, its `target`, from the server."""
    PLANNED = "planned"
    """Says something of the office's own, at its time. While it is confirmed, people call it scheduled."""
    CRISIS = "crisis"
    """A warning: it goes out as soon as a second person has confirmed it, and is pinned to the profile."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a post: `remark` is the message that holds it, `alt` its alt text.

    `uploaded_as` is the media attachment's id at the instance once it is there.
    """

    remark: EventId
    name: str
    mimetype: str
    size: int | None
    alt: str
    uploaded_as: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", publishable_line(self.name))
        object.__setattr__(self, "alt", publishable(self.alt))


@dataclass(frozen=True, slots=True)
class Out:
    """A status that a post became."""

    status: StatusId
    url: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was known when a post's next part was handed to the server; its outcome is found out by comparing with it.

    No clock of ours is in it: clocks differ, and are set. `there` are the account's statuses that could be seen right
    before. `since` is when the oldest of those was made, by the server's
    clock; None where there were none. `reported` is the status that the server says the part became, until that was
    read back.
    """

    there: tuple[StatusId, ...] = ()
    since: datetime | None = None
    reported: Out | None = None


T = TypeVar("T")
PENDING_STATES = (PostState.DRAFT, PostState.CONFIRMED, PostState.PUBLISHING, PostState.MISSED)


@dataclass(frozen=True, slots=True)
class Answering:
    """What a post answers: an answer or an interim reply to a ticket.

    `based_on` is the version of the citizen's status that the author saw; `in_reply_to` is None once that status is
    gone. `proposal` is the number of the department's proposal that its words were taken from.
    """

    ticket: TicketId
    in_reply_to: StatusId | None = None
    based_on: str = ""
    tag_all: bool = False
    proposal: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What the office says of its own accord. It is to go out at `due_at`, which a draft may still lack.

    `moved_from` is when it was to go out before this revision, if that was another moment. `moment` are the words that
    said so, `audience` says in words whom it is for. One of a `series` is followed by the next. Warnings that one
    confirmation releases on several accounts have the same `bundle`, the first one's number.
    """

    due_at: datetime | None = None
    moved_from: datetime | None = None
    moment: str = ""
    labels: tuple[str, ...] = ()
    audience: str = ""
    series: SeriesId | None = None
    bundle: PostId | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A change, or the removal, of the published post `target`; `answering` is what that one answers, if anything."""

    target: PostId
    answering: Answering | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post. `text` is complete, with its @mentions: what is shown in the preview is what goes out.

    For that, every post's words are `publishable` from its first moment, wherever they come from.

    `source` is the chat event that carried the command, `revision` counts the texts that it has had. A confirmed post
    waits until `publish_after`; `attempted_at` is when its next part was handed to the server, by our clock, and
    `attempt` what was known then. It stays after a try of which nothing was found, in case that shows up late.

    A text that is too long for one status has `parts`, each complete with its number and @mentions; `out` are the
    statuses that it became, in order.
    """

    id: PostId
    account: str
    place: Place
    author: UserId
    text: str
    visibility: Visibility
    created_at: datetime
    about: Answering | Planned | Correction
    kind: PostKind = PostKind.ANSWER
    state: PostState = PostState.DRAFT
    content_warning: str = ""
    language: str = ""
    revision: int = 1
    source: EventId | None = None
    confirmed_by: UserId | None = None
    publish_after: datetime | None = None
    attempted_at: datetime | None = None
    attempt: Attempt | None = None
    parts: tuple[str, ...] = ()
    out: tuple[Out, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    without_alt: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", publishable(self.text))
        object.__setattr__(self, "parts", tuple(map(publishable, self.parts)))
        object.__setattr__(self, "content_warning", publishable_line(self.content_warning))

    @property
    def answering(self) -> Answering | None:
        """What it answers, or what the published post answers that it changes."""
        return self.about.answering if isinstance(self.about, Correction) else self._as(Answering)

    @property
    def plan(self) -> Planned | None:
        """When it is to go out, and what else was planned for it; None for what is not planned."""
        return self._as(Planned)

    def _as(self, kind: type[T]) -> T | None:
        return self.about if isinstance(self.about, kind) else None

    @property
    def ticket(self) -> TicketId | None:
        """The ticket that it belongs to; None for what is planned."""
        return self.answering.ticket if self.answering else None

    @property
    def in_reply_to(self) -> StatusId | None:
        """The citizen's status that it replies to, if there is one."""
        return self.answering.in_reply_to if self.answering else None

    @property
    def based_on(self) -> str:
        """The version of that status that the author saw."""
        return self.answering.based_on if self.answering else ""

    @property
    def target(self) -> PostId | None:
        """The published post that it changes or removes."""
        return self.about.target if isinstance(self.about, Correction) else None

    @property
    def due_at(self) -> datetime | None:
        """When it is to go out, where that is planned."""
        return self.plan.due_at if self.plan else None

    @property
    def bundle(self) -> PostId | None:
        """The number of the first of several warnings that one confirmation releases."""
        return self.plan.bundle if self.plan else None

    @property
    def series(self) -> SeriesId | None:
        """The series that it is one of."""
        return self.plan.series if self.plan else None

    @property
    def called(self) -> str:
        """How people name it in a command: by its ticket, or what is planned by its own number."""
        return str(self.ticket) if self.ticket is not None else f"P{self.id}"

    @property
    def texts(self) -> tuple[str, ...]:
        """What goes out, status by status."""
        return self.parts or (self.text,)

    @property
    def answers_question(self) -> bool:
        """Whether it says something to the citizen's words."""
        return self.kind in (PostKind.ANSWER, PostKind.INTERIM)

    @property
    def says_something(self) -> bool:
        """Whether it says something new, rather than change what was said."""
        return self.kind not in (PostKind.EDIT, PostKind.REMOVAL)

    @property
    def is_pending(self) -> bool:
        """Whether it is still to go out, or to be decided on."""
        return self.state in PENDING_STATES

    @property
    def stands(self) -> bool:
        """Whether something of it can be read at the server, as far as we know."""
        return bool(self.out) and self.state is not PostState.REMOVED

    @property
    def left(self) -> tuple[str, ...]:
        """What of it is not out yet, status by status."""
        return self.texts[len(self.out) :]

    @property
    def follows(self) -> StatusId | None:
        """What its next status replies to: the question, then each part the one before."""
        return self.out[-1].status if self.out else self.in_reply_to

    @property
    def published_as(self) -> StatusId | None:
        """The first status that it became."""
        return self.out[0].status if self.out else None

    @property
    def url(self) -> str:
        """Where the first status is seen; empty while there is none, or where the server does not say."""
        return self.out[0].url if self.out else ""


def answered_by(post: Post) -> Answering:
    """What an answer or an interim reply answers. Raises LookupError for any other post."""
    if isinstance(post.about, Answering):
        return post.about
    raise LookupError(post.id)


def plan_of(post: Post) -> Planned:
    """When a planned post is to go out, and what else was planned. Raises LookupError for any other post."""
    if isinstance(post.about, Planned):
        return post.about
    raise LookupError(post.id)
