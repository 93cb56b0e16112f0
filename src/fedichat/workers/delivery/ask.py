"""Asks what a tap answers."""

from collections.abc import Sequence
from dataclasses import replace

from fedichat.domain.effects import Ask, Remind
from fedichat.domain.phrase import mark
from fedichat.domain.time.sla import Reminder
from fedichat.ports import Message
from fedichat.render.parts import Rendered, below
from fedichat.render.words import addressed, all_in_room, words
from fedichat.store.outbox import Waiting
from fedichat.text.i18n import Language
from fedichat.workers.delivery.handler import RoomHandler

_NAMED = 20
"""How many of a room's people are named at most."""


class AskHandler(RoomHandler[Ask]):
    """Puts a question with emoji to tap; who would read along is asked of the room now, not when it was recorded."""

    async def carry_out(self, waiting: Waiting, effect: Ask) -> None:
        """Put it, unless the clock asks in vain, or too late for today."""
        if effect.reminder is not None and await self._is_not_said_now(waiting, effect.reminder):
            return
        await self.put(waiting, effect)

    async def put(self, waiting: Waiting, effect: Ask) -> None:
        """Put the question and record what can be tapped."""
        effect = self._with_moments(effect)
        asked = await self._worded(effect)
        message = Message(
            asked.plain,
            asked.html,
            notice=not effect.meant,
            thread=await self._thread_of(effect),
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        await self._desk.room.questions.question_put(waiting, effect, event)

    def _with_moments(self, effect: Ask) -> Ask:
        """The question with the moments that its choices stand for among its fields."""
        if not effect.moments:
            return effect
        setting = self._voice.setting(effect.place)
        shown = [f"{emoji} {setting.language.moment(at, setting.zone)}" for emoji, at in effect.moments.items()]
        return replace(effect, fields=effect.fields | {"candidates": " · ".join(shown)}, moments={})

    async def _worded(self, effect: Ask) -> Rendered:
        setting = self._voice.setting(effect.place)
        fields = all_in_room(effect.fields, setting, self._voice.prefix)
        asked = words(setting.language, effect.message, fields, self._voice.prefix, confirm=setting.confirm)
        if effect.readers is not None:
            people = await self._voice.rooms.members(self._voice.room(effect.readers))
            asked = below(asked, _readers(people, setting.language))
        return addressed(asked, effect.meant)

    async def _is_not_said_now(self, waiting: Waiting, reminder: Reminder) -> bool:
        if await self._desk.room.outbox.put_off(waiting):
            return True
        found, _ = await self._desk.clock.reminders.reminded(Remind(reminder.place, (reminder,)))
        if not found:
            await self._desk.room.outbox.carried_out(waiting)
        return not found


def _readers(people: Sequence[str], t: Language) -> Rendered:
    """Who is in a room, by name; of many only the first."""
    fields: dict[str, str | int] = {"names": ", ".join(people[:_NAMED]), "count": len(people) - _NAMED}
    if not people:
        return words(t, mark("Nobody is in that room yet."))
    if len(people) > _NAMED:
        return words(t, mark("In that room are: {names} and {count} more."), fields)
    return words(t, mark("In that room are: {names}."), fields)
