"""Shows posts as they would be published."""

from fedichat.desk.room.views import Preview
from fedichat.domain.effects import ShowPreview
from fedichat.domain.posts.post import PENDING_STATES, PostState
from fedichat.ports import Message
from fedichat.render.preview import preview
from fedichat.store.outbox import Said, Waiting
from fedichat.workers.delivery.handler import RoomHandler


class PreviewHandler(RoomHandler[ShowPreview]):
    """Shows a revision of a post in a message of its own, or brings that up to date."""

    async def carry_out(self, waiting: Waiting, effect: ShowPreview) -> None:
        """Show it. What is settled loses its buttons."""
        view = await self._desk.room.views.preview(effect)
        if view is None or (view.event is None and not _is_worth_showing(view)):
            await self._desk.room.outbox.carried_out(waiting)
            return
        message = await self._message(view, effect)
        event = await self._voice.send(effect.place, message, waiting, whole=view.event is None)
        if view.event is None:
            said = Said(event, effect.place, view.post.ticket, view.post.id, effect.revision)
            await self._desk.room.outbox.preview_shown(waiting, said)
            return
        if not view.is_current or view.post.state not in (PostState.DRAFT, PostState.CONFIRMED):
            await self._take_buttons_away(effect.place, view.buttons)
        await self._desk.room.outbox.carried_out(waiting)

    async def _message(self, view: Preview, effect: ShowPreview) -> Message:
        ruler = await self._desk.posts.drafting.ruler(view.post.account)
        lengths = [ruler.length(text, view.post.content_warning) for text in view.post.texts]
        setting, limits = self._voice.setting(effect.place), ruler.limits
        within = limits.tags_within_words
        shown = preview(view, lengths, limits.characters, setting, self._voice.prefix, within_words=within)
        thread = None if view.event else view.thread
        # The first preview of what is planned stands in the room itself, as the answer to whoever planned it.
        asked_by = view.post.source if thread is None and view.event is None and effect.revision == 1 else None
        return Message(shown.plain, shown.html, thread=thread, replaces=view.event, reply_to=asked_by)


def _is_worth_showing(view: Preview) -> bool:
    """A preview that was overtaken before it could be shown is not shown any more.

    Of a bundle the first one's stands for all, but for a thread that stopped halfway, and for what is to be confirmed
    again when the first one is out already.
    """
    post = view.post
    if post.bundle not in (None, post.id) and not post.out:
        is_alone = post.state is PostState.DRAFT and view.bundle[0].state is not PostState.DRAFT
        if not is_alone:
            return False
    return view.is_current and post.state in PENDING_STATES
