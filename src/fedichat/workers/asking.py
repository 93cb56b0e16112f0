"""Puts questions that a tap answers, and shows what was answered."""

from collections.abc import Sequence

from fedichat.desk import Desk
from fedichat.domain.effects import Ask, ShowSettled
from fedichat.i18n import Language, mark
from fedichat.ports import Message
from fedichat.render.parts import Rendered
from fedichat.render.words import addressed, words
from fedichat.store.outbox import Waiting
from fedichat.workers.voice import Voice

_NAMED = 20


class Asking:
    """Puts questions that a tap answers, and shows what was answered."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def carry_out(self, waiting: Waiting, effect: Ask | ShowSettled) -> None:
        """Do it and record it."""
        if isinstance(effect, Ask):
            await self._ask(waiting, effect)
        else:
            await self._show_settled(waiting, effect)

    async def _ask(self, waiting: Waiting, effect: Ask) -> None:
        """Put the question; who would read along is asked of the room now, not when it was recorded."""
        t = self._voice.setting(effect.place).language
        asked = words(t, effect.message, effect.fields, self._voice.prefix)
        if effect.readers is not None:
            people = await self._voice.rooms.members(self._voice.room(effect.readers))
            asked = _behind(asked, _readers(people, t))
        asked = addressed(asked, effect.meant)
        thread = effect.thread
        if thread is None and effect.ticket is not None:
            thread = await self._desk.thread_of(effect.ticket, effect.place)
        message = Message(
            asked.plain,
            asked.html,
            notice=not effect.meant,
            thread=thread,
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        await self._desk.question_put(waiting, effect, event)

    async def _show_settled(self, waiting: Waiting, effect: ShowSettled) -> None:
        """Put the answer behind the question, and take the emoji away."""
        t = self._voice.setting(effect.place).language
        asked = words(t, effect.message, effect.fields, self._voice.prefix)
        answer = words(t, mark("→ {key} {who}"), {"key": effect.key, "who": effect.who})
        shown = _behind(asked, answer)
        await self._voice.send(effect.place, Message(shown.plain, shown.html, replaces=effect.event), waiting)
        for button in await self._desk.buttons_on(effect.event):
            await self._voice.rooms.redact(self._voice.room(effect.place), button.event, f"gone{button.event}")
            await self._desk.button_gone(button.event)
        await self._desk.carried_out(waiting)


def _readers(people: Sequence[str], t: Language) -> Rendered:
    """Who is in a room, by name; of many only the first."""
    fields: dict[str, str | int] = {"names": ", ".join(people[:_NAMED]), "count": len(people) - _NAMED}
    if not people:
        return words(t, mark("Nobody is in that room yet."))
    if len(people) > _NAMED:
        return words(t, mark("In that room are: {names} and {count} more."), fields)
    return words(t, mark("In that room are: {names}."), fields)


def _behind(first: Rendered, second: Rendered) -> Rendered:
    return Rendered(f"{first.plain}\n{second.plain}", first.html + second.html)
