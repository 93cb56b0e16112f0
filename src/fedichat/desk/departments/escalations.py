"""Departments are asked, talk, and propose. What people say in one room of a ticket is shown in its others.

The rooms of a ticket are its team's (or direct) room and those of the departments that are asked now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedichat.desk.lookup import departments_of, the_ticket
from fedichat.desk.office import Service, command, keep
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry
from fedichat.domain.effects import (
    Ask,
    Effect,
    Field,
    ShowFollowUp,
    Tell,
)
from fedichat.domain.history import Step
from fedichat.domain.names import Place, TicketId, department_place, is_department, localpart
from fedichat.domain.phrase import mark
from fedichat.domain.tickets import ticket as rules
from fedichat.domain.tickets.escalation import (
    Escalation,
    Proposal,
    find_department,
    listed,
    must_be_some,
    must_fit_on_a_card,
    name_of,
)
from fedichat.domain.tickets.media import media_shown
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, reminding, tickets
from fedichat.store.database import Transaction

DONE = "👍"

YES, NO = "✅", "❌"

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


class Escalations(Service):
    """Escalating, taking back, talking across rooms, proposing."""

    @command
    def escalate(
        self,
        tx: Transaction,
        cause: Cause,
        _now: datetime,
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
        ticket = the_ticket(tx, number, cause.place)
        rules.must_be_open(ticket)
        if department is None:
            outbox.add_effects(tx, [self._which(tx, cause, ticket)])
            return
        key = find_department(department, self.settings.departments)
        must_fit_on_a_card(question)
        has_it = department_place(key) in departments_of(tx, ticket.id)
        if ticket.visibility is Visibility.DIRECT and is_for_anybody(department_place(key)):
            raise Refusal(
                "#{ticket} is private, and anybody can get into the room of {department}, or read it. Please have that "
                "room closed first, or ask a colleague there in person.",
                ticket=ticket.id,
                department=self.settings.departments[key],
            )
        if has_it and not question:
            raise Refusal(
                "{department} has #{ticket} already. To ask something more: `{prefix}escalate {ticket} {key} …`",
                department=self.settings.departments[key],
                ticket=ticket.id,
                key=key,
            )
        if ticket.visibility is Visibility.DIRECT and not has_it and not sure:
            outbox.add_effects(tx, [self._is_sure(cause, ticket, key, question)])
            return
        self._put(tx, cause, ticket, department_place(key), question)

    def _which(self, tx: Transaction, cause: Cause, ticket: Ticket) -> Ask:
        must_be_some(self.settings.departments)
        asked = departments_of(tx, ticket.id)
        free = {key: name for key, name in self.settings.departments.items() if department_place(key) not in asked}
        if not free:
            raise Refusal(
                "Every department has #{ticket} already: {departments}. To ask one something more: "
                "`{prefix}escalate {ticket} {key} …`",
                ticket=ticket.id,
                departments=listed(self.settings.departments),
                key=next(iter(self.settings.departments)),
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
            fields={"ticket": ticket.id, "department": self.settings.departments[key]},
            choices={YES: f"escalate #{ticket.id} --sure {key} {question}".rstrip(), NO: ""},
            ticket=ticket.id,
            thread=cause.thread,
            reply_to=cause.answer_to,
            readers=department_place(key),
        )

    def _put(self, tx: Transaction, cause: Cause, before: Ticket, place: Place, question: str) -> None:
        now = self.clock.now()
        known = escalations.find(tx, before.id, place)
        due_at = self.settings.promises.department_due(place, now)
        asked = Escalation(before.id, place, question, cause.actor, now, due_at=due_at)
        if known is not None and known.is_open:
            asked = replace(known, question=f"{known.question}\n{question}".strip(), asked_by=cause.actor)
            if known.proposed_at is not None:  # it has kept its promise, and is asked anew
                asked = replace(asked, asked_at=now, due_at=due_at, proposed_at=None)
        escalations.save(tx, asked)
        ticket = self.promised(rules.waiting(before, now))
        shown: list[Effect] = [*acknowledged(cause)]
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
            shown += media_shown(place, ticket.id, status, self.settings.mirroring)
        return shown

    @command
    def recall(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, department: str | None) -> None:
        """Take the ticket back from a department, or from all: they hear no more of it."""
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
        effects = (*told, *acknowledged(cause))
        names = ", ".join(self.department_name(one.department) for one in ended)
        keep(tx, Change(ticket, entries=(entry(ticket, Step.RECALLED, cause, now, said=names),), effects=effects))

    def _one_of(self, asked: Sequence[Escalation], number: TicketId, department: str) -> Escalation:
        key = find_department(department, self.settings.departments)
        for one in asked:
            if one.department == department_place(key):
                return one
        raise Refusal(
            "#{ticket} is not with {department}, but with {others}.",
            ticket=number,
            department=self.settings.departments[key],
            others=", ".join(self.department_name(one.department) for one in asked),
        )

    def department_name(self, place: Place) -> str:
        """A department's name for people; empty for a room that is none's."""
        return name_of(place, self.settings.departments)

    def department_named(self, typed: str) -> Place:
        """The room of the department of that name; refuses an unknown one, the nearest suggested."""
        return department_place(find_department(typed, self.settings.departments))

    def must_be_asked(self, tx: Transaction, number: TicketId, place: Place) -> None:
        asked = escalations.find(tx, number, place) if is_department(place) else None
        if asked is not None and asked.recalled_by is not None:
            raise Refusal(
                "{who} has taken #{ticket} back, so no proposal is needed any more. Thank you all the same!",
                who=localpart(asked.recalled_by),
                ticket=number,
            )
        if asked is not None and not asked.is_open:
            raise dealt_with(number)

    def due_again(self, tx: Transaction, gone: Proposal) -> None:
        """A proposal was taken back: where no other of that department stands, its promise is not kept any more."""
        asked = escalations.find(tx, gone.ticket, gone.place)
        if asked is None or asked.proposed_at is None:
            return
        others = [one for one in escalations.standing_proposals(tx, gone.ticket) if one.place == gone.place]
        if not any(one.made_at >= asked.asked_at for one in others):
            escalations.save(tx, replace(asked, proposed_at=None))
            reminding.look_again(tx, {gone.ticket: self.clock.now()})


def consulted(tx: Transaction, ticket: Ticket, place: Place, departments: Mapping[str, str]) -> Consulted:
    """How the ticket stands with departments, for that room; `departments` as in `Settings`."""
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


def dealt_with(number: TicketId) -> Refusal:
    """The refusal of a proposal that comes too late."""
    return Refusal("#{ticket} is dealt with, so no proposal is needed any more. Thank you all the same!", ticket=number)


def _asked_again(cause: Cause, place: Place, number: TicketId, question: str) -> Tell:
    """An edit of the card wakes nobody: what is new is said as well."""
    fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": number, "question": question}
    if question:
        return Tell(place, mark("{who} asks further: {question}"), fields, ticket=number)
    return Tell(place, mark("{who} asks for help with #{ticket} again."), fields, ticket=number)
