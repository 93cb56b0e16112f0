"""Effects that wait to be carried out, and what the bot has said."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, case, delete, false, func, insert, or_, select, type_coerce, update

from fedichat.domain.effects import EFFECTS, Effect, Remind
from fedichat.domain.names import FORMER, EventId, Place, PostId, RoomId, TicketId, former_place
from fedichat.domain.tickets.mention import StatusId
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import greater, incoming, insert_new, upsert
from fedichat.store.news import news_of

_ADAPTERS: dict[str, TypeAdapter[Effect]] = {kind.__name__: TypeAdapter(kind) for kind in EFFECTS}

# What is asked for every effect is built once: building takes as long as executing.
_ANY_EFFECT = insert(schema.effects)
# One that is to come at once does (the greater of a moment and none is none), another waits for the last of several.
_NEW_EFFECT = upsert(
    schema.effects,
    "same_as",
    changes={"not_before": greater(schema.effects.c.not_before, incoming(schema.effects).not_before)},
)
_EFFECT_AGAIN = insert_new(schema.effects)
_HOME = (
    select(schema.homes.c.room)
    .where(schema.homes.c.place == schema.effects.c.lane)
    .correlate(schema.effects)
    .scalar_subquery()
)
_DONE = (
    delete(schema.effects)
    .where(schema.effects.c.id == bindparam("of_id"))
    .returning(schema.effects.c.taken_back, _HOME.label("home"))
)
_NEW_MESSAGE = insert_new(schema.messages)
_NEW_QUOTATION = insert_new(schema.quotations)
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
    """An effect in the outbox. `id` is the Matrix transaction id and the Mastodon idempotency key.

    `room` stood for its place when it was taken; it is carried out there, whatever happens meanwhile.
    """

    number: int
    id: str
    lane: str
    effect: Effect
    started: bool
    room: RoomId | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """How it stands with an effect that was carried out.

    `is_taken_back`: a citizen has deleted meanwhile what it shows, and what it has become must be redacted.
    `former`: another room stands for its place by now; what it has become is in this one.
    """

    is_taken_back: bool = False
    former: Place | None = None


def add_effects(tx: Transaction, effects: Iterable[Effect]) -> None:
    """Record what must follow. What is the `same_as` something that waits and has not begun is not recorded again.

    It comes at the later of both moments, and at once where one of them is to.
    """
    made = [(effect, _row(effect)) for effect in effects]
    if not made:
        return
    tx.execute(_NEW_EFFECT, [row for _, row in made])
    news = news_of(tx)
    news.lanes.update(effect.lane for effect, _ in made if effect.waits_until is None)
    news.is_later |= any(effect.waits_until is not None for effect, _ in made)
    quoted = [
        {"ticket": ticket, "effect": row["id"]}
        for effect, row in made
        for ticket in dict.fromkeys(effect.quoted_tickets[1:])
    ]
    if quoted:
        tx.execute(insert(schema.effect_quotes), quoted)


def gather(tx: Transaction, effect: Remind, until: datetime) -> None:
    """Record reminders that come in several transactions and make one message, said when no more have come for a while.

    `until` is how long it waits from now on. One that has grown long is closed, and another one begun.
    """
    table = schema.effects
    row = tx.execute(select(table).where(table.c.same_as == effect.gathered_as)).first()
    if row is None:
        tx.execute(_ANY_EFFECT, [_row(effect) | {"same_as": effect.gathered_as, "not_before": until}])
        news_of(tx).is_later = True
        return
    both = effect.added_to(_waiting(row).effect)
    values = {"payload": _ADAPTERS[row.kind].dump_python(both, mode="json"), "not_before": until}
    if both.is_full:
        values["same_as"] = None
    tx.execute(update(table).where(table.c.number == row.number).values(values))


def agenda(tx: Transaction, now: datetime) -> tuple[set[str], datetime | None]:
    """The lanes in which something can be done now, and when the first effect of another becomes due."""
    rows = tx.execute(_AGENDA).all()
    due = {row.lane for row in rows if row.moment is None or row.moment <= now}
    return due, min((row.moment for row in rows if row.lane not in due), default=None)


def take(tx: Transaction, lane: str, now: datetime, limit: int) -> list[Waiting]:
    """The next effects of a lane, in order, marked as started: from now on they may be under way.

    What an earlier run started comes first, in the order in which it did; something older may have become due since.
    """
    table = schema.effects
    due = select(table, _HOME.label("home")).where(table.c.lane == lane, _due(now))
    begun = due.where(table.c.started_at.is_not(None)).order_by(table.c.started_at, table.c.number).limit(limit)
    rows = list(tx.execute(begun))
    if len(rows) < limit:
        new = due.where(table.c.started_at.is_(None)).order_by(table.c.number).limit(limit - len(rows))
        fresh = list(tx.execute(new))
        numbers = [row.number for row in fresh]
        tx.execute(update(table).where(table.c.number.in_(numbers)).values(started_at=now, same_as=None))
        rows += fresh
    return [_waiting(row, row.home) for row in rows]


def done(tx: Transaction, effect: Waiting) -> Done:
    """The effect was carried out, or there was nothing (left) to do."""
    row = tx.execute(_DONE, {"of_id": effect.id}).first()
    if row is None and effect.room is not None:
        # Its place has moved, and what it shows is shown anew there.
        homes = schema.homes
        row = tx.execute(
            select(homes.c.room.label("home"), false().label("taken_back")).where(homes.c.place == effect.lane)
        ).first()
    if row is None:
        return Done()
    has_moved = effect.room is not None and effect.room != row.home
    return Done(bool(row.taken_back), former_place(effect.room) if has_moved and effect.room else None)


def take_out(tx: Transaction, lane: str) -> list[tuple[Waiting, datetime | None]]:
    """Take all that waits in a lane out of the outbox, in order, each with the moment before which it must wait.

    What a citizen has deleted meanwhile is not given back.
    """
    table = schema.effects
    waits = (table.c.lane == lane) & table.c.set_aside.is_(None)
    order = (table.c.started_at.is_(None), table.c.started_at, table.c.number)
    rows = tx.execute(select(table).where(waits).order_by(*order)).all()
    tx.execute(delete(table).where(waits))
    return [(_waiting(row), row.not_before) for row in rows if not row.taken_back]


def put_back(tx: Transaction, waiting: Waiting, effect: Effect, not_before: datetime | None) -> None:
    """Put what was taken out behind all that waits, as the same effect; a card that waits already is enough."""
    row = _row(effect) | {"id": waiting.id, "not_before": not_before}
    tx.execute(_EFFECT_AGAIN, row)
    news = news_of(tx)
    news.lanes |= {effect.lane} if not_before is None else set()
    news.is_later |= not_before is not None


def put_off(tx: Transaction, effect: Waiting, until: datetime) -> None:
    """The effect is carried out then; what waits behind it need not wait for that."""
    this = schema.effects.c.id == effect.id
    tx.execute(update(schema.effects).where(this).values(not_before=until, started_at=None))
    news_of(tx).is_later = True


def is_taken_back(tx: Transaction, effect: Waiting) -> bool:
    """Whether a citizen has deleted, since it was taken, what the effect shows."""
    table = schema.effects
    return bool(tx.execute(select(table.c.taken_back).where(table.c.id == effect.id)).scalar())


def take_words_back(tx: Transaction, numbers: Collection[TicketId], status: StatusId) -> None:
    """What waits to be said and shows that status of these tickets is not said any more.

    What is under way may be in the room already: its words go from here, and when its event is known, from there.
    """
    table, quotes = schema.effects, schema.effect_quotes
    said = select(quotes.c.effect).where(quotes.c.ticket.in_(numbers))
    showing = select(table).where(or_(table.c.ticket.in_(numbers), table.c.id.in_(said)))
    for row in tx.execute(showing.order_by(table.c.number)).all():
        effect = _waiting(row).effect
        if effect.quoted_status in {None, status}:
            _take_back(tx, row, effect)


def take_back_from(tx: Transaction, ticket: TicketId, place: Place) -> None:
    """What waits to be shown there of what a citizen wrote later in the ticket is not shown there any more."""
    table = schema.effects
    there = select(table).where(table.c.ticket == ticket, table.c.lane == place).order_by(table.c.number)
    for row in tx.execute(there).all():
        effect = _waiting(row).effect
        if effect.quoted_status is not None:
            _take_back(tx, row, effect)


def _take_back(tx: Transaction, row: Row[Any], effect: Effect) -> None:
    table = schema.effects
    this = table.c.number == row.number
    if row.started_at is not None and row.set_aside is None:
        emptied = _ADAPTERS[row.kind].dump_python(effect.without_words(), mode="json")
        tx.execute(update(table).where(this).values(taken_back=True, payload=emptied))
    elif not effect.reads_words_again:
        tx.execute(delete(table).where(this))


def set_aside(tx: Transaction, effect: Waiting, reason: str, now: datetime) -> None:
    """The effect can never succeed: keep it for the operator, out of the way of the others."""
    aside = {"set_aside": reason, "set_aside_at": now}
    tx.execute(update(schema.effects).where(schema.effects.c.id == effect.id).values(aside))


def forget_set_aside(tx: Transaction, *, before: datetime, limit: int = 1_000) -> int:
    """Remove what was set aside before then: an answer that was never shown may quote somebody's words.

    So many of them at most; returns how many.
    """
    table = schema.effects
    old = select(table.c.number).where(table.c.set_aside.is_not(None), table.c.set_aside_at < before).limit(limit)
    return tx.execute(delete(table).where(table.c.number.in_(old))).rowcount


def under_way(tx: Transaction, lane: str) -> set[int]:
    """The effects of a lane that may be done and not recorded yet: only ever the first of those that were started."""
    table = schema.effects
    started = (table.c.lane == lane) & table.c.started_at.is_not(None) & table.c.set_aside.is_(None)
    in_turn = select(table.c.number).where(started).order_by(table.c.started_at, table.c.number)
    return {row.number for row in tx.execute(in_turn.limit(ABREAST))}


def held(tx: Transaction, *, since: datetime) -> list[tuple[str, int]]:
    """The lanes whose first effect has been tried since then and is not done, and how many wait in each."""
    table = schema.effects
    waits = table.c.set_aside.is_(None)
    stuck = select(table.c.lane).where(waits, table.c.started_at <= since)
    rows = tx.execute(
        select(table.c.lane, func.count().label("number"))
        .where(waits, table.c.lane.in_(stuck))
        .group_by(table.c.lane)
        .order_by(table.c.lane)
    )
    return [(row.lane, row.number) for row in rows]


def count_failed(tx: Transaction, start: datetime, end: datetime) -> int:
    """How many effects were set aside in that time."""
    table = schema.effects
    aside = select(func.count()).where(table.c.set_aside_at >= start, table.c.set_aside_at < end)
    return tx.scalar(aside) or 0


def count_effects(tx: Transaction) -> tuple[int, int]:
    """How many effects wait, and how many were set aside."""
    table = schema.effects
    aside = tx.execute(select(func.count()).where(table.c.set_aside.is_not(None))).scalar_one()
    total = tx.execute(select(func.count()).select_from(table)).scalar_one()
    return total - aside, aside


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the bot: what it is about. `revision` is that of the post which a preview shows.

    `remark` is the colleague's message of which it is the copy, `proposal` the number of the one that it shows.
    """

    event: EventId
    place: Place
    ticket: TicketId | None
    post: PostId | None = None
    revision: int | None = None
    is_card: bool = False
    remark: EventId | None = None
    proposal: int | None = None


