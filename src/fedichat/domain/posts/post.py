"""Posts: what the office writes, from the first draft until it is out. Two steps lead there, and both are people's."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import TypeVar

from fedichat.domain.names import EventId, Place, PostId, SeriesId, TicketId, UserId, localpart
from fedichat.domain.posts.publishable import publishable, publishable_line
from fedichat.domain.posts.tagging import handles, has_handle, plain, strangers
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.errors import Refusal


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

_FRONT = re.compile(r"(?:@\S+\s+)+")
_BLANKS = re.compile(r"[ \t\n]+")
_OTHER_ATS = frozenset("\ufe6b\uff20")

MOST_SHOWN = 20_000
"""Bytes of texts in a preview, as text and as HTML together, as JSON has them.

A Matrix event holds 65,536, and an encrypted edit has both twice, in base64.
"""

MOST_TAGGED = 50
"""More people are tagged by hand or not at all: their names alone would fill the post."""

PENDING_STATES = (PostState.DRAFT, PostState.CONFIRMED, PostState.PUBLISHING, PostState.MISSED)


@dataclass(frozen=True, slots=True)
class FilesMeant:
    """Which of the ticket's files go along, as it was said: these numbers, `every` one, or neither of the two.

    Then it is the one in the message that the command replies to; or the only one that there is.
    """

    numbers: tuple[int, ...] = ()
    every: bool = False
    replied_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks to be published, as they gave it: the text without the mentions that fedichat adds.

    `proposal` is the number of the department's proposal that it takes over; `text` is empty where that is unchanged.
    `files` says what goes along, `alts` are the alt texts in the order of the files (the caption where there is none),
    and `without_alt` is the reason for which alt texts may be missing.
    """

    text: str
    visibility: Visibility | None = None
    content_warning: str | None = None
    language: str | None = None
    tag_all: bool = False
    proposal: int | None = None
    files: FilesMeant | None = None
    alts: tuple[str, ...] = ()
    without_alt: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", publishable(self.text))
        object.__setattr__(self, "without_alt", publishable_line(self.without_alt))
        if self.content_warning is not None:
            object.__setattr__(self, "content_warning", publishable_line(self.content_warning))


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


def unused_uploads(before: Post, post: Post) -> tuple[str, ...]:
    """The uploads that the post had and will not take along any more: its file was replaced, or it is not published.

    The change of a published post only names what that has. What is out, or may be, has its files.
    """
    if not before.says_something or before.out or post.out:
        return ()
    is_over = post.state is PostState.WITHDRAWN or (
        post.state is PostState.FAILED and before.state is PostState.CONFIRMED
    )
    kept = () if is_over else {one.uploaded_as for one in post.attachments}
    return tuple(one.uploaded_as for one in before.attachments if one.uploaded_as and one.uploaded_as not in kept)


def takes_place(kind: PostKind, pending: Post) -> bool:
    """Whether a new draft of that kind takes the place of a pending one of the same ticket.

    An answer in work, a holding reply, and a change of what is published are three things.
    """
    changes = (PostKind.EDIT, PostKind.REMOVAL)
    return pending.kind is kind or (pending.kind in changes and kind in changes)


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
    if tag_all and len(status.mentions) > MOST_TAGGED:
        raise Refusal(
            "`--all` would tag {count} people, and {most} is the most. Leave it out, and write the @mentions of those "
            "who are to read it into the text.",
            count=len(status.mentions),
            most=MOST_TAGGED,
        )
    accts = [status.author.acct, *(status.mentions if tag_all else ())]
    typed = handles_in(text)
    missing = [f"@{acct}" for acct in dict.fromkeys(accts) if plain(acct) not in typed]
    return " ".join([*missing, text]) if missing else text


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
    _check_readers(text, content_warning, accts, visibility, within_words=within_words)


def _check_readers(
    text: str, content_warning: str, accts: Sequence[str], visibility: Visibility, *, within_words: bool
) -> None:
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


def edited(target: Post, draft: Draft, *, within_words: bool = False) -> Post:
    """The published post as it would read: the people whom it tags in front, its media and its audience stay.

    Refuses a thread, what changes nothing, and new readers of what is direct; `within_words` as in `check_readers`.
    """
    if len(target.out) > 1:
        raise Refusal(
            "P{post} is a thread of {count} posts, and cannot be changed as one. `{prefix}unpublish {called}` takes it "
            "back.",
            post=target.id,
            count=len(target.out),
            called=f"P{target.id}",
        )
    if not target.text:
        raise Refusal(
            "The words of P{post} have been removed after the retention time, so it cannot be changed from here. "
            "`{prefix}unpublish {called}` deletes it.",
            called=f"P{target.id}",
            post=target.id,
        )
    front = match[0].split() if (match := _FRONT.match(target.text)) else []
    typed = handles_in(draft.text)
    missing = [handle for handle in front if plain(handle) not in typed]
    changed = replace(
        target,
        text=" ".join([*missing, draft.text]),
        content_warning=target.content_warning if draft.content_warning is None else draft.content_warning,
        language=draft.language or target.language,
    )
    if changed == target:
        raise Refusal("P{post} says that already.", post=target.id)
    # Whom it tagged has read it; anybody else would become a reader now.
    known = handles(f"{target.text}\n{target.content_warning}", within_words=within_words)
    _check_readers(changed.text, changed.content_warning, known, target.visibility, within_words=within_words)
    return changed


