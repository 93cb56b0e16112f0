"""What is to be published: drafted, shown, changed, confirmed, taken back. Nothing here publishes; see `publishing`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from fedichat.desk.lookup import the_post, the_ticket, ticket_of
from fedichat.desk.office import Office, Service, command, keep, read, take_up, write
from fedichat.desk.posts.attachments import Attachments
from fedichat.desk.posts.finding import Finding
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, entry, entry_of, preview
from fedichat.domain.effects import Effect, ShowPreview
from fedichat.domain.history import Step
from fedichat.domain.names import Place, PostId, TicketId, localpart
from fedichat.domain.phrase import Field, Listed, Marked, Phrase, listed, mark
from fedichat.domain.posts import drafts, readers, states
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Answering, Post, PostKind, PostState
from fedichat.domain.posts.splitting import split
from fedichat.domain.tickets.escalation import Proposal
from fedichat.domain.tickets.mention import Mention, Status
from fedichat.domain.tickets.ticket import Ticket, TicketState, taken_for_answer
from fedichat.errors import Refusal, StopError, TryLater
from fedichat.ports import Fediverse, Limits
from fedichat.store import escalations, posts, tickets, troubles
from fedichat.store.database import Transaction

INTERIM_TEXTS: Mapping[str, str] = {
    "de": "Vielen Dank für die Frage. Wir kümmern uns darum und melden uns.",
    "en": "Thank you for your question. We are looking into it and will get back to you.",
}
"""What an interim reply says where the office has no text of its own, by language. No date is promised."""

KIND_WORDS: Mapping[PostKind, Marked] = {
    PostKind.ANSWER: mark("answer"),
    PostKind.INTERIM: mark("interim reply"),
    PostKind.EDIT: mark("change of P{target}"),
    PostKind.REMOVAL: mark("deletion of P{target}"),
}

CONFIRM, WITHDRAW = "✅", "❌"


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures a text by an instance's own rule."""

    fediverse: Fediverse
    limits: Limits

    @classmethod
    async def of(cls, fediverse: Fediverse, *, in_full: bool = False) -> "Ruler":
        """By the instance's limits; by Mastodon's usual ones while it cannot be asked: it will refuse by itself.

        `in_full`: it was seen to count addresses in full, whatever it announces.
        """
        try:
            limits = await fediverse.limits()
        except (TryLater, StopError):
            limits = Limits()
        return cls(fediverse, replace(limits, url_characters=None) if in_full else limits)

    @classmethod
    def strictest(cls, rulers: Sequence["Ruler"]) -> "Ruler":
        """By what every one of several instances takes."""
        limits = [one.limits for one in rulers]
        types = [one.media_types for one in limits if one.media_types is not None]
        urls = [one.url_characters for one in limits]
        longest_url = None if None in urls else max(url for url in urls if url is not None)
        narrowest = min(rulers, key=lambda ruler: ruler.limits.characters)
        common = replace(
            limits[0],
            url_characters=longest_url,
            characters=narrowest.limits.characters,
            attachments=min(one.attachments for one in limits),
            alt_characters=min(one.alt_characters for one in limits),
            image_bytes=min(one.image_bytes for one in limits),
            video_bytes=min(one.video_bytes for one in limits),
            media_types=frozenset.intersection(*types) if types else None,
            mixes_media=all(one.mixes_media for one in limits),
            tags_within_words=any(one.tags_within_words for one in limits),
        )
        return cls(narrowest.fediverse, common)

    def length(self, text: str, content_warning: str) -> int:
        """How many characters a status counts as."""
        return self.fediverse.length(text, self.limits, content_warning)

    def check_readers(self, post: Post, status: Status) -> None:
        """Refuse an answer that says nothing, or that tags somebody who may not read it, by the instance's rule."""
        readers.check_readers(
            post.text,
            status,
            post.visibility,
            content_warning=post.content_warning,
            within_words=self.limits.tags_within_words,
        )

    def fitted(self, post: Post, accts: Sequence[str]) -> Post:
        """The post in as many parts as the instance's limit asks for, each tagging those `accts`."""
        readers.check_showable(post.text)  # before anything is counted: that takes its time
        limit = self.limits.characters
        parts: tuple[str, ...] = ()
        if self.length(post.text, post.content_warning) > limit:
            measure = partial(self.length, content_warning=post.content_warning)
            parts = split(post.text, accts, measure, limit)
        fitted = replace(post, parts=parts)
        readers.check_showable(*fitted.texts, post.content_warning, *(one.alt for one in post.attachments))
        return fitted

    def changed(self, target: Post, draft: Draft) -> Post:
        """The published post as it would read. Refuses what the instance would not take or not do."""
        readers.check_showable(target.text, draft.text)  # before anything is counted: that takes its time
        post = drafts.edited(target, draft, within_words=self.limits.tags_within_words)
        if post.content_warning != target.content_warning and not self.limits.edits_warnings:
            raise Refusal(
                "The instance changes only the text of what is published; the content warning stays as it is. Please "
                "leave out --cw, or change it at the instance itself."
            )
        length, limit = self.length(post.text, post.content_warning), self.limits.characters
        if length > limit:
            raise Refusal(
                "That is too long by {over}: {length} of {limit} characters, mentions included. No preview was made; "
                "please shorten the text.",
                over=length - limit,
                length=length,
                limit=limit,
            )
        alts = [one.alt for one in target.attachments]
        readers.check_showable(target.text, post.text, target.content_warning, post.content_warning, *alts)
        return post


