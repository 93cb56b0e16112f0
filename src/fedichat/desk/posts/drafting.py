"""What is to be published: drafted, shown, changed, confirmed, taken back. Nothing here publishes; see `publishing`."""

from dataclasses import replace
from datetime import datetime

from fedichat.desk.lookup import the_post, the_ticket, ticket_of
from fedichat.desk.office import Office, Service, command, keep, read, take_up, write
from fedichat.desk.posts.attachments import Attachments
from fedichat.desk.posts.finding import Finding
from fedichat.desk.posts.ruler import Ruler
from fedichat.domain.cause import Cause
from fedichat.domain.names import Place, PostId, TicketId
from fedichat.domain.phrase import Phrase
from fedichat.domain.posts import drafting as decide
from fedichat.domain.posts import drafts
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Post, PostKind
from fedichat.domain.tickets.mention import Mention, Status
from fedichat.domain.tickets.ticket import Ticket, taken_for_answer
from fedichat.errors import Refusal
from fedichat.store import escalations, posts, tickets, troubles
from fedichat.store.database import Transaction

CONFIRM, WITHDRAW = "✅", "❌"


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
        decide.must_not_be_too_late(before, kind)
        ticket = taken_for_answer(before, cause.actor, now)
        pending = posts.pending_of(tx, ticket.id)
        if cause.tap is not None:
            decide.must_not_be_drafted(ticket, pending)
        if ticket is not before:
            ticket = self.promised(ticket)
        status = _question(tx, ticket).status
        draft, origin = self._worded(tx, ticket, draft, kind)
        post = decide.answer_to(ticket, draft, status, kind, cause, now)
        post = self._with_files(tx, post, draft, status, ruler)
        room = decide.make_room(ticket, pending, kind, cause, now)
        post = posts.add_post(tx, post)
        keep(tx, decide.drafted(before, ticket, post, room, cause, now, origin))

    def _worded(self, tx: Transaction, ticket: Ticket, draft: Draft, kind: PostKind) -> tuple[Draft, Phrase | None]:
        """The draft with its text where it names another one, and for the history, where that came from."""
        if draft.proposal is not None:
            proposal = escalations.find_proposal(tx, ticket.id, draft.proposal)
            left = [one.number for one in escalations.standing_proposals(tx, ticket.id)]
            return decide.taken_from(decide.must_be_proposed(ticket, draft.proposal, proposal, left), draft)
        if kind is PostKind.INTERIM and not draft.text:
            asked = draft.language or ticket.language
            code, text = decide.interim_text(self.settings.interim_texts, asked, self.settings.language)
            draft = replace(draft, text=text, language=code)
        return draft, None

    def _with_files(self, tx: Transaction, post: Post, draft: Draft, status: Status, ruler: Ruler) -> Post:
        """The post with the files that go along, in as many parts as it takes. Refuses what the instance will not."""
        ruler.check_readers(post, status)
        post = replace(post, attachments=self.attachments.attachments_for(tx, post, draft, ruler.limits))
        return ruler.fitted(post, decide.tagged_in(status, draft))

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
        """Keep the draft of a change of what is published, and show it."""
        now = post.created_at
        room = decide.make_room(ticket, posts.pending_of(tx, ticket.id), post.kind, cause, now)
        post = posts.add_post(tx, post)
        keep(tx, decide.drafted(ticket, ticket, post, room, cause, now))

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
        keep(tx, decide.revised(before, post, cause, now))

    def _revised(self, tx: Transaction, ticket: Ticket, before: Post, draft: Draft, ruler: Ruler) -> Post:
        # What it replies to stays what it was: a message that came since may not have been seen.
        known = before.in_reply_to and tickets.find_mention(tx, before.account, before.in_reply_to)
        status = (known or _question(tx, ticket)).status
        draft, _ = self._worded(tx, ticket, draft, before.kind)
        post = drafts.revised(before, draft, status, ticket.visibility)
        return self._with_files(tx, replace(post, without_alt=draft.without_alt), draft, status, ruler)


def _question(tx: Transaction, ticket: Ticket) -> Mention:
    mention = tickets.find_mention(tx, ticket.account, ticket.status)
    if mention is None:
        raise Refusal(
            "The words of #{ticket} have been removed after the retention time, so it cannot be answered from here.",
            ticket=ticket.id,
        )
    return mention


def _published(tx: Transaction, ticket: Ticket) -> Post:
    """What was published last in answer to the ticket, and can be read at the server. Refuses where nothing can."""
    return decide.last_published(ticket, posts.posts_of(tx, ticket.id))


def published_post(tx: Transaction, number: PostId, place: Place) -> Post:
    """That post, published and still at the server. Refuses any other."""
    return decide.must_be_published(the_post(tx, number, place))


def _target(tx: Transaction, post: Post) -> Post:
    target = posts.find_post(tx, post.target) if post.target else None
    if target is None:
        raise LookupError(post.target)
    return target
