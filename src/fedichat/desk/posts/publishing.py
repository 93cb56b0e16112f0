"""What came of handing a post to the server, and everything that is said about it."""

import logging
from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.lookup import departments_to_tell, ticket_of, ticket_with
from fedichat.desk.office import Service, keep, read, write
from fedichat.desk.plan import series
from fedichat.desk.plan.due import hold_back, planned_is_out
from fedichat.desk.room.unheard import go_unheard
from fedichat.domain.change import Change, entry, entry_of, preview, told_about
from fedichat.domain.effects import Ask, Effect, Publish, ShowPublished
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, UserId
from fedichat.domain.phrase import Field, Marked, Phrase, mark
from fedichat.domain.posts import states
from fedichat.domain.posts.post import Attempt, Out, Post, PostKind, PostState
from fedichat.domain.tickets.mention import SEEN_BY, Status, StatusId, Visibility
from fedichat.domain.tickets.ticket import Ticket, TicketState, answered, interim_sent
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
            outbox.add_effects(tx, [tagged_unforeseen(post, unforeseen, meant=post)])
            log.warning("post-tags-others post=%d count=%d", post.id, len(unforeseen))
        if is_wider and seen_by is not None:
            outbox.add_effects(tx, [_too_wide(post, seen_by)])
            log.error("post-too-wide post=%d visibility=%s", post.id, seen_by)
        return post

    def _cut_short(self, tx: Transaction, waiting: Waiting, before: Post) -> Post:
        """Leave the thread at what is out: too many can read that. Whoever confirmed it hears so."""
        outbox.done(tx, waiting)
        post = states.cut_short(before)
        message = mark("P{post} stopped after part {part} of {count}: more people can read it than its preview said.")
        meant = (post.confirmed_by or post.author,)
        told = told_about(post, message, meant=meant, part=len(before.out), count=len(before.texts))
        stopped = entry_of(post, Step.WITHDRAWN, None, self.clock.now())
        effects = (preview(post), told)
        keep(tx, Change(posts=(post,), entries=(stopped,), effects=effects, on_card_of=ticket_with(tx, post)))
        series.go_on(tx, post, self.settings, self.clock.now())
        return post

    def _is_out(self, tx: Transaction, waiting: Waiting, post: Post) -> None:
        """All of the post is at the server."""
        now = self.clock.now()
        outbox.done(tx, waiting)
        if post.ticket is None:
            planned_is_out(tx, self.settings, post, now)
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
        ticket = self.promised(self.settings.promises.first_response(before, ticket))
        if ticket.state is TicketState.ANSWERED and post.kind is PostKind.ANSWER:
            message = mark("Published: {url}")
            escalations.end_all(tx, ticket.id, now)
            _drop_interim(tx, ticket, now)
        elif ticket.state is TicketState.CLOSED:
            message = mark("Published: {url}")
        # The departments' cards and words come with it; the ticket must be kept first, for its card to be the new one.
        out = entry_of(post, step, None, now)
        told = told_about(post, message, url=post.url, ticket=ticket.id)
        keep(tx, Change(ticket, (post,), (out,), (preview(post), told)))
        outbox.add_effects(tx, shown_everywhere(tx, post, post))
        log.info("post-published post=%d ticket=%d kind=%s", post.id, ticket.id, post.kind)

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


def _drop_interim(tx: Transaction, ticket: Ticket, now: datetime) -> None:
    """The answer is out: a reply that promises it comes too late."""
    for post in posts.pending_of(tx, ticket.id):
        if post.kind is PostKind.INTERIM and post.state is not PostState.PUBLISHING and not post.out:
            dropped = entry(ticket, Step.WITHDRAWN, None, now, post=post.id)
            keep(tx, Change(posts=(states.withdrawn(post),), entries=(dropped,), effects=(preview(post),)))


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
    post = states.outdated(before, status, is_answered=is_answered)
    outdated = entry(ticket, Step.OUTDATED, None, now, post=post.id)
    keep(tx, Change(posts=(post,), entries=(outdated,)))
    told: tuple[Effect, ...] = ()
    if before.state is PostState.CONFIRMED:
        message = mark("P{post} is not published for now: what it answers was changed. Please confirm it anew.")
        told = (told_about(post, message, meant=(before.confirmed_by or before.author,)),)
    return preview(before), *told, preview(post)


def tagged_unforeseen(post: Post, accts: Sequence[str], *, meant: Post) -> Effect:
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
    asked, shown = Phrase(SEEN_BY[post.visibility]), Phrase(SEEN_BY[seen_by])
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


def shown_everywhere(tx: Transaction, post: Post, said: Post) -> tuple[Effect, ...]:
    """For the departments that were asked, what the ticket says now.

    `said` is what was said to the citizen: the post itself, or the published one that it has changed or deleted.
    """
    if post.ticket is None:
        return ()
    ticket = ticket_of(tx, post)
    told = [ShowPublished(place, ticket.id, post.id) for place in departments_to_tell(tx, ticket, said)]
    return tuple(told)


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
