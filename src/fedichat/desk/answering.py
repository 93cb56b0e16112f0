"""Answers: drafted, shown, changed, confirmed, taken back. Nothing here publishes; see `publishing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.desk.base import (
    Cause,
    DeskBase,
    entry,
    keep,
    preview,
    read,
    take_up,
    the_post,
    the_ticket,
    ticket_of,
    write,
)
from fedichat.domain import post as rules
from fedichat.domain.change import Change
from fedichat.domain.effects import Effect, Publish, ShowCard, ShowPreview
from fedichat.domain.history import Step
from fedichat.domain.mention import Mention
from fedichat.domain.names import EventId, PostId, TicketId
from fedichat.domain.post import Draft, Post, PostState
from fedichat.domain.ticket import Ticket, taken_for_answer
from fedichat.errors import NotShownYet, Refusal, TryLater
from fedichat.ports import Fediverse, Limits
from fedichat.store import outbox, posts, tickets
from fedichat.store.database import Transaction

CONFIRM, WITHDRAW = "✅", "❌"


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures a text by an instance's own rule."""

    fediverse: Fediverse
    limits: Limits

    @classmethod
    async def of(cls, fediverse: Fediverse) -> "Ruler":
        """By the instance's limits; by Mastodon's usual ones while it cannot be asked: it will refuse by itself."""
        try:
            return cls(fediverse, await fediverse.limits())
        except TryLater:
            return cls(fediverse, Limits())

    def length(self, post: Post) -> int:
        """How many characters the post counts as."""
        return self.fediverse.length(post.text, self.limits, post.content_warning)

    def check(self, post: Post) -> None:
        """Refuse a post that is longer than the instance allows."""
        length, limit = self.length(post), self.limits.characters
        if length > limit:
            raise Refusal(
                "That is too long by {over}: {length} of {limit} characters, mentions included. No preview was made; "
                "please shorten the text.",
                over=length - limit,
                length=length,
                limit=limit,
            )


