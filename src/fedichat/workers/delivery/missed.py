"""Asks what is to become of planned posts whose time has passed without them."""

from fedichat.desk import Desk
from fedichat.domain.effects import Ask, ShowMissed
from fedichat.domain.names import Place
from fedichat.domain.phrase import Field, Moment, mark
from fedichat.domain.posts.post import Post
from fedichat.ports import Message
from fedichat.render.parts import shortened
from fedichat.render.plan import missed_posts
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.ask import AskHandler
from fedichat.workers.delivery.handler import RoomHandler
from fedichat.workers.delivery.voice import Voice


class MissedHandler(RoomHandler[ShowMissed]):
    """Asks about one by taps, and shows several as a list. During a freeze nothing is asked: its end does that."""

    def __init__(self, desk: Desk, voice: Voice, ask: AskHandler) -> None:
        super().__init__(desk, voice)
        self._ask = ask

    async def carry_out(self, waiting: Waiting, effect: ShowMissed) -> None:
        """Ask about those that are missed by now."""
        missed = await self._desk.plan.lists.missed_in(effect.place)
        if missed.count == 1:
            await self._ask.put(waiting, _question(effect.place, missed.first[0]))
            return
        if missed.count:
            shown = missed_posts(missed, self._voice.setting(effect.place), self._voice.prefix)
            await self._voice.send(effect.place, Message(shown.plain, shown.html, notice=False), waiting)
        await self._desk.room.outbox.carried_out(waiting)


def _question(place: Place, post: Post) -> Ask:
    message = mark(
        "P{post} has missed its time, {moment}: {text} – {confirm} publishes it now, ❌ drops it, "
        "`{prefix}reschedule P{post} …` moves it."
    )
    fields: dict[str, Field] = {
        "post": post.id,
        "moment": Moment(post.due_at) if post.due_at else "",
        "text": f"“{shortened(post.text, 60)}”",
        "revision": post.revision,
    }
    choices = {"✅": f"publish P{post.id}", "❌": f"unschedule P{post.id}"}
    return Ask(place, message, fields, choices, meant=(post.author,))
