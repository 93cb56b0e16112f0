"""Which of citizens' statuses are to be looked at again, whether they still stand as they were."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update

from fedichat.domain.names import TicketId
from fedichat.domain.tickets.mention import StatusId
from fedichat.domain.tickets.ticket import OPEN_STATES, TicketState
from fedichat.store import schema
from fedichat.store.database import Transaction

SECOND_LOOK = timedelta(seconds=60)
"""How long a status must have been missing before that counts: a server may answer 404 for a moment."""

_OPEN = [state.value for state in OPEN_STATES]
_CLOSED = [state.value for state in TicketState if state not in OPEN_STATES]


@dataclass(frozen=True, slots=True)
class Check:
    """A status to look at. `due` is when, `missing_since` when it was first found missing."""

    ticket: TicketId
    status: StatusId
    due: datetime
    missing_since: datetime | None = None


def next_check(tx: Transaction, account: str, every: timedelta, closed_after: datetime, now: datetime) -> Check | None:
    """The status that is to be looked at first, of tickets that are open or were closed after that moment.

    What was found missing goes before all that is only due again: words that were deleted are not left standing.
    """
    missing = _first(tx, account, closed_after, SECOND_LOOK, is_missing=True)
    if missing is not None and missing.due <= now:
        return missing
    there = _first(tx, account, closed_after, every, is_missing=False)
    return min((one for one in (missing, there) if one is not None), key=lambda check: check.due, default=None)


def due(
    tx: Transaction, account: str, every: timedelta, closed_after: datetime, now: datetime, most: int
) -> list[Check]:
    """Those of the statuses not missing that are due by now, at most so many; the longest unseen come first."""
    of_account = query(account, closed_after, is_missing=False)
    rows = tx.execute(of_account.where(schema.mentions.c.checked_at <= now - every).limit(most))
    return [Check(TicketId(row.ticket), StatusId(row.status_id), row.checked_at + every) for row in rows]


def checked(
    tx: Transaction, account: str, status: StatusId, now: datetime, missing_since: datetime | None = None
) -> None:
    """Keep that it was looked at now, and since when it has been missing."""
    table = schema.mentions
    values = {"checked_at": now, "missing_since": missing_since}
    tx.execute(update(table).where(table.c.account == account, table.c.status_id == status).values(values))


def missing_since(tx: Transaction, account: str, status: StatusId) -> datetime | None:
    """Since when that status has been missing, if it has."""
    table = schema.mentions
    of_status = select(table.c.missing_since).where(table.c.account == account, table.c.status_id == status)
    since: datetime | None = tx.execute(of_status).scalar()
    return since


def _first(
    tx: Transaction, account: str, closed_after: datetime, after: timedelta, *, is_missing: bool
) -> Check | None:
    row = tx.execute(query(account, closed_after, is_missing=is_missing)).first()
    if row is None:
        return None
    return Check(TicketId(row.ticket), StatusId(row.status_id), row.checked_at + after, row.missing_since)


def query(account: str, closed_after: datetime, *, is_missing: bool) -> Select[Any]:
    """The row of the mention that was looked at the longest ago.

    It begins with the tickets that count, which are few, however many there have ever been.
    """
    tickets, mentions = schema.tickets, schema.mentions
    closed_lately = tickets.c.state.in_(_CLOSED) & (tickets.c.changed_at >= closed_after)
    lives = select(tickets.c.id).where(tickets.c.state.in_(_OPEN)).union_all(select(tickets.c.id).where(closed_lately))
    since = mentions.c.missing_since
    return (
        select(mentions.c.ticket, mentions.c.status_id, mentions.c.checked_at, since)
        .where(mentions.c.ticket.in_(lives), mentions.c.account == account)
        .where(since.is_not(None) if is_missing else since.is_(None))
        .order_by(mentions.c.checked_at)
        .limit(1)
    )
