"""Effects that wait to be carried out, and what the bot has said."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, case, delete, func, or_, select, type_coerce, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fedichat.domain import effects as kinds
from fedichat.domain.effects import Effect, Publish, ShowCard, lane_of
from fedichat.domain.names import EventId, Place, PostId, TicketId
from fedichat.store import schema
from fedichat.store.database import Transaction

_ADAPTERS: dict[str, TypeAdapter[Effect]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        kinds.ShowCard,
        kinds.ShowFollowUp,
        kinds.ShowPreview,
        kinds.Tell,
        kinds.Say,
        kinds.React,
        kinds.Publish,
    )
}


# What is asked for every effect is built once: building takes as long as executing.
_NEW_EFFECT = upsert(schema.effects).on_conflict_do_nothing(index_elements=["same_as"])
_DONE = delete(schema.effects).where(schema.effects.c.number == bindparam("of_number"))
_NEW_MESSAGE = upsert(schema.messages).on_conflict_do_nothing()
_SAID = select(schema.messages).where(schema.messages.c.event_id == bindparam("event"))
_CARD = select(schema.messages.c.event_id).where(
    schema.messages.c.ticket == bindparam("of_ticket"),
    schema.messages.c.is_card,
    schema.messages.c.place == bindparam("of_place"),
)
_AGENDA = (
    select(
        schema.effects.c.lane,
        # What may be done at any time has no moment, and makes its lane due whatever else waits in it.
        type_coerce(
            case(
                (
                    func.count() == func.count(schema.effects.c.not_before),
                    func.min(schema.effects.c.not_before),
                )
            ),
            schema.Instant,
        ).label("moment"),
    )
    .where(schema.effects.c.set_aside.is_(None))
    .group_by(schema.effects.c.lane)
)

ABREAST = 2
"""How many effects of a lane may be done and not recorded yet, at most."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An effect in the outbox. `id` is the Matrix transaction id and the Mastodon idempotency key."""

    number: int
    id: str
    lane: str
    effect: Effect
    started: bool


async def add_effects(tx: Transaction, effects: Iterable[Effect]) -> None:
    """Record what must follow. A card update that waits already, not started, is not recorded again."""
    values = [_row(effect) for effect in effects]
    if values:
        await tx.execute(_NEW_EFFECT, values)


async def agenda(tx: Transaction, now: datetime) -> tuple[set[str], datetime | None]:
    """The lanes in which something can be done now, and when the first effect of another becomes due."""
    rows = (await tx.execute(_AGENDA)).all()
    due = {row.lane for row in rows if row.moment is None or row.moment <= now}
    return due, min((row.moment for row in rows if row.lane not in due), default=None)


async def take(tx: Transaction, lane: str, now: datetime, limit: int) -> list[Waiting]:
    """The next effects of a lane, in order, marked as started: from now on they may be under way."""
    table = schema.effects
    rows = (
        await tx.execute(select(table).where(table.c.lane == lane, _due(now)).order_by(table.c.number).limit(limit))
    ).all()
    fresh = [row.number for row in rows if not row.started]
    if fresh:
        await tx.execute(update(table).where(table.c.number.in_(fresh)).values(started=True, same_as=None))
    return [_waiting(row) for row in rows]


async def done(tx: Transaction, effect: Waiting) -> None:
    """The effect was carried out, or there was nothing (left) to do."""
    await tx.execute(_DONE, {"of_number": effect.number})


async def set_aside(tx: Transaction, effect: Waiting, reason: str, now: datetime) -> None:
    """The effect can never succeed: keep it for the operator, out of the way of the others."""
    aside = {"set_aside": reason, "set_aside_at": now}
    await tx.execute(update(schema.effects).where(schema.effects.c.number == effect.number).values(aside))


async def forget_set_aside(tx: Transaction, *, before: datetime) -> None:
    """Remove what was set aside before then: an answer that was never shown may quote somebody's words."""
    await tx.execute(delete(schema.effects).where(schema.effects.c.set_aside_at < before))


async def under_way(tx: Transaction, lane: str) -> set[int]:
    """The effects of a lane that may be done and not recorded yet: only ever the first of those that were started."""
    table = schema.effects
    started = (table.c.lane == lane) & table.c.started & table.c.set_aside.is_(None)
    rows = await tx.execute(select(table.c.number).where(started).order_by(table.c.number).limit(ABREAST))
    return {row.number for row in rows}


async def count_effects(tx: Transaction) -> tuple[int, int]:
    """How many effects wait, and how many were set aside."""
    table = schema.effects
    aside = (await tx.execute(select(func.count()).where(table.c.set_aside.is_not(None)))).scalar_one()
    total = (await tx.execute(select(func.count()).select_from(table))).scalar_one()
    return total - aside, aside


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the bot: what it is about. `revision` is that of the post which a preview shows."""

    event: EventId
    place: Place
    ticket: TicketId
    post: PostId | None = None
    revision: int | None = None
    is_card: bool = False


async def remember(tx: Transaction, said: Said) -> None:
    """Keep which event a message became; a repeat changes nothing."""
    values = {
        "event_id": said.event,
        "place": said.place,
        "ticket": said.ticket,
        "post": said.post,
        "revision": said.revision,
        "is_card": said.is_card,
    }
    await tx.execute(_NEW_MESSAGE, values)


async def card_of(tx: Transaction, ticket: TicketId, place: Place) -> EventId | None:
    """The event that is the ticket's card in that room, the root of its thread."""
    row = (await tx.execute(_CARD, {"of_ticket": ticket, "of_place": place})).first()
    return EventId(row.event_id) if row else None


async def what_was_said(tx: Transaction, event: EventId) -> Said | None:
    """What a message of the bot is about."""
    row = (await tx.execute(_SAID, {"event": event})).first()
    return _said(row) if row else None


async def preview_of(tx: Transaction, post: PostId, revision: int) -> Said | None:
    """The message that shows that revision of a post, once it has been sent."""
    table = schema.messages
    row = (await tx.execute(select(table).where(table.c.post == post, table.c.revision == revision))).first()
    return _said(row) if row else None


def _due(now: datetime) -> Any:  # noqa: ANN401 - an SQL expression
    table = schema.effects
    return table.c.set_aside.is_(None) & or_(table.c.not_before.is_(None), table.c.not_before <= now)


def _row(effect: Effect) -> dict[str, object]:
    kind = type(effect).__name__
    return {
        "id": uuid.uuid4().hex,
        "lane": lane_of(effect),
        "kind": kind,
        "payload": _ADAPTERS[kind].dump_python(effect, mode="json"),
        "not_before": effect.not_before if isinstance(effect, Publish) else None,
        "started": False,
        "same_as": f"card {effect.ticket} {effect.place}" if isinstance(effect, ShowCard) else None,
    }


def _waiting(row: Row[Any]) -> Waiting:
    effect = _ADAPTERS[row.kind].validate_python(row.payload)
    return Waiting(number=row.number, id=row.id, lane=row.lane, effect=effect, started=row.started)


def _said(row: Row[Any]) -> Said:
    return Said(
        event=EventId(row.event_id),
        place=Place(row.place),
        ticket=TicketId(row.ticket),
        post=PostId(row.post) if row.post else None,
        revision=row.revision,
        is_card=row.is_card,
    )