def remember(tx: Transaction, said: Said) -> None:
    """Keep which event a message became; a repeat changes nothing."""
    values = {
        "event_id": said.event,
        "place": said.place,
        "ticket": said.ticket,
        "post": said.post,
        "revision": said.revision,
        "is_card": said.is_card,
        "remark": said.remark,
        "proposal": said.proposal,
    }
    tx.execute(_NEW_MESSAGE, values)


def card_of(tx: Transaction, ticket: TicketId, place: Place) -> EventId | None:
    """The event that is the ticket's card in that room, the root of its thread."""
    row = tx.execute(_CARD, {"of_ticket": ticket, "of_place": place}).first()
    return EventId(row.event_id) if row else None


def what_was_said(tx: Transaction, event: EventId) -> Said | None:
    """What a message of the bot is about."""
    row = tx.execute(_SAID, {"event": event}).first()
    return _said(row) if row else None


def copies_of(tx: Transaction, remark: EventId, place: Place) -> list[EventId]:
    """What of ours shows a colleague's message in that room: a copy; for a file also each later caption."""
    table = schema.messages
    of_remark = (table.c.remark == remark) & (table.c.place == place)
    return [EventId(row.event_id) for row in tx.execute(select(table.c.event_id).where(of_remark))]


def former_copies(tx: Transaction, remark: EventId) -> list[tuple[Place, EventId]]:
    """What of ours shows a colleague's message in rooms that were left."""
    table = schema.messages
    there = (table.c.remark == remark) & table.c.place.startswith(FORMER)
    rows = tx.execute(select(table.c.place, table.c.event_id).where(there))
    return [(Place(row.place), EventId(row.event_id)) for row in rows]


