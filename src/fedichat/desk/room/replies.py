"""Answers to commands, and the reactions by which people speak."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fedichat.desk.office import Service, command, keep
from fedichat.desk.plan import series
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry_of, preview
from fedichat.domain.effects import React, Say, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import PostId, TicketId
from fedichat.domain.posts.post import PostState
from fedichat.domain.posts.states import unconfirmed
from fedichat.errors import Refusal
from fedichat.store import inbox, outbox, posts
from fedichat.store.database import Transaction
from fedichat.store.inbox import Reaction as Reaction
from fedichat.text.i18n import phrase

_DECLINED_WITHIN = timedelta(hours=1)
"""For so long it is counted how often somebody was told that something is not obeyed."""


class Replies(Service):
    """What the desk says to somebody who spoke to it."""

    @command
    def reply(
        self, tx: Transaction, cause: Cause, _now: datetime, plain: str, html: str, quotes: Sequence[TicketId] = ()
    ) -> None:
        """Answer a command with a text that is worded already; `quotes` are the tickets whose words are in it."""
        said = Say(cause.place, plain, html, thread=cause.thread, reply_to=cause.answer_to, quotes=tuple(quotes))
        outbox.add_effects(tx, [said])

    @command
    def refuse(
        self,
        tx: Transaction,
        cause: Cause,
        _now: datetime,
        refusal: Refusal,
        ticket: TicketId | None = None,
        post: PostId | None = None,
    ) -> None:
        """Say why something is not done: as a reply, or in the thread it is about, where nothing can be replied to."""
        outbox.add_effects(tx, [_told(cause, refusal, ticket, post)])

    @command
    def refuse_revision(self, tx: Transaction, cause: Cause, _now: datetime, refusal: Refusal, number: PostId) -> None:
        """Say why an edit does not change a post, and hold the post back: what was to be changed never goes out."""
        self._hold_revision(tx, cause, number, refusal)

    @command
    def decline(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        about: str,
        said: Sequence[Refusal],
        *,
        ticket: TicketId | None = None,
        post: PostId | None = None,
        revises: PostId | None = None,
        sign: str = "",
    ) -> None:
        """Do nothing of what was said, and say so as often in an hour as there is something `said`, then no more.

        It is counted by person, room and `about`; `{until}` in the texts is when the hour is over. What it
        `revises` is held back each time: what was to be changed never goes out. The message gets the `sign`, an emoji,
        where something is said: a device that is given no keys can read nothing else of ours.
        """
        times, until = times_declined(tx, cause, about, now) if said else (0, now)
        told = said[times] if times < len(said) else None
        if revises is not None:
            self._hold_revision(tx, cause, revises, told, until)
        elif told is not None:
            outbox.add_effects(tx, [_told(cause, told, ticket, post, until)])
        if told is not None and sign and cause.answer_to is not None:
            outbox.add_effects(tx, [React(cause.place, cause.answer_to, sign)])

    def _hold_revision(
        self, tx: Transaction, cause: Cause, number: PostId, refusal: Refusal | None, until: datetime | None = None
    ) -> None:
        """Hold a post back that was to be changed. Without a `refusal`, only what changes by that is told."""
        now = self.clock.now()
        post, is_held = posts.find_post(tx, number), False
        for each in posts.bundle_of(tx, post) if post is not None else ():
            if each.state in (PostState.CONFIRMED, PostState.MISSED) and each.confirmed_by is not None:
                post, is_held = unconfirmed(each), True
                series.disapprove(tx, post)
                held_back = entry_of(post, Step.UNCONFIRMED, cause, now)
                keep(tx, Change(posts=(post,), entries=(held_back,), effects=(preview(post),)))
                # It may have been looked at while it was confirmed: unconfirmed, it would pass unnoticed.
                series.watch(tx, post, now)
        if post is not None:
            series.disapprove_missed(tx, post, cause, now)
        # Clients do not say in which thread an edit is.
        ticket = post.ticket if post is not None else None
        if refusal is not None:
            outbox.add_effects(tx, [_told(cause, refusal, ticket, number, until)])
        if post is not None and post.state is PostState.DRAFT and (refusal is not None or is_held):
            kept = Refusal("P{post} stays as its preview shows it, and is not confirmed.", post=number)
            outbox.add_effects(tx, [_told(cause, kept, ticket, number)])


def times_declined(tx: Transaction, cause: Cause, about: str, now: datetime) -> tuple[int, datetime]:
    """How often within the hour something of that kind was declined to somebody before, and when the hour is over."""
    times, since = inbox.count_declined(tx, cause.place, cause.actor, about, now, _DECLINED_WITHIN)
    return times, since + _DECLINED_WITHIN


def _told(
    cause: Cause,
    refusal: Refusal,
    ticket: TicketId | None,
    post: PostId | None = None,
    until: datetime | None = None,
) -> Tell:
    return Tell(
        cause.place,
        refusal.message,
        phrase(refusal).fields,
        ticket=ticket,
        post=post,
        thread=cause.thread,
        reply_to=cause.answer_to,
        meant=() if cause.answer_to else (cause.actor,),
        moments={"until": until} if until is not None else {},
    )
