"""Departments are asked, talk, and propose. What people say in one room of a ticket is shown in its others.

The rooms of a ticket are its team's (or direct) room and those of the departments that are asked now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.attaching import drop_file
from fedichat.desk.base import (
    Cause,
    DeskBase,
    cards_of,
    departments_of,
    entry,
    keep,
    may_see,
    preview,
    read,
    take_up,
    the_ticket,
    write,
)
from fedichat.desk.citizens_media import media_shown
from fedichat.domain.change import Change
from fedichat.domain.effects import (
    Ask,
    Effect,
    Field,
    React,
    Redact,
    ShowFollowUp,
    ShowProposal,
    ShowPublished,
    ShowRemark,
    Tell,
)
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, TicketId, department_place, is_department, localpart
from fedichat.domain.posts.post import Post, PostState, check_readers, unconfirmed
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.escalation import (
    Escalation,
    Proposal,
    find_department,
    listed,
    must_be_some,
    must_fit_on_a_card,
)
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, posts, reminding, tickets
from fedichat.store.database import Transaction
from fedichat.text.i18n import mark

DONE = "👍"
PROPOSED = "💡"
"""How the bot says in a department's room that somebody's message is a proposal; its number follows."""
CHANGED, GONE = "✏️", "🗑"
"""What the history says behind a proposal's number: of its words nothing."""
YES, NO = "✅", "❌"
FILE = "📎"
"""How the bot says that it has taken note of a file; the file's number follows."""
NUMBERS = tuple(f"{digit}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}" for digit in range(1, 10))


@dataclass(frozen=True, slots=True)
class Consulted:
    """How a ticket stands with departments, as one of its rooms is shown it.

    `waiting_for` are the names of those that are asked now, `proposals` is how many there are, `asked` what the
    department whose room it is was asked. `proposals_due` are the names of those that have still to propose something
    by a promised moment, with that.
    """

    waiting_for: Sequence[str] = ()
    proposals: int = 0
    asked: Escalation | None = None
    proposals_due: Sequence[tuple[str, datetime]] = ()

    @property
    def is_taken_back(self) -> bool:
        """Whether the department whose room it is need not know any more."""
        return self.asked is not None and self.asked.recalled_by is not None

    @property
    def is_over(self) -> bool:
        """Whether the department whose room it is is not asked any more."""
        return self.asked is not None and not self.asked.is_open


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


