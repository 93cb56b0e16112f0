"""What somebody asks to be published, and what becomes of it: the draft of a post, new or changed."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.domain.names import EventId, Place, PostId, UserId
from fedichat.domain.posts.post import Correction, Post, PostKind, PostState, answered_by
from fedichat.domain.posts.publishable import publishable, publishable_line
from fedichat.domain.posts.readers import check_words, handles_in
from fedichat.domain.posts.tagging import handles, plain
from fedichat.domain.tickets.mention import Status, Visibility
from fedichat.errors import Refusal

_FRONT = re.compile(r"(?:@\S+\s+)+")

MOST_TAGGED = 50
"""More people are tagged by hand or not at all: their names alone would fill the post."""


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


def content_warning_of(draft: Draft, status: Status) -> str:
    """The answer's content warning: as asked, else the question's, as Mastodon's own composer does."""
    return status.content_warning if draft.content_warning is None else draft.content_warning


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
    check_words(changed.text, changed.content_warning, known, target.visibility, within_words=within_words)
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
