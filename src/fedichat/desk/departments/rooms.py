"""The rooms that take part in a ticket, and what is shown in each of them."""

from collections.abc import Sequence

from fedichat.desk.lookup import departments_of
from fedichat.domain.effects import (
    ShowProposal,
)
from fedichat.domain.names import EventId, Place, is_department
from fedichat.domain.tickets.escalation import (
    Proposal,
)
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


def shown_in(rooms: Sequence[Place], proposal: Proposal) -> list[ShowProposal]:
    """Show it in these rooms: in a department's own, the expert's message stands there already."""
    own = proposal.place if is_department(proposal.place) else None
    return [ShowProposal(place, proposal.ticket, proposal.number) for place in rooms if place != own]
