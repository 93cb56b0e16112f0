"""Shows in one room of a ticket what was said in another."""

from datetime import timedelta
from http import HTTPStatus

from fedichat.desk import Desk
from fedichat.desk.departments.proposals import Proposed
from fedichat.desk.departments.remarks import Overheard
from fedichat.domain.effects import ShowProposal, ShowPublished, ShowRemark
from fedichat.domain.names import EventId, Place, UserId, is_department, localpart
from fedichat.domain.tickets.remark import SharedFile
from fedichat.errors import Refusal, Rejected, TryLater
from fedichat.ports import FileMessage, Message
from fedichat.render.department import not_carried, proposal, published, remark
from fedichat.render.parts import Rendered
from fedichat.render.words import in_room, reason
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.voice import Voice

LARGEST_FILE = 50 * 1024 * 1024
"""In bytes: what is larger is not brought along to the other rooms."""

PATIENCE = timedelta(minutes=1)
"""How long a file that cannot be had is tried for."""


class Relaying:
    """Shows in one room of a ticket what was said in another."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def show(self, waiting: Waiting, effect: ShowRemark | ShowProposal | ShowPublished) -> None:
        """Do it and record it. Raises what the homeserver's adapter raises; repeating is safe."""
        match effect:
            case ShowRemark():
                await self._show_remark(waiting, effect)
            case ShowProposal():
                await self._show_proposal(waiting, effect)
            case ShowPublished():
                await self._show_published(waiting, effect)

    async def _show_remark(self, waiting: Waiting, effect: ShowRemark) -> None:
        """Show a remark, bring what is shown up to date, or take it away with the original."""
        view = await self._desk.departments.remarks.overheard(effect)
        if view is None or not (view.takes_part or view.remark.is_gone):
            await self._desk.room.outbox.carried_out(waiting)
            return
        if view.remark.is_gone:
            for event in view.shown_as:
                await self._voice.rooms.redact(self._voice.room(effect.place), event, f"gone{event}")
            await self._desk.room.outbox.carried_out(waiting)
            return
        event = await self._say(waiting, effect, view)
        await self._desk.room.outbox.carried_out(
            waiting, Said(event, effect.place, effect.ticket, remark=effect.remark)
        )

    async def _say(self, waiting: Waiting, effect: ShowRemark, view: Overheard) -> EventId:
        name = await self._name(view.remark.place, view.remark.sender)
        shown = remark(view, name, self._voice.setting(effect.place))
        file = view.remark.file
        if file is None:
            # A later edit replaces the copy, and is no message of its own.
            first = next(iter(view.shown_as), None)
            event = await self._voice.send(effect.place, _notice(shown, view.thread, first), waiting)
            return first or event
        if view.shown_as:
            # A file cannot be edited into another message: what is said of it now is said again.
            return await self._voice.send(effect.place, _notice(shown, view.thread), waiting)
        try:
            return await self._send_file(waiting, effect.place, view, file, shown)
        except Rejected as error:
            why = str(in_room(reason(error), self._voice.setting(effect.place)))
            largest = LARGEST_FILE if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
            shown = not_carried(view, name, why, self._voice.setting(effect.place), largest)
            return await self._voice.send(effect.place, _notice(shown, view.thread), waiting)

    async def _send_file(
        self, waiting: Waiting, place: Place, view: Overheard, file: SharedFile, caption: Rendered
    ) -> EventId:
        rooms = self._voice.rooms
        try:
            data = await rooms.download(file, LARGEST_FILE)
        except TryLater as error:
            # A file of somebody from elsewhere may lie on a server that is down; all else in this room waits for it.
            if self._desk.now() - view.remark.said_at < PATIENCE:
                raise
            raise Rejected(str(error), told=Refusal("the server that holds it does not answer")) from error
        message = FileMessage(data, caption.plain, view.thread, caption.html)
        return await self._voice.send_file(place, message, waiting)

    async def _show_proposal(self, waiting: Waiting, effect: ShowProposal) -> None:
        """Show a proposal, or bring what is shown up to date; the claimant hears of a new one."""
        view = await self._desk.departments.proposals.proposed(effect)
        if view is None or not _is_to_be_shown(view):
            await self._desk.room.outbox.carried_out(waiting)
            return
        made, claimant = view.proposal, view.ticket.claimant
        in_department = is_department(effect.place)
        shown = proposal(
            view,
            await self._name(made.place, made.author),
            self._voice.setting(effect.place),
            self._voice.prefix,
            in_department=in_department,
        )
        meant = () if in_department or claimant in (None, made.author, made.marked_by) else (claimant,)
        message = Message(
            shown.plain,
            shown.html,
            notice=not meant,
            thread=None if view.event else view.thread,
            replaces=view.event,
            mentions=meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        said = Said(view.event or event, effect.place, effect.ticket, proposal=effect.number)
        await self._desk.room.outbox.carried_out(waiting, said)

    async def _show_published(self, waiting: Waiting, effect: ShowPublished) -> None:
        """Show a department what was said to the citizen."""
        view = await self._desk.departments.proposals.what_was_published(effect)
        if view is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        shown = published(view, self._voice.setting(effect.place))
        event = await self._voice.send(effect.place, _notice(shown, view.thread), waiting)
        await self._desk.room.outbox.carried_out(waiting, Said(event, effect.place, effect.ticket))

    async def _name(self, place: Place, user: UserId) -> str:
        """What somebody is called in the room where they spoke."""
        room = self._voice.room_of(place)
        return localpart(user) if room is None else await self._voice.rooms.name_of(room, user)


def _is_to_be_shown(view: Proposed) -> bool:
    """New ones and new words only to those who take part; what was taken back, wherever it stands."""
    return view.takes_part if view.proposal.text else view.event is not None


def _notice(shown: Rendered, thread: EventId | None, replaces: EventId | None = None) -> Message:
    return Message(shown.plain, shown.html, thread=None if replaces else thread, replaces=replaces)
