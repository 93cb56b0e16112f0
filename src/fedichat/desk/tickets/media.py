"""Citizens' media that are marked as sensitive: shown in the rooms when somebody asks for them."""

from fedichat.desk.lookup import the_ticket
from fedichat.desk.office import Service, keep, take_up, write
from fedichat.domain.cause import Cause
from fedichat.domain.names import TicketId
from fedichat.domain.tickets import media as decide
from fedichat.errors import Refusal
from fedichat.store import outbox, tickets
from fedichat.store.database import Transaction


class HiddenMedia(Service):
    """What is hidden until somebody taps."""

    @write
    def show_hidden(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """Show the media of a ticket that are marked as sensitive, in its thread in that room."""
        the_ticket(tx, number, cause.place)
        take_up(tx, cause, self.clock.now())
        if outbox.card_of(tx, number, cause.place) is None:
            raise Refusal("#{ticket} has no thread in this room. Its pictures are shown in its own.", ticket=number)
        written = [mention.status for mention in tickets.mentions_of(tx, number)]
        there = {one.status for one in outbox.media_shown(tx, number) if one.place == cause.place and one.status}
        keep(tx, decide.show_hidden(number, cause.place, written, there, self.settings.mirroring))
