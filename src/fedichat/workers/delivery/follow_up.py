"""Shows in a ticket's thread what the citizen wrote next, and what they made of their words."""

from fedichat.desk.room.views import FollowUp
from fedichat.domain.effects import ShowEdited, ShowFollowUp
from fedichat.domain.names import UserId, is_department
from fedichat.domain.tickets.ticket import TicketState
from fedichat.ports import Message
from fedichat.render.card import edited, follow_up
from fedichat.store.outbox import Quotation, Said, Waiting
from fedichat.workers.delivery.handler import WordsHandler


class FollowUpHandler(WordsHandler[ShowFollowUp | ShowEdited]):
    """Shows what came after the ticket was opened."""

    async def carry_out(self, waiting: Waiting, effect: ShowFollowUp | ShowEdited) -> None:
        """Show it, and keep whose words it shows."""
        view = await self._desk.room.views.follow_up(effect)
        if view is None:
            await self._leave_it(waiting, effect, effect.ticket)
            return
        event = await self._voice.send(effect.place, self._message(view, effect), waiting)
        quoted = [Quotation(event, effect.place, effect.ticket, effect.status)]
        await self._desk.room.outbox.carried_out(waiting, Said(event, effect.place, effect.ticket), quoted=quoted)

    def _message(self, view: FollowUp, effect: ShowFollowUp | ShowEdited) -> Message:
        setting = self._voice.setting(effect.place)
        shown = edited(view, effect.before, setting) if isinstance(effect, ShowEdited) else follow_up(view, setting)
        pinged = _pinged(view, effect)
        return Message(
            shown.plain,
            shown.html,
            notice=pinged is None and not _is_news(view, effect),
            thread=view.thread,
            mentions=(pinged,) if pinged else (),
        )


def _pinged(view: FollowUp, effect: ShowFollowUp | ShowEdited) -> UserId | None:
    if is_department(effect.place) or not view.ticket.state.is_open:
        return None
    if isinstance(effect, ShowEdited):
        return view.ticket.claimant
    return None if effect.is_quiet else view.ticket.claimant or view.on_duty


def _is_news(view: FollowUp, effect: ShowFollowUp | ShowEdited) -> bool:
    """Whether it is an ordinary message: what nobody has taken on yet, and is not ignored."""
    is_news = isinstance(effect, ShowFollowUp) and view.ticket.state is not TicketState.IGNORED
    return is_news and not is_department(effect.place)
