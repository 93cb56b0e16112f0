"""How each effect that concerns a room is carried out."""

from fedichat.desk import Desk
from fedichat.desk.room.views import Preview
from fedichat.domain.effects import (
    Ask,
    React,
    Redact,
    Remind,
    Say,
    ShowCard,
    ShowChart,
    ShowDigest,
    ShowEdited,
    ShowFollowUp,
    ShowHandover,
    ShowMedia,
    ShowMissed,
    ShowPreview,
    ShowProposal,
    ShowPublished,
    ShowRemark,
    ShowSettled,
    Tell,
)
from fedichat.domain.names import Place
from fedichat.domain.phrase import Moment
from fedichat.domain.posts.post import PENDING_STATES, PostState
from fedichat.ports import EventId, Message
from fedichat.render.parts import Rendered
from fedichat.render.preview import preview
from fedichat.render.reminders import reminders
from fedichat.render.words import addressed, all_in_room, words
from fedichat.store.inbox import Reaction
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.asking import Asking
from fedichat.workers.delivery.handing_over import HandingOver
from fedichat.workers.delivery.mirroring import Mirroring
from fedichat.workers.delivery.quoting import Quoting
from fedichat.workers.delivery.relaying import Relaying
from fedichat.workers.delivery.reporting import Reporting
from fedichat.workers.delivery.turn import Turn
from fedichat.workers.delivery.voice import Voice


class Saying:
    """Shows things in rooms and records what became of it."""

    def __init__(self, desk: Desk, voice: Voice, relaying: Relaying, mirroring: Mirroring, asking: Asking) -> None:
        self._desk = desk
        self._voice = voice
        self._quoting = Quoting(desk, voice)
        self._relaying = relaying
        self._mirroring = mirroring
        self._asking = asking
        self._reporting = Reporting(desk, voice)
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
            case Tell() | Remind() as effect:
                await self._say(waiting, effect)
            case React() as effect:
                await self._react(waiting, effect)
            case Ask() | ShowSettled() | ShowMissed() as effect:
                await self._asking.carry_out(waiting, effect)
            case ShowRemark() | ShowProposal() | ShowPublished() as effect:
                await self._relaying.show(waiting, effect)
            case ShowMedia() as effect:
                await self._mirroring.show_media(waiting, effect)
            case ShowDigest() | ShowChart() as effect:
                await self._reporting.carry_out(waiting, effect)
            case ShowHandover() as effect:
                await self._handing_over.tell(waiting, effect)
            case _:
                raise LookupError(type(waiting.effect).__name__)

    async def _say(self, waiting: Waiting, effect: Tell | Remind) -> None:
        if isinstance(effect, Tell):
            await self._tell(waiting, effect)
        else:
            await self._remind(waiting, effect)

    async def _show_preview(self, waiting: Waiting, effect: ShowPreview) -> None:
        view = await self._desk.room.views.preview(effect)
        if view is None or (view.event is None and not _is_worth_showing(view)):
            await self._desk.room.outbox.carried_out(waiting)
            return
        ruler = await self._desk.posts.drafting.ruler(view.post.account)
        lengths = [ruler.length(text, view.post.content_warning) for text in view.post.texts]
        setting, limits = self._voice.setting(effect.place), ruler.limits
        within = limits.tags_within_words
        shown = preview(view, lengths, limits.characters, setting, self._voice.prefix, within_words=within)
        thread = None if view.event else view.thread
        # The first preview of what is planned stands in the room itself, as the answer to whoever planned it.
        asked_by = view.post.source if thread is None and view.event is None and effect.revision == 1 else None
        message = _message(shown, thread=thread, replaces=view.event, reply_to=asked_by)
        event = await self._voice.send(effect.place, message, waiting, whole=view.event is None)
        if view.event is None:
            said = Said(event, effect.place, view.post.ticket, view.post.id, effect.revision)
            await self._desk.room.outbox.preview_shown(waiting, said)
            return
        if not view.is_current or view.post.state not in (PostState.DRAFT, PostState.CONFIRMED):
            await self._take_buttons_away(effect.place, view)
        await self._desk.room.outbox.carried_out(waiting)

    async def _take_buttons_away(self, place: Place, view: Preview) -> None:
        for button in view.buttons:
            await self._voice.rooms.redact(self._voice.room(place), button.event, f"gone{button.event}")
            await self._desk.room.outbox.button_gone(button.event)

    async def _tell(self, waiting: Waiting, effect: Tell) -> None:
        thread = effect.thread
        if thread is None and effect.ticket is not None:
            thread = await self._desk.room.views.thread_of(effect.ticket, effect.place)
        elif thread is None and effect.post is not None:
            thread = await self._desk.room.views.thread_of_post(effect.post, effect.place)
        setting = self._voice.setting(effect.place)
        fields = effect.fields | {name: Moment(at) for name, at in effect.moments.items()}
        shown = all_in_room(fields, setting, self._voice.prefix)
        text = words(setting.language, effect.message, shown, self._voice.prefix, confirm=setting.confirm)
        said = addressed(text, effect.meant)
        message = Message(
            said.plain,
            said.html,
            notice=not effect.meant,
            thread=thread,
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        is_about = effect.ticket is not None or effect.post is not None
        told = Said(event, effect.place, effect.ticket, effect.post) if is_about else None
        await self._desk.room.outbox.carried_out(waiting, told)

    async def _remind(self, waiting: Waiting, effect: Remind) -> None:
        if await self._desk.room.outbox.put_off(waiting):
            return
        found, thread = await self._desk.clock.reminders.reminded(effect)
        if not found:
            await self._desk.room.outbox.carried_out(waiting)
            return
        said = reminders(found, effect.meant, self._voice.setting(effect.place), self._voice.prefix)
        message = Message(said.plain, said.html, notice=False, thread=thread, mentions=effect.meant)
        event = await self._voice.send(effect.place, message, waiting)
        told = Said(event, effect.place, effect.ticket) if effect.ticket is not None else None
        await self._desk.room.outbox.carried_out(waiting, told)

    async def _react(self, waiting: Waiting, effect: React) -> None:
        event = await self._voice.rooms.react(
            self._voice.room(effect.place, waiting), effect.event, effect.key, waiting.id
        )
        reaction = Reaction(event, effect.event, None, effect.key) if event else None
        await self._desk.room.outbox.carried_out(waiting, reaction=reaction)


def _message(
    shown: Rendered,
    *,
    thread: EventId | None = None,
    replaces: EventId | None = None,
    reply_to: EventId | None = None,
) -> Message:
    return Message(shown.plain, shown.html, thread=thread, replaces=replaces, reply_to=reply_to)


def _is_worth_showing(view: Preview) -> bool:
    """A preview that was overtaken before it could be shown is not shown any more.

    Of a bundle the first one's stands for all, but for a thread that stopped halfway, and for what is to be confirmed
    anew when the first one is out already.
    """
    post = view.post
    if post.bundle not in (None, post.id) and not post.out:
        is_alone = post.state is PostState.DRAFT and view.bundle[0].state is not PostState.DRAFT
        if not is_alone:
            return False
    return view.is_current and post.state in PENDING_STATES
