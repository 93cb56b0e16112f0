"""Tickets and the mentions in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, bindparam, delete, exists, func, insert, select, update

from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import Mention, NotificationId, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import OPEN_STATES, Priority, Promise, Ticket, TicketState
from fedichat.store import schema
from fedichat.store.database import Transaction, new_number
from fedichat.store.engines.base import insert_new
from fedichat.store.news import news_of

_status = TypeAdapter(Status)
_statuses = TypeAdapter(tuple[Status, ...])
_OPEN = [state.value for state in OPEN_STATES]

# What is asked for every card and command is built once: building takes as long as executing.
_TICKET = select(schema.tickets).where(schema.tickets.c.id == bindparam("number"))
_EARLIER = (
    select(func.count())
    .select_from(schema.tickets)
    .where(
        schema.tickets.c.account == bindparam("of_account"),
        schema.tickets.c.author == bindparam("of_author"),
        schema.tickets.c.place == bindparam("of_place"),
        # Private ones are not even counted where others read: supervisors see what is public in a team's room.
        (schema.tickets.c.visibility == Visibility.DIRECT.value) == bindparam("is_direct"),
        schema.tickets.c.id < bindparam("number"),
    )
)
_NEW_TICKET = insert(schema.tickets)
_NEW_MENTION = insert(schema.mentions)
_MENTION = select(schema.mentions).where(
    schema.mentions.c.account == bindparam("of_account"), schema.mentions.c.status_id == bindparam("status")
)
_MENTIONS = (
    select(schema.mentions)
    .where(schema.mentions.c.ticket == bindparam("number"))
    .order_by(schema.mentions.c.written_at)
)


def open_ticket(tx: Transaction, ticket: Ticket) -> Ticket:
    """Keep a new ticket and give it its number."""
    result = tx.execute(_NEW_TICKET, _row(ticket))
    news_of(tx).has_moment(ticket.promise.look_at)
    return replace(ticket, id=TicketId(new_number(result.inserted_primary_key)))


def save_ticket(tx: Transaction, ticket: Ticket) -> None:
    """Keep the ticket as it is now."""
    tx.execute(update(schema.tickets).where(schema.tickets.c.id == ticket.id).values(_row(ticket)))
    news_of(tx).has_moment(ticket.promise.look_at)


def find_ticket(tx: Transaction, number: TicketId) -> Ticket | None:
    """That ticket, if there is one."""
    row = tx.execute(_TICKET, {"number": number}).first()
    return ticket_from(row) if row else None


def move(tx: Transaction, source: TicketId, target: TicketId) -> None:
    """All that was written in one ticket, and all that was answered in it, belongs to another from now on.

    The index of words follows when `merged_into` is kept, in the same transaction.
    """
    for table in (schema.mentions, schema.deleted, schema.posts):
        tx.execute(update(table).where(table.c.ticket == source).values(ticket=target))


def find_tickets(tx: Transaction, numbers: Sequence[TicketId]) -> dict[TicketId, Ticket]:
    """Those of these tickets that there are."""
    table = schema.tickets
    rows = tx.execute(select(table).where(table.c.id.in_(set(numbers))))
    return {TicketId(row.id): ticket_from(row) for row in rows}


def open_without_card(tx: Transaction, behind: int = 0, limit: int = 1_000) -> list[Ticket]:
    """The open tickets that have no card in their room, from the next number on; so many of them at most."""
    table, cards = schema.tickets, schema.messages
    shown = exists().where(cards.c.ticket == table.c.id, cards.c.is_card, cards.c.place == table.c.place)
    without = select(table).where(table.c.state.in_(_OPEN), table.c.id > behind, ~shown)
    rows = tx.execute(without.order_by(table.c.id).limit(limit))
    return [ticket_from(row) for row in rows]


def count_of_author(tx: Transaction, ticket: Ticket) -> int:
    """How many tickets this person had before, in the same place: what is private is not even counted elsewhere."""
    if not ticket.author:
        return 0
    values = {
        "of_account": ticket.account,
        "of_author": ticket.author,
        "of_place": ticket.place,
        "is_direct": ticket.visibility is Visibility.DIRECT,
        "number": ticket.id,
    }
    return tx.execute(_EARLIER, values).scalar_one()


def add_mention(tx: Transaction, account: str, ticket: TicketId, mention: Mention) -> None:
    """Keep what was written, in its ticket."""
    status = mention.status
    values = {
        "account": account,
        "status_id": status.id,
        "ticket": ticket,
        "notification_id": mention.notification_id,
        "written_at": status.created_at,
        "version": status.version,
        "status": _status.dump_python(status, mode="json"),
        "earlier": _statuses.dump_python(mention.earlier, mode="json"),
        "checked_at": mention.notified_at,
    }
    tx.execute(_NEW_MENTION, values)
    above = [
        {"account": account, "status_id": number, "below": status.id}
        for number in dict.fromkeys(one.id for one in mention.earlier)
    ]
    if above:
        tx.execute(insert(schema.above), above)


def update_mention(tx: Transaction, account: str, status: Status) -> None:
    """Keep what the citizen made of it since."""
    table = schema.mentions
    changed = {"version": status.version, "status": _status.dump_python(status, mode="json")}
    tx.execute(update(table).where(table.c.account == account, table.c.status_id == status.id).values(changed))


def forget_mention(tx: Transaction, account: str, ticket: TicketId, status: StatusId) -> None:
    """Remove what the citizen has deleted, and keep only that it existed."""
    table = schema.mentions
    tx.execute(delete(table).where(table.c.account == account, table.c.status_id == status))
    gone = {"account": account, "status_id": status, "ticket": ticket}
    tx.execute(insert_new(schema.deleted), gone)


def with_above(tx: Transaction, account: str, status: StatusId) -> set[TicketId]:
    """The tickets of an account in which that status is kept as what stands above something, shown or not."""
    table, above = schema.mentions, schema.above
    kept = (above.c.account == table.c.account) & (above.c.below == table.c.status_id)
    found = select(table.c.ticket).join(above, kept).where(above.c.account == account, above.c.status_id == status)
    rows = tx.execute(found.distinct())
    return {TicketId(row.ticket) for row in rows}


def forget_above(tx: Transaction, ticket: TicketId, status: StatusId) -> None:
    """Remove a status that its author has deleted from what stands above a ticket's mentions."""
    table = schema.mentions
    for mention in mentions_of(tx, ticket):
        earlier = tuple(one for one in mention.earlier if one.id != status)
        if len(earlier) < len(mention.earlier):
            this = (table.c.ticket == ticket) & (table.c.status_id == mention.status.id)
            kept = _statuses.dump_python(earlier, mode="json")
            tx.execute(update(table).where(this).values(earlier=kept))
            above = schema.above
            ours = above.c.account.in_(select(table.c.account).where(this))
            gone = (above.c.status_id == status) & (above.c.below == mention.status.id) & ours
            tx.execute(delete(above).where(gone))