class Drafting(Service):
    """The way of a post from a chat message to its confirmation."""

    def __init__(self, office: Office, attachments: Attachments, finding: Finding) -> None:
        super().__init__(office)
        self.attachments = attachments
        self.finding = finding

    async def answer(self, cause: Cause, number: TicketId, draft: Draft) -> None:
        """Draft an answer and show its preview. An answer that is drafted already is replaced, nothing else."""
        ruler = await self.ruler(await self._account_of(cause, number))
        await self._draft(cause, number, draft, ruler, PostKind.ANSWER)

    async def interim(self, cause: Cause, number: TicketId, draft: Draft) -> None:
        """The same for a reply that says that the answer will take longer; without a text, the office's own."""
        ruler = await self.ruler(await self._account_of(cause, number))
        await self._draft(cause, number, draft, ruler, PostKind.INTERIM)

    async def edit(self, cause: Cause, number: TicketId, draft: Draft) -> None:
        """Draft another text for what was published last, and show both."""
        ruler = await self.ruler(await self._account_of(cause, number))
        await self._edit(cause, number, draft, ruler)

    @read
    def _account_of(self, tx: Transaction, cause: Cause, number: TicketId) -> str:
        return the_ticket(tx, number, cause.place).account

    async def ruler(self, account: str) -> Ruler:
        """What measures a text for that account, by what its instance says and what it was seen to do."""
        fediverse = self.office.fediverses[account]
        return await Ruler.of(fediverse, in_full=await self._counts_in_full(fediverse.instance))

    @read
    def _counts_in_full(self, tx: Transaction, instance: str) -> bool:
        return troubles.counts_in_full(tx, instance)

    @command
    def _draft(
        self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, draft: Draft, ruler: Ruler, kind: PostKind
    ) -> None:
        before = the_ticket(tx, number, cause.place)
        if kind is PostKind.INTERIM and before.state is TicketState.ANSWERED:
            raise Refusal(
                "#{ticket} is answered already, so an interim reply would come too late. `{prefix}answer {ticket} …` "
                "adds something.",
                ticket=before.id,
            )
        ticket = taken_for_answer(before, cause.actor, now)
        if cause.tap is not None:
            _must_not_be_drafted(tx, ticket)
        if ticket is not before:
            ticket = self.promised(ticket)
        status = _question(tx, ticket).status
        draft, origin = self._worded(tx, ticket, draft, kind)
        post = Post(
            id=PostId(0),
            account=ticket.account,
            place=cause.place,  # the supervisors see in their own room what they confirm
            author=cause.actor,
            text=drafts.addressed(draft.text, status, tag_all=draft.tag_all),
            visibility=drafts.visibility_of(draft.visibility, ticket.visibility),
            created_at=now,
            about=Answering(ticket.id, status.id, status.version, draft.tag_all, draft.proposal),
            content_warning=drafts.content_warning_of(draft, status),
            language=draft.language or ticket.language,
            source=cause.event,
            kind=kind,
            without_alt=draft.without_alt,
        )
        ruler.check_readers(post, status)
        post = replace(post, attachments=self.attachments.attachments_for(tx, post, draft, ruler.limits))
        post = ruler.fitted(post, tagged_in(status, draft))
        replaced = _replace_draft(tx, ticket, cause, now, kind)
        post = posts.add_post(tx, post)
        claimed = (entry(ticket, Step.CLAIMED, cause, now),) if ticket.claimant != before.claimant else ()
        said = _noted(post, _kind_of(post), origin)
        drafted = entry(ticket, Step.DRAFTED, cause, now, post=post.id, said=said)
        effects: tuple[Effect, ...] = (*replaced, preview(post))
        keep(tx, Change(ticket if ticket is not before else None, entries=(*claimed, drafted), effects=effects))

    def _worded(self, tx: Transaction, ticket: Ticket, draft: Draft, kind: PostKind) -> tuple[Draft, Phrase | None]:
        """The draft with its text where it names another one, and for the history, where that came from."""
        origin: Phrase | None = None
        if draft.proposal is not None:
            proposal = _proposal(tx, ticket, draft.proposal)
            by: dict[str, Field] = {"number": proposal.number, "who": localpart(proposal.author)}
            origin = Phrase(mark("proposal {number} by {who}"), by)
            draft = draft if draft.text else replace(draft, text=proposal.text)
        elif kind is PostKind.INTERIM and not draft.text:
            asked = draft.language or ticket.language
            code, text = interim_text(self.settings.interim_texts, asked, self.settings.language)
            draft = replace(draft, text=text, language=code)
        return draft, origin

    @command
    def _edit(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, draft: Draft, ruler: Ruler) -> None:
        ticket = the_ticket(tx, number, cause.place)
        target = _published(tx, ticket)
        new = ruler.changed(target, draft)
        post = drafts.about(new, PostKind.EDIT, cause.actor, cause.place, cause.event, now)
        self.show_draft(tx, cause, ticket, post)

    @write
    def unpublish(self, tx: Transaction, cause: Cause, number: TicketId) -> None:
        """Show what would be deleted from the server, to be confirmed: what was published last."""
        ticket = the_ticket(tx, number, cause.place)
        take_up(tx, cause, self.clock.now())
        target = _published(tx, ticket)
        post = drafts.about(target, PostKind.REMOVAL, cause.actor, cause.place, cause.event, self.clock.now())
        self.show_draft(tx, cause, ticket, post)

    def show_draft(self, tx: Transaction, cause: Cause, ticket: Ticket, post: Post) -> None:
        replaced = _replace_draft(tx, ticket, cause, post.created_at, post.kind)
        post = posts.add_post(tx, post)
        drafted = entry(ticket, Step.DRAFTED, cause, post.created_at, post=post.id, said=_kind_of(post))
        keep(tx, Change(entries=(drafted,), effects=(*replaced, preview(post))))

    async def revise(self, cause: Cause, post: PostId, draft: Draft) -> None:
        """The message that asked for a post was edited: new text, new preview, and no earlier confirmation counts."""
        ruler = await self.ruler((await self.finding.post(post, cause)).account)
        await self._revise(cause, post, draft, ruler)

    @command
    def _revise(self, tx: Transaction, cause: Cause, now: datetime, number: PostId, draft: Draft, ruler: Ruler) -> None:
        before = the_post(tx, number, cause.place)
        if before.target is not None:
            post = drafts.reworded(before, ruler.changed(_target(tx, before), draft))
        else:
            post = self._revised(tx, ticket_of(tx, before), before, draft, ruler)
        revised = entry_of(post, Step.REVISED, cause, now, said=_noted(post))
        keep(tx, Change(posts=(post,), entries=(revised,), effects=(preview(before), preview(post))))

    def _revised(self, tx: Transaction, ticket: Ticket, before: Post, draft: Draft, ruler: Ruler) -> Post:
        # What it replies to stays what it was: a message that came since may not have been seen.
        known = before.in_reply_to and tickets.find_mention(tx, before.account, before.in_reply_to)
        status = (known or _question(tx, ticket)).status
        draft, _ = self._worded(tx, ticket, draft, before.kind)
        post = drafts.revised(before, draft, status, ticket.visibility)
        ruler.check_readers(post, status)
        attachments = self.attachments.attachments_for(tx, post, draft, ruler.limits)
        post = replace(post, attachments=attachments, without_alt=draft.without_alt)
        return ruler.fitted(post, tagged_in(status, draft))


