"""Posts and the previews that show them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, bindparam, insert, or_, select, update

from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.domain.posts.post import (
    PENDING_STATES,
    Answering,
    Attachment,
    Attempt,
    Correction,
    Out,
    Planned,
    Post,
    PostKind,
    PostState,
)
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.store import schema
from fedichat.store.database import Transaction, new_number
from fedichat.store.engines.base import insert_new

_PENDING = [state.value for state in PENDING_STATES]
_attachments = TypeAdapter(tuple[Attachment, ...])
_attempt = TypeAdapter(Attempt | None)
_NEW_OUT = insert_new(schema.published, "post", "part")
_OF_TICKET = select(schema.posts).where(schema.posts.c.ticket == bindparam("of_ticket")).order_by(schema.posts.c.id)
_ELSEWHERE = {"id", "out", "about"}
"""Fields that are no columns of their own in the table of posts."""


def add_post(tx: Transaction, post: Post) -> Post:
    """Keep a new post and give it its number."""
    result = tx.execute(insert(schema.posts).values(_row(post)))
    post = replace(post, id=PostId(new_number(result.inserted_primary_key)))
    _keep_out(tx, post)
    return post


def save_post(tx: Transaction, post: Post) -> None:
    """Keep the post as it is now, and the statuses that it became."""
    tx.execute(update(schema.posts).where(schema.posts.c.id == post.id).values(_row(post)))
    _keep_out(tx, post)


def _keep_out(tx: Transaction, post: Post) -> None:
    for part, out in enumerate(post.out):
        values = {"account": post.account, "status_id": out.status, "post": post.id, "part": part, "url": out.url}
        tx.execute(_NEW_OUT, values)


def find_post(tx: Transaction, number: PostId) -> Post | None:
    """That post, if there is one."""
    return _first(tx, select(schema.posts).where(schema.posts.c.id == number))


def post_from(tx: Transaction, source: EventId) -> Post | None:
    """The post that this chat message asked for, if it did: of a series the newest one, of a bundle the first one."""
    table = schema.posts
    asked_for = (table.c.source == source) & or_(table.c.bundle.is_(None), table.c.bundle == table.c.id)
    return _first(tx, select(table).where(asked_for).order_by(table.c.id.desc()))


def bundle_of(tx: Transaction, post: Post) -> list[Post]:
    """The posts that are confirmed, changed and withdrawn as one with this one: it alone, or its bundle, in order."""
    return [post] if post.bundle is None else find_posts(tx, schema.posts.c.bundle == post.bundle)


def find_posts(tx: Transaction, which: ColumnElement[bool], *order: ColumnElement[Any]) -> list[Post]:
    """All posts of which `which` holds, in the order given, else in that of their numbers."""
    table = schema.posts
    rows = tx.execute(select(table).where(which).order_by(*order, table.c.id)).all()
    outs = _outs(tx, [row.id for row in rows])
    return [_post(row, outs) for row in rows]


def pending_of(tx: Transaction, ticket: TicketId) -> list[Post]:
    """The posts of a ticket that are neither out nor withdrawn, in order; of each kind there is one at most."""
    table = schema.posts
    return find_posts(tx, (table.c.ticket == ticket) & table.c.state.in_(_PENDING))


def pending_in(tx: Transaction, place: Place) -> list[Post]:
    """What is drafted or waits to go out in that place, in order."""
    table = schema.posts
    return find_posts(tx, table.c.state.in_(_PENDING) & (table.c.place == place), table.c.id)


def confirmed(tx: Transaction, place: Place | None) -> list[Post]:
    """What is confirmed and waits to go out from a place, or (None) from all of them."""
    table = schema.posts
    waits = table.c.state == PostState.CONFIRMED
    return find_posts(tx, waits if place is None else waits & (table.c.place == place), table.c.id)


def posts_of(tx: Transaction, ticket: TicketId) -> list[Post]:
    """All posts of a ticket, in order."""
    rows = tx.execute(_OF_TICKET, {"of_ticket": ticket}).all()
    outs = _outs(tx, [row.id for row in rows])
    return [_post(row, outs) for row in rows]


def pending_changes(tx: Transaction, target: PostId) -> list[Post]:
    """The changes of a published post that are still to be confirmed or made."""
    table = schema.posts
    return find_posts(tx, (table.c.target == target) & table.c.state.in_(_PENDING))


def pending_with(tx: Transaction, file: EventId) -> list[Post]:
    """The planned posts that are still to go out and would take the file in that message along."""
    table = schema.posts
    waiting = table.c.ticket.is_(None) & table.c.state.in_(_PENDING)
    return [post for post in find_posts(tx, waiting) if any(one.remark == file for one in post.attachments)]


def recorded(tx: Transaction, account: str, statuses: Sequence[StatusId]) -> set[StatusId]:
    """Which of these statuses are known as posts of ours."""
    table = schema.published
    rows = tx.execute(select(table.c.status_id).where(table.c.account == account, table.c.status_id.in_(statuses)))
    return {StatusId(row.status_id) for row in rows}


def _first(tx: Transaction, query: Select[Any]) -> Post | None:
    row = tx.execute(query.limit(1)).first()
    return _post(row, _outs(tx, [row.id])) if row else None


def _outs(tx: Transaction, numbers: Sequence[int]) -> dict[int, tuple[Out, ...]]:
    """The statuses that these posts became, by post."""
    table = schema.published
    rows = tx.execute(select(table).where(table.c.post.in_(numbers)).order_by(table.c.post, table.c.part))
    outs: dict[int, tuple[Out, ...]] = {}
    for row in rows:
        outs[row.post] = (*outs.get(row.post, ()), Out(StatusId(row.status_id), row.url))
    return outs


def _row(post: Post) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(post, name) for name in Post.__slots__ if name not in _ELSEWHERE}
    about = post.answering or Answering(TicketId(0))
    plan = post.plan or Planned()
    answering = {name: getattr(about, name) for name in Answering.__slots__ if name != "ticket"}
    planned = {name: getattr(plan, name) for name in Planned.__slots__}
    return (
        values
        | answering
        | planned
        | {
            "ticket": post.ticket,
            "target": post.target,
            "state": post.state.value,
            "visibility": post.visibility.value,
            "kind": post.kind.value,
            "parts": list(post.parts),
            "labels": list(plan.labels),
            "attachments": _attachments.dump_python(post.attachments, mode="json"),
            "attempt": _attempt.dump_python(post.attempt, mode="json"),
        }
    )


def _post(row: Row[Any], outs: Mapping[int, tuple[Out, ...]]) -> Post:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    answering = {name: values.pop(name) for name in Answering.__slots__}
    planned = {name: values.pop(name) for name in Planned.__slots__}
    answers = Answering(**answering) if row.ticket is not None else None
    about: Answering | Planned | Correction
    if values.pop("target") is not None:
        about = Correction(PostId(row.target), answers)
    else:
        about = answers or Planned(**planned | {"labels": tuple(row.labels)})
    read: dict[str, object] = {
        "about": about,
        "state": PostState(row.state),
        "visibility": Visibility(row.visibility),
        "kind": PostKind(row.kind),
        "parts": tuple(row.parts),
        "attachments": _attachments.validate_python(row.attachments),
        "attempt": _attempt.validate_python(row.attempt),
        "out": outs.get(row.id, ()),
    }
    return Post(**values | read)
