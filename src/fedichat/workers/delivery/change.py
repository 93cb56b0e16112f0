"""Changes and deletes what is published. Both can be repeated, and so need no looking."""

import contextlib
from collections.abc import Awaitable, Callable

from fedichat.desk import Desk
from fedichat.domain.effects import Publish
from fedichat.domain.posts.post import Post, PostKind
from fedichat.errors import Gone, Rejected, StopError, TryLater, Unsure
from fedichat.ports import Fediverse, NewStatus
from fedichat.store.outbox import Waiting
from fedichat.workers.delivery.gate import Gate
from fedichat.workers.delivery.reading_back import ReadingBack


class Changing:
    """Carries out posts that change or delete another one. `failed` tells that an instance refuses."""

    def __init__(
        self,
        desk: Desk,
        gate: Gate,
        reading_back: ReadingBack,
        failed: Callable[[Waiting, Publish, Rejected], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._gate = gate
        self._reading_back = reading_back
        self._failed = failed

    async def change(self, waiting: Waiting, effect: Publish, fediverse: Fediverse, *, may_be_done: bool) -> None:
        """Change or delete what is published. `may_be_done`: an earlier try has no known outcome."""
        post = await self._gate.start_publishing(effect)
        if post is None:
            await self._desk.room.outbox.carried_out(waiting)
            return
        target = await self._desk.posts.publishing.target_of(post)
        try:
            if post.kind is PostKind.REMOVAL:
                await _remove(target, fediverse)
                await self._desk.posts.changing.removed(waiting, post.id)
            else:
                mentions = await _edit(target, post, fediverse)
                # Whom it tagged before has read it; some servers leave them tagged.
                others = await self._reading_back.unforeseen(post, mentions, fediverse, before=target.text)
                await self._desk.posts.changing.edited(waiting, post.id, unforeseen=others)
        except Gone:
            await self._desk.posts.changing.target_gone(waiting, post.id)
        except Rejected as error:
            # An earlier try may have done it, and of a thread some parts may be gone.
            if not may_be_done and len(target.out) == 1:
                await self._desk.posts.publishing.not_out(effect)
            await self._failed(waiting, effect, error)
        except Unsure:
            raise
        except (TryLater, StopError):
            # A deletion may have begun: of a thread some parts can be gone already.
            if post.kind is PostKind.EDIT and not may_be_done:
                await self._desk.posts.publishing.not_out(effect)
            raise


async def _remove(target: Post, fediverse: Fediverse) -> None:
    """The last part first: what is left in between is a beginning, not a reply to nothing."""
    for out in reversed(target.out):
        with contextlib.suppress(Gone):
            await fediverse.delete(out.status)


async def _edit(target: Post, edit: Post, fediverse: Fediverse) -> tuple[str, ...]:
    """Change it; returns whom it tags then."""
    new = NewStatus(
        text=edit.text,
        visibility=target.visibility,
        in_reply_to=target.in_reply_to,
        content_warning=edit.content_warning,
        language=edit.language,
        media=uploaded(target),  # the API takes away the media that are not named again
    )
    return await fediverse.edit(target.out[0].status, new)


def uploaded(post: Post) -> tuple[str, ...]:
    """The ids of the post's files at the instance."""
    return tuple(one.uploaded_as for one in post.attachments if one.uploaded_as)
