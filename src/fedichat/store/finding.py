"""Finding tickets: the queue, one's own, a person's, by words. Each for a place, and never what is not shown there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select, text

from fedichat.domain.names import SUPERVISORS, Place, TicketId, UserId, is_department
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import IsFound, Sought, has_text, search
from fedichat.store.tickets import ticket_from

# As literals: the index of what is open counts only for those who ask for just that.
_OPEN = text(f"tickets.state IN {schema.OPEN}")
_TABLE = schema.tickets
_ORDER = (_TABLE.c.queue_at, _TABLE.c.priority, _TABLE.c.id)


def seen_from(place: Place) -> ColumnElement[bool]:
    """What is shown in that place, as a condition on tickets: this alone decides it.

    Its own tickets; to supervisors all but direct ones, also where these are in a team's room for want of a direct
    one; to a department what was put to it and not taken back, also what is dealt with: of direct ones only what it is
    asked about now, for its people must not read what is written to the office afterwards.
    """
    if place == SUPERVISORS:
        return _TABLE.c.visibility != Visibility.DIRECT.value
    if is_department(place):
        asked = schema.escalations
        put = select(asked.c.ticket).where(asked.c.department == place, asked.c.recalled_by.is_(None))
        now = put.where(asked.c.ended_at.is_(None))
        is_direct = _TABLE.c.visibility == Visibility.DIRECT.value
        return or_(_TABLE.c.id.in_(now), and_(_TABLE.c.id.in_(put), not_(is_direct)))
    return _TABLE.c.place == place


def _at_work_in(place: Place) -> ColumnElement[bool]:
    """What is to be done there: of what a department was asked, only what it still is."""
    asked = schema.escalations
    if is_department(place):
        return _TABLE.c.id.in_(select(asked.c.ticket).where(asked.c.department == place, asked.c.ended_at.is_(None)))
    return seen_from(place)


def may_see(tx: Transaction, ticket: TicketId, place: Place) -> bool:
    """Whether that ticket is shown in that place."""
    return bool(tx.scalar(select(exists().where(_TABLE.c.id == ticket, seen_from(place)))))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a queue is asked for: what is snoozed or what is not, and what meets every condition that is given.

    `overdue_at`: what is overdue at that moment; `department`: what it is asked about now; `claimant`: what they have.
    """

    label: str | None = None
    snoozed: bool = False
    overdue_at: datetime | None = None
    department: Place | None = None
    claimant: UserId | None = None


def queue(tx: Transaction, place: Place, wanted: Wanted, limit: int) -> list[Ticket]:
    """The open tickets that are to be dealt with in that place: what is due first, of these the most urgent."""
    return _tickets(tx, queue_query(place, wanted).limit(limit))


def count_queue(tx: Transaction, place: Place, wanted: Wanted) -> int:
    """How many there are in all."""
    return tx.scalar(queue_query(place, wanted).with_only_columns(func.count()).order_by(None)) or 0


def queue_query(place: Place, wanted: Wanted) -> Select[tuple[int]]:
    """The tickets of a queue, in its order."""
    asleep = _TABLE.c.snoozed_until
    query = select(_TABLE).where(_OPEN, _at_work_in(place))
    if not is_department(place):  # where what the team puts off is still asked
        query = query.where(asleep.is_not(None) if wanted.snoozed else asleep.is_(None))
    if wanted.label is not None:
        query = query.where(has_text(_TABLE.c.labels, wanted.label))
    if wanted.overdue_at is not None:
        query = query.where(_TABLE.c.queue_at <= wanted.overdue_at)
    if wanted.department is not None:
        asked = schema.escalations
        now = select(asked.c.ticket).where(asked.c.department == wanted.department, asked.c.ended_at.is_(None))
        query = query.where(_TABLE.c.id.in_(now))
    if wanted.claimant is not None:
        query = query.where(_TABLE.c.claimant == wanted.claimant)
    return query.order_by(*_ORDER)


def of_claimant(tx: Transaction, person: UserId, place: Place, limit: int) -> list[Ticket]:
    """The open tickets that this person has, as far as that place sees them, in the order of the queue."""
    theirs = select(_TABLE).where(_OPEN, _TABLE.c.claimant == person, seen_from(place))
    return _tickets(tx, theirs.order_by(*_ORDER).limit(limit))


def of_author(
    tx: Transaction, accounts: Sequence[str], author: str, place: Place, limit: int
) -> tuple[list[Ticket], int]:
    """The tickets that a citizen opened, the newest first, as far as that place sees them; and how many in all.

    `author` is a full address, or a name that ends in @: whoever is called so on any server. Phones begin names with a
    capital: where nobody is written just so, case does not matter.
    """
    for column, wanted in ((_TABLE.c.author, author), (func.lower(_TABLE.c.author), author.lower())):
        theirs = select(_TABLE).where(_TABLE.c.account.in_(accounts), _is(column, wanted), seen_from(place))
        total = tx.scalar(theirs.with_only_columns(func.count())) or 0
        if total:
            return _tickets(tx, theirs.order_by(_TABLE.c.id.desc()).limit(limit)), total
    return [], 0


def _is(column: ColumnElement[str], author: str) -> ColumnElement[bool]:
    if author.endswith("@"):
        # "A" is what comes behind "@": everything between begins with the name.
        return (column >= author) & (column < f"{author[:-1]}A")
    return column == author


def with_words(tx: Transaction, words: str, place: Place, limit: int) -> list[Ticket]:
    """The tickets in which all these words stand, the newest first, as far as that place sees them.

    The last word may be the beginning of one. What citizens wrote is searched, who they are, what was noted and what
    was answered; for a department, only what it may read.
    """
    # Ordered by the index's own order: by relevance, every hit of a common word would have to be looked at.
    # A department finds nothing by what it may not read.
    found = IsFound(Sought(words, everywhere=not is_department(place)))
    query = (
        select(_TABLE)
        .join_from(search, _TABLE, _TABLE.c.id == search.c.rowid)
        .where(found, seen_from(place))
        .order_by(search.c.rowid.desc())
        .limit(limit)
    )
    return _tickets(tx, query)


def _tickets(tx: Transaction, query: Select[tuple[int]]) -> list[Ticket]:
    return [ticket_from(row) for row in tx.execute(query)]
