"""Departments propose answers."""

from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.departments.escalations import Escalations
from fedichat.desk.departments.rooms import remark_behind, rooms_of
from fedichat.desk.lookup import departments_of, rooms_ever, the_ticket
from fedichat.desk.office import Office, Service, command, keep, read, take_up, write
from fedichat.domain.cause import Cause
from fedichat.domain.effects import ShowProposal, ShowPublished
from fedichat.domain.names import EventId, TicketId, is_department
from fedichat.domain.posts.post import Post
from fedichat.domain.tickets import proposing as decide
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.escalation import Proposal
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, posts, reminding, tickets
from fedichat.store.database import Transaction


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
    def propose(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, text: str) -> None:
        """A text that might be the answer; the team decides."""
        if is_department(cause.place):
            # Before it is looked for: what was taken back is not shown there any more.
            decide.must_be_asked(number, escalations.find(tx, number, cause.place))
        ticket = the_ticket(tx, number, cause.place)
        decide.must_be_undecided(ticket)
        self._propose(
            tx, cause, ticket, Proposal(number, 0, cause.place, cause.actor, text, cause.event, cause.at), now
        )

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
        self._propose(tx, cause, ticket, proposal, self.clock.now())

    @staticmethod
    def _propose(tx: Transaction, cause: Cause, ticket: Ticket, proposal: Proposal, now: datetime) -> None:
        proposal = escalations.add_proposal(tx, proposal)
        question = tickets.find_mention(tx, ticket.account, ticket.status)
        asked = escalations.find(tx, ticket.id, proposal.place)
        rooms = rooms_of(tx, ticket)
        keep(tx, decide.propose(ticket, proposal, question.status if question else None, asked, rooms, cause, now))

    @write
    def revise_proposal(self, tx: Transaction, cause: Cause, source: EventId, text: str) -> None:
        """Whoever proposed something changed the message that did: what is shown of it follows."""
        known = escalations.proposal_from(tx, source)
        if known is None or known.author != cause.actor:
            return
        take_up(tx, cause, self.clock.now())
        self.reword(tx, cause, known, text)

    def reword(self, tx: Transaction, cause: Cause, proposal: Proposal, text: str) -> None:
        """The proposal says something else now, or was taken back (`text` is empty)."""
        ticket, now = tickets.find_ticket(tx, proposal.ticket), self.clock.now()
        if ticket is None or proposal.text in ("", text):
            return  # forgotten, or taken back already: no way leads back from there
        asked = escalations.find(tx, ticket.id, proposal.place)
        standing = escalations.standing_proposals(tx, ticket.id)
        others = [one.made_at for one in standing if one.place == proposal.place and one.number != proposal.number]
        rooms, pending = rooms_ever(tx, ticket), posts.pending_of(tx, ticket.id)
        change = decide.reword(ticket, proposal, text, asked, others, rooms, pending, cause, now)
        escalations.save_proposal(tx, replace(proposal, text=text))
        if change.asked:
            reminding.look_again(tx, {ticket.id: now})  # what was kept with it is due again
        keep(tx, change)

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