def proposal_shown(tx: Transaction, ticket: TicketId, number: int, place: Place) -> EventId | None:
    """The message that shows a proposal in that room."""
    table = schema.messages
    shown = (table.c.ticket == ticket) & (table.c.proposal == number) & (table.c.place == place)
    row = tx.execute(select(table.c.event_id).where(shown)).first()
    return EventId(row.event_id) if row else None


@dataclass(frozen=True, slots=True)
class Quotation:
    """A message of ours that shows a status. `status` None: it may show anything that stands in the ticket."""

    event: EventId
    place: Place
    ticket: TicketId
    status: StatusId | None = None
    is_media: bool = False


def add_quotations(tx: Transaction, quotations: Iterable[Quotation]) -> None:
    """Keep which messages show citizens' words, so that they can be taken away with them."""
    values = [
        {
            "event_id": one.event,
            "ticket": one.ticket,
            "place": one.place,
            "status_id": one.status or "",
            "is_media": one.is_media,
        }
        for one in quotations
    ]
    if values:
        tx.execute(_NEW_QUOTATION, values)


def quotations_of(tx: Transaction, numbers: Collection[TicketId], *statuses: StatusId) -> list[Quotation]:
    """The messages of ours that show these statuses in these tickets, or may show them."""
    table = schema.quotations
    of_tickets = table.c.ticket.in_(numbers) & table.c.status_id.in_(["", *statuses])
    return [_quotation(row) for row in tx.execute(select(table).where(of_tickets))]