class Departments(DeskBase):
    """Escalating, taking back, talking across rooms, proposing."""

    # --- asking a department ---

    @write
    def escalate(
        self,
        tx: Transaction,
        cause: Cause,
        number: TicketId,
        department: str | None,
        question: str,
        *,
        sure: bool,
        is_for_anybody: Callable[[Place], bool] = lambda _: False,
    ) -> None:
        """Put the ticket to a department. Without one, those that there are are offered to be tapped.

        Unless somebody is `sure`, a private ticket is only put there after it was said who would read it; and not at
        all where that cannot be told, because anybody can read that room.
        """
        now = self.clock.now()
        take_up(tx, cause, now)
        ticket = the_ticket(tx, number, cause.place)
        rules.must_be_open(ticket)
        if department is None:
            outbox.add_effects(tx, [self._which(tx, cause, ticket)])
            return
        key = find_department(department, self.rules.departments)
        must_fit_on_a_card(question)
        has_it = department_place(key) in departments_of(tx, ticket.id)
        if ticket.visibility is Visibility.DIRECT and is_for_anybody(department_place(key)):
            raise Refusal(
                "#{ticket} is private, and anybody can get into the room of {department}, or read it. Please have that "
                "room closed first, or ask a colleague there in person.",
                ticket=ticket.id,
                department=self.rules.departments[key],
            )
        if has_it and not question:
            raise Refusal(
                "{department} has #{ticket} already. To ask something more: `{prefix}escalate {ticket} {key} …`",
                department=self.rules.departments[key],
                ticket=ticket.id,
                key=key,
            )
        if ticket.visibility is Visibility.DIRECT and not has_it and not sure:
            outbox.add_effects(tx, [self._is_sure(cause, ticket, key, question)])
            return
        self._put(tx, cause, ticket, department_place(key), question)

    def _which(self, tx: Transaction, cause: Cause, ticket: Ticket) -> Ask:
        must_be_some(self.rules.departments)
        asked = departments_of(tx, ticket.id)
        free = {key: name for key, name in self.rules.departments.items() if department_place(key) not in asked}
        if not free:
            raise Refusal(
                "Every department has #{ticket} already: {departments}. To ask one something more: "
                "`{prefix}escalate {ticket} {key} …`",
                ticket=ticket.id,
                departments=listed(self.rules.departments),
                key=next(iter(self.rules.departments)),
            )
        offered = dict(zip(NUMBERS, free, strict=False))
        message = mark("Which department is to be asked about #{ticket}? {departments}")
        if len(free) > len(offered):
            message = mark(
                "Which department is to be asked about #{ticket}? {departments} – or another one by its name: "
                "`{prefix}escalate {ticket} …`"
            )
        names = " · ".join(f"{emoji} {free[key]}" for emoji, key in offered.items())
        return Ask(
            place=cause.place,
            message=message,
            fields={"ticket": ticket.id, "departments": names},
            choices={emoji: f"escalate #{ticket.id} {key}" for emoji, key in offered.items()} | {NO: ""},
            ticket=ticket.id,
            thread=cause.thread,
            reply_to=cause.answer_to,
        )

    def _is_sure(self, cause: Cause, ticket: Ticket, key: str, question: str) -> Ask:
        return Ask(
            place=cause.place,
            message=mark(
                "#{ticket} is private: it was written to the office alone. Put to {department}, everybody in the room "
                "there would read it, and what is answered."
            ),
            fields={"ticket": ticket.id, "department": self.rules.departments[key]},
            choices={YES: f"escalate #{ticket.id} --sure {key} {question}".rstrip(), NO: ""},
            ticket=ticket.id,
            thread=cause.thread,
            reply_to=cause.answer_to,
            readers=department_place(key),
        )

    def _put(self, tx: Transaction, cause: Cause, before: Ticket, place: Place, question: str) -> None:
        now = self.clock.now()
        known = escalations.find(tx, before.id, place)
        due_at = self.rules.promises.department_due(place, now)
        asked = Escalation(before.id, place, question, cause.actor, now, due_at=due_at)
        if known is not None and known.is_open:
            asked = replace(known, question=f"{known.question}\n{question}".strip(), asked_by=cause.actor)
            if known.proposed_at is not None:  # it has kept its promise, and is asked anew
                asked = replace(asked, asked_at=now, due_at=due_at, proposed_at=None)
        escalations.save(tx, asked)
        ticket = self.promised(rules.waiting(before, now))
        shown: list[Effect] = [*cards_of(tx, ticket), *_acknowledged(cause)]
        if known is not None:
            shown.append(_asked_again(cause, place, ticket.id, question))
        shown += self._missed(tx, ticket, known, place)
        name = self.department_name(place)
        entries = (entry(ticket, Step.ESCALATED, cause, now, question, said=name),)
        keep(tx, Change(ticket, entries=entries, effects=tuple(shown)))

    def _missed(self, tx: Transaction, ticket: Ticket, known: Escalation | None, place: Place) -> Sequence[Effect]:
        """What the citizen wrote while the department was not asked; their first words are on the card."""
        if known is not None and known.is_open:
            return ()
        shown: list[Effect] = []
        own = tickets.and_merged_into_it(tx, ticket.id)
        for number, mention in enumerate(tickets.mentions_of(tx, ticket.id)):
            status = mention.status
            # When it was written says nothing: it may have come when the department was not asked any more.
            quoted = outbox.quotations_of(tx, own, status.id) if known else []
            if any(one.place == place and one.status == status.id for one in quoted):
                continue
            if number > 0:
                shown.append(ShowFollowUp(place, ticket.id, status.id))
            shown += media_shown(place, ticket.id, status, self.rules)
        return shown

    @write
    def recall(self, tx: Transaction, cause: Cause, number: TicketId, department: str | None) -> None:
        """Take the ticket back from a department, or from all: they hear no more of it."""
        now = self.clock.now()
        take_up(tx, cause, now)
        before = the_ticket(tx, number, cause.place)
        asked = [one for one in escalations.of_ticket(tx, number) if one.is_open]
        if not asked:
            raise Refusal("#{ticket} is with no department, so there is nothing to take back.", ticket=number)
        ended = asked if department is None else [self._one_of(asked, number, department)]
        for one in ended:
            escalations.save(tx, replace(one, ended_at=now, recalled_by=cause.actor))
            outbox.take_back_from(tx, number, one.department)
        ticket = before if len(ended) < len(asked) else self.promised(rules.no_longer_waiting(before, now))
        taken_back = mark("{who} has taken #{ticket} back: nothing more is needed here. Thank you!")
        told = [
            Tell(one.department, taken_back, {"who": localpart(cause.actor), "ticket": number}, ticket=number)
            for one in ended
        ]
        effects = (*cards_of(tx, ticket), *told, *_acknowledged(cause))
        names = ", ".join(self.department_name(one.department) for one in ended)
        keep(tx, Change(ticket, entries=(entry(ticket, Step.RECALLED, cause, now, said=names),), effects=effects))

    def _one_of(self, asked: Sequence[Escalation], number: TicketId, department: str) -> Escalation:
        key = find_department(department, self.rules.departments)
        for one in asked:
            if one.department == department_place(key):
                return one
        raise Refusal(
            "#{ticket} is not with {department}, but with {others}.",
            ticket=number,
            department=self.rules.departments[key],
            others=", ".join(self.department_name(one.department) for one in asked),
        )

    def department_name(self, place: Place) -> str:
        """A department's name for people; empty for a room that is none's."""
        return name_of(place, self.rules.departments)

    def department_named(self, typed: str) -> Place:
        """The room of the department of that name; refuses an unknown one, the nearest suggested."""
        return department_place(find_department(typed, self.rules.departments))

    # --- talking ---

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
        rooms = _rooms_of(tx, ticket)
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
        effects: list[Effect] = [ShowRemark(place, ticket.id, remark.event) for place in others]
        if remark.file_number is not None:
            effects.append(React(cause.place, cause.event, f"{FILE}{remark.file_number}"))
        outbox.add_effects(tx, effects)

    @write
    def edit_remark(self, tx: Transaction, cause: Cause, target: EventId, text: str) -> None:
        """Somebody changed what they had said: what is shown of it follows, and a proposal made of it too."""
        remark = escalations.find_remark(tx, target)
        if remark is None or remark.is_gone or remark.sender != cause.actor:
            return
        take_up(tx, cause, self.clock.now())
        escalations.save_remark(tx, replace(remark, text=text))
        outbox.add_effects(tx, _shown_anew(tx, remark))
        proposal = escalations.proposal_from(tx, target)
        if proposal is not None:
            self._reword(tx, cause, proposal, text)

    @write
    def redact_remark(self, tx: Transaction, cause: Cause, target: EventId) -> None:
        """What somebody said, or proposed, was taken away where they said it: so it is everywhere else.

        A repeat changes nothing. The message may have been a command as well, whose outcome is still to come.
        """
        remark = escalations.find_remark(tx, target)
        proposal = escalations.proposal_from(tx, target)
        if remark is not None and remark.place == cause.place and not remark.is_gone:
            escalations.save_remark(tx, replace(remark, text="", file=None, is_gone=True))
            dropped = drop_file(tx, remark, self.clock.now()) if remark.file else ()
            left = [Redact(place, event) for place, event in outbox.former_copies(tx, remark.event)]
            outbox.add_effects(tx, [*_shown_anew(tx, remark), *left, *dropped])
        if proposal is not None and proposal.place == cause.place:
            self._reword(tx, cause, proposal, "")

    @read
    def find_remark(self, tx: Transaction, event: EventId) -> Remark | None:
        """What somebody said in that message, if it was kept."""
        return escalations.find_remark(tx, event)

    @read
    def remark_behind(self, tx: Transaction, event: EventId) -> Remark | None:
        """What somebody said in that message, or in the one of which it is our copy."""
        return _remark_behind(tx, event)

    # --- proposing ---

    @write
    def propose(self, tx: Transaction, cause: Cause, number: TicketId, text: str) -> None:
        """A text that might be the answer; the team decides."""
        take_up(tx, cause, self.clock.now())
        # Before it is looked for: what was taken back is not shown there any more.
        self._must_be_asked(tx, number, cause.place)
        ticket = the_ticket(tx, number, cause.place)
        if not ticket.state.is_open:
            raise _dealt_with(number)
        proposal = Proposal(ticket.id, 0, cause.place, cause.actor, text, cause.event, cause.at)
        self._propose(tx, cause, ticket, proposal)

    @write
    def mark_proposal(self, tx: Transaction, cause: Cause, event: EventId) -> None:
        """Somebody of the team means what a colleague said as a proposal; a second time changes nothing."""
        remark = _remark_behind(tx, event)
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

    def _must_be_asked(self, tx: Transaction, number: TicketId, place: Place) -> None:
        asked = escalations.find(tx, number, place) if is_department(place) else None
        if asked is not None and asked.recalled_by is not None:
            raise Refusal(
                "{who} has taken #{ticket} back, so no proposal is needed any more. Thank you all the same!",
                who=localpart(asked.recalled_by),
                ticket=number,
            )
        if asked is not None and not asked.is_open:
            raise _dealt_with(number)

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
        rooms = _rooms_of(tx, ticket)
        shown: list[Effect] = [*_shown_in(rooms, proposal)]
        if is_department(proposal.place):
            shown.append(React(proposal.place, proposal.source, f"{PROPOSED}{proposal.number}"))
        acknowledged = () if cause.place in rooms else _acknowledged(cause)
        keep(tx, Change(entries=(proposed,), effects=(*shown, *cards_of(tx, ticket), *acknowledged)))

    @write
    def revise_proposal(self, tx: Transaction, cause: Cause, proposal: Proposal, text: str) -> None:
        """Whoever proposed something changed the message that did: what is shown of it follows."""
        known = escalations.proposal_from(tx, proposal.source)
        if known is None or known.author != cause.actor:
            return
        take_up(tx, cause, self.clock.now())
        self._reword(tx, cause, known, text)

    def _reword(self, tx: Transaction, cause: Cause, proposal: Proposal, text: str) -> None:
        ticket = tickets.find_ticket(tx, proposal.ticket)
        if ticket is None or proposal.text in ("", text):
            return  # forgotten, or taken back already: no way leads back from there
        escalations.save_proposal(tx, replace(proposal, text=text))
        words = f"{proposal.number} ({localpart(proposal.author)}) {CHANGED if text else GONE}"
        tickets.add_entries(tx, [entry(ticket, Step.PROPOSED, cause, self.clock.now(), said=words)])
        if not text:
            self._due_again(tx, proposal)
        shown = _shown_in(_rooms_ever(tx, ticket), proposal)
        told = self._drafted_from(tx, ticket, proposal)
        outbox.add_effects(tx, [*shown, *(cards_of(tx, ticket) if not text else ()), *told])

    def _due_again(self, tx: Transaction, gone: Proposal) -> None:
        """A proposal was taken back: where no other of that department stands, its promise is not kept any more."""
        asked = escalations.find(tx, gone.ticket, gone.place)
        if asked is None or asked.proposed_at is None:
            return
        others = [one for one in escalations.standing_proposals(tx, gone.ticket) if one.place == gone.place]
        if not any(one.made_at >= asked.asked_at for one in others):
            escalations.save(tx, replace(asked, proposed_at=None))
            reminding.look_again(tx, {gone.ticket: self.clock.now()})

    def _drafted_from(self, tx: Transaction, ticket: Ticket, proposal: Proposal) -> Sequence[Effect]:
        """The proposal is not what it was: a draft made of it keeps its words, and needs a fresh look."""
        shown: list[Effect] = []
        for before in posts.pending_of(tx, ticket.id):
            is_of_it = before.proposal == proposal.number
            if is_of_it and before.state is not PostState.PUBLISHING and not before.out:
                shown += self._to_be_looked_at(tx, ticket, before, proposal)
        return shown

    def _to_be_looked_at(self, tx: Transaction, ticket: Ticket, before: Post, proposal: Proposal) -> Sequence[Effect]:
        shown: tuple[Effect, ...] = ()
        if before.state is PostState.CONFIRMED:
            post = unconfirmed(before)
            held_back = entry(ticket, Step.UNCONFIRMED, None, self.clock.now(), post=post.id)
            keep(tx, Change(post=post, entries=(held_back,)))
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

    # --- what is shown ---

    @read
    def overheard(self, tx: Transaction, effect: ShowRemark) -> Overheard | None:
        """A remark as it stands; None when it is forgotten."""
        remark = escalations.find_remark(tx, effect.remark)
        ticket = tickets.find_ticket(tx, effect.ticket)
        if remark is None or ticket is None:
            return None
        return Overheard(
            remark=remark,
            department=self.department_name(remark.place),
            thread=outbox.card_of(tx, ticket.id, effect.place),
            shown_as=outbox.copies_of(tx, remark.event, effect.place),
            takes_part=effect.place in _rooms_of(tx, ticket),
        )

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
            department=self.department_name(proposal.place),
            thread=outbox.card_of(tx, ticket.id, effect.place),
            event=outbox.proposal_shown(tx, ticket.id, proposal.number, effect.place),
            takes_part=effect.place in _rooms_of(tx, ticket),
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


