"""What came of handing a post to the server, and everything that is said about it."""

import logging

from fedichat.desk.base import DeskBase, entry, keep, preview, read, ticket_of, write
from fedichat.domain import post as rules
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, Publish, ShowCard, Tell
from fedichat.domain.history import Step
from fedichat.domain.mention import Status, StatusId
from fedichat.domain.names import PostId
from fedichat.domain.post import Post, PostState
from fedichat.domain.ticket import TicketState, answered
from fedichat.i18n import mark
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class Publishing(DeskBase):
    """The last steps of a post, each recorded before the next one is taken."""

    @read
    async def post_to_publish(self, tx: Transaction, effect: Publish) -> Post | None:
        """The post, if that confirmation still stands; None when it was taken back or is out already."""
        post = await posts.find_post(tx, effect.post)
        return post if post is not None and _stands(post, effect) else None

    @write
    async def start_publishing(self, tx: Transaction, effect: Publish) -> Post | None:
        """From here on the post cannot be taken back. None when it just was."""
        post = await posts.find_post(tx, effect.post)
        if post is None or not _stands(post, effect):
            return None
        post = rules.publishing(post, self.clock.now())
        await posts.save_post(tx, post)
        return post

    @write
    async def not_out(self, tx: Transaction, effect: Publish) -> Post | None:
        """It is certain that the server did not take the post: it waits again. None when it is settled."""
        post = await posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.PUBLISHING:
            return None
        post = rules.not_out(post)
        await posts.save_post(tx, post)
        return post

    @write
    async def published(self, tx: Transaction, waiting: Waiting, number: PostId, status: StatusId, url: str) -> None:
        """The post is out: the ticket is answered, and its thread has the link."""
        now = self.clock.now()
        await outbox.done(tx, waiting)
        post = rules.published(await _post(tx, number), status, url)
        before = await ticket_of(tx, post)
        ticket = answered(before, post.in_reply_to, now)
        message = mark("Published: {url}")
        if ticket.state is not TicketState.ANSWERED:
            message = mark("Published: {url} – #{ticket} stays open, because there is a newer message in it.")
        fields: dict[str, str | int] = {"url": url, "ticket": ticket.id}
        effects: tuple[Effect, ...] = (
            preview(post),
            Tell(post.place, message, fields, ticket=ticket.id),
            ShowCard(ticket.place, ticket.id),
        )
        out = entry(ticket, Step.PUBLISHED, None, now, post=post.id)
        await keep(tx, Change(ticket, post, (out,), effects))
        log.info("post-published post=%d ticket=%d", post.id, ticket.id)

    @write
    async def question_changed(self, tx: Transaction, waiting: Waiting, number: PostId, status: Status | None) -> None:
        """What the post answers was edited, or deleted (None), since it was drafted: nothing goes out unseen."""
        now = self.clock.now()
        await outbox.done(tx, waiting)
        before = await _post(tx, number)
        if before.state is not PostState.CONFIRMED:
            return
        post = rules.outdated(before, status)
        ticket = await ticket_of(tx, post)
        if status is None:
            message = mark(
                "Nothing was published: the question was deleted or hidden. See the new preview, and confirm it anew "
                "or withdraw it."
            )
        else:
            await tickets.update_mention(tx, post.account, status)
            message = mark(
                "Nothing was published: the question was edited. It says now: “{text}” See the new preview and confirm "
                "it anew."
            )
        fields: dict[str, str | int] = {"text": status.text if status else ""}
        meant = (before.confirmed_by or before.author,)
        effects: tuple[Effect, ...] = (
            preview(before),
            Tell(post.place, message, fields, ticket=ticket.id, meant=meant),
            preview(post),
            ShowCard(ticket.place, ticket.id),
        )
        outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
        await keep(tx, Change(post=post, entries=(outdated,), effects=effects))
        log.info("post-outdated post=%d ticket=%d", post.id, ticket.id)

    @write
    async def publishing_failed(self, tx: Transaction, waiting: Waiting, number: PostId, reason: str) -> None:
        """Nothing more can be done for this post: it is set aside, and the room hears why."""
        now = self.clock.now()
        await outbox.set_aside(tx, waiting, reason, now)
        before = await _post(tx, number)
        post = rules.failed(before)
        ticket = await ticket_of(tx, post)
        message = mark(
            "P{post} was not published, and trying again would not help: {reason}. The ticket stays open; "
            "`{prefix}answer {ticket} …` starts afresh."
        )
        if before.state is PostState.PUBLISHING:
            message = mark(
                "It is not known whether P{post} was published: no answer came, and looking for it is refused: "
                "{reason}. Please look at the account itself before answering anew with `{prefix}answer {ticket} …`."
            )
        fields: dict[str, str | int] = {"post": post.id, "ticket": ticket.id, "reason": reason}
        effects: tuple[Effect, ...] = (
            preview(post),
            Tell(post.place, message, fields, ticket=ticket.id, meant=(post.confirmed_by or post.author,)),
        )
        failed = entry(ticket, Step.FAILED, None, now, reason, post.id)
        await keep(tx, Change(post=post, entries=(failed,), effects=effects))
        log.error("post-failed post=%d ticket=%d reason=%s", post.id, ticket.id, reason)

    @read
    async def recorded_statuses(self, tx: Transaction, account: str, statuses: list[StatusId]) -> set[StatusId]:
        """Which of these statuses of ours are known as posts."""
        return await posts.recorded(tx, account, statuses)


def _stands(post: Post, effect: Publish) -> bool:
    waits = post.state in (PostState.CONFIRMED, PostState.PUBLISHING)
    return waits and post.publish_after == effect.not_before


async def _post(tx: Transaction, number: PostId) -> Post:
    post = await posts.find_post(tx, number)
    if post is None:
        raise LookupError(number)
    return post
