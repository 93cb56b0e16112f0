"""A post that cannot go out, for now or for good."""

import logging

from fedichat.desk.lookup import ticket_of, ticket_with
from fedichat.desk.office import Service, keep, write
from fedichat.desk.plan import series
from fedichat.desk.posts.publishing import still_waits, the_stored_post
from fedichat.desk.posts.second_looks import taken_in
from fedichat.domain.change import Change, entry, entry_of, preview, told_about
from fedichat.domain.effects import Discard, Effect, Publish
from fedichat.domain.history import Step
from fedichat.domain.names import PostId
from fedichat.domain.phrase import Marked, Phrase, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.post import Post, PostKind, PostState
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
        post = states.outdated(before, status)
        ticket = ticket_of(tx, post)
        change = Change()
        if status is None:
            message = mark(
                "Nothing was published: the question was deleted or hidden. See the new preview, and confirm it anew "
                "or withdraw it."
            )
        else:
            change = taken_in(tx, self.settings, ticket, status, now)
            keep(tx, change)
            message = mark("Nothing was published: the question was edited. See the new preview and confirm it anew.")
        meant = (before.confirmed_by or before.author,)
        effects: tuple[Effect, ...] = (
            preview(before),
            told_about(post, message, meant=meant),
            preview(post),
        )
        outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
        shown = change.ticket or ticket
        keep(tx, Change(posts=(post,), entries=(outdated,), effects=effects, on_card_of=shown))
        log.info("post-outdated post=%d ticket=%d", post.id, ticket.id)

    @write
    def publishing_failed(self, tx: Transaction, waiting: Waiting, effect: Publish, reason: Phrase) -> None:
        """Nothing more can be done for this post: it is set aside, and the room hears why.

        One that was taken back or changed meanwhile is what it has become.
        """
        self._set_aside(tx, waiting, effect, reason)

    @write
    def not_kept(self, tx: Transaction, waiting: Waiting, effect: Publish) -> None:
        """The server said that it took the post's next part, and has not kept it: only a person tries that again."""
        reason = Phrase(mark("the server said that it took it, and has not kept it"))
        self._set_aside(tx, waiting, effect, reason, is_not_kept=True)

    def _set_aside(
        self, tx: Transaction, waiting: Waiting, effect: Publish, reason: Phrase, *, is_not_kept: bool = False
    ) -> None:
        now = self.clock.now()
        before = the_stored_post(tx, effect.post)
        if not still_waits(before, effect):
            outbox.done(tx, waiting)
            return
        message = _what_was_not_kept(before) if is_not_kept else _what_failed(before)
        meant = [before.confirmed_by or before.author, *([before.author] if is_not_kept else [])]
        if before.out:
            # Somebody decides whether the thread goes on: nothing is lost that the operator would have to look for.
            outbox.done(tx, waiting)
            post = states.interrupted(before)
        else:
            outbox.set_aside(tx, waiting, str(reason), now)
            post = states.failed(before)
        told = told_about(
            post,
            message,
            meant=tuple(dict.fromkeys(meant)),
            called=post.called,
            reason=reason,
            part=len(post.out) + 1,
            count=len(post.texts),
        )
        shown: tuple[Effect, ...] = (preview(before), told, preview(post)) if before.out else (preview(post), told)
        if is_not_kept and not before.out:
            # Should it show up after all, the server refuses: Mastodon deletes no file that a status has.
            uploads = [one.uploaded_as for one in before.attachments if one.uploaded_as]
            shown = (*shown, *(Discard(before.account, media) for media in uploads))
        failed = entry_of(post, Step.FAILED, None, now, said=reason)
        keep(tx, Change(posts=(post,), entries=(failed,), effects=shown, on_card_of=ticket_with(tx, post)))
        if not before.out:
            series.go_on(tx, post, self.settings, now)
        log.error("post-failed post=%d ticket=%s reason=%s", post.id, post.ticket, reason)


def _what_was_not_kept(post: Post) -> Marked:
    if post.out:
        return mark(
            "⚠️ P{post} stopped: the server said that it took part {part} of {count}, but it is not there. Perhaps its "
            "spam filter drops the text; ask whoever runs the server. What is out stays; see the new preview: "
            "{confirm} tries part {part} again, ❌ leaves it at that."
        )
    if post.kind is PostKind.CRISIS:
        return mark(
            "⚠️ The warning P{post} is NOT out: the server said that it took it, but it is not there. Perhaps its spam "
            "filter drops the text; ask whoever runs the server. Nothing is tried again by itself: "
            "`{prefix}crisis …` makes a new one, best in other words."
        )
    if post.ticket is None:
        return mark(
            "⚠️ P{post} is NOT published: the server said that it took it, but it is not there. Perhaps its spam "
            "filter drops the text; ask whoever runs the server. Nothing is tried again by itself: "
            "`{prefix}copy {called}` makes a new draft of it."
        )
    return mark(
        "⚠️ P{post} is NOT published: the server said that it took it, but it is not there. Perhaps its spam filter "
        "drops the text; ask whoever runs the server. Nothing is tried again by itself: the ticket stays open, and "
        "`{prefix}answer {called} …` starts afresh."
    )


def _what_failed(post: Post) -> Marked:
    # Between two parts of a thread nothing is open.
    is_unknown = post.state is PostState.PUBLISHING and post.attempted_at is not None
    if post.out and is_unknown:
        return mark(
            "P{post} stopped: it is not known whether part {part} of {count} was published: no answer came, and "
            "looking for it is refused: {reason}. Please look at the account itself before going on; see the new "
            "preview."
        )
    if post.out:
        return mark(
            "P{post} stopped: the server will not take part {part} of {count}: {reason}. What is out stays; see the "
            "new preview: {confirm} goes on with part {part}, ❌ leaves it at that."
        )
    if not post.says_something:
        return _what_change_failed(is_unknown=is_unknown)
    if is_unknown:
        return mark(
            "It is not known whether P{post} was published: no answer came, and looking for it is refused: "
            "{reason}. Please look at the account itself before anything else is written."
        )
    if post.ticket is None:
        return mark(
            "P{post} was not published, and trying again would not help: {reason}. `{prefix}copy {called}` makes a new "
            "draft of it."
        )
    return mark(
        "P{post} was not published, and trying again would not help: {reason}. The ticket stays open; "
        "`{prefix}answer {called} …` starts afresh."
    )


def _what_change_failed(*, is_unknown: bool) -> Marked:
    if is_unknown:
        return mark(
            "It is not known whether P{post} was carried out, or how far: in the end the server refused it: {reason}. "
            "Please look at the account itself."
        )
    return mark(
        "P{post} was not carried out, and trying again would not help: {reason}. What is published stays as it is."
    )
