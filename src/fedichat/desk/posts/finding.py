"""Which post somebody means."""

from fedichat.desk.lookup import (
    the_post,
    the_ticket,
)
from fedichat.desk.office import Service, read
from fedichat.desk.posts.confirming import together
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, PostId, TicketId
from fedichat.domain.posts.post import Post, PostState
from fedichat.errors import Refusal
from fedichat.store import outbox, posts
from fedichat.store.database import Transaction


class Finding(Service):
    """Posts by their number, their ticket, or the message that asked for them."""

    @read
    def post(self, tx: Transaction, number: PostId, cause: Cause) -> Post:
        """That post, if it belongs to the room."""
        return the_post(tx, number, cause.place)

    @read
    def any_post(self, tx: Transaction, number: PostId) -> Post:
        """That post, whoever asks. Raises LookupError where there is none."""
        post = posts.find_post(tx, number)
        if post is None:
            raise LookupError(number)
        return post

    @read
    def newest_revision(self, tx: Transaction, cause: Cause, number: PostId) -> Post:
        """That post as it is now, to be confirmed or withdrawn as its newest preview shows it."""
        return together(tx, the_post(tx, number, cause.place))[0]

    @read
    def pending_post(
        self, tx: Transaction, cause: Cause, number: TicketId, replied_to: EventId | None, *, to_confirm: bool = False
    ) -> Post:
        """The draft of a ticket that is meant: the only one, or that of the preview which was replied to.

        `to_confirm`: what is confirmed already is not meant. Refuses where there is none, or no telling which.
        """
        ticket = the_ticket(tx, number, cause.place)
        pending = posts.pending_of(tx, ticket.id)
        if not pending:
            raise Refusal("There is no draft for #{ticket}. `{prefix}answer {ticket} …` writes one.", ticket=number)
        said = outbox.what_was_said(tx, replied_to) if replied_to is not None else None
        wanted = (PostState.DRAFT,) if to_confirm else (PostState.DRAFT, PostState.CONFIRMED)
        meant = [post for post in pending if said is not None and post.id == said.post]
        meant = meant or [post for post in pending if post.state in wanted] or pending
        if len(meant) > 1:
            named = ", ".join(f"P{post.id}" for post in meant)
            if to_confirm:
                raise Refusal(
                    "{posts} wait for #{ticket}. Which one is meant? Say its number, as in `{prefix}publish P{post}`, "
                    "or tap on its preview.",
                    posts=named,
                    ticket=number,
                    post=meant[0].id,
                )
            raise Refusal(
                "{posts} wait for #{ticket}. Which one is meant? Say its number, as in `{prefix}withdraw P{post}`, or "
                "tap on its preview.",
                posts=named,
                ticket=number,
                post=meant[0].id,
            )
        return meant[0]

    @read
    def post_from(self, tx: Transaction, source: EventId) -> Post | None:
        """The post that a chat message asked for."""
        return posts.post_from(tx, source)
