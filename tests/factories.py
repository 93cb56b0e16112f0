"""Tickets, posts, statuses and mentions for tests: all have values, a test names what matters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypedDict, Unpack

from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId, SeriesId, TicketId, UserId
from fedichat.domain.posts.post import Answering, Attachment, Correction, Out, Planned, Post, PostKind, PostState
from fedichat.domain.tickets.mention import (
    Author,
    Media,
    Mention,
    NotificationId,
    Poll,
    Status,
    StatusId,
    Visibility,
)
from fedichat.domain.tickets.ticket import Ticket, TicketState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ANNA = UserId("@anna:example.org")
BEN = UserId("@ben:example.org")
ERIKA = Author("erika@remote.example", "Erika Muster", "https://remote.example/@erika")
TEAM = Place("team/bsi")
DIRECT = Place("direct/bsi")

_numbers = count(1)


class TicketFields(TypedDict, total=False):
    id: TicketId
    account: str
    place: Place
    state: TicketState
    visibility: Visibility
    author: str
    status: StatusId
    opened_at: datetime
    changed_at: datetime
    language: str
    claimant: UserId | None
    reason: str


def a_ticket(**fields: Unpack[TicketFields]) -> Ticket:
    """Erika's public question 42 to the team of bsi, an hour old."""
    usual = Ticket(
        id=TicketId(42),
        account="bsi",
        place=TEAM,
        state=TicketState.NEW,
        visibility=Visibility.PUBLIC,
        author=ERIKA.acct,
        status=StatusId("s1"),
        opened_at=NOW - 60 * MINUTE,
        changed_at=NOW - 60 * MINUTE,
    )
    return replace(usual, **fields)


class StatusFields(TypedDict, total=False):
    id: StatusId
    author: Author
    text: str
    html: str
    visibility: Visibility
    created_at: datetime
    url: str
    content_warning: str
    language: str
    edited_at: datetime | None
    in_reply_to: StatusId | None
    mentions: tuple[str, ...]
    media: tuple[Media, ...]
    poll: Poll | None
    is_boost: bool


def a_status(**fields: Unpack[StatusFields]) -> Status:
    """What Erika wrote in public, an hour ago."""
    usual = Status(
        id=StatusId("s1"),
        author=ERIKA,
        text="Is TLS 1.2 still allowed?",
        html="<p>Is TLS 1.2 still allowed?</p>",
        visibility=Visibility.PUBLIC,
        created_at=NOW - 60 * MINUTE,
        url="https://remote.example/@erika/s1",
        language="en",
    )
    return replace(usual, **fields)


def a_mention(number: str = "n1", *, notified_at: datetime | None = None, status: Status | None = None) -> Mention:
    """A notification of a status."""
    status = status or a_status()
    return Mention(NotificationId(number), notified_at or status.created_at, status)


class PostFields(TypedDict, total=False):
    id: PostId
    ticket: TicketId | None
    account: str
    place: Place
    author: UserId
    text: str
    visibility: Visibility
    in_reply_to: StatusId | None
    based_on: str
    created_at: datetime
    state: PostState
    content_warning: str
    language: str
    tag_all: bool
    revision: int
    source: EventId | None
    confirmed_by: UserId | None
    publish_after: datetime | None
    attempted_at: datetime | None
    kind: PostKind
    target: PostId | None
    parts: tuple[str, ...]
    out: tuple[Out, ...]
    attachments: tuple[Attachment, ...]
    without_alt: str
    proposal: int | None
    due_at: datetime | None
    moved_from: datetime | None
    moment: str
    labels: tuple[str, ...]
    audience: str
    series: SeriesId | None
    bundle: PostId | None


_ABOUT = tuple(dict.fromkeys([*Answering.__slots__, *Planned.__slots__, "target"]))


def _about(kind: PostKind, given: dict[str, Any]) -> Answering | Planned | Correction:
    """What a post of that kind is about: Erika's question, unless something else is given."""
    if kind in (PostKind.PLANNED, PostKind.CRISIS):
        return Planned(**{name: value for name, value in given.items() if name in Planned.__slots__})
    usual: dict[str, Any] = {"ticket": TicketId(42), "in_reply_to": StatusId("s1"), "based_on": a_status().version}
    said = usual | {name: value for name, value in given.items() if name in Answering.__slots__}
    answering = Answering(**said) if said["ticket"] is not None else None
    if "target" in given:
        return Correction(given["target"], answering)
    return answering or Planned()


def a_post(**fields: Unpack[PostFields]) -> Post:
    """Anna's draft P7 of an answer to ticket 42."""
    given: dict[str, Any] = {**fields}
    about = _about(fields.get("kind", PostKind.ANSWER), given)
    usual = Post(
        id=PostId(7),
        account="bsi",
        place=TEAM,
        author=ANNA,
        text="@erika@remote.example Yes, it is.",
        visibility=Visibility.PUBLIC,
        created_at=NOW,
        about=about,
        language="en",
    )
    return replace(usual, **{name: value for name, value in given.items() if name not in _ABOUT})


def a_cause(
    actor: UserId = ANNA,
    *,
    event: str | None = None,
    place: Place = TEAM,
    at: datetime = NOW,
    thread: str | None = None,
) -> Cause:
    """Something that somebody said in a room; each time another event."""
    said = EventId(event or f"$event{next(_numbers)}")
    return Cause(said, actor, place, at, EventId(thread) if thread else None, said)