class Answering(DeskBase):
    """The way of an answer from a chat message to a confirmed post."""

    fediverses: Mapping[str, Fediverse]

    async def answer(self, cause: Cause, number: TicketId, draft: Draft) -> None:
        """Draft an answer and show its preview. A draft that the ticket has already is replaced."""
        ruler = await self._ruler(await self._account_of(cause, number))
        await self._answer(cause, number, draft, ruler)

    @read
    async def _account_of(self, tx: Transaction, cause: Cause, number: TicketId) -> str:
        return (await the_ticket(tx, number, cause.place)).account

    async def _ruler(self, account: str) -> Ruler:
        return await Ruler.of(self.fediverses[account])

    @write
    async def _answer(self, tx: Transaction, cause: Cause, number: TicketId, draft: Draft, ruler: Ruler) -> None:
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_ticket(tx, number, cause.place)
        ticket = taken_for_answer(before, cause.actor, now)
        status = (await _question(tx, ticket)).status
        post = Post(
            id=PostId(0),
            ticket=ticket.id,
            account=ticket.account,
            place=cause.place,  # the supervisors see in their own room what they confirm
            author=cause.actor,
            text=rules.addressed(draft.text, status, tag_all=draft.tag_all),
            visibility=rules.visibility_of(draft.visibility, ticket.visibility),
            in_reply_to=status.id,
            based_on=status.version,
            created_at=now,
            content_warning=rules.content_warning_of(draft, status),
            language=draft.language or ticket.language,
            tag_all=draft.tag_all,
            source=cause.event,
        )
        rules.check_readers(post.text, status, post.visibility)
        ruler.check(post)
        replaced = await _replace_draft(tx, ticket)
        post = await posts.add_post(tx, post)
        effects: tuple[Effect, ...] = (*replaced, preview(post))
        if ticket is not before:
            effects = (ShowCard(ticket.place, ticket.id), *effects)
        claimed = (entry(ticket, Step.CLAIMED, cause, now),) if ticket is not before else ()
        drafted = entry(ticket, Step.DRAFTED, cause, now, post=post.id)
        await keep(tx, Change(ticket, entries=(*claimed, drafted), effects=effects))

    async def revise(self, cause: Cause, post: PostId, draft: Draft) -> None:
        """The message that asked for a post was edited: new text, new preview, and no earlier confirmation counts."""
        ruler = await self._ruler((await self.post(post, cause)).account)
        await self._revise(cause, post, draft, ruler)

    @read
    async def post(self, tx: Transaction, number: PostId, cause: Cause) -> Post:
        """That post, if it belongs to the room."""
        return await the_post(tx, number, cause.place)

    @write
    async def _revise(self, tx: Transaction, cause: Cause, number: PostId, draft: Draft, ruler: Ruler) -> None:
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_post(tx, number, cause.place)
        ticket = await ticket_of(tx, before)
        # What it replies to stays what it was: a message that came since may not have been seen.
        known = before.in_reply_to and await tickets.find_mention(tx, before.account, before.in_reply_to)
        status = (known or await _question(tx, ticket)).status
        post = rules.revised(before, draft, status, ticket.visibility)
        rules.check_readers(post.text, status, post.visibility)
        ruler.check(post)
        revised = entry(ticket, Step.REVISED, cause, now, post=post.id)
        await keep(tx, Change(post=post, entries=(revised,), effects=(preview(before), preview(post))))

    @write
    async def confirm(self, tx: Transaction, cause: Cause, number: PostId, revision: int) -> None:
        """Release that revision of a post for publishing: it goes out when the time to take it back is over."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_post(tx, number, cause.place)
        if revision != before.revision:
            raise Refusal(
                "This preview of P{post} is out of date. Look at the newest one and confirm that.",
                post=number,
            )
        shown = await outbox.preview_of(tx, number, revision)
        if shown is None or shown.place != cause.place:
            # It may be there and not be recorded yet; but nobody has seen what was made after they spoke.
            is_blind = shown is not None or cause.at < await _made_at(tx, before)
            raise (Refusal if is_blind else NotShownYet)(
                "The preview of P{post} has not been shown yet. Look at it first, then confirm.", post=number
            )
        due = now + timedelta(seconds=self.rules.undo_seconds)
        post = rules.confirmed(before, cause.actor, due, four_eyes=self.rules.four_eyes)
        ticket = await ticket_of(tx, post)
        effects = Publish(post.account, post.id, due), preview(post)
        confirmed = entry(ticket, Step.CONFIRMED, cause, now, post=post.id)
        await keep(tx, Change(post=post, entries=(confirmed,), effects=effects))

    @write
    async def unconfirm_own(self, tx: Transaction, cause: Cause, number: PostId) -> None:
        """Somebody took their ✅ back: a post that they confirmed is a draft again, if that is still possible."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        before = await the_post(tx, number, cause.place)
        if before.confirmed_by != cause.actor:
            return
        post = rules.unconfirmed(before)
        taken_back = entry(await ticket_of(tx, post), Step.UNCONFIRMED, cause, now, post=post.id)
        await keep(tx, Change(post=post, entries=(taken_back,), effects=(preview(post),)))

    @write
    async def withdraw(self, tx: Transaction, cause: Cause, number: PostId) -> None:
        """Take a post back before it went out."""
        now = self.clock.now()
        await take_up(tx, cause, now)
        post = rules.withdrawn(await the_post(tx, number, cause.place))
        withdrawn = entry(await ticket_of(tx, post), Step.WITHDRAWN, cause, now, post=post.id)
        await keep(tx, Change(post=post, entries=(withdrawn,), effects=(preview(post),)))

    @read
    async def pending_post(self, tx: Transaction, cause: Cause, number: TicketId) -> Post:
        """The draft of a ticket. Refuses where there is none."""
        ticket = await the_ticket(tx, number, cause.place)
        post = await posts.pending_post(tx, ticket.id)
        if post is None:
            raise Refusal("There is no draft for #{ticket}. `{prefix}answer {ticket} …` writes one.", ticket=number)
        return post

    @read
    async def post_from(self, tx: Transaction, source: EventId) -> Post | None:
        """The post that a chat message asked for."""
        return await posts.post_from(tx, source)


async def _made_at(tx: Transaction, post: Post) -> datetime:
    """When the post got the text that it has now."""
    made = Step.DRAFTED, Step.REVISED, Step.OUTDATED
    entries = await tickets.history_of(tx, post.ticket)
    return max([post.created_at, *(e.at for e in entries if e.post == post.id and e.step in made)])


async def _question(tx: Transaction, ticket: Ticket) -> Mention:
    mention = await tickets.find_mention(tx, ticket.account, ticket.status)
    if mention is None:
        raise Refusal(
            "The words of #{ticket} have been removed after the retention time, so it cannot be answered from here.",
            ticket=ticket.id,
        )
    return mention


async def _replace_draft(tx: Transaction, ticket: Ticket) -> tuple[ShowPreview, ...]:
    post = await posts.pending_post(tx, ticket.id)
    if post is None:
        return ()
    if post.state is not PostState.DRAFT:
        raise Refusal(
            "P{post} is confirmed and about to go out. To answer otherwise, take it back first: "
            "`{prefix}withdraw {ticket}`.",
            post=post.id,
            ticket=ticket.id,
        )
    await posts.save_post(tx, rules.withdrawn(post))
    return (preview(post),)
