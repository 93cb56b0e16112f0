"""Shows what somebody proposes as the answer."""

from fedichat.desk.departments.proposals import Proposed
from fedichat.domain.effects import ShowProposal
from fedichat.domain.names import UserId, is_department
from fedichat.ports import Message
from fedichat.render.department import proposal
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler


class ProposalHandler(RoomHandler[ShowProposal]):
    """Shows a proposal, or brings what is shown up to date; the claimant is pinged for a new one."""

    async def carry_out(self, waiting: Waiting, effect: ShowProposal) -> None:
        """Show it to those who take part."""
        view = await self._desk.departments.proposals.proposed(effect)
        if view is None or not _is_to_be_shown(view):
            await self._desk.room.outbox.carried_out(waiting)
            return
        event = await self._voice.send(effect.place, await self._message(view, effect), waiting)
        said = Said(view.event or event, effect.place, effect.ticket, proposal=effect.number)
        await self._desk.room.outbox.carried_out(waiting, said)

    async def _message(self, view: Proposed, effect: ShowProposal) -> Message:
        shown = proposal(
            view,
            await self._voice.name_of(view.proposal.place, view.proposal.author),
            self._voice.setting(effect.place),
            self._voice.prefix,
            in_department=is_department(effect.place),
        )
        pinged = _pinged(view, effect)
        return Message(
            shown.plain,
            shown.html,
            notice=not pinged,
            thread=None if view.event else view.thread,
            replaces=view.event,
            mentions=pinged,
        )


def _pinged(view: Proposed, effect: ShowProposal) -> tuple[UserId, ...]:
    claimant = view.ticket.claimant
    if claimant is None or is_department(effect.place):
        return ()
    return () if claimant in (view.proposal.author, view.proposal.marked_by) else (claimant,)


def _is_to_be_shown(view: Proposed) -> bool:
    """New ones and new words only to those who take part; what was taken back, wherever it is shown."""
    return view.takes_part if view.proposal.text else view.event is not None
