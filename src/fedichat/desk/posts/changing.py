"""What is published is changed or deleted at the server."""

import logging
from collections.abc import Sequence

from fedichat.desk.lookup import departments_to_tell, ticket_of
from fedichat.desk.office import Service, keep, write
from fedichat.desk.posts.publishing import the_stored_post
from fedichat.domain.names import PostId
from fedichat.domain.posts import changing as decide
from fedichat.domain.posts.changing import Concerned
from fedichat.domain.posts.post import Post
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting

log = logging.getLogger(__name__)


class Changing(Service):
    """The end of a change of what is published: edited, removed, or gone."""

    @write
    def edited(self, tx: Transaction, waiting: Waiting, number: PostId, *, unforeseen: Sequence[str] = ()) -> None:
        """The server has the new text of a published post. `unforeseen` as for `published`."""
        outbox.done(tx, waiting)
        post, target = _both(tx, number)
        keep(tx, decide.edited(post, target, _concerned(tx, target), unforeseen, self.clock.now()))
        if unforeseen:
            log.warning("post-tags-others post=%d count=%d", target.id, len(unforeseen))
        log.info("post-edited post=%d ticket=%s", target.id, post.ticket)

    @write
    def removed(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """A published post is gone from the server; a ticket that it had answered is open again."""
        outbox.done(tx, waiting)
        post, target = _both(tx, number)
        keep(tx, decide.removed(post, target, _concerned(tx, target), self.clock.now(), self.settings.promises))
        log.info("post-removed post=%d ticket=%s", target.id, post.ticket)

    @write
    def target_gone(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """What was to be changed is not at the server any more."""
        outbox.done(tx, waiting)
        post, target = _both(tx, number)
        keep(tx, decide.target_gone(post, target, _concerned(tx, target), self.clock.now(), self.settings.promises))
        log.warning("post-gone post=%d ticket=%s", target.id, post.ticket)


def _both(tx: Transaction, number: PostId) -> tuple[Post, Post]:
    """The change of a published post, and the published post."""
    post = the_stored_post(tx, number)
    return post, the_stored_post(tx, post.target or post.id)


def _concerned(tx: Transaction, published: Post) -> Concerned:
    if published.ticket is None:
        return Concerned()
    ticket = ticket_of(tx, published)
    departments = departments_to_tell(tx, ticket, published)
    has_words = bool(tickets.mentions_of(tx, ticket.id))
    return Concerned(ticket, posts.posts_of(tx, ticket.id), departments, has_words)
