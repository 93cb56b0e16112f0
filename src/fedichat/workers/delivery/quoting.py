"""Shows what citizens wrote, and keeps which messages show it; takes those away when it is deleted."""

import logging

from fedichat.desk import Desk
from fedichat.desk.room.views import Card, FollowUp
from fedichat.domain.effects import Redact, Say, ShowCard, ShowEdited, ShowFollowUp
from fedichat.domain.names import EventId, is_department
from fedichat.domain.tickets.ticket import TicketState
from fedichat.errors import Rejected
from fedichat.ports import Message
from fedichat.render.card import card, edited, follow_up, quoted_in
from fedichat.store.outbox import Quotation, Said, Waiting
from fedichat.workers.delivery.turn import Turn
from fedichat.workers.delivery.voice import NOTHING, Voice

log = logging.getLogger(__name__)


class Quoting:
    """Cards, what is written later, and what is changed. An edit of a card is a message with words of its own."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def carry_out(
        self, waiting: Waiting, effect: ShowCard | ShowFollowUp | ShowEdited | Say | Redact, turn: Turn
    ) -> None:
        """Do it and record it. Raises what the homeserver's adapter raises; repeating is safe."""
        match effect:
            case ShowCard():
                await self._show_card(waiting, effect, turn)
            case ShowFollowUp() | ShowEdited():
                await self._show_in_thread(waiting, effect)
            case Say():
                await self._say(waiting, effect)
            case Redact():
                await self._redact(waiting, effect)

    async def _show_card(self, waiting: Waiting, effect: ShowCard, turn: Turn) -> None:
        """Post the card, or edit it."""
        view = await self._desk.room.views.card(effect)
        if await turn.come():
            view = await self._desk.room.views.card(effect)
        if view is None or not _is_worth_showing(view):
            await self._leave_it(waiting, effect)
            return
        shown = card(view, self._voice.setting(effect.place), self._voice.prefix)
        wakes = (view.on_duty,) if view.on_duty and view.event is None else ()
        message = Message(shown.plain, shown.html, notice=False, replaces=view.event, mentions=wakes)
        event = await self._voice.send(effect.place, message, waiting)
        turn.over()
        said = Said(event, effect.place, effect.ticket, is_card=True) if view.event is None else None
        quoted = [Quotation(event, effect.place, effect.ticket, status) for status in quoted_in(view)]
        await self._desk.room.outbox.carried_out(waiting, said, quoted=quoted)

    async def _show_in_thread(self, waiting: Waiting, effect: ShowFollowUp | ShowEdited) -> None:
        """Show in the thread what the citizen wrote next, or what they made of it."""
        view = await self._desk.room.views.follow_up(effect)
        if view is None:
            await self._leave_it(waiting, effect)
            return
        setting = self._voice.setting(effect.place)
        shown = edited(view, effect.before, setting) if isinstance(effect, ShowEdited) else follow_up(view, setting)
        person = view.ticket.claimant or (view.on_duty if isinstance(effect, ShowFollowUp) else None)
        is_quiet = is_department(effect.place) or (isinstance(effect, ShowFollowUp) and effect.is_quiet)
        pings = person is not None and view.ticket.state.is_open and not is_quiet
        message = Message(
            shown.plain,
            shown.html,
            notice=not pings and not _wakes(view, effect),
            thread=view.thread,
            mentions=(person,) if person and pings else (),
        )
        event = await self._voice.send(effect.place, message, waiting)
        quoted = [Quotation(event, effect.place, effect.ticket, effect.status)]
        await self._desk.room.outbox.carried_out(waiting, Said(event, effect.place, effect.ticket), quoted=quoted)

    async def _say(self, waiting: Waiting, effect: Say) -> None:
        """Say the answer to a command."""
        message = Message(
            effect.plain or NOTHING, effect.html or NOTHING, thread=effect.thread, reply_to=effect.reply_to
        )
        event = await self._voice.send(effect.place, message, waiting)
        quoted = [Quotation(event, effect.place, ticket) for ticket in effect.quotes]
        await self._desk.room.outbox.carried_out(waiting, quoted=quoted)

    async def _redact(self, waiting: Waiting, effect: Redact) -> None:
        """Take a message of ours away."""
        try:
            await self._voice.rooms.redact(self._voice.room(effect.place), effect.event, waiting.id)
        except Rejected as error:
            log.warning("redaction-refused place=%s event=%s reason=%s", effect.place, effect.event, error)
        await self._desk.room.outbox.redacted(waiting, effect.event)

    async def _leave_it(self, waiting: Waiting, effect: ShowCard | ShowFollowUp | ShowEdited) -> None:
        """There is nothing to show (any more). What was may be in the room: repeating it tells under which id."""
        quoted: list[Quotation] = []
        if await self._desk.room.outbox.is_taken_back(waiting):
            event: EventId = await self._voice.send(effect.place, Message(NOTHING, NOTHING), waiting)
            quoted = [Quotation(event, effect.place, effect.ticket)]
        await self._desk.room.outbox.carried_out(waiting, quoted=quoted)


def _is_worth_showing(view: Card) -> bool:
    """No card is put into a room for a ticket that nothing is left of, nor for a department that is not asked now."""
    asked = view.consulted.asked
    is_new = view.event is None
    if is_new and asked is not None and not asked.is_open:
        return False
    return bool(view.mentions) or not is_new or view.ticket.state is not TicketState.CLOSED


def _wakes(view: FollowUp, effect: ShowFollowUp | ShowEdited) -> bool:
    """Whether it is an ordinary message: what nobody has taken on yet, and is not ignored."""
    is_news = isinstance(effect, ShowFollowUp) and view.ticket.state is not TicketState.IGNORED
    return is_news and not is_department(effect.place)
