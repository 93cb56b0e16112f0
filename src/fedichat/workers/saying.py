"""How each effect that concerns a room is carried out."""

from fedichat.desk import Desk
from fedichat.desk.answering import Ruler
from fedichat.desk.views import Preview
from fedichat.domain.effects import (
    Ask,
    React,
    Redact,
    Remind,
    Say,
    ShowCard,
    ShowEdited,
    ShowFollowUp,
    ShowHandover,
    ShowMedia,
    ShowPreview,
    ShowProposal,
    ShowPublished,
    ShowRemark,
    ShowSettled,
    Tell,
)
from fedichat.domain.names import Place
from fedichat.domain.post import PENDING_STATES, PostState
from fedichat.ports import EventId, Message
from fedichat.render.parts import Rendered
from fedichat.render.preview import preview
from fedichat.render.reminders import reminders
from fedichat.render.words import addressed, words
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.asking import Asking
from fedichat.workers.handing_over import HandingOver
from fedichat.workers.mirroring import Mirroring
from fedichat.workers.quoting import Quoting
from fedichat.workers.relaying import Relaying
from fedichat.workers.turn import Turn
from fedichat.workers.voice import Voice


class Saying:
    """Shows things in rooms and records what became of it."""

    def __init__(self, desk: Desk, voice: Voice, relaying: Relaying, mirroring: Mirroring, asking: Asking) -> None:
        self._desk = desk
        self._voice = voice
        self._quoting = Quoting(desk, voice)
        self._relaying = relaying
        self._mirroring = mirroring
        self._asking = asking
        self._handing_over = HandingOver(desk, voice)

    async def carry_out(self, waiting: Waiting, turn: Turn) -> None:
        """Do it and record it. Raises what the homeserver's adapter raises; repeating is safe.

        What waits for its turn must not depend on what becomes of the effects in front.
        """
        match waiting.effect:
            case ShowCard() | ShowFollowUp() | ShowEdited() | Say() | Redact() as effect:
                await self._quoting.carry_out(waiting, effect, turn)
            case ShowPreview() as effect:
                await self._show_preview(waiting, effect)
            case Tell() as effect:
                await self._tell(waiting, effect)
            case Remind() as effect:
                await self._remind(waiting, effect)
            case React() as effect:
                await self._react(waiting, effect)
            case Ask() | ShowSettled() as effect:
                await self._asking.carry_out(waiting, effect)
            case ShowRemark() | ShowProposal() | ShowPublished() as effect:
                await self._relaying.show(waiting, effect)
            case ShowMedia() as effect:
                await self._mirroring.show_media(waiting, effect)
            case ShowHandover() as effect:
                await self._handing_over.tell(waiting, effect)
            case _:
                raise LookupError(type(waiting.effect).__name__)

    async def _show_preview(self, waiting: Waiting, effect: ShowPreview) -> None:
        view = await self._desk.preview(effect)
        if view is None or (view.event is None and not _is_worth_showing(view)):
            await self._desk.carried_out(waiting)
            return
        ruler = await Ruler.of(self._desk.fediverses[view.post.account])
        lengths = [ruler.length(text, view.post.content_warning) for text in view.post.texts]
        shown = preview(view, lengths, ruler.limits.characters, self._voice.setting(effect.place))
        message = _message(shown, thread=None if view.event else view.thread, replaces=view.event)
        event = await self._voice.send(effect.place, message, waiting)
        if view.event is None:
            said = Said(event, effect.place, view.ticket.id, view.post.id, effect.revision)
            await self._desk.preview_shown(waiting, said)
            return
        if not view.is_current or view.post.state not in (PostState.DRAFT, PostState.CONFIRMED):
            await self._take_buttons_away(effect.place, view)
        await self._desk.carried_out(waiting)

    async def _take_buttons_away(self, place: Place, view: Preview) -> None:
        for button in view.buttons:
            await self._voice.rooms.redact(self._voice.room(place), button.event, f"gone{button.event}")
            await self._desk.button_gone(button.event)

    async def _tell(self, waiting: Waiting, effect: Tell) -> None:
        thread = effect.thread
        if thread is None and effect.ticket is not None:
            thread = await self._desk.thread_of(effect.ticket, effect.place)
        t = self._voice.setting(effect.place).language
        said = addressed(words(t, effect.message, effect.fields, self._voice.prefix), effect.meant)
        message = Message(
            said.plain,
            said.html,
            notice=not effect.meant,
            thread=thread,
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        told = Said(event, effect.place, effect.ticket) if effect.ticket is not None else None
        await self._desk.carried_out(waiting, told)

    async def _remind(self, waiting: Waiting, effect: Remind) -> None:
        found, thread = await self._desk.reminded(effect)
        if not found:
            await self._desk.carried_out(waiting)
            return
        said = reminders(found, effect.meant, self._voice.setting(effect.place), self._voice.prefix)
        message = Message(said.plain, said.html, notice=False, thread=thread, mentions=effect.meant)
        event = await self._voice.send(effect.place, message, waiting)
        told = Said(event, effect.place, effect.ticket) if effect.ticket is not None else None
        await self._desk.carried_out(waiting, told)

    async def _react(self, waiting: Waiting, effect: React) -> None:
        event = await self._voice.rooms.react(self._voice.room(effect.place), effect.event, effect.key, waiting.id)
        reaction = Reaction(event, effect.event, None, effect.key) if event else None
        await self._desk.carried_out(waiting, reaction=reaction)


def _message(
    shown: Rendered, *, notice: bool = True, thread: EventId | None = None, replaces: EventId | None = None
) -> Message:
    return Message(shown.plain, shown.html, notice=notice, thread=thread, replaces=replaces)


def _is_worth_showing(view: Preview) -> bool:
    """A preview that was overtaken before it could be shown is not shown any more."""
    return view.is_current and view.post.state in PENDING_STATES
