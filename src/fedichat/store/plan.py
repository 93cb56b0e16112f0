"""The editorial plan: planned posts by time and by state, what recurs, and freezes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Row,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
    update,
)

from fedichat.domain.names import SUPERVISORS, Place, PostId, SeriesId, UserId, direct_place, team_place
from fedichat.domain.posts.planning import MOST_LISTED, Series
from fedichat.domain.posts.post import Post, PostKind, PostState
from fedichat.store import schema
from fedichat.store.database import Transaction, new_number
from fedichat.store.engines.base import objects_in
from fedichat.store.posts import find_posts
from fedichat.store.retention import belonging_to

_POSTS = schema.posts
_post = TypeAdapter(Post)
# As a literal: the indexes of what is planned count only for those who ask for just that.
_PLANNED = _POSTS.c.ticket.is_(None) & _POSTS.c.kind.in_([PostKind.PLANNED.value, PostKind.CRISIS.value])
_WAITING = [PostState.DRAFT.value, PostState.CONFIRMED.value]
_GONE = [PostState.WITHDRAWN.value, PostState.REMOVED.value]
_OVER = [PostState.PUBLISHED.value, PostState.FAILED.value, *_GONE]
_MISSED = _PLANNED & (_POSTS.c.state == PostState.MISSED.value)
_SCHEDULED = (
    _POSTS.c.ticket.is_(None)
    & (_POSTS.c.kind == PostKind.PLANNED.value)
    & (_POSTS.c.state == PostState.CONFIRMED.value)
)


def seen_from(post: Post, place: Place) -> bool:
    """Whether a planned post is shown in that place: where it was made, to its account's team, to supervisors."""
    return place in (SUPERVISORS, post.place, team_place(post.account), direct_place(post.account))


def _in_view_of(place: Place, accounts: tuple[str, ...]) -> ColumnElement[bool]:
    if place == SUPERVISORS:
        return _PLANNED
    own = [name for name in accounts if place in (team_place(name), direct_place(name))]
    return _PLANNED & or_(_POSTS.c.account.in_(own), _POSTS.c.place == place)


def between(tx: Transaction, place: Place, accounts: tuple[str, ...], start: datetime, end: datetime) -> list[Post]:
    """What is, or was, planned from `start` until before `end`, as seen from a place; by time, without what is gone."""
    due = (_POSTS.c.due_at >= start) & (_POSTS.c.due_at < end)
    return find_posts(tx, _in_view_of(place, accounts) & due & _POSTS.c.state.not_in(_GONE), _POSTS.c.due_at.asc())


def due_in(tx: Transaction, start: datetime, end: datetime) -> list[Post]:
    """What is, or was, planned on all accounts from `start` until before `end`; by time, without what is gone."""
    due = (_POSTS.c.due_at >= start) & (_POSTS.c.due_at < end)
    return find_posts(tx, _PLANNED & due & _POSTS.c.state.not_in(_GONE), _POSTS.c.due_at.asc())


def without_time(tx: Transaction, place: Place, accounts: tuple[str, ...]) -> list[Post]:
    """The drafts that have no time yet, as seen from a place."""
    waits = _POSTS.c.due_at.is_(None) & (_POSTS.c.state == PostState.DRAFT.value)
    return find_posts(tx, _in_view_of(place, accounts) & waits & (_POSTS.c.kind == PostKind.PLANNED.value))


@dataclass(frozen=True, slots=True)
class Some:
    """The first posts of a list, by time, as many as people are shown; and how many there are in all."""

    first: Sequence[Post]
    count: int


def missed(tx: Transaction) -> list[PostId]:
    """The posts whose moment passed without them; by time."""
    return _numbers(tx, _MISSED)


def missed_from(tx: Transaction, place: Place) -> Some:
    """The posts made in that place whose moment passed without them."""
    return _some(tx, _MISSED & (_POSTS.c.place == place))


def missed_in_view(tx: Transaction, place: Place, accounts: tuple[str, ...], but: "LetOut | None" = None) -> Some:
    """The posts that a place sees and whose moment passed without them, but for those that are let out."""
    return _some(tx, _in_view_of(place, accounts) & _MISSED & ~_is_let_out(but))


@dataclass(frozen=True, slots=True)
class LetOut:
    """Which posts the end of a freeze lets out: approved ones that missed their moments in that time."""

    since: datetime
    until: datetime


