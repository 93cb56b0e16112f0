"""What is published is changed or deleted at the server."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.lookup import ticket_of
from fedichat.desk.office import Service, keep, write
from fedichat.desk.posts.publishing import shown_everywhere, tagged_unforeseen, the_stored_post
from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.history import Step
from fedichat.domain.names import PostId
from fedichat.domain.phrase import mark
from fedichat.domain.posts import states
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.tickets.ticket import Ticket, TicketState, reopened
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class Changing(Service):
    """The end of a change of what is published: edited, removed, or gone."""

    @write
    def edited(self, tx: Transaction, waiting: Waiting, number: PostId, *, unforeseen: Sequence[str] = ()) -> None:
        """The server has the new text of a published post. `unforeseen` as for `published`."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = states.carried_out(the_stored_post(tx, number))
        target = states.changed_by(self._target(tx, post), post)
        posts.save_post(tx, target)
        told = told_about(post, mark("Changed what is published: {url}"), url=target.url)
        done = entry_of(target, Step.EDITED, None, now)
        keep(tx, Change(posts=(post,), entries=(done,), effects=(preview(post), preview(target), told)))
        outbox.add_effects(tx, shown_everywhere(tx, post, target))
        if unforeseen:
            outbox.add_effects(tx, [tagged_unforeseen(target, unforeseen, meant=post)])
            log.warning("post-tags-others post=%d count=%d", target.id, len(unforeseen))
        log.info("post-edited post=%d ticket=%s", target.id, post.ticket)

    @write
    def removed(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """A published post is gone from the server; a ticket that it had answered is open again."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = states.carried_out(the_stored_post(tx, number))
        target = states.removed(self._target(tx, post))
        posts.save_post(tx, target)
        ticket, is_open_again = self._without(tx, target, now)
        message = mark("P{target} is deleted from the server.")
        if is_open_again:
            message = mark("P{target} is deleted from the server. #{ticket} is open again.")
        told = told_about(post, message, target=target.id, ticket=post.called)
        done = entry_of(target, Step.REMOVED, None, now)
        keep(tx, Change(ticket, (post,), (done,), (preview(post), preview(target), told)))
        outbox.add_effects(tx, shown_everywhere(tx, post, target))
        log.info("post-removed post=%d ticket=%s", target.id, post.ticket)

    @write
    def target_gone(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """What was to be changed is not at the server any more."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = states.failed(the_stored_post(tx, number))
        target = states.removed(self._target(tx, post))
        posts.save_post(tx, target)
        ticket, _ = self._without(tx, target, now)
        message = mark(
            "P{target} could not be changed: it is not at the server any more. Somebody has deleted it there, or the "
            "account may not see it."
        )
        told = told_about(post, message, meant=(post.confirmed_by or post.author,), target=target.id)
        entries = entry_of(post, Step.FAILED, None, now), entry_of(target, Step.REMOVED, None, now)
        keep(tx, Change(ticket, (post,), entries, (preview(post), preview(target), told)))
        log.warning("post-gone post=%d ticket=%s", target.id, post.ticket)

    def _without(self, tx: Transaction, removed: Post, now: datetime) -> tuple[Ticket | None, bool]:
        """The post's ticket as it is without that post, and whether it is open again; None for what is planned."""
        if removed.ticket is None:
            return None, False
        reopened_one = _open_without(tx, removed, now)
        return self.promised(reopened_one or ticket_of(tx, removed)), reopened_one is not None

    def _target(self, tx: Transaction, post: Post) -> Post:
        return the_stored_post(tx, post.target or post.id)


def _open_without(tx: Transaction, removed: Post, now: datetime) -> Ticket | None:
    """The ticket, open again without that post, if nothing else answers it and something is left to be answered."""
    if removed.ticket is None or removed.kind is not PostKind.ANSWER:
        return None
    ticket = ticket_of(tx, removed)
    others = [post for post in posts.posts_of(tx, ticket.id) if post.stands and post.kind is PostKind.ANSWER]
    if ticket.state is not TicketState.ANSWERED or others or not tickets.mentions_of(tx, ticket.id):
        return None
    return reopened(ticket, now)
