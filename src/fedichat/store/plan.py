"""The editorial plan: planned posts by time and by state, what recurs, and freezes."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, delete, exists, func, insert, or_, select, update

from fedichat.domain.names import SUPERVISORS, EventId, Place, SeriesId, UserId, direct_place, team_place
from fedichat.domain.planning import Series
from fedichat.domain.post import Post, PostKind, PostState
from fedichat.store import schema
from fedichat.store.database import Transaction, new_number
from fedichat.store.posts import find_posts

_POSTS = schema.posts
_post = TypeAdapter(Post)
# As a literal: the indexes of what is planned count only for those who ask for just that.
_PLANNED = _POSTS.c.ticket.is_(None) & _POSTS.c.kind.in_([PostKind.PLANNED.value, PostKind.CRISIS.value])
_WAITING = [PostState.DRAFT.value, PostState.CONFIRMED.value]
_GONE = [PostState.WITHDRAWN.value, PostState.REMOVED.value]


def seen_from(post: Post, place: Place) -> bool:
    """Whether a planned post is shown in that place: where it was made, to its account's team, to supervisors."""
    return place in (SUPERVISORS, post.place, team_place(post.account), direct_place(post.account))


def _in_view_of(place: Place, accounts: tuple[str, ...]) -> ColumnElement[bool]:
    if place == SUPERVISORS:
        return _PLANNED
    own = [name for name in accounts if place in (team_place(name), direct_place(name))]
    return _PLANNED & or_(_POSTS.c.account.in_(own), _POSTS.c.place == place)


async def between(
    tx: Transaction, place: Place, accounts: tuple[str, ...], start: datetime, end: datetime
) -> list[Post]:
    """What is, or was, planned from `start` until before `end`, as seen from a place; by time, without what is gone."""
    due = (_POSTS.c.due_at >= start) & (_POSTS.c.due_at < end)
    return await find_posts(
        tx, _in_view_of(place, accounts) & due & _POSTS.c.state.not_in(_GONE), _POSTS.c.due_at.asc()
    )


async def due_in(tx: Transaction, start: datetime, end: datetime) -> list[Post]:
    """What is, or was, planned on all accounts from `start` until before `end`; by time, without what is gone."""
    due = (_POSTS.c.due_at >= start) & (_POSTS.c.due_at < end)
    return await find_posts(tx, _PLANNED & due & _POSTS.c.state.not_in(_GONE), _POSTS.c.due_at.asc())


async def without_time(tx: Transaction, place: Place, accounts: tuple[str, ...]) -> list[Post]:
    """The drafts that have no time yet, as seen from a place."""
    waits = _POSTS.c.due_at.is_(None) & (_POSTS.c.state == PostState.DRAFT.value)
    return await find_posts(tx, _in_view_of(place, accounts) & waits & (_POSTS.c.kind == PostKind.PLANNED.value))


async def missed(tx: Transaction, place: Place | None = None) -> list[Post]:
    """The posts whose moment passed without them, everywhere or made in that place; by time."""
    waits = _PLANNED & (_POSTS.c.state == PostState.MISSED.value)
    here = waits if place is None else waits & (_POSTS.c.place == place)
    return await find_posts(tx, here, _POSTS.c.due_at.asc())


async def scheduled(tx: Transaction) -> list[Post]:
    """What is approved and waits for its time, by time."""
    waits = _PLANNED & (_POSTS.c.state == PostState.CONFIRMED.value) & (_POSTS.c.kind == PostKind.PLANNED.value)
    return await find_posts(tx, waits, _POSTS.c.due_at.asc())


async def on_their_way(tx: Transaction) -> list[Post]:
    """What of the plan is in the servers' hands right now."""
    return await find_posts(tx, _PLANNED & (_POSTS.c.state == PostState.PUBLISHING.value))


async def others_of(tx: Transaction, post: Post, since: datetime) -> list[Post]:
    """The account's other planned posts that wait, or that were due after `since`; the newest first."""
    theirs = _PLANNED & (_POSTS.c.account == post.account) & (_POSTS.c.id != post.id)
    if post.series is not None:
        theirs &= or_(_POSTS.c.series.is_(None), _POSTS.c.series != post.series)
    recent = _POSTS.c.state.in_(_WAITING) | ((_POSTS.c.due_at >= since) & _POSTS.c.state.not_in(_GONE))
    return await find_posts(tx, theirs & recent, _POSTS.c.due_at.desc())


