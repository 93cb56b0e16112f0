"""A post that cannot go out, for now or for good."""

import logging

from fedichat.desk.lookup import ticket_of, ticket_with
from fedichat.desk.office import Service, keep, write
from fedichat.desk.plan import series
from fedichat.desk.posts.publishing import still_waits, the_stored_post
from fedichat.desk.posts.second_looks import taken_in
from fedichat.domain.change import Change
from fedichat.domain.effects import Publish
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts import failing as decide
from fedichat.domain.posts import outdating
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.tickets.mention import Status
from fedichat.store import outbox
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class Failing(Service):
    """Posts that cannot go out: their question changed, or the server refused them."""

    @write
    def question_changed(self, tx: Transaction, waiting: Waiting, number: PostId, status: Status | None) -> None:
        """What the post answers was edited, or deleted (None), since it was drafted: nothing goes out unseen."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        before = the_stored_post(tx, number)
        if before.state is not PostState.CONFIRMED:
            return
        ticket = ticket_of(tx, before)
        if status is not None:
            change = taken_in(tx, self.settings, ticket, status, now)
            keep(tx, change)
            ticket = change.ticket or ticket
        keep(tx, outdating.question_changed(before, ticket, status, now))
        log.info("post-outdated post=%d ticket=%d", before.id, ticket.id)

    @write
    def publishing_failed(self, tx: Transaction, waiting: Waiting, effect: Publish, reason: Phrase) -> None:
        """Nothing more can be done for this post: it is set aside, and the room hears why.

        One that was taken back or changed meanwhile is what it has become.
        """
        before = the_stored_post(tx, effect.post)
        if not still_waits(before, effect):
            outbox.done(tx, waiting)
            return
        change = decide.refused(before, reason, ticket_with(tx, before), self.clock.now())
        self._set_aside(tx, waiting, before, change, reason)

    @write
    def not_kept(self, tx: Transaction, waiting: Waiting, effect: Publish) -> None:
        """The server said that it took the post's next part, and has not kept it: only a person tries that again."""
        before = the_stored_post(tx, effect.post)
        if not still_waits(before, effect):
            outbox.done(tx, waiting)
            return
        change = decide.not_kept(before, ticket_with(tx, before), self.clock.now())
        self._set_aside(tx, waiting, before, change, decide.NOT_KEPT)

    def _set_aside(self, tx: Transaction, waiting: Waiting, before: Post, change: Change, reason: Phrase) -> None:
        now = self.clock.now()
        if before.out:
            # Somebody decides whether the thread goes on: nothing is lost that the operator would have to look for.
            outbox.done(tx, waiting)
        else:
            outbox.set_aside(tx, waiting, str(reason), now)
        keep(tx, change)
        if not before.out:
            series.go_on(tx, change.posts[0], self.settings, now)
        log.error("post-failed post=%d ticket=%s reason=%s", before.id, before.ticket, reason)
