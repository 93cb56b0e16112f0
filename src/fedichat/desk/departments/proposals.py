"""Departments propose answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.departments.escalations import Escalations, dealt_with
from fedichat.desk.departments.rooms import remark_behind, rooms_of, shown_in
from fedichat.desk.lookup import departments_of, rooms_ever, the_ticket
from fedichat.desk.office import Office, Service, command, keep, read, take_up, write
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry, preview
from fedichat.domain.effects import (
    Effect,
    Field,
    React,
    ShowProposal,
    ShowPublished,
    Tell,
)
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, TicketId, is_department, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import Answering, Post, PostState
from fedichat.domain.posts.readers import check_readers
from fedichat.domain.posts.states import unconfirmed
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.escalation import (
    Proposal,
)
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, posts, tickets
from fedichat.store.database import Transaction

PROPOSED = "💡"
"""How the bot says in a department's room that somebody's message is a proposal; its number follows."""

CHANGED, GONE = "✏️", "🗑"
"""What the history says behind a proposal's number: of its words nothing."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal as it is shown in a room, in the message `event` if it is there already. `department`: as above."""

    proposal: Proposal
    ticket: Ticket
    department: str
    thread: EventId | None
    event: EventId | None
    takes_part: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What was published for a ticket, as a department is shown it. `target` is the post that an edit changed.

    `is_over`: the team does not read along in that room any more.
    """

    post: Post
    target: Post | None
    thread: EventId | None
    is_over: bool = False


class Proposals(Service):
    """Proposals: made, changed, taken back, and shown in a ticket's other rooms."""

    def __init__(self, office: Office, asked: Escalations) -> None:
        super().__init__(office)
        self.escalations = asked

    @command
    def propose(self, tx: Transaction, cause: Cause, _now: datetime, number: TicketId, text: str) -> None:
        """A text that might be the answer; the team decides."""
        # Before it is looked for: what was taken back is not shown there any more.
        self.escalations.must_be_asked(tx, number, cause.place)
        ticket = the_ticket(tx, number, cause.place)
        if not ticket.state.is_open:
            raise dealt_with(number)
        proposal = Proposal(ticket.id, 0, cause.place, cause.actor, text, cause.event, cause.at)
        self._propose(tx, cause, ticket, proposal)

    @write
    def mark_proposal(self, tx: Transaction, cause: Cause, event: EventId) -> None:
        """Somebody of the team means what a colleague said as a proposal; a second time changes nothing."""
        remark = remark_behind(tx, event)
        if remark is None or remark.is_gone or remark.ticket is None:
            return
        ticket = the_ticket(tx, remark.ticket, cause.place)
        take_up(tx, cause, self.clock.now())
        if escalations.proposal_from(tx, remark.event) is not None:
            return
        rules.must_be_open(ticket)
        if not remark.text.strip():
            raise Refusal("There are no words in that message that could be proposed.")
        proposal = Proposal(
            ticket.id, 0, remark.place, remark.sender, remark.text, remark.event, cause.at, marked_by=cause.actor
        )
        self._propose(tx, cause, ticket, proposal)

    def _propose(self, tx: Transaction, cause: Cause, ticket: Ticket, proposal: Proposal) -> None:
        question = tickets.find_mention(tx, ticket.account, ticket.status)
        if question is not None and proposal.text:
            check_readers(proposal.text, question.status, ticket.visibility)
        proposal = escalations.add_proposal(tx, proposal)
        asked = escalations.find(tx, ticket.id, proposal.place)
        if asked is not None and asked.proposed_at is None:
            escalations.save(tx, replace(asked, proposed_at=self.clock.now()))
        # No words of it: they can be taken back, and the history cannot.
        words = f"{proposal.number} ({localpart(proposal.author)})"
        proposed = entry(ticket, Step.PROPOSED, cause, self.clock.now(), said=words)
        rooms = rooms_of(tx, ticket)
        shown: list[Effect] = [*shown_in(rooms, proposal)]
        if is_department(proposal.place):
            shown.append(React(proposal.place, proposal.source, f"{PROPOSED}{proposal.number}"))
        done = () if cause.place in rooms else acknowledged(cause)
        keep(tx, Change(entries=(proposed,), effects=(*shown, *done), on_card_of=ticket))

    @write
    def revise_proposal(self, tx: Transaction, cause: Cause, source: EventId, text: str) -> None:
        """Whoever proposed something changed the message that did: what is shown of it follows."""
        known = escalations.proposal_from(tx, source)
        if known is None or known.author != cause.actor:
            return
        take_up(tx, cause, self.clock.now())
        self.reword(tx, cause, known, text)

    def reword(self, tx: Transaction, cause: Cause, proposal: Proposal, text: str) -> None:
        ticket = tickets.find_ticket(tx, proposal.ticket)
        if ticket is None or proposal.text in ("", text):
            return  # forgotten, or taken back already: no way leads back from there
        escalations.save_proposal(tx, replace(proposal, text=text))
        words = f"{proposal.number} ({localpart(proposal.author)}) {CHANGED if text else GONE}"
        reworded = entry(ticket, Step.PROPOSED, cause, self.clock.now(), said=words)
        if not text:
            self.escalations.due_again(tx, proposal)
        shown = shown_in(rooms_ever(tx, ticket), proposal)
        told = self._drafted_from(tx, ticket, proposal)
        on_card_of = ticket if not text else None
        keep(tx, Change(entries=(reworded,), effects=(*shown, *told), on_card_of=on_card_of))

    def _drafted_from(self, tx: Transaction, ticket: Ticket, proposal: Proposal) -> Sequence[Effect]:
        """The proposal is not what it was: a draft made of it keeps its words, and needs a fresh look."""
        shown: list[Effect] = []
        for before in posts.pending_of(tx, ticket.id):
            is_of_it = isinstance(before.about, Answering) and before.about.proposal == proposal.number
            if is_of_it and before.state is not PostState.PUBLISHING and not before.out:
                shown += self._to_be_looked_at(tx, ticket, before, proposal)
        return shown

    def _to_be_looked_at(self, tx: Transaction, ticket: Ticket, before: Post, proposal: Proposal) -> Sequence[Effect]:
        shown: tuple[Effect, ...] = ()
        if before.state is PostState.CONFIRMED:
            post = unconfirmed(before)
            held_back = entry(ticket, Step.UNCONFIRMED, None, self.clock.now(), post=post.id)
            keep(tx, Change(posts=(post,), entries=(held_back,)))
            shown = (preview(post),)
        message = mark(
            "Proposal {number}, of which P{post} was made, was changed or taken back. P{post} still says what its "
            "preview shows: look again before it is confirmed."
        )
        fields: dict[str, Field] = {"number": proposal.number, "post": before.id}
        meant = (before.confirmed_by or before.author,)
        return (Tell(before.place, message, fields, ticket=ticket.id, meant=meant), *shown)

    @read
    def proposal_from(self, tx: Transaction, source: EventId) -> Proposal | None:
        """The proposal that was made by, or of, that message."""
        return escalations.proposal_from(tx, source)

    @read
    def proposed(self, tx: Transaction, effect: ShowProposal) -> Proposed | None:
        """A proposal as it stands; None when it is forgotten."""
        ticket = tickets.find_ticket(tx, effect.ticket)
        proposal = escalations.find_proposal(tx, effect.ticket, effect.number)
        if proposal is None or ticket is None:
            return None
        return Proposed(
            proposal=proposal,
            ticket=ticket,
            department=self.escalations.department_name(proposal.place),
            thread=outbox.card_of(tx, ticket.id, effect.place),
            event=outbox.proposal_shown(tx, ticket.id, proposal.number, effect.place),
            takes_part=effect.place in rooms_of(tx, ticket),
        )

    @read
    def what_was_published(self, tx: Transaction, effect: ShowPublished) -> Answered | None:
        """What was published; None when it is forgotten."""
        post = posts.find_post(tx, effect.post)
        if post is None:
            return None
        return Answered(
            post=post,
            target=posts.find_post(tx, post.target) if post.target else None,
            thread=outbox.card_of(tx, effect.ticket, effect.place),
            is_over=effect.place not in departments_of(tx, effect.ticket),
        )
