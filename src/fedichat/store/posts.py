"""Posts and the previews that show them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from fedichat.domain.mention import StatusId, Visibility
from fedichat.domain.names import EventId, PostId, TicketId
from fedichat.domain.post import PENDING_STATES, Post, PostState
from fedichat.store import schema
from fedichat.store.database import Transaction, new_number

_PENDING = [state.value for state in PENDING_STATES]
_OF_TICKET = select(schema.posts).where(schema.posts.c.ticket == bindparam("of_ticket")).order_by(schema.posts.c.id)


async def add_post(tx: Transaction, post: Post) -> Post:
    """Keep a new post and give it its number."""
    result = await tx.execute(insert(schema.posts).values(_row(post)))
    return replace(post, id=PostId(new_number(result.inserted_primary_key)))


async def save_post(tx: Transaction, post: Post) -> None:
    """Keep the post as it is now."""
    await tx.execute(update(schema.posts).where(schema.posts.c.id == post.id).values(_row(post)))


async def find_post(tx: Transaction, number: PostId) -> Post | None:
    """That post, if there is one."""
    row = (await tx.execute(select(schema.posts).where(schema.posts.c.id == number))).first()
    return _post(row) if row else None


async def post_from(tx: Transaction, source: EventId) -> Post | None:
    """The post that this chat message asked for, if it did."""
    row = (await tx.execute(select(schema.posts).where(schema.posts.c.source == source))).first()
    return _post(row) if row else None


async def pending_post(tx: Transaction, ticket: TicketId) -> Post | None:
    """The post of a ticket that is not out yet and not withdrawn; there is one at most."""
    table = schema.posts
    waiting = (table.c.ticket == ticket) & table.c.state.in_(_PENDING)
    row = (await tx.execute(select(table).where(waiting).order_by(table.c.id.desc()))).first()
    return _post(row) if row else None


async def posts_of(tx: Transaction, ticket: TicketId) -> list[Post]:
    """All posts of a ticket, in order."""
    return [_post(row) for row in await tx.execute(_OF_TICKET, {"of_ticket": ticket})]


async def recorded(tx: Transaction, account: str, statuses: Sequence[StatusId]) -> set[StatusId]:
    """Which of these statuses are known as posts of ours."""
    table = schema.posts
    rows = await tx.execute(
        select(table.c.published_as).where(table.c.account == account, table.c.published_as.in_(statuses))
    )
    return {StatusId(row.published_as) for row in rows}


def _row(post: Post) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(post, name) for name in Post.__slots__ if name != "id"}
    return values | {"state": post.state.value, "visibility": post.visibility.value}


def _post(row: Row[Any]) -> Post:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    return Post(**values | {"state": PostState(row.state), "visibility": Visibility(row.visibility)})
