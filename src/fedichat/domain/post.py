"""Posts: what the office writes, from the first draft until it is out. Two steps lead there, and both are people's."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedichat.domain.mention import Status, StatusId, Visibility
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId, localpart
from fedichat.errors import Refusal


class PostState(StrEnum):
    """Where a post stands. While `publishing` it may be out: no way back before it is certain that it is not."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


_HANDLE = re.compile(r"(?<![\w@/.])@\w[\w.-]*(?:@[\w.-]*[\w])?")

PENDING_STATES = (PostState.DRAFT, PostState.CONFIRMED, PostState.PUBLISHING)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks to be published, as they gave it: the text without the mentions that fedichat adds."""

    text: str
    visibility: Visibility | None = None
    content_warning: str | None = None
    language: str | None = None
    tag_all: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A post. `text` is complete, with its @mentions: what is shown in the preview is what goes out.

    `source` is the chat event that carried the command, `revision` counts the texts that it has had, `based_on` is the
    version of the citizen's status that the author saw. `in_reply_to` is None once that status is gone. A confirmed
    post waits until `publish_after`; `attempted_at` is when it was handed to the server.
    """

    id: PostId
    ticket: TicketId
    account: str
    place: Place
    author: UserId
    text: str
    visibility: Visibility
    in_reply_to: StatusId | None
    based_on: str
    created_at: datetime
    state: PostState = PostState.DRAFT
    content_warning: str = ""
    language: str = ""
    tag_all: bool = False
    revision: int = 1
    source: EventId | None = None
    confirmed_by: UserId | None = None
    publish_after: datetime | None = None
    attempted_at: datetime | None = None
    published_as: StatusId | None = None
    url: str = ""


def visibility_of(asked: Visibility | None, question: Visibility) -> Visibility:
    """The audience of an answer: as asked for, else the question's own; never wider than the question."""
    if asked is None:
        return question
    if asked.wider_than(question):
        raise Refusal(
            "The question is {question}, so an answer cannot be {asked}: it would be seen by more people than the "
            "question. Leave `--visibility` out, or narrow it.",
            question=question,
            asked=asked,
        )
    return asked


def addressed(text: str, status: Status, *, tag_all: bool) -> str:
    """The text with the @mentions that it needs in front: the asker always, the others in the conversation on request.

    A mention that the author typed already is not doubled.
    """
    accts = [status.author.acct, *(status.mentions if tag_all else ())]
    missing = [f"@{acct}" for acct in dict.fromkeys(accts) if not tags(text, acct)]
    return " ".join([*missing, text]) if missing else text


def tags(text: str, acct: str) -> bool:
    """Whether the text mentions that account, by its full handle."""
    written = {word.strip(".,:;!?()").casefold() for word in text.split()}
    return f"@{acct}".casefold() in written


def check_readers(text: str, status: Status, visibility: Visibility) -> None:
    """Refuse an answer that says nothing, or that would show a direct question's answer to people outside it.

    On Mastodon whoever is mentioned in a direct status is one of its readers.
    """
    words = [word for word in text.split() if not _HANDLE.match(word)]
    if not any(sign.isprintable() and not sign.isspace() for word in words for sign in word):
        raise Refusal("There is nothing in this answer but mentions. Please write what it should say.")
    if visibility is not Visibility.DIRECT:
        return
    known = {acct.casefold() for acct in (status.author.acct, *status.mentions)}
    strangers = [handle for handle in _HANDLE.findall(text) if handle.lstrip("@").casefold() not in known]
    if strangers:
        raise Refusal(
            "The question is direct, and {handle} is not in its conversation: mentioned in the answer, they would read "
            "along. Please leave the @ out.",
            handle=strangers[0],
        )


def revised(post: Post, draft: Draft, status: Status, question: Visibility) -> Post:
    """The post with a new text; an earlier confirmation does not count any more."""
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED):
        raise Refusal(
            "P{post} is {state}: it cannot be changed any more. `{prefix}answer {ticket} …` writes another one.",
            post=post.id,
            state=post.state,
            ticket=post.ticket,
        )
    return replace(
        post,
        text=addressed(draft.text, status, tag_all=draft.tag_all),
        visibility=visibility_of(draft.visibility, question),
        content_warning=content_warning_of(draft, status),
        language=draft.language or post.language,
        tag_all=draft.tag_all,
        based_on=status.version,
        revision=post.revision + 1,
        state=PostState.DRAFT,
        confirmed_by=None,
    )


def content_warning_of(draft: Draft, status: Status) -> str:
    """The answer's content warning: as asked, else the question's, as Mastodon's own composer does."""
    return status.content_warning if draft.content_warning is None else draft.content_warning


def confirmed(post: Post, actor: UserId, publish_after: datetime, *, four_eyes: bool) -> Post:
    """The post released for publishing by `actor`. With `four_eyes` that must be somebody other than its author."""
    if post.state is PostState.CONFIRMED:
        raise Refusal(
            "P{post} is confirmed already, by {who}.",
            post=post.id,
            who=localpart(post.confirmed_by or post.author),
        )
    if post.state is not PostState.DRAFT:
        raise Refusal("P{post} is {state}: there is nothing to confirm.", post=post.id, state=post.state)
    if four_eyes and actor == post.author:
        raise Refusal("P{post} needs a second pair of eyes: somebody other than you must confirm it.", post=post.id)
    return replace(post, state=PostState.CONFIRMED, confirmed_by=actor, publish_after=publish_after)


def unconfirmed(post: Post) -> Post:
    """The post as a draft again, as long as it has not been handed to the server."""
    if post.state is not PostState.CONFIRMED:
        raise Refusal("P{post} is {state}: the confirmation cannot be taken back.", post=post.id, state=post.state)
    return replace(post, state=PostState.DRAFT, confirmed_by=None)


def withdrawn(post: Post) -> Post:
    """The post taken back before it went out."""
    if post.state is PostState.PUBLISHED:
        raise Refusal("P{post} is out already: {url} – it can only be deleted there.", post=post.id, url=post.url)
    if post.state is PostState.PUBLISHING:
        raise Refusal("P{post} is on its way to the server already, so it cannot be withdrawn any more.", post=post.id)
    if post.state is not PostState.DRAFT and post.state is not PostState.CONFIRMED:
        raise Refusal("P{post} is {state}: there is nothing to withdraw.", post=post.id, state=post.state)
    return replace(post, state=PostState.WITHDRAWN, confirmed_by=None)


def outdated(post: Post, status: Status | None) -> Post:
    """The post as a draft again after the citizen changed or deleted (None) what it answers: it needs a fresh look."""
    again = replace(post, state=PostState.DRAFT, confirmed_by=None, revision=post.revision + 1)
    if status is None:
        return replace(again, in_reply_to=None, based_on="")
    return replace(again, based_on=status.version, visibility=post.visibility.narrowed_to(status.visibility))


def publishing(post: Post, now: datetime) -> Post:
    """The post in the server's hands: it may be out at any moment."""
    return replace(post, state=PostState.PUBLISHING, attempted_at=post.attempted_at or now)


def not_out(post: Post) -> Post:
    """The post after it has become certain that the server did not take it: it waits again, and can be taken back."""
    return replace(post, state=PostState.CONFIRMED, attempted_at=None)


def published(post: Post, status: StatusId, url: str) -> Post:
    """The post as the server has it."""
    return replace(post, state=PostState.PUBLISHED, published_as=status, url=url)


def failed(post: Post) -> Post:
    """The post that the server will not take."""
    return replace(post, state=PostState.FAILED)
