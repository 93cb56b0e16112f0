"""What came of handing a post to the server, and everything that is said about it."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.lookup import departments_to_tell, ticket_of, ticket_with
from fedichat.desk.office import Service, keep, read, write
from fedichat.desk.plan import series
from fedichat.desk.plan.due import hold_back, planned_is_out
from fedichat.desk.room.unheard import go_unheard
from fedichat.domain.effects import Publish
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts import outcomes, states
from fedichat.domain.posts.post import Attempt, Out, Post, PostState
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.store import escalations, outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class Publishing(Service):
    """The last steps of a post, each recorded before the next one is taken."""

    @read
    def post_to_publish(self, tx: Transaction, effect: Publish) -> Post | None:
        """The post, if that confirmation still stands; None when it was taken back or is out already."""
        post = posts.find_post(tx, effect.post)
        return post if post is not None and still_waits(post, effect) else None

    @write
    def start_publishing(
        self, tx: Transaction, effect: Publish, attempt: Attempt | None = None, *, unheard: bool = False
    ) -> Post | None:
        """From here on the post cannot be taken back. None when it just was, or is held back.

        `attempt` is what is known right before, to find out later what became of it. `unheard`: what was said in the
        rooms until now could not be heard. What is planned is missed then, as somebody may have frozen it; an answer or
        a warning goes out, and the room is told so.
        """
        now = self.clock.now()
        post = posts.find_post(tx, effect.post)
        if post is None or not still_waits(post, effect):
            return None
        if hold_back(tx, self.settings, post, now, unheard=unheard):
            return None
        if unheard and not post.out:
            go_unheard(tx, post, now)
        post = states.publishing(post, now, attempt)
        posts.save_post(tx, post)
        return post

    @write
    def reported(self, tx: Transaction, effect: Publish, out: Out) -> Post:
        """The server says which status the post's next part became; recorded before it is read back."""
        post = states.reported(the_stored_post(tx, effect.post), out)
        posts.save_post(tx, post)
        return post

    @write
    def not_found(self, tx: Transaction, effect: Publish) -> Post | None:
        """A try without an answer left nothing that can be found: the post waits again. None when it is settled."""
        post = posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.PUBLISHING:
            return None
        post = states.not_found(post)
        posts.save_post(tx, post)
        return post

    @write
    def not_out(self, tx: Transaction, effect: Publish, earlier: Attempt | None = None) -> Post | None:
        """It is certain that the server did not take the post: it waits again. None when it is settled.

        `earlier` is what was known before an earlier try, whose outcome is not certain at all.
        """
        post = posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.PUBLISHING:
            return None
        post = states.not_out(post, earlier)
        posts.save_post(tx, post)
        return post

    @write
    def published(
        self,
        tx: Transaction,
        waiting: Waiting,
        number: PostId,
        status: StatusId,
        url: str,
        *,
        unseen: Phrase | None = None,
        unforeseen: Sequence[str] = (),
        seen_by: Visibility | None = None,
    ) -> Post:
        """The post's next part is out. With the last one the ticket is answered, and its thread has the link.

        `unseen` is why the server could not be asked whether it stands there, `unforeseen` are the accounts that it
        tags and no preview named, `seen_by` is whom the server shows it to where that is not as asked: that is said.
        Where too many can read what is not for everybody, nothing more of it goes out, nor the next of a series unseen.
        """
        post = states.part_published(the_stored_post(tx, number), status, url)
        is_read_by_others = outcomes.is_read_by_others(post, unforeseen, seen_by)
        if is_read_by_others:
            series.disapprove_waiting(tx, post, self.clock.now())  # that is not what was approved
        if post.left and is_read_by_others:
            post = self._cut_short(tx, waiting, post)
        elif post.left:
            posts.save_post(tx, post)
            log.info("part-published post=%d part=%d of=%d", post.id, len(post.out), len(post.texts))
        else:
            self._is_out(tx, waiting, post)
        outbox.add_effects(tx, outcomes.unlike_the_preview(post, url, unseen, unforeseen, seen_by))
        if unforeseen:
            log.warning("post-tags-others post=%d count=%d", post.id, len(unforeseen))
        if outcomes.is_too_wide(post, seen_by):
            log.error("post-too-wide post=%d visibility=%s", post.id, seen_by)
        return post

    def _cut_short(self, tx: Transaction, waiting: Waiting, before: Post) -> Post:
        """Leave the thread at what is out: too many can read that."""
        outbox.done(tx, waiting)
        change = outcomes.cut_short(before, ticket_with(tx, before), self.clock.now())
        keep(tx, change)
        (post,) = change.posts
        series.go_on(tx, post, self.settings, self.clock.now())
        return post

    def _is_out(self, tx: Transaction, waiting: Waiting, post: Post) -> None:
        """All of the post is at the server."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        if post.ticket is None:
            planned_is_out(tx, self.settings, post, now)
        else:
            self._answer_is_out(tx, post, ticket_of(tx, post), now)

    def _answer_is_out(self, tx: Transaction, post: Post, before: Ticket, now: datetime) -> None:
        newest = tickets.find_mention(tx, before.account, before.status)
        asked_at = newest.status.created_at if newest else None
        pending = posts.pending_of(tx, before.id)
        shown = departments_to_tell(tx, before, post)
        change = outcomes.answer_is_out(post, before, pending, shown, asked_at, now, self.settings.promises)
        if change.ticket is not None and outcomes.is_settled_by(post, change.ticket):
            escalations.end_all(tx, before.id, now)
        keep(tx, change)
        log.info("post-published post=%d ticket=%d kind=%s", post.id, before.id, post.kind)

    @read
    def target_of(self, tx: Transaction, post: Post) -> Post:
        """The published post that an edit or a removal is about."""
        return the_stored_post(tx, post.target or post.id)

    @read
    def asker_of(self, tx: Transaction, post: Post) -> str:
        """The acct of whoever asked what the post answers; empty where it answers nobody."""
        ticket = tickets.find_ticket(tx, post.ticket) if post.ticket is not None else None
        return ticket.author if ticket is not None else ""

    @read
    def recorded_statuses(self, tx: Transaction, account: str, statuses: list[StatusId]) -> set[StatusId]:
        """Which of these statuses of ours are known as posts."""
        return posts.recorded(tx, account, statuses)


def still_waits(post: Post, effect: Publish) -> bool:
    """Whether the post is still to go out by that very effect, and not by a later confirmation's."""
    waits = post.state in (PostState.CONFIRMED, PostState.PUBLISHING)
    return waits and post.publish_after == effect.not_before


def the_stored_post(tx: Transaction, number: PostId) -> Post:
    """That post. Raises LookupError where there is none."""
    post = posts.find_post(tx, number)
    if post is None:
        raise LookupError(number)
    return post