def let_out(tx: Transaction, which: LetOut) -> list[PostId]:
    """The numbers of those that there are, by time."""
    return _numbers(tx, _is_let_out(which))


def next_to_let_out(tx: Transaction, which: LetOut, behind: PostId, limit: int) -> list[Post]:
    """The next of them behind the number given; so many at most."""
    return _next(tx, _is_let_out(which) & (_POSTS.c.id > behind), limit)


def rooms_with_missed(tx: Transaction, but: LetOut | None) -> list[Place]:
    """Where the posts were made whose moment passed without them, but for those that are let out."""
    query = select(_POSTS.c.place).where(_MISSED, ~_is_let_out(but)).distinct()
    return [Place(place) for place in tx.scalars(query.order_by(_POSTS.c.place))]


def scheduled_in_view(tx: Transaction, place: Place, accounts: tuple[str, ...]) -> Some:
    """What is approved and waits for its time, as seen from a place."""
    return _some(tx, _in_view_of(place, accounts) & _SCHEDULED)


def count_scheduled(tx: Transaction, before: datetime | None = None) -> int:
    """How many posts are approved and wait for their time, everywhere; where given, only those due before that."""
    return _count(tx, _SCHEDULED if before is None else _SCHEDULED & (_POSTS.c.due_at < before))


def fallen_due(tx: Transaction, now: datetime, limit: int) -> list[Post]:
    """What is approved and should be on its way by now; so many at most."""
    return _next(tx, _SCHEDULED & (_POSTS.c.publish_after <= now), limit)


def _is_let_out(which: LetOut | None) -> ColumnElement[bool]:
    if which is None:
        return false()
    fell_due = or_(_POSTS.c.due_at.is_(None), _POSTS.c.due_at.between(which.since, which.until))
    return _MISSED & _POSTS.c.confirmed_by.is_not(None) & fell_due


def _next(tx: Transaction, which: ColumnElement[bool], limit: int) -> list[Post]:
    return find_posts(tx, _POSTS.c.id.in_(select(_POSTS.c.id).where(which).order_by(_POSTS.c.id).limit(limit)))


def _count(tx: Transaction, which: ColumnElement[bool]) -> int:
    return tx.scalar(select(func.count()).select_from(_POSTS).where(which)) or 0


def _some(tx: Transaction, which: ColumnElement[bool]) -> Some:
    numbers = select(_POSTS.c.id).where(which).order_by(_POSTS.c.due_at, _POSTS.c.id).limit(MOST_LISTED)
    return Some(find_posts(tx, _POSTS.c.id.in_(numbers), _POSTS.c.due_at.asc()), _count(tx, which))


def _numbers(tx: Transaction, which: ColumnElement[bool]) -> list[PostId]:
    rows = tx.scalars(select(_POSTS.c.id).where(which).order_by(_POSTS.c.due_at, _POSTS.c.id))
    return [PostId(number) for number in rows]


def on_their_way(tx: Transaction) -> list[Post]:
    """What of the plan is in the servers' hands right now."""
    return find_posts(tx, _PLANNED & (_POSTS.c.state == PostState.PUBLISHING.value))


def others_of(tx: Transaction, post: Post, since: datetime) -> list[Post]:
    """The account's other planned posts that wait, or that were due after `since`; the newest first."""
    theirs = _PLANNED & (_POSTS.c.account == post.account) & (_POSTS.c.id != post.id)
    if post.series is not None:
        theirs &= or_(_POSTS.c.series.is_(None), _POSTS.c.series != post.series)
    recent = _POSTS.c.state.in_(_WAITING) | ((_POSTS.c.due_at >= since) & _POSTS.c.state.not_in(_GONE))
    return find_posts(tx, theirs & recent, _POSTS.c.due_at.desc())


def waits_in_series(tx: Transaction, series: SeriesId) -> bool:
    """Whether a post of the series is still to come."""
    waits = (_POSTS.c.series == series) & _POSTS.c.state.in_([*_WAITING, PostState.PUBLISHING.value])
    return bool(tx.scalar(select(exists().where(waits))))


def waiting_in_series(tx: Transaction, post: Post) -> list[Post]:
    """The posts of the same series that are still to come, or were missed and are to be decided on."""
    waits = _POSTS.c.state.in_([*_WAITING, PostState.MISSED.value])
    return find_posts(tx, (_POSTS.c.series == post.series) & waits)


