"""What came of handing a post to the server, and everything that is said about it."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk import series
from fedichat.desk.base import (
    DeskBase,
    cards_of,
    cards_with,
    departments_to_tell,
    entry,
    entry_of,
    keep,
    preview,
    read,
    ticket_of,
    told_about,
    write,
)
from fedichat.desk.editing import taken_in
from fedichat.desk.planned_out import hold_back, planned_is_out
from fedichat.desk.unheard import go_unheard
from fedichat.domain.change import Change
from fedichat.domain.effects import Ask, Discard, Effect, Publish, ShowPublished
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, UserId
from fedichat.domain.phrase import Field, Phrase
from fedichat.domain.posts import post as rules
from fedichat.domain.posts.post import Attempt, Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState, answered, interim_sent, reopened
from fedichat.store import escalations, outbox, posts, tickets
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting
from fedichat.text.i18n import Marked, mark

log = logging.getLogger(__name__)

_SEEN_BY = {
    Visibility.PUBLIC: mark("public"),
    Visibility.UNLISTED: mark("unlisted"),
    Visibility.PRIVATE: mark("followers only"),
    Visibility.DIRECT: mark("direct"),
}


class Publishing(DeskBase):
    """The last steps of a post, each recorded before the next one is taken."""

    @read
    def post_to_publish(self, tx: Transaction, effect: Publish) -> Post | None:
        """The post, if that confirmation still stands; None when it was taken back or is out already."""
        post = posts.find_post(tx, effect.post)
        return post if post is not None and _stands(post, effect) else None

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
        if post is None or not _stands(post, effect):
            return None
        if hold_back(tx, self.rules, post, now, unheard=unheard):
            return None
        if unheard and not post.out:
            go_unheard(tx, post, now)
        post = rules.publishing(post, now, attempt)
        posts.save_post(tx, post)
        return post

    @write
    def reported(self, tx: Transaction, effect: Publish, out: Out) -> Post:
        """The server says which status the post's next part became; recorded before it is read back."""
        post = rules.reported(_post(tx, effect.post), out)
        posts.save_post(tx, post)
        return post

    @write
    def not_found(self, tx: Transaction, effect: Publish) -> Post | None:
        """A try without an answer left nothing that can be found: the post waits again. None when it is settled."""
        post = posts.find_post(tx, effect.post)
        if post is None or post.state is not PostState.PUBLISHING:
            return None
        post = rules.not_found(post)
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
        post = rules.not_out(post, earlier)
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
        post = rules.part_published(_post(tx, number), status, url)
        is_wider = _is_private(post) and seen_by is not None and seen_by.wider_than(post.visibility)
        is_read_by_others = is_wider or (_is_private(post) and bool(unforeseen))
        if is_read_by_others:
            series.disapprove_waiting(tx, post, self.clock.now())  # that is not what was approved
        if post.left and is_read_by_others:
            post = self._cut_short(tx, waiting, post)
        elif post.left:
            posts.save_post(tx, post)
            log.info("part-published post=%d part=%d of=%d", post.id, len(post.out), len(post.texts))
        else:
            self._is_out(tx, waiting, post)
        if unseen is not None:
            message = mark(
                "P{post}: the server says that it took it, but could not be asked whether it stands there: {reason}. "
                "Please look: {url}"
            )
            meant = (post.confirmed_by or post.author,)
            outbox.add_effects(tx, [told_about(post, message, meant=meant, reason=unseen, url=url)])
        if unforeseen:
            outbox.add_effects(tx, [_tagged_unforeseen(post, unforeseen, meant=post)])
            log.warning("post-tags-others post=%d count=%d", post.id, len(unforeseen))
        if is_wider and seen_by is not None:
            outbox.add_effects(tx, [_too_wide(post, seen_by)])
            log.error("post-too-wide post=%d visibility=%s", post.id, seen_by)
        return post

    def _cut_short(self, tx: Transaction, waiting: Waiting, before: Post) -> Post:
        """Leave the thread at what is out: too many can read that. Whoever confirmed it hears so."""
        outbox.done(tx, waiting)
        post = rules.cut_short(before)
        message = mark("P{post} stopped after part {part} of {count}: more people can read it than its preview said.")
        meant = (post.confirmed_by or post.author,)
        told = told_about(post, message, meant=meant, part=len(before.out), count=len(before.texts))
        stopped = entry_of(post, Step.WITHDRAWN, None, self.clock.now())
        keep(tx, Change(post=post, entries=(stopped,), effects=(preview(post), told, *cards_with(tx, post))))
        series.go_on(tx, post, self.rules, self.clock.now())
        return post

    def _is_out(self, tx: Transaction, waiting: Waiting, post: Post) -> None:
        """All of the post is at the server."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        if post.ticket is None:
            planned_is_out(tx, self.rules, post, now)
            return
        before = ticket_of(tx, post)
        if post.kind is PostKind.INTERIM:
            step, ticket = Step.INTERIM, interim_sent(before, now)
            message = mark("Interim reply published: {url} – #{ticket} stays open.")
        else:
            newest = tickets.find_mention(tx, before.account, before.status)
            asked_at = newest.status.created_at if newest else None
            step, ticket = Step.PUBLISHED, answered(before, post.in_reply_to, now, asked_at)
            message = mark("Published: {url} – #{ticket} stays open, because there is a newer message in it.")
        ticket = self.promised(self.rules.promises.first_response(before, ticket))
        if ticket.state is TicketState.ANSWERED and post.kind is PostKind.ANSWER:
            message = mark("Published: {url}")
            escalations.end_all(tx, ticket.id, now)
            _drop_interim(tx, ticket, now)
        elif ticket.state is TicketState.CLOSED:
            message = mark("Published: {url}")
        # The departments' cards and words come with it; the ticket must be kept first, for its card to be the new one.
        out = entry_of(post, step, None, now)
        told = told_about(post, message, url=post.url, ticket=ticket.id)
        keep(tx, Change(ticket, post, (out,), (preview(post), told)))
        outbox.add_effects(tx, _shown_everywhere(tx, post, post))
        log.info("post-published post=%d ticket=%d kind=%s", post.id, ticket.id, post.kind)

    @read
    def target_of(self, tx: Transaction, post: Post) -> Post:
        """The published post that an edit or a removal is about."""
        return _post(tx, post.target or post.id)

    @read
    def asker_of(self, tx: Transaction, post: Post) -> str:
        """The acct of whoever asked what the post answers; empty where it answers nobody."""
        ticket = tickets.find_ticket(tx, post.ticket) if post.ticket is not None else None
        return ticket.author if ticket is not None else ""

    @write
    def edited(self, tx: Transaction, waiting: Waiting, number: PostId, *, unforeseen: Sequence[str] = ()) -> None:
        """The server has the new text of a published post. `unforeseen` as for `published`."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = rules.carried_out(_post(tx, number))
        target = rules.changed_by(self._target(tx, post), post)
        posts.save_post(tx, target)
        told = told_about(post, mark("Changed what is published: {url}"), url=target.url)
        done = entry_of(target, Step.EDITED, None, now)
        keep(tx, Change(post=post, entries=(done,), effects=(preview(post), preview(target), told)))
        outbox.add_effects(tx, _shown_everywhere(tx, post, target))
        if unforeseen:
            outbox.add_effects(tx, [_tagged_unforeseen(target, unforeseen, meant=post)])
            log.warning("post-tags-others post=%d count=%d", target.id, len(unforeseen))
        log.info("post-edited post=%d ticket=%s", target.id, post.ticket)

    @write
    def removed(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """A published post is gone from the server; a ticket that it had answered is open again."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = rules.carried_out(_post(tx, number))
        target = rules.removed(self._target(tx, post))
        posts.save_post(tx, target)
        ticket, is_open_again = self._without(tx, target, now)
        message = mark("P{target} is deleted from the server.")
        if is_open_again:
            message = mark("P{target} is deleted from the server. #{ticket} is open again.")
        told = told_about(post, message, target=target.id, ticket=post.called)
        done = entry_of(target, Step.REMOVED, None, now)
        keep(tx, Change(ticket, post, (done,), (preview(post), preview(target), told)))
        outbox.add_effects(tx, _shown_everywhere(tx, post, target))
        log.info("post-removed post=%d ticket=%s", target.id, post.ticket)

    @write
    def target_gone(self, tx: Transaction, waiting: Waiting, number: PostId) -> None:
        """What was to be changed is not at the server any more."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        post = rules.failed(_post(tx, number))
        target = rules.removed(self._target(tx, post))
        posts.save_post(tx, target)
        ticket, _ = self._without(tx, target, now)
        message = mark(
            "P{target} could not be changed: it is not at the server any more. Somebody has deleted it there, or the "
            "account may not see it."
        )
        told = told_about(post, message, meant=(post.confirmed_by or post.author,), target=target.id)
        entries = entry_of(post, Step.FAILED, None, now), entry_of(target, Step.REMOVED, None, now)
        keep(tx, Change(ticket, post, entries, (preview(post), preview(target), told)))
        outbox.add_effects(tx, cards_with(tx, post))
        log.warning("post-gone post=%d ticket=%s", target.id, post.ticket)

    def _without(self, tx: Transaction, removed: Post, now: datetime) -> tuple[Ticket | None, bool]:
        """The post's ticket as it is without that post, and whether it is open again; None for what is planned."""
        if removed.ticket is None:
            return None, False
        reopened_one = _open_without(tx, removed, now)
        return self.promised(reopened_one or ticket_of(tx, removed)), reopened_one is not None

    def _target(self, tx: Transaction, post: Post) -> Post:
        return _post(tx, post.target or post.id)

    @write
    def question_changed(self, tx: Transaction, waiting: Waiting, number: PostId, status: Status | None) -> None:
        """What the post answers was edited, or deleted (None), since it was drafted: nothing goes out unseen."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        before = _post(tx, number)
        if before.state is not PostState.CONFIRMED:
            return
        post = rules.outdated(before, status)
        ticket = ticket_of(tx, post)
        change = Change()
        if status is None:
            message = mark(
                "Nothing was published: the question was deleted or hidden. See the new preview, and confirm it anew "
                "or withdraw it."
            )
        else:
            change = taken_in(tx, self.rules, ticket, status, now)
            keep(tx, change)
            message = mark("Nothing was published: the question was edited. See the new preview and confirm it anew.")
        meant = (before.confirmed_by or before.author,)
        effects: tuple[Effect, ...] = (
            preview(before),
            told_about(post, message, meant=meant),
            preview(post),
            *cards_of(tx, change.ticket or ticket),
        )
        outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
        keep(tx, Change(post=post, entries=(outdated,), effects=effects))
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
        before = _post(tx, effect.post)
        if not _stands(before, effect):
            outbox.done(tx, waiting)
            return
        message = _what_was_not_kept(before) if is_not_kept else _what_failed(before)
        meant = [before.confirmed_by or before.author, *([before.author] if is_not_kept else [])]
        if before.out:
            # Somebody decides whether the thread goes on: nothing is lost that the operator would have to look for.
            outbox.done(tx, waiting)
            post = rules.interrupted(before)
        else:
            outbox.set_aside(tx, waiting, str(reason), now)
            post = rules.failed(before)
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
        keep(tx, Change(post=post, entries=(failed,), effects=(*shown, *cards_with(tx, post))))
        if not before.out:
            series.go_on(tx, post, self.rules, now)
        log.error("post-failed post=%d ticket=%s reason=%s", post.id, post.ticket, reason)

    @read
    def recorded_statuses(self, tx: Transaction, account: str, statuses: list[StatusId]) -> set[StatusId]:
        """Which of these statuses of ours are known as posts."""
        return posts.recorded(tx, account, statuses)


def _drop_interim(tx: Transaction, ticket: Ticket, now: datetime) -> None:
    """The answer is out: a reply that promises it comes too late."""
    for post in posts.pending_of(tx, ticket.id):
        if post.kind is PostKind.INTERIM and post.state is not PostState.PUBLISHING and not post.out:
            dropped = entry(ticket, Step.WITHDRAWN, None, now, post=post.id)
            keep(tx, Change(post=rules.withdrawn(post), entries=(dropped,), effects=(preview(post),)))


def outdate_draft(
    tx: Transaction, ticket: Ticket, status: Status | None, now: datetime, *, gone: StatusId | None = None
) -> tuple[Effect, ...]:
    """The citizen edited `status`, or deleted the one that is `gone`: a draft for that ticket needs a fresh look.

    Also one that answers what they wrote later: it was made of all. Keeps the draft as that, with its history, and
    returns what must be shown. What is on its way to the server already stays as it is.
    """
    shown: list[Effect] = []
    for before in posts.pending_of(tx, ticket.id):
        if before.state is not PostState.PUBLISHING and before.answers_question and not before.out:
            shown += _outdated(tx, ticket, before, status, now, gone)
    return tuple(shown)


def _outdated(
    tx: Transaction, ticket: Ticket, before: Post, status: Status | None, now: datetime, gone: StatusId | None
) -> tuple[Effect, ...]:
    is_answered = before.in_reply_to == (status.id if status else gone)
    if is_answered and status is not None and status.is_version(before.based_on):
        return ()
    post = rules.outdated(before, status, is_answered=is_answered)
    outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
    keep(tx, Change(post=post, entries=(outdated,)))
    told: tuple[Effect, ...] = ()
    if before.state is PostState.CONFIRMED:
        message = mark("P{post} is not published for now: what it answers was changed. Please confirm it anew.")
        told = (told_about(post, message, meant=(before.confirmed_by or before.author,)),)
    return preview(before), *told, preview(post)


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


def _tagged_unforeseen(post: Post, accts: Sequence[str], *, meant: Post) -> Effect:
    """Say whom the server tagged besides; where only those who are tagged may read it, offer to take it back.

    For whoever confirmed what is `meant`: the post itself, or its change.
    """
    people = (meant.confirmed_by or meant.author,)
    named = ", ".join(f"@{acct}" for acct in accts)
    if not _is_private(post):
        message = mark("P{post} also tags {accts}, whom the preview did not name: the server read the text so.")
        return told_about(post, message, meant=people, accts=named)
    message = mark(
        "⚠️ {accts} can read P{post} as well: the server has tagged them, and the preview did not name them. ✅ asks "
        "for the deletion (`{prefix}unpublish {called}`), ❌ leaves it."
    )
    return _ask_to_delete(post, message, people, accts=named)


def _too_wide(post: Post, seen_by: Visibility) -> Ask:
    """Say that more people can read the post than it was for, and offer to take it back."""
    message = mark(
        "⚠️ P{post} was to be {asked}, and the server shows it as {shown}. ✅ asks for the deletion "
        "(`{prefix}unpublish {called}`), ❌ leaves it."
    )
    asked, shown = Phrase(_SEEN_BY[post.visibility]), Phrase(_SEEN_BY[seen_by])
    return _ask_to_delete(post, message, (post.confirmed_by or post.author,), asked=asked, shown=shown)


def _ask_to_delete(post: Post, message: Marked, people: tuple[UserId, ...], **fields: Field) -> Ask:
    called = f"P{post.id}"  # by the ticket's number, it would be what was published last by then
    return Ask(
        post.place,
        message,
        {"post": post.id, "called": called, **fields},
        {"✅": f"unpublish {called}", "❌": ""},
        ticket=post.ticket,
        post=post.id,
        meant=people,
    )


def _is_private(post: Post) -> bool:
    """Whether the post is not for everybody."""
    return post.visibility in (Visibility.DIRECT, Visibility.PRIVATE)


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


def _shown_everywhere(tx: Transaction, post: Post, said: Post) -> tuple[Effect, ...]:
    """The ticket's cards, and for the departments that were asked, what it says now.

    `said` is what was said to the citizen: the post itself, or the published one that it has changed or deleted.
    """
    if post.ticket is None:
        return ()
    ticket = ticket_of(tx, post)
    told = [ShowPublished(place, ticket.id, post.id) for place in departments_to_tell(tx, ticket, said)]
    return (*cards_with(tx, post), *told)


def _open_without(tx: Transaction, removed: Post, now: datetime) -> Ticket | None:
    """The ticket, open again without that post, if nothing else answers it and something is left to be answered."""
    if removed.ticket is None or removed.kind is not PostKind.ANSWER:
        return None
    ticket = ticket_of(tx, removed)
    others = [post for post in posts.posts_of(tx, ticket.id) if post.stands and post.kind is PostKind.ANSWER]
    if ticket.state is not TicketState.ANSWERED or others or not tickets.mentions_of(tx, ticket.id):
        return None
    return reopened(ticket, now)


def _stands(post: Post, effect: Publish) -> bool:
    waits = post.state in (PostState.CONFIRMED, PostState.PUBLISHING)
    return waits and post.publish_after == effect.not_before


def _post(tx: Transaction, number: PostId) -> Post:
    post = posts.find_post(tx, number)
    if post is None:
        raise LookupError(number)
    return post