def _question(tx: Transaction, ticket: Ticket) -> Mention:
    mention = tickets.find_mention(tx, ticket.account, ticket.status)
    if mention is None:
        raise Refusal(
            "The words of #{ticket} have been removed after the retention time, so it cannot be answered from here.",
            ticket=ticket.id,
        )
    return mention


def interim_text(texts: Mapping[str, str], asked: str, office: str) -> tuple[str, str]:
    """What an interim reply says, and in which language: the one asked for if there is such a text, else the office's.

    `texts` are the office's own, by language; where it has none, ours are taken.
    """
    known = {**INTERIM_TEXTS, **texts}
    code = next((code for code in (asked, asked.partition("-")[0], office) if code in known), "en")
    return code, known[code]


def _kind_of(post: Post) -> Phrase:
    """What the history calls a draft."""
    return Phrase(KIND_WORDS[post.kind], {"target": post.target or post.id})


def _noted(post: Post, *said: Phrase | None) -> Listed | None:
    """What the history says of a draft: what it is, where it came from, why files go out without an alt text."""
    undescribed = any(not one.alt for one in post.attachments) and post.without_alt
    reason = Phrase(mark("without alt text: {reason}"), {"reason": post.without_alt}) if undescribed else None
    return listed(*said, reason)


def tagged_in(status: Status, draft: Draft) -> tuple[str, ...]:
    """Whom every part of an answer tags."""
    return status.author.acct, *(status.mentions if draft.tag_all else ())


