"""The rooms that take part in a ticket, and what is shown in each of them."""

from fedichat.desk.lookup import departments_of
from fedichat.domain.names import EventId, Place
from fedichat.domain.tickets.remark import Remark
from fedichat.domain.tickets.ticket import Ticket
from fedichat.store import escalations, outbox
from fedichat.store.database import Transaction


def remark_behind(tx: Transaction, event: EventId) -> Remark | None:
    """The remark that a message is, or that it shows in another room."""
    said = outbox.what_was_said(tx, event)
    return escalations.find_remark(tx, said.remark if said is not None and said.remark else event)


def rooms_of(tx: Transaction, ticket: Ticket) -> list[Place]:
    """The rooms that take part in the ticket's conversation now."""
    return [ticket.place, *departments_of(tx, ticket.id)]
