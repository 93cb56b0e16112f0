"""What follows from what citizens write, change, and delete."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fedichat.domain.change import Change, entry, preview, told_about
from fedichat.domain.effects import Effect, ShowCard, ShowEdited, ShowFollowUp, Tell
from fedichat.domain.history import Entry, Step
from fedichat.domain.names import EventId, Place, TicketId
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import Post, PostState
from fedichat.domain.posts.states import more_private, withdrawn
from fedichat.domain.tickets.media import Mirroring, hidden_again, media_shown
from fedichat.domain.tickets.mention import Status
from fedichat.domain.tickets.ticket import Promise, Ticket, TicketState, followed_up, narrowed, words_deleted
from fedichat.domain.time.sla import Promises


def asked(account: str, place: Place, status: Status, now: datetime, promises: Promises) -> Ticket:
    """A ticket for what a citizen asked, before it has its number."""
    ticket = Ticket(
        id=TicketId(0),
        account=account,
        place=place,
        state=TicketState.NEW,
        visibility=status.visibility,
        author=status.author.acct,
        status=status.id,
        opened_at=status.created_at,
        changed_at=now,
        language=status.language,
        promise=Promise(asked_at=status.created_at),
    )
    return promises.kept_for(ticket)


def opened(ticket: Ticket, status: Status, mirroring: Mirroring) -> Change:
    """A ticket was opened for a status: its first card, and the media."""
    media = media_shown(ticket.place, ticket.id, status, mirroring)
    done = Entry(ticket.id, status.created_at, Step.OPENED)
    return Change(entries=(done,), effects=(ShowCard(ticket.place, ticket.id), *media))


def follow_up(
    before: Ticket,
    newest: Status | None,
    status: Status,
    departments: Sequence[Place],
    pending: Sequence[Post],
    mirroring: Mirroring,
    now: datetime,
    promises: Promises,
) -> Change:
    """The citizen wrote again. `newest` is what the ticket answers so far, `pending` are the answers that wait.

    The departments that are asked now read along. An answer that waits is narrowed where it must be.
    """
    ticket = followed_up(before, status, now)
    if newest is not None and newest.created_at > status.created_at:
        ticket = replace(ticket, status=before.status)  # it was found late: an answer is for what came after it
    ticket = promises.kept_for(ticket)
    entries = [Entry(ticket.id, status.created_at, Step.FOLLOWED_UP)]
    if before.snoozed_until is not None:
        entries.append(Entry(ticket.id, now, Step.WOKEN))
    # The cards first: one that was taken away is there again when the rest goes into its thread.
    shown: list[Effect] = []
    for place in (ticket.place, *departments):
        shown.append(ShowFollowUp(place, ticket.id, status.id))
        shown.extend(media_shown(place, ticket.id, status, mirroring))
    narrowing = narrow_drafts(ticket, pending, now)
    return Change(ticket, narrowing.posts, (*narrowing.entries, *entries), (*shown, *narrowing.effects))


def edited(
    before: Ticket,
    was: Status,
    status: Status,
    departments: Sequence[Place],
    hidden: Sequence[tuple[Place, EventId]],
    mirroring: Mirroring,
    now: datetime,
    promises: Promises,
) -> Change:
    """The citizen changed what they had written: old and new are shown wherever the old was.

    `hidden` are the messages of ours that show media which must not be shown openly any more. What makes no difference
    to readers is not mentioned.
    """
    ticket = narrowed(before, status.visibility)
    if ticket is not before:
        ticket = promises.kept_for(ticket)
    shown = hidden_again(ticket.id, status, hidden, mirroring)
    if status.shows_the_same_as(was):
        is_same = ticket is before and status.hides_media == was.hides_media
        return Change() if is_same else Change(ticket, effects=tuple(shown))
    for place in (ticket.place, *departments):
        shown.append(ShowEdited(place, ticket.id, status.id, was.words))
        shown.extend(media_shown(place, ticket.id, status, mirroring, was.media))
    return Change(ticket, entries=(entry(ticket, Step.QUESTION_EDITED, None, now),), effects=tuple(shown))


def deleted(
    before: Ticket,
    left: Sequence[Status],
    threads: Mapping[Place, EventId | None],
    pending: Sequence[Post],
    now: datetime,
) -> Change:
    """The citizen deleted something in the ticket; `left` is what is still there, the oldest first.

    `threads` are the ticket's threads in its rooms. With nothing left, an open ticket is closed, and the `pending`
    answers to it are withdrawn.
    """
    ticket = words_deleted(before, [status.id for status in left], now)
    is_closed = ticket.state is not before.state
    dropped = _answer_nothing(ticket, pending, now) if is_closed else Change()
    told = tuple(
        _gone(place, before, None if left else thread, is_closed=is_closed)
        for place, thread in threads.items()
        if thread is not None or left
    )
    done = entry(ticket, Step.QUESTION_DELETED, None, now)
    return Change(ticket, dropped.posts, (*dropped.entries, done), (*told, *dropped.effects), is_gone=not left)


def narrow_drafts(ticket: Ticket, pending: Sequence[Post], now: datetime) -> Change:
    """The ticket may have become more private: no more people see what waits as an answer, and it asks again.

    What is on its way already stays as it is.
    """
    wider = [post for post in pending if _waits(post) and post.visibility.wider_than(ticket.visibility)]
    return Change(
        posts=tuple(more_private(post, ticket.visibility) for post in wider),
        entries=tuple(entry(ticket, Step.OUTDATED, None, now, post=post.id) for post in wider),
        effects=tuple(effect for post in wider for effect in _narrowed(ticket, post)),
    )


def _waits(post: Post) -> bool:
    """Whether it is an answer of which nothing is out, or on its way."""
    return post.state is not PostState.PUBLISHING and post.answers_question and not post.out


def _narrowed(ticket: Ticket, before: Post) -> tuple[Effect, ...]:
    post = more_private(before, ticket.visibility)
    message = mark(
        "P{post} would be seen by more people than #{ticket} by now, and has been narrowed. See the new preview, and "
        "confirm that."
    )
    meant = (before.confirmed_by,) if before.confirmed_by else ()
    return preview(before), told_about(post, message, meant=meant, ticket=ticket.id), preview(post)


def _answer_nothing(ticket: Ticket, pending: Sequence[Post], now: datetime) -> Change:
    # Nothing of them was ever said; what they say goes with whom they name.
    posts = tuple(replace(withdrawn(post), text="", parts=()) for post in pending if _waits(post))
    return Change(
        posts=posts,
        entries=tuple(entry(ticket, Step.WITHDRAWN, None, now, post=post.id) for post in posts),
        effects=tuple(preview(post) for post in posts),
    )


def _gone(place: Place, before: Ticket, thread: EventId | None, *, is_closed: bool) -> Tell:
    message = mark("The citizen has deleted a message in #{ticket}. It is not kept here any more.")
    if is_closed:
        message = mark("The citizen has deleted what they had written. Nothing is left to answer: #{ticket} is closed.")
    meant = (before.claimant,) if before.claimant and before.state.is_open and place == before.place else ()
    return Tell(place, message, {"ticket": before.id}, ticket=before.id, thread=thread, meant=meant)