def _proposal(tx: Transaction, ticket: Ticket, number: int) -> Proposal:
    """That proposal. Refuses one that does not exist, or does not any more, and names those that do."""
    proposal = escalations.find_proposal(tx, ticket.id, number)
    if proposal is None or not proposal.text:
        standing = escalations.standing_proposals(tx, ticket.id)
        if not standing:
            raise Refusal("Nothing is proposed for #{ticket}.", ticket=ticket.id)
        raise Refusal(
            "#{ticket} has no proposal {number}. There are: {numbers}.",
            ticket=ticket.id,
            number=number,
            numbers=", ".join(str(one.number) for one in standing),
        )
    return proposal


def _published(tx: Transaction, ticket: Ticket) -> Post:
    """What was published last in answer to the ticket, and stands. Refuses where nothing does."""
    all_posts = posts.posts_of(tx, ticket.id)
    for post in all_posts:
        _must_be_whole(post)
    standing = [post for post in all_posts if post.stands and not post.is_pending]
    if not standing:
        raise Refusal("Nothing that was published for #{ticket} stands.", ticket=ticket.id)
    return standing[-1]


def published_post(tx: Transaction, number: PostId, place: Place) -> Post:
    """That post, published and standing. Refuses any other."""
    post = the_post(tx, number, place)
    _must_be_whole(post)
    if post.is_pending or not post.stands:
        raise Refusal("Nothing of P{post} stands at the server.", post=post.id)
    return post


def _target(tx: Transaction, post: Post) -> Post:
    target = posts.find_post(tx, post.target) if post.target else None
    if target is None:
        raise LookupError(post.target)
    return target


def _must_be_whole(post: Post) -> None:
    if post.out and post.state is PostState.DRAFT:
        raise Refusal(
            "The thread P{post} is only partly out, see its preview: {confirm} goes on with it; "
            "`{prefix}withdraw {called}` leaves it at that.",
            post=post.id,
            called=post.called,
        )


def _must_not_be_drafted(tx: Transaction, ticket: Ticket) -> None:
    """Refuse a tap under an offer from before somebody drafted something: perhaps the ✅ of that was meant."""
    pending = posts.pending_of(tx, ticket.id)
    for post in pending:
        if post.kind is PostKind.INTERIM:
            raise Refusal(
                "P{post} is drafted for #{ticket} by now: see its preview. `{prefix}interim {ticket}` takes its place.",
                post=post.id,
                ticket=ticket.id,
            )
    if pending:
        raise Refusal(
            "P{post} is drafted for #{ticket} by now: see its preview. `{prefix}interim {ticket}` drafts an interim "
            "reply beside it.",
            post=pending[0].id,
            ticket=ticket.id,
        )


def _replace_draft(
    tx: Transaction, ticket: Ticket, cause: Cause, now: datetime, kind: PostKind
) -> tuple[ShowPreview, ...]:
    """Withdraw the draft whose place a new one of that kind takes. Refuses where one is on its way out instead."""
    shown: list[ShowPreview] = []
    for post in posts.pending_of(tx, ticket.id):
        _must_be_whole(post)
        is_replaced = drafts.takes_place(kind, post)
        # "We are looking into it" must not come right before, or after, the answer.
        is_too_late = kind is PostKind.INTERIM and post.kind is PostKind.ANSWER
        if post.state is not PostState.DRAFT and (is_replaced or is_too_late):
            raise Refusal(
                "P{post} is confirmed and about to go out. To answer otherwise, take it back first: "
                "`{prefix}withdraw P{post}`.",
                post=post.id,
            )
        if is_replaced:
            replaced = entry(ticket, Step.WITHDRAWN, cause, now, post=post.id)
            keep(tx, Change(posts=(states.withdrawn(post),), entries=(replaced,)))
            shown.append(preview(post))
    return tuple(shown)