def forget_author(tx: Transaction, numbers: Sequence[TicketId]) -> None:
    """No longer name anybody as the author of these tickets."""
    tx.execute(update(schema.tickets).where(schema.tickets.c.id.in_(numbers)).values(author=""))


def was_deleted(tx: Transaction, account: str, status: StatusId) -> bool:
    """Whether that status was in a ticket, and its author deleted it."""
    table = schema.deleted
    gone = select(table.c.ticket).where(table.c.account == account, table.c.status_id == status)
    return tx.execute(gone).first() is not None


def ticket_of_mention(tx: Transaction, account: str, status: StatusId) -> Ticket | None:
    """The ticket that this status belongs to."""
    table = schema.mentions
    stands = select(table.c.ticket).where(table.c.account == account, table.c.status_id == status)
    row = tx.execute(select(schema.tickets).where(schema.tickets.c.id.in_(stands))).first()
    return ticket_from(row) if row else None


def and_merged_into_it(tx: Transaction, ticket: TicketId) -> list[TicketId]:
    """The ticket, and those that have become part of it."""
    table, found = schema.tickets, [ticket]
    for number in found:
        rows = tx.execute(select(table.c.id).where(table.c.merged_into == number))
        found.extend(TicketId(row.id) for row in rows)
    return found


def mentions_of(tx: Transaction, ticket: TicketId) -> list[Mention]:
    """Everything that was written in a ticket, the oldest first."""
    rows = tx.execute(_MENTIONS, {"number": ticket})
    return [_mention(row) for row in rows]


