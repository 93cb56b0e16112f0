"""Tells rooms what has happened."""

from fedichat.domain.effects import Tell
from fedichat.domain.phrase import Moment, Phrase
from fedichat.ports import Message
from fedichat.render.parts import Rendered
from fedichat.render.words import addressed, all_in_room, words
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler


class TellHandler(RoomHandler[Tell]):
    """Puts a message into the room's language, and says it."""

    async def carry_out(self, waiting: Waiting, effect: Tell) -> None:
        """Say it; as an ordinary message where it is to wake somebody."""
        said = addressed(self._worded(effect), effect.meant)
        message = Message(
            said.plain,
            said.html,
            notice=not effect.meant,
            thread=await self._thread_of(effect),
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        is_about = effect.ticket is not None or effect.post is not None
        told = Said(event, effect.place, effect.ticket, effect.post) if is_about else None
        await self._desk.room.outbox.carried_out(waiting, told)

    def _worded(self, effect: Tell) -> Rendered:
        setting = self._voice.setting(effect.place)
        fields = effect.fields | {name: Moment(at) for name, at in effect.moments.items()}
        shown = all_in_room(fields, setting, self._voice.prefix)
        return words(setting.language, effect.message, shown, self._voice.prefix, confirm=setting.confirm)

    async def give_up(self, waiting: Waiting, effect: Tell, reason: str, why: Phrase) -> None:  # noqa: ARG002 - see below
        """Say nothing: a notice about a notice that cannot be said would go round for ever."""
        await self._desk.room.outbox.set_aside(waiting, reason, None)
