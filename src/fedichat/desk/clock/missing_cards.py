"""Cards that could not be shown at the time."""

import logging
from collections.abc import Sequence

from fedichat.desk.office import Service, write
from fedichat.domain.effects import ShowCard
from fedichat.store import escalations, outbox, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


# How much is done in one transaction, so that it takes some hundredths of a second.
_CARDS = 100


class MissingCards(Service):
    """Open tickets without a card get one."""

    async def show_missing_cards(self) -> None:
        """Have the card of every open ticket shown where it has none: showing it may have been refused at the time.

        A room that did not let us speak, say. One that is on its way already is only shown once all the same.
        """
        for missing in (self._show_missing_cards, self._show_departments_missing_cards):
            last: int | None = 0
            while last is not None:
                last = await missing(last)

    @write
    def _show_missing_cards(self, tx: Transaction, behind: int) -> int | None:
        """In the own rooms, for the next tickets; the last one's number, None where there are no more."""
        some = tickets.open_without_card(tx, behind, _CARDS)
        return _shown(tx, [ShowCard(ticket.place, ticket.id) for ticket in some])

    @write
    def _show_departments_missing_cards(self, tx: Transaction, behind: int) -> int | None:
        """The same in departments."""
        some = escalations.open_without_card(tx, behind, _CARDS)
        return _shown(tx, [ShowCard(one.department, one.ticket) for one in some])


def _shown(tx: Transaction, cards: Sequence[ShowCard]) -> int | None:
    outbox.add_effects(tx, cards)
    if cards:
        log.info("cards-missing count=%d", len(cards))
    return cards[-1].ticket if len(cards) >= _CARDS else None