def consulted(tx: Transaction, ticket: Ticket, place: Place, departments: Mapping[str, str]) -> Consulted:
    """How the ticket stands with departments, for that room; `departments` as in `Rules`."""
    all_asked = escalations.of_ticket(tx, ticket.id)
    proposals = escalations.standing_proposals(tx, ticket.id)
    return Consulted(
        waiting_for=[name_of(one.department, departments) for one in all_asked if one.is_open],
        proposals=len(proposals),
        asked=next((one for one in all_asked if one.department == place), None),
        proposals_due=[
            (name_of(one.department, departments), one.due_at)
            for one in all_asked
            if one.is_open and one.due_at is not None and one.proposed_at is None
        ],
    )


def name_of(place: Place, departments: Mapping[str, str]) -> str:
    """A department's name for people, also of one that is not configured any more; empty for a room that is none's."""
    if not is_department(place):
        return ""
    key = place.partition("/")[2]
    return departments.get(key, key)


def _dealt_with(number: TicketId) -> Refusal:
    return Refusal("#{ticket} is dealt with, so no proposal is needed any more. Thank you all the same!", ticket=number)


def _asked_again(cause: Cause, place: Place, number: TicketId, question: str) -> Tell:
    """An edit of the card wakes nobody: what is new is said as well."""
    fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": number, "question": question}
    if question:
        return Tell(place, mark("{who} asks further: {question}"), fields, ticket=number)
    return Tell(place, mark("{who} asks for help with #{ticket} again."), fields, ticket=number)