def about(target: Post, kind: PostKind, actor: UserId, place: Place, source: EventId, now: datetime) -> Post:
    """A draft, without a number yet, of what is to become of a published post: an edit, or its removal."""
    return Post(
        id=PostId(0),
        account=target.account,
        place=place,
        author=actor,
        text=target.text,
        visibility=target.visibility,
        created_at=now,
        about=Correction(target.id, target.answering),
        content_warning=target.content_warning,
        language=target.language,
        source=source,
        kind=kind,
        parts=target.parts,
        attachments=target.attachments,
        without_alt=target.without_alt,
    )


def reworded(post: Post, new: Post) -> Post:
    """The drafted change of a published post, asked for in other words: to be confirmed anew."""
    must_be_changeable(post)
    return replace(
        post,
        text=new.text,
        content_warning=new.content_warning,
        language=new.language,
        revision=post.revision + 1,
        state=PostState.DRAFT,
        confirmed_by=None,
    )


def must_be_changeable(post: Post) -> None:
    """Refuse to change a draft that is none any more."""
    if post.stands and post.state is not PostState.PUBLISHED:
        raise Refusal(
            "Part of P{post} is out already, so its text cannot be changed any more. See the newest preview: "
            "{confirm} goes on, ❌ leaves it at what is out.",
            post=post.id,
        )
    if post.state is PostState.PUBLISHED and post.says_something:
        raise Refusal(
            "P{post} is published: its draft cannot be changed any more. `{prefix}edit {called} …` changes what is "
            "published.",
            post=post.id,
            called=post.called,
        )
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: it cannot be changed any more.", post=post.id, state=post.state)


def revised(post: Post, draft: Draft, status: Status, question: Visibility) -> Post:
    """The post with a new text; an earlier confirmation does not count any more."""
    must_be_changeable(post)
    return replace(
        post,
        about=replace(answered_by(post), tag_all=draft.tag_all, based_on=status.version, proposal=draft.proposal),
        text=addressed(draft.text, status, tag_all=draft.tag_all),
        visibility=visibility_of(draft.visibility, question),
        content_warning=content_warning_of(draft, status),
        language=draft.language or post.language,
        revision=post.revision + 1,
        state=PostState.DRAFT,
        confirmed_by=None,
    )


def content_warning_of(draft: Draft, status: Status) -> str:
    """The answer's content warning: as asked, else the question's, as Mastodon's own composer does."""
    return status.content_warning if draft.content_warning is None else draft.content_warning


def confirmed(
    post: Post, actor: UserId, publish_after: datetime, *, four_eyes: bool, writer: UserId | None = None
) -> Post:
    """The post released for publishing by `actor`.

    With `four_eyes` that must be somebody other than the one whose words these are: `writer`, or else its author.
    """
    if post.state is PostState.CONFIRMED:
        raise Refusal(
            "P{post} is confirmed already, by {who}.",
            post=post.id,
            who=localpart(post.confirmed_by or post.author),
        )
    if post.state not in (PostState.DRAFT, PostState.MISSED):
        raise Refusal("P{post} is {state}: there is nothing to confirm.", post=post.id, state=post.state)
    if four_eyes and actor == (writer or post.author):
        raise Refusal("P{post} needs a second pair of eyes: somebody other than you must confirm it.", post=post.id)
    return replace(post, state=PostState.CONFIRMED, confirmed_by=actor, publish_after=publish_after)


