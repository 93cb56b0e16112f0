"""A text that its instance refuses for its length, although it is not too long by what the instance announces."""

from fedichat.desk.lookup import ticket_of
from fedichat.desk.office import Service, keep, write
from fedichat.desk.posts.ruler import Ruler
from fedichat.domain.effects import Publish
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts import outdating, states
from fedichat.domain.posts.drafting import tagged_in
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import PostState, answered_by
from fedichat.errors import Refusal
from fedichat.store import outbox, posts, tickets, troubles
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting


class Lengths(Service):
    """What is learned from such a refusal, and what becomes of the answer."""

    @write
    def has_counted_in_full(self, tx: Transaction, account: str) -> None:
        """The account's instance has refused for its length what was not too long by what it announces."""
        troubles.keep_counting_in_full(tx, self.office.fediverses[account].instance, self.clock.now())

    @write
    def too_long_for_one(
        self, tx: Transaction, waiting: Waiting, effect: Publish, ruler: Ruler, reason: Phrase
    ) -> bool:
        """Draft an answer again that the instance found too long: as a thread, which needs a new confirmation.

        False where that cannot be done: nothing has changed then.
        """
        before = posts.find_post(tx, effect.post)
        if before is None or before.state is not PostState.CONFIRMED or not before.answers_question or before.out:
            return False
        ticket = ticket_of(tx, before)
        mention = tickets.find_mention(tx, before.account, before.in_reply_to) if before.in_reply_to else None
        accts = (
            tagged_in(mention.status, Draft("", tag_all=answered_by(before).tag_all)) if mention else (ticket.author,)
        )
        try:
            post = ruler.fitted(states.drafted_again(before), accts)
        except Refusal:
            return False
        if not post.parts:
            return False
        outbox.done(tx, waiting)
        keep(tx, outdating.too_long_for_one(before, post, ticket, reason, self.clock.now()))
        return True
