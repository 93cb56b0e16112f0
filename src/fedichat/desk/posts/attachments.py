"""Files that go along with answers, and citizens' media that are shown."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.office import Service, keep, read, write
from fedichat.desk.plan import series
from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Discard, Effect, Prepare, Publish, ShowMedia
from fedichat.domain.history import Step
from fedichat.domain.names import EventId
from fedichat.domain.phrase import mark
from fedichat.domain.posts import states
from fedichat.domain.posts.attaching import Allowed, attached, chosen
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Attachment, Post, PostState
from fedichat.domain.tickets.mention import Media
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.ports import Limits
from fedichat.store import escalations, outbox, posts, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CitizensMedia:
    """A media attachment of a citizen's status, as it is shown in a thread."""

    account: str
    media: Media
    thread: EventId


class Attachments(Service):
    """Files that go along with answers, and citizens' media that are shown."""

    def attachments_for(self, tx: Transaction, post: Post, draft: Draft, limits: Limits) -> tuple[Attachment, ...]:
        """What goes along with `post` as `draft` asks for it; `post` is as it was before, or as it begins.

        Refuses what is not there, what is not clear, what has no alt text, and what the instance will not take.
        """
        files = files_of(tx, post)
        meant = draft.files
        if meant is not None and meant.replied_to is not None:
            # In another room of the ticket people reply to our copy.
            said = outbox.what_was_said(tx, meant.replied_to)
            if said is not None and said.remark is not None:
                draft = replace(draft, files=replace(meant, replied_to=said.remark))
            elif post.ticket is None and meant.replied_to not in {one.event for one in files}:
                # It came with another post, or was sent into a citizen's thread.
                other = escalations.find_remark(tx, meant.replied_to)
                files = [*files, *([other] if other is not None and other.file and not other.is_gone else ())]
        allowed = self._allowed(limits)
        return attached(chosen(draft, files, post.source, post.attachments), draft, allowed, post.attachments)

    def _allowed(self, limits: Limits) -> Allowed:
        return Allowed(
            attachments=limits.attachments,
            alt_characters=limits.alt_characters,
            image_bytes=limits.image_bytes,
            video_bytes=limits.video_bytes,
            media_types=limits.media_types,
            mixes_media=limits.mixes_media,
            alt_required=self.settings.require_alt_text,
        )

    @read
    def shared_file(self, tx: Transaction, event: EventId) -> SharedFile | None:
        """The file in that message; None when it was taken away meanwhile."""
        remark = escalations.find_remark(tx, event)
        return remark.file if remark is not None and not remark.is_gone else None

    @write
    def uploaded(self, tx: Transaction, effect: Publish | Prepare, file: Attachment, media: str | None) -> Post | None:
        """That file is at the server now, under that id; None: it is not there any more.

        Returns the post as it is, None when it was taken back meanwhile. What is described otherwise by now is to be
        uploaded again.
        """
        post = posts.find_post(tx, effect.post)
        waits = post is not None and post.state is PostState.CONFIRMED and _is_for(effect, post)
        attachments = tuple(
            replace(one, uploaded_as=media) if (one.remark, one.alt) == (file.remark, file.alt) else one
            for one in (post.attachments if waits and post is not None else ())
        )
        if media is not None and media not in [one.uploaded_as for one in attachments]:
            # Nobody will ask for it any more.
            outbox.add_effects(tx, [Discard(effect.account, media)])
        if post is None or not waits:
            return None
        post = replace(post, attachments=attachments)
        keep(tx, Change(posts=(post,)))
        return post

    @read
    def is_wanted(self, tx: Transaction, effect: Publish | Prepare) -> bool:
        """Whether the post still waits for what that effect does: it has not been taken back or changed."""
        post = posts.find_post(tx, effect.post)
        waits = post is not None and post.state in (PostState.CONFIRMED, PostState.PUBLISHING)
        return waits and post is not None and _is_for(effect, post)

    @read
    def media_to_show(self, tx: Transaction, effect: ShowMedia) -> CitizensMedia | None:
        """What that effect shows; None when there is nothing to show any more."""
        ticket = tickets.find_ticket(tx, effect.ticket)
        if ticket is None or escalations.is_recalled(tx, ticket.id, effect.place):
            return None
        mention = tickets.find_mention(tx, ticket.account, effect.status)
        thread = outbox.card_of(tx, ticket.id, effect.place)
        if mention is None or thread is None or effect.index >= len(mention.status.media):
            return None
        return CitizensMedia(ticket.account, mention.status.media[effect.index], thread)


def _is_for(effect: Publish | Prepare, post: Post) -> bool:
    """Whether the effect is about the confirmation that holds now, and not an earlier one."""
    return post.due_at == effect.due_at if isinstance(effect, Prepare) else post.publish_after == effect.not_before


def files_of(tx: Transaction, post: Post) -> Sequence[Remark]:
    """The files that a post may take along: those of its ticket's threads, or of its own.

    Those that one of a series, or a copy, has came with an earlier post.
    """
    if post.ticket is not None:
        return escalations.files_of(tx, post.ticket)
    own = escalations.files_of_post(tx, post.bundle or post.id)
    there = {one.event for one in own}
    had = [escalations.find_remark(tx, one.remark) for one in post.attachments if one.remark not in there]
    return [*own, *(one for one in had if one is not None and not one.is_gone)]


def still_there(tx: Transaction, attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Those whose file has not been deleted in the room, to be uploaded anew."""
    remarks = [escalations.find_remark(tx, one.remark) for one in attachments]
    there = {remark.event for remark in remarks if remark is not None and not remark.is_gone}
    return tuple(replace(one, uploaded_as=None) for one in attachments if one.remark in there)


def drop_file(tx: Transaction, remark: Remark, now: datetime) -> Sequence[Effect]:
    """A file was taken away in the room: a draft that would go out with it is withdrawn. Returns what must be shown."""
    effects: list[Effect] = []
    of_ticket = posts.pending_of(tx, remark.ticket) if remark.ticket is not None else ()
    for pending in (*of_ticket, *posts.pending_with(tx, remark.event)):
        effects += _without_file(tx, pending, remark, now)
    return effects


def _without_file(tx: Transaction, before: Post, remark: Remark, now: datetime) -> Sequence[Effect]:
    if before.state is PostState.PUBLISHING or not before.says_something or before.out:
        return ()
    name = next((one.name for one in before.attachments if one.remark == remark.event), None)
    if name is None:
        return ()
    post = states.withdrawn(before)
    series.end(tx, post, now)
    message = mark("P{post} is withdrawn: {file}, which was to go along with it, was deleted here.")
    told = told_about(post, message, meant=(before.author,), file=name)
    keep(tx, Change(posts=(post,), entries=(entry_of(post, Step.WITHDRAWN, None, now, name),)))
    log.info("post-withdrawn-with-file post=%d ticket=%s", post.id, post.ticket)
    return preview(post), told