def unconfirmed(post: Post) -> Post:
    """The post as a draft again, as long as it has not been handed to the server; what was missed stays that."""
    if post.state not in (PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: the confirmation cannot be taken back.", post=post.id, state=post.state)
    state = PostState.DRAFT if post.state is PostState.CONFIRMED else post.state
    return replace(post, state=state, confirmed_by=None)


def shown_anew(post: Post) -> Post:
    """The post unconfirmed, with another preview: nobody can see this one any more. What was missed stays that."""
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: it cannot be held back.", post=post.id, state=post.state)
    state = PostState.MISSED if post.state is PostState.MISSED else PostState.DRAFT
    return replace(post, state=state, confirmed_by=None, revision=post.revision + 1)


def withdrawn(post: Post) -> Post:
    """The post taken back before it went out. Of a thread that is partly out, that part stays: it is published so."""
    if post.state is PostState.PUBLISHED and post.stands:
        raise Refusal(
            "P{post} is out already: {url} – `{prefix}unpublish {called}` deletes it there.",
            post=post.id,
            url=post.url,
            called=f"P{post.id}",
        )
    if post.state is PostState.PUBLISHING:
        raise Refusal("P{post} is on its way to the server already, so it cannot be withdrawn any more.", post=post.id)
    if post.state not in (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED):
        raise Refusal("P{post} is {state}: there is nothing to withdraw.", post=post.id, state=post.state)
    if post.out:
        return cut_short(post)
    return replace(post, state=PostState.WITHDRAWN, confirmed_by=None)


def cut_short(post: Post) -> Post:
    """The thread that is left at what is out of it."""
    said = post.texts[: len(post.out)]
    parts = said if len(said) > 1 else ()
    return replace(post, state=PostState.PUBLISHED, text="\n\n".join(said), parts=parts)


def outdated(post: Post, status: Status | None, *, is_answered: bool = True) -> Post:
    """The post as a draft again after the citizen changed or deleted (None) a status: it needs a fresh look.

    `is_answered`: that is what it answers, not something earlier or later in the ticket.
    """
    again = replace(post, state=PostState.DRAFT, confirmed_by=None, revision=post.revision + 1)
    if status is not None:
        again = replace(again, visibility=post.visibility.narrowed_to(status.visibility))
    if not is_answered:
        return again
    seen = answered_by(post)
    seen = replace(seen, in_reply_to=None, based_on="") if status is None else replace(seen, based_on=status.version)
    return replace(again, about=seen)


def drafted_again(post: Post) -> Post:
    """The post as a draft again, unchanged so far: nothing of it is out, and what it becomes needs a fresh look."""
    return replace(post, state=PostState.DRAFT, confirmed_by=None, attempted_at=None, revision=post.revision + 1)


def more_private(post: Post, visibility: Visibility) -> Post:
    """The post as a draft again, for no more people than that: what it belongs to has become more private."""
    narrowed = post.visibility.narrowed_to(visibility)
    return replace(post, visibility=narrowed, state=PostState.DRAFT, confirmed_by=None, revision=post.revision + 1)


def publishing(post: Post, now: datetime, attempt: Attempt | None = None) -> Post:
    """The post in the server's hands: it may be out at any moment. `attempt` is what is known right before."""
    attempted_at = post.attempted_at or now
    return replace(post, state=PostState.PUBLISHING, attempted_at=attempted_at, attempt=post.attempt or attempt)


def reported(post: Post, out: Out) -> Post:
    """The post of whose next part the server says which status it became; that is still to be read back."""
    return replace(post, attempt=replace(post.attempt or Attempt(), reported=out))


def not_out(post: Post, earlier: Attempt | None = None) -> Post:
    """The post after it has become certain that the server did not take it: it waits again, and can be taken back.

    `earlier` is the attempt of a try before that one, of which nothing was found: that may still show up.
    """
    return replace(post, state=PostState.CONFIRMED, attempted_at=None, attempt=earlier)


def not_found(post: Post) -> Post:
    """The same where a try without an answer left nothing that could be found: it may still show up, late."""
    return replace(post, state=PostState.CONFIRMED, attempted_at=None)


def part_published(post: Post, status: StatusId, url: str) -> Post:
    """The post with its next part at the server; published once all of them are there."""
    out = (*post.out, Out(status, url))
    state = PostState.PUBLISHED if len(out) >= len(post.texts) else post.state
    return replace(post, state=state, out=out, attempted_at=None, attempt=None)


def interrupted(post: Post) -> Post:
    """The thread of which a part was refused: what is out stays, and somebody decides whether it goes on.

    Who confirmed what is out stays known: it may remain all that there is. So does a try of which nothing was found so
    far: it may still show up, and must not be repeated then.
    """
    attempt = post.attempt if post.state is PostState.CONFIRMED else None
    return replace(post, state=PostState.DRAFT, attempted_at=None, attempt=attempt, revision=post.revision + 1)


def carried_out(post: Post) -> Post:
    """The change of a published post, or its deletion, that the server has made."""
    return replace(post, state=PostState.PUBLISHED, attempted_at=None)


def changed_by(target: Post, edit: Post) -> Post:
    """The published post as it reads now."""
    return replace(target, text=edit.text, content_warning=edit.content_warning, language=edit.language)


def removed(target: Post) -> Post:
    """The published post that is not at the server any more."""
    return replace(target, state=PostState.REMOVED)


def failed(post: Post) -> Post:
    """The post that the server will not take."""
    return replace(post, state=PostState.FAILED)