def _rooms_of(tx: Transaction, ticket: Ticket) -> list[Place]:
    """The rooms that take part in the ticket's conversation now."""
    return [ticket.place, *departments_of(tx, ticket.id)]


def _rooms_ever(tx: Transaction, ticket: Ticket) -> list[Place]:
    """The rooms that have taken part at some time."""
    return [ticket.place, *(one.department for one in escalations.of_ticket(tx, ticket.id))]


def _shown_in(rooms: Sequence[Place], proposal: Proposal) -> list[ShowProposal]:
    """Show it in these rooms: in a department's own, the expert's message stands there already."""
    own = proposal.place if is_department(proposal.place) else None
    return [ShowProposal(place, proposal.ticket, proposal.number) for place in rooms if place != own]


def _shown_anew(tx: Transaction, remark: Remark) -> list[ShowRemark]:
    ticket = tickets.find_ticket(tx, remark.ticket) if remark.ticket is not None else None
    rooms = _rooms_ever(tx, ticket) if ticket else []
    return [ShowRemark(place, ticket.id, remark.event) for place in rooms if ticket and place != remark.place]


def _remark_behind(tx: Transaction, event: EventId) -> Remark | None:
    said = outbox.what_was_said(tx, event)
    return escalations.find_remark(tx, said.remark if said is not None and said.remark else event)


def _acknowledged(cause: Cause) -> tuple[Effect, ...]:
    return (React(cause.place, cause.answer_to, DONE),) if cause.answer_to else ()
