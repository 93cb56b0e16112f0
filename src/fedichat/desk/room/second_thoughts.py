"""What is taken out of a room counts: messages of ours that a moderator removes, and a ✅ that is taken back.

Whoever can remove a message may hold back what it shows; letting something out asks for more. So no right is asked for.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from fedichat.desk.office import Service, command, keep, take_up, write
from fedichat.desk.plan import series
from fedichat.desk.posts.confirming import together
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry, entry_of, preview, told_about
from fedichat.domain.effects import Effect, ShowCard, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import SUPERVISORS, EventId, PostId, UserId, localpart
from fedichat.domain.phrase import Field, Marked, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.post import Post, PostState
from fedichat.store import asking, entries, inbox, outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Said

log = logging.getLogger(__name__)

_MOST = 3

_WITHIN = timedelta(hours=1)
"""So often within that time a message is shown anew: a moderation bot would take it away for ever."""

_HELD_BACK = (PostState.DRAFT, PostState.CONFIRMED, PostState.MISSED)
"""A post that missed its time waits as well: the end of a freeze may let it out."""

LIKE_YES = frozenset("✔☑✓👍👌🆗💯🙆🙏🫡🎉🚀🟢⭕👏🤝💪")
"""What somebody may mean by a tap who wants a post out, and what does not publish it. Without variation selectors."""

LIKE_NO = frozenset("❎✖✗✘✕☒🚫⛔🛑👎🙅✋🗑🔴⏸⏹")
"""The same of somebody who wants it to stay, and what does not hold it back."""


class SecondThoughts(Service):
    """Redactions of what the bot said."""

    @command
    def taken_away(self, tx: Transaction, cause: Cause, _now: datetime, said: Said) -> None:
        """Somebody took a message of ours away: a preview holds its post back, an open ticket gets another card."""
        asking.settle(tx, said.event)
        if said.is_card and said.ticket is not None:
            self._card_gone(tx, cause, said)
        elif said.post is not None and said.revision is not None:
            outbox.not_a_preview(tx, said.event)
            post = posts.find_post(tx, said.post)
            if post is not None and said.revision == post.revision:
                self._preview_gone(tx, cause, post)

    @write
    def hold_everything_back(self, tx: Transaction, cause: Cause) -> None:
        """A fault of ours kept us from doing what may have taken a post back: nothing confirmed leaves without a look.

        That is what waits in the room where it was said; all that waits, where the supervisors said it.
        """
        now = self.clock.now()
        seen: set[PostId] = set()
        for post in posts.confirmed(tx, None if cause.place == SUPERVISORS else cause.place):
            if post.id in seen:
                continue
            seen |= {each.id for each in together(tx, post, *_HELD_BACK)}
            message = mark(
                "P{post} is held back: what {who} said just now could not be carried out. Please look, and confirm "
                "again."
            )
            keep(tx, Change(effects=(_told(post, cause, message),)))
            self._hold_back(tx, cause, post, now, is_shown=True)
            log.warning("post-held-back post=%d after a fault", post.id)

    def _card_gone(self, tx: Transaction, cause: Cause, said: Said) -> None:
        now = self.clock.now()
        outbox.not_a_card(tx, [said.event])
        outbox.forget_quotations(tx, [said.event])
        ticket = tickets.find_ticket(tx, said.ticket) if said.ticket is not None else None
        if ticket is None or not ticket.state.is_open:
            return
        before = entries.history_of(tx, ticket.id)
        message = mark("{who} took the card of #{ticket} away. The ticket is open, so here it is again.")
        shown: list[Effect] = [ShowCard(cause.place, ticket.id)]
        if _times(before, now, None) >= _MOST:
            message = mark(
                "The card of #{ticket} was taken away again and again, so it is not shown any more. The ticket is "
                "open: `{prefix}show {ticket}`"
            )
            shown = []
        fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": ticket.id}
        told = Tell(cause.place, message, fields, ticket=ticket.id)
        keep(tx, Change(entries=(entry(ticket, Step.TAKEN_AWAY, cause, now),), effects=(*shown, told)))
        log.info("card-taken-away ticket=%d place=%s by=%s", ticket.id, cause.place, cause.actor)

    def _preview_gone(self, tx: Transaction, cause: Cause, post: Post) -> None:
        now = self.clock.now()
        message = mark(
            "{who} took the preview of P{post} away, so it is held back. Here is a new one, to be confirmed anew."
        )
        if post.state is PostState.PUBLISHING:
            message = mark(
                "{who} took the preview of P{post} away, but it is on its way to the server already. Once it is out, "
                "`{prefix}unpublish {called}` takes it back."
            )
            keep(tx, Change(effects=(_told(post, cause, message),)))
        if post.state not in _HELD_BACK:
            return
        before = entries.history_of_post(tx, post.id)
        is_too_often = _times(before, now, post.id) >= _MOST
        if is_too_often:
            message = mark(
                "The preview of P{post} was taken away again and again, so it is not shown any more. P{post} is held "
                "back; `{prefix}withdraw P{post}` drops it."
            )
        taken = entry_of(post, Step.TAKEN_AWAY, cause, now)
        keep(tx, Change(entries=(taken,), effects=(_told(post, cause, message),)))
        self._hold_back(tx, cause, post, now, is_shown=not is_too_often)
        log.info("preview-taken-away post=%d by=%s", post.id, cause.actor)

    def _hold_back(self, tx: Transaction, cause: Cause, post: Post, now: datetime, *, is_shown: bool) -> None:
        """Make the post, and what is released with it, drafts again, with a new preview."""
        for each in together(tx, post, *_HELD_BACK):
            held = states.shown_again(each)
            entries: tuple[Entry, ...] = ()
            if each.state is not PostState.DRAFT and each.confirmed_by is not None:
                series.disapprove(tx, held)
                series.watch(tx, held, now)
                entries = (entry_of(held, Step.UNCONFIRMED, cause, now),)
            old = (preview(each),) if each.id != post.id else ()
            keep(tx, Change(posts=(held,), entries=entries, effects=(*old, *((preview(held),) if is_shown else ()))))

    @command
    def confirmation_taken_back(
        self, tx: Transaction, cause: Cause, now: datetime, number: PostId, sender: UserId
    ) -> None:
        """A ✅ of `sender` is gone from a preview: what they confirmed is a draft again, if that is still possible.

        A ✅ of somebody else on that preview was refused when it came, for the post was confirmed already. It does not
        take over by itself: they are told, and tap the new preview if it is to go out.
        """
        before = posts.find_post(tx, number)
        if before is None or before.confirmed_by != sender or before.state is PostState.DRAFT:
            return
        others = self._others(tx, before, sender)
        if before.state is PostState.CONFIRMED and others:
            names = ", ".join(map(localpart, others))
            message = mark(
                "{who}'s ✅ on P{post} is gone, so it is held back. The ✅ of {others} came second and does not count: "
                "{confirm} lets it out as its new preview shows it."
            )
            outbox.add_effects(
                tx,
                [
                    preview(before),
                    told_about(before, message, meant=tuple(others), who=localpart(sender), others=names),
                ],
            )
            self._hold_back(tx, cause, before, now, is_shown=True)
            return
        for each in together(tx, before, before.state):
            post = states.unconfirmed(each)
            series.disapprove(tx, post)
            # It may have been looked at while it was confirmed: unconfirmed, it would pass unnoticed.
            series.watch(tx, post, now)
            taken_back = entry_of(post, Step.UNCONFIRMED, cause, now)
            keep(tx, Change(posts=(post,), entries=(taken_back,), effects=(preview(post),)))

    def _others(self, tx: Transaction, post: Post, sender: UserId) -> Sequence[UserId]:
        """Who else has a ✅ on the preview that shows the post as it is."""
        said = outbox.preview_of(tx, post.id, post.revision)
        found = inbox.others_reactions(tx, said.event) if said is not None else []
        people = (one.sender for one in found if one.key == CONFIRM and one.sender is not None)
        return [one for one in dict.fromkeys(people) if one != sender]

    @write
    def forget_reaction(self, tx: Transaction, event: EventId) -> None:
        """A reaction is not there any more, and has had its outcome."""
        inbox.drop_reaction(tx, event)

    @write
    def explain_tap(
        self, tx: Transaction, cause: Cause, number: PostId, revision: int, key: str, target: EventId
    ) -> None:
        """Something like a yes or a no was tapped on a preview, which does nothing: say what does.

        Once while it is a draft. What is confirmed would go out in spite of a no, so each of those is answered.
        """
        post = posts.find_post(tx, number)
        if post is None or post.revision != revision or post.state not in (PostState.DRAFT, PostState.CONFIRMED):
            return
        is_confirmed, alike = post.state is PostState.CONFIRMED, LIKE_NO if is_no(key) else LIKE_YES
        if is_confirmed and alike is LIKE_YES:
            return  # applause
        take_up(tx, cause, self.clock.now())
        there = inbox.others_reactions(tx, target)
        if not is_confirmed and any(_sign(one.key) in alike and one.event != cause.event for one in there):
            return
        message = mark("{key} on a preview does nothing. {confirm} publishes P{post}, ❌ withdraws it.")
        if is_confirmed:
            message = mark("{key} on a preview does nothing, and P{post} is confirmed. ❌ withdraws it.")
        outbox.add_effects(tx, [told_about(post, message, meant=(cause.actor,), key=key)])


def is_yes(key: str) -> bool:
    """Whether a tap may be meant as a ✅ and is none."""
    return _sign(key) in LIKE_YES


def is_no(key: str) -> bool:
    """Whether a tap may be meant as a ❌ and is none."""
    return _sign(key) in LIKE_NO


def _sign(key: str) -> str:
    """What is joined to a sign only says which person makes it (🙅 of a man or a woman)."""
    return key.partition("\u200d")[0]


def _told(post: Post, cause: Cause, message: Marked) -> Tell:
    meant = (post.confirmed_by or post.author,)
    return told_about(post, message, meant=meant, who=localpart(cause.actor), called=post.called)


def _times(entries: Sequence[Entry], now: datetime, post: PostId | None) -> int:
    """How often it was taken away of late."""
    return sum(1 for one in entries if one.step is Step.TAKEN_AWAY and one.post == post and now - one.at <= _WITHIN)
