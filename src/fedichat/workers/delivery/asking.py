"""Puts questions that a tap answers, and shows what was answered."""

from collections.abc import Sequence
from dataclasses import replace

from fedichat.desk import Desk
from fedichat.domain.effects import Ask, Remind, ShowMissed, ShowSettled
from fedichat.domain.phrase import Field, Moment, mark
from fedichat.domain.time.sla import Reminder
from fedichat.ports import Message
from fedichat.render.parts import Rendered, shortened
from fedichat.render.plan import missed_posts
from fedichat.render.words import addressed, all_in_room, words
from fedichat.store.outbox import Waiting
from fedichat.text.i18n import Language
from fedichat.workers.delivery.voice import Voice

_NAMED = 20


class Asking:
    """Puts questions that a tap answers, and shows what was answered."""

    def __init__(self, desk: Desk, voice: Voice) -> None:
        self._desk = desk
        self._voice = voice

    async def carry_out(self, waiting: Waiting, effect: Ask | ShowSettled | ShowMissed) -> None:
        """Do it and record it."""
        match effect:
            case Ask():
                await self._ask(waiting, effect)
            case ShowSettled():
                await self._show_settled(waiting, effect)
            case ShowMissed():
                await self._about_missed(waiting, effect)

    async def _ask(self, waiting: Waiting, effect: Ask) -> None:
        """Put the question; who would read along is asked of the room now, not when it was recorded."""
        if effect.reminder is not None and await self._is_not_said_now(waiting, effect.reminder):
            return
        setting = self._voice.setting(effect.place)
        t = setting.language
        if effect.moments:
            meant = [f"{emoji} {t.moment(at, setting.zone)}" for emoji, at in effect.moments.items()]
            effect = replace(effect, fields=effect.fields | {"candidates": " · ".join(meant)}, moments={})
        fields = all_in_room(effect.fields, setting, self._voice.prefix)
        asked = words(t, effect.message, fields, self._voice.prefix, confirm=setting.confirm)
        if effect.readers is not None:
            people = await self._voice.rooms.members(self._voice.room(effect.readers))
            asked = _behind(asked, _readers(people, t))
        asked = addressed(asked, effect.meant)
        thread = effect.thread
        if thread is None and effect.ticket is not None:
            thread = await self._desk.room.views.thread_of(effect.ticket, effect.place)
        elif thread is None and effect.post is not None:
            thread = await self._desk.room.views.thread_of_post(effect.post, effect.place)
        message = Message(
            asked.plain,
            asked.html,
            notice=not effect.meant,
            thread=thread,
            reply_to=effect.reply_to,
            mentions=effect.meant,
        )
        event = await self._voice.send(effect.place, message, waiting)
        await self._desk.room.questions.question_put(waiting, effect, event)

    async def _about_missed(self, waiting: Waiting, effect: ShowMissed) -> None:
        """Ask what is to become of the planned posts whose time passed without them: one by taps, several as a list.

        During a freeze nothing is asked: its end does that.
        """
        missed = await self._desk.plan.lists.missed_in(effect.place)
        setting = self._voice.setting(effect.place)
        if not missed.count:
            await self._desk.room.outbox.carried_out(waiting)
        elif missed.count == 1:
            [post] = missed.first
            moment: Field = Moment(post.due_at) if post.due_at else ""
            message = mark(
                "P{post} has missed its time, {moment}: {text} – {confirm} publishes it now, ❌ drops it, "
                "`{prefix}reschedule P{post} …` moves it."
            )
            fields: dict[str, Field] = {"post": post.id, "moment": moment, "text": f"“{shortened(post.text, 60)}”"}
            fields["revision"] = post.revision
            choices = {"✅": f"publish P{post.id}", "❌": f"unschedule P{post.id}"}
            await self._ask(waiting, Ask(effect.place, message, fields, choices, meant=(post.author,)))
        else:
            shown = missed_posts(missed, setting, self._voice.prefix)
            await self._voice.send(effect.place, Message(shown.plain, shown.html, notice=False), waiting)
            await self._desk.room.outbox.carried_out(waiting)

    async def _is_not_said_now(self, waiting: Waiting, reminder: Reminder) -> bool:
        """Whether the clock asks in vain, or too late for today."""
        if await self._desk.room.outbox.put_off(waiting):
            return True
        found, _ = await self._desk.clock.reminders.reminded(Remind(reminder.place, (reminder,)))
        if not found:
            await self._desk.room.outbox.carried_out(waiting)
        return not found

    async def _show_settled(self, waiting: Waiting, effect: ShowSettled) -> None:
        """Put the answer behind the question, and take the emoji away."""
        setting = self._voice.setting(effect.place)
        t, prefix = setting.language, self._voice.prefix
        asked = words(t, effect.message, all_in_room(effect.fields, setting, prefix), prefix, confirm=setting.confirm)
        answer = words(t, mark("→ {key} {who}"), {"key": effect.key, "who": effect.who})
        shown = _behind(asked, answer)
        await self._voice.send(effect.place, Message(shown.plain, shown.html, replaces=effect.event), waiting)
        for button in await self._desk.room.questions.buttons_on(effect.event):
            await self._voice.rooms.redact(self._voice.room(effect.place), button.event, f"gone{button.event}")
            await self._desk.room.outbox.button_gone(button.event)
        await self._desk.room.outbox.carried_out(waiting)


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
