"""Shows which answer a question has got."""

from fedichat.domain.effects import ShowSettled
from fedichat.domain.phrase import mark
from fedichat.ports import Message
from fedichat.render.parts import below
from fedichat.render.words import all_in_room, words
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.handler import RoomHandler


class SettledHandler(RoomHandler[ShowSettled]):
    """Puts the answer below the question, and takes the emoji away."""

    async def carry_out(self, waiting: Waiting, effect: ShowSettled) -> None:
        """Edit the question's message, then take its buttons away one by one."""
        setting = self._voice.setting(effect.place)
        t, prefix = setting.language, self._voice.prefix
        asked = words(t, effect.message, all_in_room(effect.fields, setting, prefix), prefix, confirm=setting.confirm)
        answer = words(t, mark("→ {key} {who}"), {"key": effect.key, "who": effect.who})
        shown = below(asked, answer)
        await self._voice.send(effect.place, Message(shown.plain, shown.html, replaces=effect.event), waiting)
        await self._take_buttons_away(effect.place, await self._desk.room.questions.buttons_on(effect.event))
        await self._desk.room.outbox.carried_out(waiting)