async def waits_in_series(tx: Transaction, series: SeriesId) -> bool:
    """Whether a post of the series is still to come."""
    waits = (_POSTS.c.series == series) & _POSTS.c.state.in_([*_WAITING, PostState.PUBLISHING.value])
    return bool(await tx.scalar(select(exists().where(waits))))


async def waiting_in_series(tx: Transaction, post: Post) -> list[Post]:
    """The posts of the same series that are still to come, or were missed and are to be decided on."""
    waits = _POSTS.c.state.in_([*_WAITING, PostState.MISSED.value])
    return await find_posts(tx, (_POSTS.c.series == post.series) & waits)


async def add_series(tx: Transaction, series: Series) -> Series:
    """Keep a new series and give it its number."""
    result = await tx.execute(insert(schema.series).values(_row(series)))
    return replace(series, id=SeriesId(new_number(result.inserted_primary_key)))


async def save_series(tx: Transaction, series: Series) -> None:
    """Keep the series as it is now."""
    await tx.execute(update(schema.series).where(schema.series.c.id == series.id).values(_row(series)))


async def find_series(tx: Transaction, number: SeriesId) -> Series | None:
    """That series, if there is one."""
    row = (await tx.execute(select(schema.series).where(schema.series.c.id == number))).first()
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


@dataclass(frozen=True, slots=True)
class Freeze:
    """All that is planned is held back, since when, by whom and why."""

    begun_at: datetime
    begun_by: UserId
    reason: str


async def current_freeze(tx: Transaction) -> Freeze | None:
    """The freeze that holds now, if one does."""
    table = schema.freezes
    row = (await tx.execute(select(table).where(table.c.ended_at.is_(None)))).first()
    return Freeze(row.begun_at, UserId(row.begun_by), row.reason) if row else None


async def begin_freeze(tx: Transaction, freeze: Freeze) -> None:
    """From now on nothing planned leaves."""
    values = {name: getattr(freeze, name) for name in Freeze.__slots__}
    await tx.execute(insert(schema.freezes).values(values))


async def end_freeze(tx: Transaction, actor: UserId, now: datetime) -> None:
    """What is planned goes on."""
    table = schema.freezes
    await tx.execute(update(table).where(table.c.ended_at.is_(None)).values(ended_at=now, ended_by=actor))


async def forget(tx: Transaction, *, before: datetime, limit: int = 1_000) -> int:
    """Remove what was planned, and is over, before then, with all that belongs to it, what recurred, and freezes.

    So many posts at most; returns how many.
    """
    over = [PostState.PUBLISHED.value, PostState.FAILED.value, *_GONE]
    settled = func.coalesce(_POSTS.c.due_at, _POSTS.c.created_at) < before
    # An edit or a removal goes with what it is about; both have no ticket.
    gone = select(_POSTS.c.id).where(_POSTS.c.ticket.is_(None), _POSTS.c.state.in_(over), settled)
    targets = select(_POSTS.c.target).where(_POSTS.c.target.is_not(None), _POSTS.c.id.not_in(gone))
    bundles = select(_POSTS.c.bundle).where(_POSTS.c.bundle.is_not(None), _POSTS.c.id.not_in(gone))
    remarks = schema.remarks
    used = await _files_in_use(tx)
    holding = select(remarks.c.post).where(remarks.c.post.is_not(None), remarks.c.event_id.in_(used))
    kept = (_POSTS.c.id.in_(one) for one in (targets, bundles, holding))
    numbers = list((await tx.scalars(gone.where(~or_(*kept)).limit(limit))).all())
    for table in (schema.published, schema.messages, schema.remarks, schema.history):
        await tx.execute(delete(table).where(table.c.post.in_(numbers)))
    await tx.execute(update(_POSTS).where(_POSTS.c.id.in_(numbers)).values(target=None, bundle=None))
    await tx.execute(delete(_POSTS).where(_POSTS.c.id.in_(numbers)))
    has_posts = exists().where(_POSTS.c.series == schema.series.c.id)
    await tx.execute(delete(schema.series).where(schema.series.c.ended_at < before, ~has_posts))
    await tx.execute(delete(schema.freezes).where(schema.freezes.c.ended_at < before))
    return len(numbers)


async def _files_in_use(tx: Transaction) -> set[EventId]:
    """The files that go along with what is still to come: with posts that wait, and with the next ones of series."""
    waits = _POSTS.c.state.in_([*_WAITING, PostState.PUBLISHING.value, PostState.MISSED.value])
    going_on = await tx.execute(select(schema.series).where(schema.series.c.ended_at.is_(None)))
    posts = [*await find_posts(tx, _PLANNED & waits), *(_series(row).template for row in going_on)]
    return {one.remark for post in posts for one in post.attachments}
