"""What people say in one room of a ticket is shown in its others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fedichat.desk.departments.escalations import Escalations
from fedichat.desk.departments.proposals import Proposals
from fedichat.desk.departments.rooms import remark_behind, rooms_of
from fedichat.desk.lookup import may_see, rooms_ever
from fedichat.desk.office import Office, Service, keep, read, take_up, write
from fedichat.desk.posts.attachments import drop_file
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Redact, ShowRemark
from fedichat.domain.names import EventId, TicketId, is_department
from fedichat.domain.tickets.remark import Remark, SharedFile, heard, redacted, shown_in
from fedichat.store import escalations, outbox, tickets
from fedichat.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Overheard:
    """A remark as it is shown in another room. `department` is the speaker's, empty for the team's own people.

    `shown_as` are our messages that show it there already. `takes_part`: that room is one of the ticket's now.
    """

    remark: Remark
    department: str
    thread: EventId | None
    shown_as: Sequence[EventId]
    takes_part: bool


class Remarks(Service):
    """Remarks: heard, changed, taken back, and shown in a ticket's other rooms."""

    def __init__(self, office: Office, asked: Escalations, proposals: Proposals) -> None:
        super().__init__(office)
        self.escalations = asked
        self.proposals = proposals

    @write
    def hear_remark(
        self,
        tx: Transaction,
        cause: Cause,
        number: TicketId,
        text: str,
        file: SharedFile | None,
        *,
        and_command: bool = False,
    ) -> None:
        """Somebody spoke in a ticket's thread: a department that is asked hears it, and the team the departments.

        Where nobody is asked, nothing is kept but files, which answers may take along. `and_command`: the message
        is a command besides, whose outcome is still to come.
        """
        ticket = tickets.find_ticket(tx, number)
        if ticket is None or escalations.find_remark(tx, cause.event) is not None:
            return
        rooms = rooms_of(tx, ticket)
        takes_part = cause.place in rooms
        others = [place for place in rooms if place != cause.place] if takes_part else []
        if is_department(cause.place) and not takes_part:
            return
        if not (others or file) or not may_see(tx, ticket, cause.place):
            return
        if not and_command:
            take_up(tx, cause, self.clock.now())
        remark = escalations.add_remark(
            tx, Remark(cause.event, ticket.id, cause.place, cause.actor, text, cause.at, file)
        )
        keep(tx, heard(remark, others))

    @write
    def edit_remark(self, tx: Transaction, cause: Cause, target: EventId, text: str) -> None:
        """Somebody changed what they had said: what is shown of it follows, and a proposal made of it too."""
        remark = escalations.find_remark(tx, target)
        if remark is None or remark.is_gone or remark.sender != cause.actor:
            return
        take_up(tx, cause, self.clock.now())
        escalations.save_remark(tx, replace(remark, text=text))
        outbox.add_effects(tx, _shown_again(tx, remark))
        proposal = escalations.proposal_from(tx, target)
        if proposal is not None:
            self.proposals.reword(tx, cause, proposal, text)

    @write
    def redact_remark(self, tx: Transaction, cause: Cause, target: EventId) -> None:
        """What somebody said, or proposed, was taken away where they said it: so it is everywhere else.

        A repeat changes nothing. The message may have been a command as well, whose outcome is still to come.
        """
        remark = escalations.find_remark(tx, target)
        proposal = escalations.proposal_from(tx, target)
        if remark is not None and remark.place == cause.place and not remark.is_gone:
            escalations.save_remark(tx, redacted(remark))
            dropped = drop_file(tx, remark, self.clock.now()) if remark.file else ()
            left = [Redact(place, event) for place, event in outbox.former_copies(tx, remark.event)]
            outbox.add_effects(tx, [*_shown_again(tx, remark), *left, *dropped])
        if proposal is not None and proposal.place == cause.place:
            self.proposals.reword(tx, cause, proposal, "")

    @read
    def find_remark(self, tx: Transaction, event: EventId) -> Remark | None:
        """What somebody said in that message, if it was kept."""
        return escalations.find_remark(tx, event)

    @read
    def remark_behind(self, tx: Transaction, event: EventId) -> Remark | None:
        """What somebody said in that message, or in the one of which it is our copy."""
        return remark_behind(tx, event)

    @read
    def overheard(self, tx: Transaction, effect: ShowRemark) -> Overheard | None:
        """A remark as it stands; None when it is forgotten."""
        remark = escalations.find_remark(tx, effect.remark)
        ticket = tickets.find_ticket(tx, effect.ticket)
        if remark is None or ticket is None:
            return None
        return Overheard(
            remark=remark,
            department=self.escalations.department_name(remark.place),
            thread=outbox.card_of(tx, ticket.id, effect.place),
            shown_as=outbox.copies_of(tx, remark.event, effect.place),
            takes_part=effect.place in rooms_of(tx, ticket),
        )


def _shown_again(tx: Transaction, remark: Remark) -> list[ShowRemark]:
    ticket = tickets.find_ticket(tx, remark.ticket) if remark.ticket is not None else None
    return shown_in(rooms_ever(tx, ticket), remark) if ticket else []
