"""A text that its instance refuses for its length, although it is not too long by what the instance announces."""

from fedichat.desk.lookup import ticket_of
from fedichat.desk.office import Service, keep, write
from fedichat.desk.posts.drafting import Ruler, tagged_in
from fedichat.domain.change import Change, entry_of, preview, told_about
from fedichat.domain.effects import Effect, Publish
from fedichat.domain.history import Step
from fedichat.domain.phrase import Phrase, mark
from fedichat.domain.posts import states
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
        message = mark(
            "P{post} was not published: {reason}. The server counts addresses in full, which is remembered from now "
            "on. See the new preview: {confirm} publishes it as a thread of {count}; for a single post, shorten the "
            "text."
        )
        meant = (before.confirmed_by or before.author,)
        told = told_about(post, message, meant=meant, reason=reason, count=len(post.parts))
        outdated = entry_of(post, Step.OUTDATED, None, self.clock.now(), said=reason)
        effects: tuple[Effect, ...] = (preview(before), told, preview(post))
        keep(tx, Change(posts=(post,), entries=(outdated,), effects=effects, on_card_of=ticket))
        return True