def statuses_of(tx: Transaction, ticket: TicketId) -> list[StatusId]:
    """The statuses of a ticket, the oldest first: of a long conversation, nobody's words have to be read for that."""
    table = schema.mentions
    query = select(table.c.status_id).where(table.c.ticket == ticket).order_by(table.c.written_at, table.c.status_id)
    return [StatusId(status) for status in tx.scalars(query)]


def find_mention(tx: Transaction, account: str, status: StatusId) -> Mention | None:
    """What we know of that status."""
    row = tx.execute(_MENTION, {"of_account": account, "status": status}).first()
    return _mention(row) if row else None


def questions_of(tx: Transaction, found: Sequence[Ticket]) -> dict[TicketId, Mention]:
    """What is to be answered in each of these tickets, where its words are still kept."""
    table = schema.mentions
    numbers, statuses = [ticket.id for ticket in found], [ticket.status for ticket in found]
    rows = tx.execute(select(table).where(table.c.ticket.in_(numbers), table.c.status_id.in_(statuses)))
    newest = {ticket.id: ticket.status for ticket in found}
    return {TicketId(row.ticket): _mention(row) for row in rows if newest[TicketId(row.ticket)] == row.status_id}


def tickets_of_statuses(tx: Transaction, account: str, statuses: Sequence[StatusId]) -> list[Ticket]:
    """The tickets that any of these statuses belongs to, as a mention or as our answer; the newest first."""
    said = select(schema.mentions.c.ticket).where(
        schema.mentions.c.account == account, schema.mentions.c.status_id.in_(statuses)
    )
    answered = (
        select(schema.posts.c.ticket)
        .join(schema.published, schema.published.c.post == schema.posts.c.id)
        .where(schema.published.c.account == account, schema.published.c.status_id.in_(statuses))
    )
    gone = select(schema.deleted.c.ticket).where(
        schema.deleted.c.account == account, schema.deleted.c.status_id.in_(statuses)
    )
    numbers = said.union(answered, gone)
    rows = tx.execute(
        select(schema.tickets).where(schema.tickets.c.id.in_(numbers)).order_by(schema.tickets.c.id.desc())
    )
    return [ticket_from(row) for row in rows]


def newest_number(tx: Transaction) -> int:
    """The highest number that a ticket has; 0 where there is none."""
    return tx.scalar(select(func.max(schema.tickets.c.id))) or 0


def _row(ticket: Ticket) -> dict[str, object]:
    values = {name: getattr(ticket, name) for name in Ticket.__slots__ if name not in ("id", "promise")}
    promise = {name: getattr(ticket.promise, name) for name in Promise.__slots__}
    return {
        **values,
        **promise,
        "state": ticket.state.value,
        "visibility": ticket.visibility.value,
        "priority": ticket.priority.rank,
        "labels": list(ticket.labels),
        "queue_at": ticket.promise.due_at or schema.NEVER,
    }


def ticket_from(row: Row[Any]) -> Ticket:
    """The ticket in a row of the table."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    del values["queue_at"]
    read: dict[str, object] = {
        "promise": Promise(**{name: values.pop(name) for name in Promise.__slots__}),
        "state": TicketState(row.state),
        "visibility": Visibility(row.visibility),
        "priority": list(Priority)[row.priority],
        "labels": tuple(row.labels),
    }
    return Ticket(**values | read)


def _mention(row: Row[Any]) -> Mention:
    return Mention(
        notification_id=NotificationId(row.notification_id),
        notified_at=row.written_at,
        status=_status.validate_python(row.status),
        earlier=_statuses.validate_python(row.earlier),
    )
