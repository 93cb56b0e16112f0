"""What the office plans: posts with a time of their own, single or again and again, and warnings.

A planned post is approved as it is, its time included: whoever changes anything asks for a new approval.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fedichat.domain.effects import Queue
from fedichat.domain.names import EventId, Place, PostId, SeriesId, UserId
from fedichat.domain.posts.drafts import Draft, must_be_changeable
from fedichat.domain.posts.post import Planned, Post, PostKind, PostState, plan_of
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Refusal

AHEAD = timedelta(minutes=15)
"""How long before its time a scheduled post is looked at: are its files there, is it approved, will it be taken?"""

NIGHT = (time(21), time(7))
"""Between these, on the office's clock, few people read, and a mistake stands until the morning."""

RECENT = timedelta(days=30)
"""Against what was published in this time, and what is planned, a text is compared."""

MOST_LISTED = 60
"""So many posts a list shows; of those behind them it says how many there are."""

LATE = timedelta(minutes=1)
"""From here on it is said that a post goes out late."""

TOLD_AHEAD = timedelta(minutes=10)
"""How long before a post's time the room hears that its server cannot be reached: shorter ones pass by themselves."""

_ALIKE = 0.8
_WORDS = re.compile(r"\w+")
_PLANNED = (PostKind.PLANNED, PostKind.CRISIS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody asks to be planned: the draft, and when. `due_at` None: that is still to be said.

    `rule` is there for what recurs, `due_at` then is the first time. `moment` are the words that said so; with
    `keeps_time` they are what they were, and the post's time and recurrence stay: “tomorrow” means another day by now.
    `files` are those in the messages that the command
    stands in or replies to, by message, each with its caption.
    """

    draft: Draft
    due_at: datetime | None = None
    rule: str = ""
    moment: str = ""
    keeps_time: bool = False
    labels: tuple[str, ...] = ()
    audience: str = ""
    files: tuple[tuple[EventId, SharedFile, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a time is not clear: `message` with its `fields`, and the moments that may be meant, if any.

    `{candidates}` in the message stands for these.
    """

    message: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    candidates: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """Posts that come again and again: by `rule`, a recurrence of `fedichat.domain.time.when`, each like `template`.

    `approved_by` has approved all of them, as long as one is not changed. `last_at` is the moment by the rule of the
    one that was made last, which may have been moved since.
    """

    id: SeriesId
    rule: str
    template: Post
    last_at: datetime
    approved_by: UserId | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Concerns:
    """What deserves a second look in a planned post, before it is approved."""

    same_hour: tuple[PostId, ...] = ()
    """Other posts of the account within the same hour."""
    alike: PostId | None = None
    """A recent or planned post that says nearly the same."""
    day_off: bool = False
    """Whether nobody is at work on that day."""
    holiday: Mapping[str, str] = field(default_factory=dict[str, str])
    """The public holiday on that day, by language."""
    night: bool = False
    undescribed: bool = False
    """Whether a file goes along without an alt text."""


def queue_of(post: Post) -> Queue:
    """In which queue of its account the post waits to be published."""
    if post.kind is PostKind.CRISIS:
        return Queue.CRISIS
    return Queue.PLANNED if post.kind is PostKind.PLANNED else Queue.ANSWERS


def drafted(
    plan: Plan, account: str, place: Place, author: UserId, source: EventId | None, now: datetime, kind: PostKind
) -> Post:
    """A draft, without a number yet, of what is planned. Its audience is public unless asked otherwise."""
    draft = plan.draft
    _must_say_something(draft.text)
    return Post(
        id=PostId(0),
        account=account,
        place=place,
        author=author,
        text=draft.text,
        visibility=_visibility(draft.visibility),
        created_at=now,
        about=Planned(due_at=plan.due_at, moment=plan.moment, labels=plan.labels, audience=plan.audience),
        content_warning=draft.content_warning or "",
        language=draft.language or "",
        source=source,
        kind=kind,
        without_alt=draft.without_alt,
    )


def redrafted(post: Post, plan: Plan, now: datetime) -> Post:
    """The post as its author asks for it anew: to be approved again."""
    must_be_changeable(post)
    draft = plan.draft
    _must_say_something(draft.text)
    due_at = post.due_at if plan.keeps_time else plan.due_at
    asked = replace(plan_of(post), due_at=due_at, moment=plan.moment, labels=plan.labels, audience=plan.audience)
    return _anew(
        post,
        replace(
            post,
            text=draft.text,
            visibility=_visibility(draft.visibility),
            content_warning=draft.content_warning or "",
            language=draft.language or post.language,
            without_alt=draft.without_alt,
            about=asked,
        ),
        now,
    )


def reworded(post: Post, draft: Draft, now: datetime) -> Post:
    """The post with another text; its time and all else that is not said stays. To be approved again."""
    must_be_changeable(post)
    _must_say_something(draft.text)
    warning = post.content_warning if draft.content_warning is None else draft.content_warning
    language = draft.language or post.language
    return _anew(post, replace(post, text=draft.text, content_warning=warning, language=language), now)


def rescheduled(post: Post, due_at: datetime, now: datetime) -> Post:
    """The post at another time: to be approved again."""
    if post.kind is PostKind.CRISIS:
        raise Refusal("P{post} is a warning: it goes out as soon as it is confirmed, and has no time.", post=post.id)
    must_be_changeable(post)
    if post.due_at == due_at and post.state is not PostState.MISSED:
        raise Refusal("P{post} is planned for that time already.", post=post.id)
    return _anew(post, replace(post, about=replace(plan_of(post), due_at=due_at)), now)


def _anew(before: Post, post: Post, now: datetime) -> Post:
    """The post to be approved again. One whose time has passed has none any more: it is to be given another."""
    due_at = post.due_at if post.due_at is None or post.due_at > now else None
    moved_from = before.due_at if before.due_at != due_at else None
    return replace(
        post,
        revision=post.revision + 1,
        state=PostState.DRAFT,
        confirmed_by=None,
        publish_after=None,
        about=replace(plan_of(post), due_at=due_at, moved_from=moved_from),
    )


def in_bundle(post: Post, first: PostId | None) -> Post:
    """The warning as one of several that one confirmation releases; `first` is the first one's number."""
    return replace(post, about=replace(plan_of(post), bundle=first))


def look_at(due_at: datetime, now: datetime) -> datetime:
    """When a scheduled post is looked at: ahead of its time, but not before people have had time to deal with it."""
    return max(due_at - AHEAD, now + max(due_at - now, timedelta()) / 2)


def missed(post: Post) -> Post:
    """The post whose moment passed without it; who approved it stays known.

    So does a try of which nothing was found so far: it may still show up, and must not be repeated then.
    """
    return replace(post, state=PostState.MISSED, publish_after=None, attempted_at=None)


def is_over(post: Post, now: datetime, grace: timedelta) -> bool:
    """Whether a planned post that is confirmed has missed its time by more than `grace`."""
    # Whoever publishes late on purpose has set a moment of their own.
    moment = max(post.due_at, post.publish_after) if post.due_at and post.publish_after else post.publish_after
    return moment is not None and now > moment + grace


def release_at(post: Post, now: datetime, grace: timedelta, *, typed: bool) -> datetime | None:
    """When a planned post goes out if it is confirmed now; None: as soon as it cannot be taken back any more.

    `typed`: somebody asked for that in words, which means now where the post has no time, or its time has passed.
    Refuses a tap there: it may only have meant that the text is fine. The rest of a thread goes out now.
    """
    if post.kind is not PostKind.PLANNED or post.out:
        return None
    if post.due_at is None:
        if typed:
            return None
        raise Refusal(
            "P{post} has no time yet. `{prefix}reschedule P{post} friday 10:00` gives it one; "
            "`{prefix}publish P{post}` publishes it now.",
            post=post.id,
        )
    if post.state is not PostState.MISSED and now <= post.due_at + grace:
        return post.due_at
    if typed:
        return None
    raise Refusal(
        "The time of P{post} has passed. `{prefix}reschedule P{post} …` gives it another one; `{prefix}publish "
        "P{post}` publishes it now.",
        post=post.id,
    )


def copied(
    post: Post, place: Place, author: UserId, source: EventId, now: datetime, due_at: datetime | None = None
) -> Post:
    """A new draft of the same words, without a number, without a time unless one is given, and without its files."""
    before = plan_of(post)
    return Post(
        id=PostId(0),
        account=post.account,
        place=place,
        author=author,
        text=post.text,
        visibility=post.visibility,
        created_at=now,
        about=Planned(due_at=due_at, labels=before.labels, audience=before.audience),
        content_warning=post.content_warning,
        language=post.language,
        source=source,
        kind=PostKind.PLANNED,
        parts=post.parts,
        without_alt=post.without_alt,
    )


def next_of(series: Series, at: datetime, now: datetime) -> Post:
    """The next post of a series, without a number yet: approved if the series is."""
    state = PostState.CONFIRMED if series.approved_by else PostState.DRAFT
    return replace(
        series.template,
        id=PostId(0),
        created_at=now,
        about=replace(plan_of(series.template), due_at=at, moved_from=None, series=series.id),
        state=state,
        revision=1,
        confirmed_by=series.approved_by,
        publish_after=at if series.approved_by else None,
        attempted_at=None,
        attempt=None,
        out=(),
        attachments=tuple(replace(one, uploaded_as=None) for one in series.template.attachments),
    )


def says_the_same(post: Post, template: Post) -> bool:
    """Whether a post of a series is as the series has it, apart from its time."""
    return (post.text, post.content_warning, post.visibility, post.language, _described(post)) == (
        template.text,
        template.content_warning,
        template.visibility,
        template.language,
        _described(template),
    )


def _described(post: Post) -> tuple[tuple[EventId, str], ...]:
    return tuple((one.remark, one.alt) for one in post.attachments)


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether that moment is at night on the office's clock."""
    clock = at.astimezone(zone).time()
    return clock >= NIGHT[0] or clock < NIGHT[1]


def within_the_hour(at: datetime, others: Iterable[Post]) -> tuple[PostId, ...]:
    """The posts that are due less than an hour before or after that moment."""
    hour = timedelta(hours=1)
    return tuple(one.id for one in others if one.due_at is not None and abs(one.due_at - at) < hour)


def alike(text: str, others: Iterable[Post]) -> PostId | None:
    """The first of the posts that says nearly the same: four words in five, in any order."""
    words = _words(text)
    for other in others:
        theirs = _words(other.text)
        if words and len(words & theirs) >= _ALIKE * len(words | theirs):
            return other.id
    return None


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def empty_days(days: Sequence[date], posts: Iterable[Post], zone: ZoneInfo) -> tuple[date, ...]:
    """The days on which nothing is planned."""
    taken = {post.due_at.astimezone(zone).date() for post in posts if post.due_at is not None}
    return tuple(day for day in days if day not in taken)


def _visibility(asked: Visibility | None) -> Visibility:
    if asked is Visibility.DIRECT:
        raise Refusal("A planned post cannot be direct: nobody would be there to read it.")
    return asked or Visibility.PUBLIC


def _must_say_something(text: str) -> None:
    if not _WORDS.search(text):
        raise Refusal("There are no words in this post. Please write what it should say.")
