"""What has come in already, from both sides, so that nothing is taken twice and nothing is left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, text, update

from fedichat.domain.names import EventId, Place, UserId
from fedichat.domain.tickets.mention import Malformed, NotificationId
from fedichat.errors import AlreadyHandled
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import insert_new, upsert

OVERLAP = timedelta(seconds=60)
"""Notifications are asked for again from this long before the newest known one.

Servers do not commit ids in order: one that is older than the newest may appear after it.
"""

# What is asked for every event is built once: building takes as long as executing.
_SEE = insert_new(schema.seen_events).returning(schema.seen_events.c.at)
_SEEN = select(schema.seen_events.c.at).where(schema.seen_events.c.event_id == bindparam("event"))
_NEW_NOTIFICATION = insert_new(schema.notifications)

BEGINNING = NotificationId("")
"""Stands for the moment from which on an account is watched, until there is a notification."""


def cursor(tx: Transaction, account: str) -> NotificationId | None:
    """From where to ask: the newest notification of the poll that is at least `OVERLAP` older than its newest one.

    None: there is none, ask for what the server has.
    """
    return where_to_ask(tx, account)[0]


def where_to_ask(tx: Transaction, account: str) -> tuple[NotificationId | None, datetime | None]:
    """The `cursor`, and when the newest notification that the poll has seen was made: None while there is none."""
    newest = newest_notification(tx, account)
    if newest is None:
        return None, None
    table = schema.notifications
    of_account = (table.c.account == account) & table.c.polled
    settled = of_account & (table.c.id != BEGINNING) & (table.c.notified_at <= newest - OVERLAP)
    row = tx.execute(select(table.c.id).where(settled).order_by(table.c.notified_at.desc()).limit(1)).first()
    return (NotificationId(row.id) if row else None), newest


def newest_notification(tx: Transaction, account: str) -> datetime | None:
    """When the newest notification of an account that the poll has seen was made."""
    table = schema.notifications
    of_account = (table.c.account == account) & table.c.polled
    # By the index from its end; an aggregate would look at all.
    newest = select(table.c.notified_at).where(of_account).order_by(table.c.notified_at.desc()).limit(1)
    found: datetime | None = tx.scalar(newest)
    return found


def known_notifications(tx: Transaction, account: str, notifications: Sequence[NotificationId]) -> set[NotificationId]:
    """Which of these have been taken already."""
    table = schema.notifications
    rows = tx.execute(select(table.c.id).where(table.c.account == account, table.c.id.in_(notifications)))
    return {NotificationId(row.id) for row in rows}


def unpolled_notifications(
    tx: Transaction, account: str, notifications: Sequence[NotificationId]
) -> set[NotificationId]:
    """Which of these only the stream has brought so far."""
    table = schema.notifications
    only_streamed = (table.c.account == account) & table.c.id.in_(notifications) & ~table.c.polled
    return {NotificationId(row.id) for row in tx.execute(select(table.c.id).where(only_streamed))}


def add_notifications(
    tx: Transaction, account: str, notifications: Iterable[tuple[NotificationId, datetime]], *, polled: bool = True
) -> None:
    """Keep that these have been taken. Where they were `polled`, that moves the cursor."""
    values = [{"account": account, "id": number, "notified_at": at, "polled": polled} for number, at in notifications]
    if values:
        tx.execute(_NEW_NOTIFICATION, values)


def mark_polled(tx: Transaction, account: str, notifications: Sequence[NotificationId]) -> None:
    """The poll has seen these, which the stream had brought, and everything older: they move the cursor now."""
    table = schema.notifications
    tx.execute(update(table).where(table.c.account == account, table.c.id.in_(notifications)).values(polled=True))


def set_malformed_aside(tx: Transaction, account: str, malformed: Malformed, now: datetime) -> None:
    """Keep a notification that cannot be read for the operator."""
    tx.execute(
        insert(schema.malformed).values(
            account=account,
            notification_id=malformed.id,
            seen_at=now,
            reason=malformed.reason,
            raw=malformed.raw,
        )
    )


def count_malformed(tx: Transaction, account: str) -> int:
    """How many notifications of an account could not be read."""
    table = schema.malformed
    return tx.execute(select(func.count()).select_from(table).where(table.c.account == account)).scalar_one()


def is_malformed_known(tx: Transaction, account: str, raw: str) -> bool:
    """Whether that very notification was set aside before: one without an id is known by its text only."""
    table = schema.malformed
    same = (table.c.account == account) & (table.c.raw == raw)
    return tx.execute(select(table.c.number).where(same).limit(1)).first() is not None


def see_event(tx: Transaction, event: EventId, now: datetime) -> None:
    """Keep that a chat event has its outcome in this transaction. Raises AlreadyHandled when it had one before."""
    result = tx.execute(_SEE, {"event_id": event, "at": now})
    if result.first() is None:
        raise AlreadyHandled(event)


def was_seen(tx: Transaction, event: EventId) -> bool:
    """Whether a chat event had its outcome."""
    return tx.execute(_SEEN, {"event": event}).first() is not None


def count_declined(
    tx: Transaction, place: Place, sender: UserId, about: str, now: datetime, within: timedelta
) -> tuple[int, datetime]:
    """Count one more thing of somebody's that is not obeyed: the how many-th it is, from 0, and since when.

    Counting starts over once `within` has passed since the first one. `about` says what kind of thing it is.
    """
    table = schema.declined
    same = (table.c.place == place) & (table.c.sender == sender) & (table.c.about == about)
    row = tx.execute(select(table).where(same)).first()
    since: datetime = row.since if row is not None and now < row.since + within else now
    times: int = row.times if row is not None and since == row.since else 0
    counted = {"place": place, "sender": sender, "about": about, "since": since, "times": times + 1}
    tx.execute(upsert(table, "place", "sender", "about"), counted)
    return times, since


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody's reaction to a message of ours; `sender` None for our own."""

    event: EventId
    target: EventId
    sender: UserId | None
    key: str


