"""The figures of a period, counted by the database: each from an index, however many tickets there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, distinct, exists, func, literal_column, not_, or_, select

from fedichat.domain.figures import (
    Day,
    DepartmentFigures,
    Kept,
    OldTicket,
    PersonFigures,
    Planned,
    Reason,
    Responses,
    Scope,
    Standing,
    by_reason,
    median_places,
    ninetieth_place,
)
from fedichat.domain.history import Step
from fedichat.domain.names import Place, PostId, TicketId, UserId
from fedichat.domain.posts.post import PostKind
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import OPEN_STATES, TicketState
from fedichat.store import plan, schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import has_text

_TICKETS = schema.tickets
_HISTORY = schema.history
_ESCALATIONS = schema.escalations
# As a literal: the index of what is open counts only for those who ask for just that.
_OPEN = literal_column("tickets.state").in_([literal_column(f"'{state.value}'") for state in OPEN_STATES])
_IS_DIRECT = _TICKETS.c.visibility == Visibility.DIRECT.value
_IN_TIME = _TICKETS.c.first_response_at <= _TICKETS.c.first_due_at

Moments = tuple[datetime, datetime]
"""From the first moment on, up to the second one without it."""


def received(tx: Transaction, moments: Moments, scope: Scope) -> int:
    """How many tickets were opened."""
    return _count(tx, select(func.count()).select_from(_TICKETS).where(_within(_TICKETS.c.opened_at, moments)), scope)


def answered(tx: Transaction, moments: Moments, scope: Scope) -> int:
    """To how many tickets an answer went out."""
    return _count(tx, _steps(func.count(distinct(_HISTORY.c.ticket)), Step.PUBLISHED, moments, scope), scope)


def interims(tx: Transaction, moments: Moments, scope: Scope) -> int:
    """How many interim replies went out."""
    return _count(tx, _steps(func.count(), Step.INTERIM, moments, scope), scope)


def ignored(tx: Transaction, moments: Moments, scope: Scope) -> tuple[Reason, ...]:
    """How often tickets were ignored, by reason."""
    reason = case((_IS_DIRECT, None), else_=_HISTORY.c.text).label("reason")
    query = (
        select(reason, func.count().label("number"))
        .select_from(_HISTORY)
        .join(_TICKETS, _TICKETS.c.id == _HISTORY.c.ticket)
        .where(_HISTORY.c.step == Step.IGNORED.value, _within(_HISTORY.c.at, moments), *_in_scope(scope))
        .group_by(reason)
    )
    rows = tx.execute(query).all()
    private = sum(row.number for row in rows if row.reason is None)
    return by_reason(((row.reason, row.number) for row in rows if row.reason is not None), private)


def kept(tx: Transaction, moments: Moments, scope: Scope, now: datetime) -> Kept:
    """How many promises of a first response were kept and broken."""
    in_time = _count(tx, select(func.count()).select_from(_TICKETS).where(_kept_in(moments)), scope)
    late = _count(tx, select(func.count()).select_from(_TICKETS).where(_broken_in(moments, now)), scope)
    return Kept(in_time, late)


def responses(tx: Transaction, moments: Moments, scope: Scope) -> Responses:
    """How long the first responses of a period took, in working time."""
    seconds = _TICKETS.c.first_response_seconds
    given = (_within(_TICKETS.c.first_response_at, moments), seconds.is_not(None), *_in_scope(scope))
    count = tx.scalar(select(func.count()).select_from(_TICKETS).where(*given)) or 0
    if not count:
        return Responses()
    low, high = median_places(count)
    ninetieth = ninetieth_place(count)
    ranked = select(seconds.label("seconds"), func.row_number().over(order_by=seconds).label("place")).where(*given)
    inner = ranked.subquery()
    rows = tx.execute(select(inner).where(inner.c.place.in_({low, high, ninetieth})))
    at = {row.place: timedelta(seconds=row.seconds) for row in rows}
    return Responses(count, (at[low] + at[high]) / 2, at[ninetieth])


def standing(tx: Transaction, scope: Scope, now: datetime, day_over: datetime) -> Standing:
    """What is open now, what of it is overdue, and what falls due before the day is over."""
    due = _TICKETS.c.due_at
    query = (
        select(func.count(), _sum(due <= now), _sum(and_(due > now, due < day_over)))
        .select_from(_TICKETS)
        .where(_OPEN, *_in_scope(scope))
    )
    row = tx.execute(query).one()
    return Standing(row[0], row[1] or 0, row[2] or 0)


def by_department(tx: Transaction, moments: Moments, now: datetime) -> list[DepartmentFigures]:
    """The figures of the tickets that were put to each department; those without any are left out."""
    came = _grouped(_within(_TICKETS.c.opened_at, moments))
    answered_ones = exists().where(
        _HISTORY.c.ticket == _TICKETS.c.id, _step_of_one() == Step.PUBLISHED.value, _within(_HISTORY.c.at, moments)
    )
    counts: dict[str, dict[str, int]] = {}
    for name, query in {
        "received": came,
        "answered": _grouped(answered_ones),
        "open": _grouped(_OPEN),
        "overdue": _grouped(_OPEN, _TICKETS.c.due_at <= now),
        "in_time": _grouped(_kept_in(moments)),
        "late": _grouped(_broken_in(moments, now)),
    }.items():
        for row in tx.execute(query):
            counts.setdefault(row.department, {})[name] = row.number
    return [_department(place, found) for place, found in sorted(counts.items())]


def by_person(tx: Transaction, moments: Moments) -> list[PersonFigures]:
    """How many answers and interim replies of each colleague went out, the busiest first."""
    posts = schema.posts
    is_interim = posts.c.kind == PostKind.INTERIM.value
    query = (
        select(posts.c.author, _sum(~is_interim).label("answers"), _sum(is_interim).label("interims"))
        .select_from(_HISTORY)
        .join(posts, posts.c.id == _HISTORY.c.post)
        .where(_HISTORY.c.step.in_([Step.PUBLISHED.value, Step.INTERIM.value]), _within(_HISTORY.c.at, moments))
        .where(_HISTORY.c.ticket.is_not(None))  # what is planned answers nobody
        .group_by(posts.c.author)
    )
    found = [PersonFigures(UserId(row.author), row.answers, row.interims) for row in tx.execute(query)]
    return sorted(found, key=lambda one: (-one.answers, -one.interims, one.user))


def oldest(tx: Transaction, limit: int, scope: Scope | None = None) -> list[OldTicket]:
    """The open tickets that have waited longest."""
    since = func.coalesce(_TICKETS.c.asked_at, _TICKETS.c.opened_at, type_=schema.Instant)
    query = select(_TICKETS, since.label("since")).where(_OPEN, *_in_scope(scope or Scope()))
    return [_old(row) for row in tx.execute(query.order_by(since, _TICKETS.c.id).limit(limit))]


def failed_posts(tx: Transaction, moments: Moments) -> list[PostId]:
    """The posts that could not be published."""
    query = select(_HISTORY.c.post).where(
        _HISTORY.c.step == Step.FAILED.value, _within(_HISTORY.c.at, moments), _HISTORY.c.post.is_not(None)
    )
    return [PostId(row.post) for row in tx.execute(query.distinct().order_by(_HISTORY.c.post))]


def planned(tx: Transaction, moments: Moments) -> list[Planned]:
    """The posts that are planned for that time, in order: also those that are out by now."""
    found = plan.due_in(tx, *moments)
    return [Planned(post.id, post.account, post.due_at, post.state) for post in found if post.due_at]


def by_day(tx: Transaction, days: Sequence[tuple[Any, Moments]], now: datetime) -> list[Day]:
    """What became of promises on each of these days, given with the moments between which each is; they must touch."""
    whole = (days[0][1][0], days[-1][1][1])
    responded, due, done = _TICKETS.c.first_response_at, _TICKETS.c.first_due_at, _HISTORY.c.at
    spans = [moments for _, moments in days]
    in_time = _sums(tx, select(*_each(responded, spans)).where(_kept_in(whole)))
    late = _sums(tx, select(*_each(due, spans)).where(_broken_in(whole, now)))
    unpromised = _sums(tx, select(*_each(responded, spans)).where(_within(responded, whole), due.is_(None)))
    steps = (_HISTORY.c.step == Step.IGNORED.value, _within(done, whole))
    dropped = _sums(tx, select(*_each(done, spans)).where(*steps))
    return [
        Day(day, Kept(in_time[place], late[place]), unpromised[place], dropped[place])
        for place, (day, _) in enumerate(days)
    ]


# --- what the queries are made of ---


def _within(column: ColumnElement[Any], moments: Moments) -> ColumnElement[bool]:
    return and_(column >= moments[0], column < moments[1])


def _kept_in(moments: Moments) -> ColumnElement[bool]:
    """A promise that was kept counts when the first response came."""
    return and_(_within(_TICKETS.c.first_response_at, moments), _IN_TIME)


def _broken_in(moments: Moments, now: datetime) -> ColumnElement[bool]:
    """A promise that was broken counts when it was due, whatever came later; not if the ticket was closed by then."""
    state, due = _TICKETS.c.state, _TICKETS.c.first_due_at
    is_ignored = and_(state == TicketState.IGNORED.value, not_(_happened_after(due, Step.IGNORED)))
    is_closed = and_(state == TicketState.CLOSED.value, not_(_happened_after(due, Step.MERGED, Step.QUESTION_DELETED)))
    waited = or_(_TICKETS.c.first_response_at.is_(None), not_(_IN_TIME))
    was_open = or_(_TICKETS.c.first_response_at.is_not(None), not_(or_(is_ignored, is_closed)))
    return and_(_within(due, moments), due <= now, waited, was_open)


def _happened_after(due: ColumnElement[Any], *steps: Step) -> ColumnElement[bool]:
    """Whether one of these happened to the ticket only after that moment: what closed it last is what counts."""
    names = [step.value for step in steps]
    return exists().where(_HISTORY.c.ticket == _TICKETS.c.id, _step_of_one().in_(names), _HISTORY.c.at > due)


def _step_of_one() -> ColumnElement[str]:
    """The step, where the steps of one ticket are looked through: as an expression, which no index is for.

    Else SQLite would go through all steps of that kind for each ticket.
    """
    return _HISTORY.c.step.concat("")


def _steps(what: ColumnElement[Any], step: Step, moments: Moments, scope: Scope) -> Select[Any]:
    """What happened in that time; tickets are looked at only where not all of them count."""
    query = select(what).select_from(_HISTORY).where(_HISTORY.c.step == step.value, _within(_HISTORY.c.at, moments))
    return query if scope.is_all else query.join(_TICKETS, _TICKETS.c.id == _HISTORY.c.ticket)


def _in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scope.department is not None:
        put = (_ESCALATIONS.c.ticket == _TICKETS.c.id) & (_ESCALATIONS.c.department == scope.department)
        conditions.append(exists().where(put, _ESCALATIONS.c.recalled_by.is_(None)))
    if scope.label is not None:
        conditions.append(has_text(_TICKETS.c.labels, scope.label))
    return conditions


def _grouped(*conditions: ColumnElement[bool]) -> Select[Any]:
    """How many tickets that fit were put to each department."""
    return (
        select(_ESCALATIONS.c.department, func.count().label("number"))
        .select_from(_ESCALATIONS)
        .join(_TICKETS, _TICKETS.c.id == _ESCALATIONS.c.ticket)
        .where(_ESCALATIONS.c.recalled_by.is_(None), *conditions)
        .group_by(_ESCALATIONS.c.department)
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _each(column: ColumnElement[Any], spans: Sequence[Moments]) -> list[ColumnElement[int]]:
    return [_sum(_within(column, span)) for span in spans]


def _sums(tx: Transaction, query: Any) -> list[int]:  # noqa: ANN401 - a query of many columns
    return [number or 0 for number in tx.execute(query).one()]


def _count(tx: Transaction, query: Select[Any], scope: Scope) -> int:
    return tx.scalar(query.where(*_in_scope(scope))) or 0


def _department(place: str, counts: dict[str, int]) -> DepartmentFigures:
    named = {name: counts.get(name, 0) for name in ("received", "answered", "open", "overdue")}
    return DepartmentFigures(Place(place), **named, kept=Kept(counts.get("in_time", 0), counts.get("late", 0)))


def _old(row: Row[Any]) -> OldTicket:
    return OldTicket(
        id=TicketId(row.id),
        place=Place(row.place),
        state=TicketState(row.state),
        asked_at=row.since,
        due_at=row.due_at,
        is_private=row.visibility == Visibility.DIRECT.value,
        claimant=UserId(row.claimant) if row.claimant else None,
    )
