"""Shows tickets' cards, and keeps whose words are on them."""

from fedichat.desk.room.views import Card
from fedichat.domain.effects import ShowCard
from fedichat.domain.tickets.ticket import TicketState
from fedichat.ports import Message
from fedichat.render.card import card, quoted_in
from fedichat.store.outbox import Quotation, Said, Waiting
from fedichat.workers.delivery.handler import WordsHandler
from fedichat.workers.delivery.turn import Turn


class CardHandler(WordsHandler[ShowCard]):
    """Posts a card, or edits the one that is there. An edit is a message with words of its own."""

    async def carry_out(self, waiting: Waiting, effect: ShowCard) -> None:
        """Alone in its lane."""
        await self.carry_out_beside(waiting, effect, Turn())

    async def carry_out_beside(self, waiting: Waiting, effect: ShowCard, turn: Turn) -> None:
        """Read it at once, send it in turn, and let the next one be sent."""
        view = await self._desk.room.views.card(effect)
        if await turn.come():
            view = await self._desk.room.views.card(effect)
        if view is None or not _is_worth_showing(view):
            await self._leave_it(waiting, effect, effect.ticket)
            return
        event = await self._voice.send(effect.place, self._message(view, effect), waiting)
        turn.over()
        said = Said(event, effect.place, effect.ticket, is_card=True) if view.event is None else None
        quoted = [Quotation(event, effect.place, effect.ticket, status) for status in quoted_in(view)]
        await self._desk.room.outbox.carried_out(waiting, said, quoted=quoted)

    def _message(self, view: Card, effect: ShowCard) -> Message:
        shown = card(view, self._voice.setting(effect.place), self._voice.prefix)
        wakes = (view.on_duty,) if view.on_duty and view.event is None else ()
        return Message(shown.plain, shown.html, notice=False, replaces=view.event, mentions=wakes)


def _is_worth_showing(view: Card) -> bool:
    """No card is put into a room for a ticket that nothing is left of, nor for a department that is not asked now."""
    asked = view.consulted.asked
    is_new = view.event is None
    if is_new and asked is not None and not asked.is_open:
        return False
    return bool(view.mentions) or not is_new or view.ticket.state is not TicketState.CLOSED