def keep_reaction(tx: Transaction, reaction: Reaction, at: datetime) -> None:
    """Keep a reaction, so that taking it back can be understood."""
    values = {
        "event_id": reaction.event,
        "target": reaction.target,
        "sender": reaction.sender or "",
        "key": reaction.key,
        "at": at,
    }
    tx.execute(insert_new(schema.reactions), values)


def find_reaction(tx: Transaction, event: EventId) -> Reaction | None:
    """A reaction that we kept."""
    row = tx.execute(select(schema.reactions).where(schema.reactions.c.event_id == event)).first()
    return _reaction(row) if row else None


def own_reactions(tx: Transaction, target: EventId) -> list[Reaction]:
    """The reactions that the bot itself put on a message."""
    table = schema.reactions
    return [_reaction(row) for row in tx.execute(select(table).where(table.c.target == target, table.c.sender == ""))]


def others_reactions(tx: Transaction, target: EventId) -> list[Reaction]:
    """The reactions that people put on a message of ours, and have not taken back, in their order."""
    table = schema.reactions
    theirs = select(table).where(table.c.target == target, table.c.sender != "").order_by(table.c.at, table.c.event_id)
    return [_reaction(row) for row in tx.execute(theirs)]


def drop_reaction(tx: Transaction, event: EventId) -> None:
    """Forget a reaction that was taken back."""
    tx.execute(delete(schema.reactions).where(schema.reactions.c.event_id == event))


def _reaction(row: Row[Any]) -> Reaction:
    return Reaction(EventId(row.event_id), EventId(row.target), UserId(row.sender) if row.sender else None, row.key)


def sync_token(tx: Transaction, user: UserId) -> str | None:
    """Up to where the rooms have been heard."""
    table = schema.sync_tokens
    token: str | None = tx.execute(select(table.c.token).where(table.c.user == user)).scalar()
    return token


def keep_sync_token(tx: Transaction, user: UserId, token: str) -> None:
    """The rooms have been heard up to here, and everything before has its outcome."""
    tx.execute(upsert(schema.sync_tokens, "user"), {"user": user, "token": token})


def forget_traffic(tx: Transaction, *, before: datetime, limit: int = 10_000) -> int:
    """Remove what only served to recognise repeats, once none can come any more, and questions nobody answered.

    A ✅ can be taken back for as long as the post waits: that may be months. Of each kind so many at most; returns how
    many of the one of which there were most.
    """
    seen, asked, malformed, declined = schema.seen_events, schema.asked, schema.malformed, schema.declined
    reactions, messages, posts = schema.reactions, schema.messages, schema.posts
    waiting = select(posts.c.id).where(text(f"posts.state IN {schema.WAITING}"))
    previews = select(messages.c.event_id).where(messages.c.post.in_(waiting))
    table = schema.notifications
    old = [
        (seen.c.event_id, seen.c.at < before),
        (reactions.c.event_id, (reactions.c.at < before) & reactions.c.target.not_in(previews)),
        (malformed.c.number, malformed.c.seen_at < before),
        (asked.c.event_id, asked.c.asked_at < before),
        (declined.c.sender, declined.c.since < before),
    ]
    for account in _accounts(tx):
        # The newest one of each account carries the cursor and stays.
        newest = newest_notification(tx, account) or before
        is_old = table.c.notified_at < min(before, newest - 2 * OVERLAP)
        old.append((table.c.id, (table.c.account == account) & is_old))
    most = 0
    for key, which in old:
        few = select(key).where(which).limit(limit)
        # A notification's number counts for its account only, and a sender is declined in several places.
        again = which if key in {table.c.id, declined.c.sender} else key.is_not(None)
        removed = tx.execute(delete(key.table).where(key.in_(few), again))
        most = max(most, removed.rowcount)
    return most


def _accounts(tx: Transaction) -> list[str]:
    """The accounts of which notifications are known, each found by one look into the index."""
    table = schema.notifications
    found: list[str] = []
    account = tx.scalar(select(func.min(table.c.account)))
    while account is not None:
        found.append(account)
        account = tx.scalar(select(func.min(table.c.account)).where(table.c.account > account))
    return found