def media_shown(tx: Transaction, ticket: TicketId) -> list[Quotation]:
    """The messages of ours that show citizens' media in the ticket's threads."""
    table = schema.quotations
    return [_quotation(row) for row in tx.execute(select(table).where(table.c.ticket == ticket, table.c.is_media))]


def tickets_that_quote(tx: Transaction, account: str, status: StatusId) -> set[TicketId]:
    """The tickets of an account whose messages show that status: also above what somebody else wrote."""
    table, tickets = schema.quotations, schema.tickets
    rows = tx.execute(
        select(table.c.ticket)
        .join(tickets, tickets.c.id == table.c.ticket)
        .where(table.c.status_id == status, tickets.c.account == account)
    )
    return {TicketId(row.ticket) for row in rows}


def forget_quotations(tx: Transaction, events: Sequence[EventId]) -> None:
    """These messages are taken away."""
    tx.execute(delete(schema.quotations).where(schema.quotations.c.event_id.in_(events)))


def not_a_card(tx: Transaction, events: Sequence[EventId]) -> None:
    """These cards are taken away: the ticket gets another one. What is said in their threads is still understood."""
    table = schema.messages
    tx.execute(update(table).where(table.c.event_id.in_(events)).values(is_card=False))


def not_a_preview(tx: Transaction, event: EventId) -> None:
    """This preview is taken away: what is said in its thread is still understood, a tap on it means nothing."""
    table = schema.messages
    tx.execute(update(table).where(table.c.event_id == event).values(revision=None))


def thread_of_post(tx: Transaction, post: PostId, place: Place) -> EventId | None:
    """The first preview of a planned post in that room, the root of its thread."""
    table = schema.messages
    of_post = (table.c.post == post) & (table.c.place == place) & table.c.revision.is_not(None)
    row = tx.execute(select(table.c.event_id).where(of_post).order_by(table.c.revision).limit(1)).first()
    return EventId(row.event_id) if row else None


def preview_of(tx: Transaction, post: PostId, revision: int) -> Said | None:
    """The message that shows that revision of a post, once it has been sent; not one in a room that was left."""
    table = schema.messages
    shown = select(table).where(table.c.post == post, table.c.revision == revision)
    row = tx.execute(shown.where(~table.c.place.startswith(FORMER))).first()
    return _said(row) if row else None


def _due(now: datetime) -> Any:  # noqa: ANN401 - an SQL expression
    table = schema.effects
    return table.c.set_aside.is_(None) & or_(table.c.not_before.is_(None), table.c.not_before <= now)


def _row(effect: Effect) -> dict[str, object]:
    kind = type(effect).__name__
    return {
        "id": uuid.uuid4().hex,
        "lane": effect.lane,
        "kind": kind,
        "payload": _ADAPTERS[kind].dump_python(effect, mode="json"),
        "not_before": effect.waits_until,
        "taken_back": False,
        "same_as": effect.same_as,
        "ticket": next(iter(effect.quoted_tickets), None),
    }


def _waiting(row: Row[Any], home: str | None = None) -> Waiting:
    effect = _ADAPTERS[row.kind].validate_python(row.payload)
    room = RoomId(home) if home else None
    return Waiting(row.number, row.id, row.lane, effect, started=row.started_at is not None, room=room)


def _quotation(row: Row[Any]) -> Quotation:
    status = StatusId(row.status_id) if row.status_id else None
    return Quotation(EventId(row.event_id), Place(row.place), TicketId(row.ticket), status, row.is_media)


def _said(row: Row[Any]) -> Said:
    return Said(
        event=EventId(row.event_id),
        place=Place(row.place),
        ticket=TicketId(row.ticket) if row.ticket else None,
        post=PostId(row.post) if row.post else None,
        revision=row.revision,
        is_card=row.is_card,
        remark=EventId(row.remark) if row.remark else None,
        proposal=row.proposal,
    )