def add_series(tx: Transaction, series: Series) -> Series:
    """Keep a new series and give it its number."""
    result = tx.execute(insert(schema.series).values(_row(series)))
    return replace(series, id=SeriesId(new_number(result.inserted_primary_key)))


def save_series(tx: Transaction, series: Series) -> None:
    """Keep the series as it is now."""
    tx.execute(update(schema.series).where(schema.series.c.id == series.id).values(_row(series)))


def find_series(tx: Transaction, number: SeriesId) -> Series | None:
    """That series, if there is one."""
    row = tx.execute(select(schema.series).where(schema.series.c.id == number)).first()
    return _series(row) if row else None


def _row(series: Series) -> dict[str, object]:
    return {
        "rule": series.rule,
        "template": _post.dump_python(series.template, mode="json"),
        "approved_by": series.approved_by,
        "last_at": series.last_at,
        "ended_at": series.ended_at,
    }


def _series(row: Row[Any]) -> Series:
    return Series(
        id=SeriesId(row.id),
        rule=row.rule,
        template=_post.validate_python(row.template),
        last_at=row.last_at,
        approved_by=UserId(row.approved_by) if row.approved_by else None,
        ended_at=row.ended_at,
    )


def settled(tx: Transaction, *, before: datetime) -> list[PostId]:
    """What was planned, and is over, before then: what `forget` may remove."""
    return _numbers(tx, _settled(before))


def forget(tx: Transaction, numbers: Sequence[PostId], *, before: datetime) -> int:
    """Remove those of these posts that are over before then and that nothing needs, with all that belongs to them.

    Returns how many.
    """
    found = select(_POSTS.c.id).where(_POSTS.c.id.in_(numbers), _settled(before))
    # An edit or a removal goes with what it is about; both have no ticket.
    other = schema.posts.alias("other")
    stays = other.c.ticket.is_not(None) | other.c.state.not_in(_OVER) | ~_is_before(other, before)
    needed = exists().where(or_(other.c.target == _POSTS.c.id, other.c.bundle == _POSTS.c.id), stays)
    remarks = schema.remarks
    holds = exists().where(remarks.c.post == _POSTS.c.id, remarks.c.event_id.in_(_files_in_use()))
    gone = list(tx.scalars(found.where(~needed, ~holds)))
    for table, key in belonging_to(_POSTS):
        tx.execute(delete(table).where(key.in_(gone)))
    # What is about them is over as well, and is removed in its turn.
    for column in (_POSTS.c.target, _POSTS.c.bundle):
        tx.execute(update(_POSTS).where(column.in_(gone)).values({column: None}))
    tx.execute(delete(_POSTS).where(_POSTS.c.id.in_(gone)))
    return len(gone)


def forget_series_and_freezes(tx: Transaction, *, before: datetime) -> None:
    """Remove what recurred until then and has no posts any more, and the freezes that were over by then."""
    has_posts = exists().where(_POSTS.c.series == schema.series.c.id)
    tx.execute(delete(schema.series).where(schema.series.c.ended_at < before, ~has_posts))
    tx.execute(delete(schema.freezes).where(schema.freezes.c.ended_at < before))


def _settled(before: datetime) -> ColumnElement[bool]:
    return _POSTS.c.ticket.is_(None) & _POSTS.c.state.in_(_OVER) & _is_before(_POSTS, before)


def _is_before(table: FromClause, moment: datetime) -> ColumnElement[bool]:
    return func.coalesce(table.c.due_at, table.c.created_at) < moment


def _files_in_use() -> CompoundSelect[Any]:
    """The files that go along with what is still to come: with posts that wait, and with the next ones of series."""
    other, series = schema.posts.alias("waiting"), schema.series
    waits = [*_WAITING, PostState.PUBLISHING.value, PostState.MISSED.value]
    theirs = objects_in(other.c.attachments, "theirs")
    recurring = objects_in(series.c.template["attachments"], "recurring")
    return union_all(
        select(theirs.c.value["remark"].as_string())
        .select_from(other)
        .join(theirs, true())
        .where(other.c.ticket.is_(None), other.c.state.in_(waits)),
        select(recurring.c.value["remark"].as_string())
        .select_from(series)
        .join(recurring, true())
        .where(series.c.ended_at.is_(None)),
    )
