"""How each effect that concerns a room is carried out."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from fedichat.desk import Desk
from fedichat.desk.answering import Ruler
from fedichat.desk.views import Preview
from fedichat.domain.effects import React, Say, ShowCard, ShowFollowUp, ShowPreview, Tell
from fedichat.domain.names import Place, RoomId
from fedichat.domain.post import PENDING_STATES, PostState
from fedichat.domain.roles import RoomRole
from fedichat.errors import TryLater
from fedichat.i18n import language
from fedichat.ports import EventId, Message, Rooms
from fedichat.render.card import card, follow_up
from fedichat.render.parts import Rendered, Setting
from fedichat.render.preview import preview
from fedichat.render.words import addressed, words
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.turn import Turn


class Saying:
    """Shows things in rooms and records what became of it.

    `room_of` is None while a room is not joined yet, `prefix` is what commands begin with.
    """

    def __init__(
        self,
        desk: Desk,
        rooms: Rooms,
        roles: Mapping[Place, RoomRole],
        zone: ZoneInfo,
        room_of: Callable[[Place], RoomId | None],
        *,
        prefix: str = "!",
    ) -> None:
        self._desk = desk
        self._rooms = rooms
        self._roles = roles
        self._zone = zone
        self._room_of = room_of
        self._prefix = prefix

    async def carry_out(self, waiting: Waiting, turn: Turn) -> None:
        """Do it and record it. Raises what the homeserver's adapter raises; repeating is safe.

        What waits for its turn must not depend on what becomes of the effects in front.
        """
        match waiting.effect:
            case ShowCard() as effect:
                await self._show_card(waiting, effect, turn)
            case ShowFollowUp() as effect:
                await self._show_follow_up(waiting, effect)
            case ShowPreview() as effect:
                await self._show_preview(waiting, effect)
            case Tell() as effect:
                await self._tell(waiting, effect)
            case Say() as effect:
                message = Message(effect.plain, effect.html, thread=effect.thread, reply_to=effect.reply_to)
                await self._send(effect.place, message, waiting)
                await self._desk.carried_out(waiting)
            case React() as effect:
                await self._react(waiting, effect)
            case _:
                raise LookupError(type(waiting.effect).__name__)

    async def _show_card(self, waiting: Waiting, effect: ShowCard, turn: Turn) -> None:
        view = await self._desk.card(effect)
        if await turn.come():
            view = await self._desk.card(effect)
        if view is None:
            await self._desk.carried_out(waiting)
            return
        shown = card(view, self._setting(effect.place))
        event = await self._send(effect.place, _message(shown, notice=False, replaces=view.event), waiting)
        turn.over()
        said = Said(event, effect.place, effect.ticket, is_card=True) if view.event is None else None
        await self._desk.carried_out(waiting, said)

    async def _show_follow_up(self, waiting: Waiting, effect: ShowFollowUp) -> None:
        view = await self._desk.follow_up(effect)
        if view is None:
            await self._desk.carried_out(waiting)
            return
        shown = follow_up(view, self._setting(effect.place))
        claimant = view.ticket.claimant
        message = Message(
            shown.plain,
            shown.html,
            notice=False,
            thread=view.thread,
            mentions=(claimant,) if claimant else (),
        )
        event = await self._send(effect.place, message, waiting)
        await self._desk.carried_out(waiting, Said(event, effect.place, effect.ticket))

    async def _show_preview(self, waiting: Waiting, effect: ShowPreview) -> None:
        view = await self._desk.preview(effect)
        if view is None or (view.event is None and not _is_worth_showing(view)):
            await self._desk.carried_out(waiting)
            return
        ruler = await Ruler.of(self._desk.fediverses[view.post.account])
        length, limit = ruler.length(view.post), ruler.limits.characters
        shown = preview(view, length, limit, self._setting(effect.place))
        message = _message(shown, thread=None if view.event else view.thread, replaces=view.event)
        event = await self._send(effect.place, message, waiting)
        if view.event is None:
            said = Said(event, effect.place, view.ticket.id, view.post.id, effect.revision)
            await self._desk.preview_shown(waiting, said)
            return
        if not view.is_current or view.post.state not in (PostState.DRAFT, PostState.CONFIRMED):
            await self._take_buttons_away(effect.place, view)
        await self._desk.carried_out(waiting)

    async def _take_buttons_away(self, place: Place, view: Preview) -> None:
        for button in view.buttons:
            await self._rooms.redact(self._room(place), button.event, f"gone{button.event}")
            await self._desk.button_gone(button.event)

    async def _tell(self, waiting: Waiting, effect: Tell) -> None:
        thread = effect.thread
        if thread is None and effect.ticket is not None:
            thread = await self._desk.thread_of(effect.ticket, effect.place)
        t = self._setting(effect.place).language
        said = addressed(words(t, effect.message, effect.fields, self._prefix), effect.meant)
        message = Message(
            said.plain,
            said.html,
            notice=not effect.meant,
            thread=thread,
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._send(effect.place, message, waiting)
        told = Said(event, effect.place, effect.ticket) if effect.ticket is not None else None
        await self._desk.carried_out(waiting, told)

    async def _react(self, waiting: Waiting, effect: React) -> None:
        event = await self._rooms.react(self._room(effect.place), effect.event, effect.key, waiting.id)
        reaction = Reaction(event, effect.event, None, effect.key) if event else None
        await self._desk.carried_out(waiting, reaction=reaction)

    async def _send(self, place: Place, message: Message, waiting: Waiting) -> EventId:
        return await self._rooms.send(self._room(place), message, waiting.id)

    def _room(self, place: Place) -> RoomId:
        room = self._room_of(place)
        if room is None:
            raise TryLater(f"the bot is not in the room for {place} yet: invite it")
        return room

    def _setting(self, place: Place) -> Setting:
        return Setting(language(self._roles[place].language), self._zone)


def _message(
    shown: Rendered, *, notice: bool = True, thread: EventId | None = None, replaces: EventId | None = None
) -> Message:
    return Message(shown.plain, shown.html, notice=notice, thread=thread, replaces=replaces)


def _is_worth_showing(view: Preview) -> bool:
    """A preview that was overtaken before it could be shown is not shown any more."""
    return view.is_current and view.post.state in PENDING_STATES
