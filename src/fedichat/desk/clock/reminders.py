"""Reminders of what is promised: each once, while the office is open, and together where several are due at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.desk.duty.roster import DutyRoster
from fedichat.desk.office import Office, Service, read, write
from fedichat.domain.change import entry
from fedichat.domain.effects import Ask, Effect, Remind, ShowCard
from fedichat.domain.history import Step
from fedichat.domain.names import EventId, Place, TicketId, UserId, localpart
from fedichat.domain.phrase import Field, mark
from fedichat.domain.tickets.escalation import name_of
from fedichat.domain.tickets.mention import Visibility
from fedichat.domain.tickets.ticket import Ticket
from fedichat.domain.time.sla import GATHERING, Due, Reminder, ReminderKind, said_now
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.store import entries, escalations, outbox, posts, reminding, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

CLOCK = Timer(TimerKind.CLOCK)
"""The name under which the timekeeper is told of the next reminder."""

SLICE = 25
"""How many tickets are seen to in one transaction: others wait for it, and are to wait some hundredths of a second."""

_MORE_TO_COME = timedelta(seconds=5)
"""For so long a message about many tickets waits for the next of them."""

YES, NO, BACK = "✅", "❌", "↩️"


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder with its ticket and its promise as they are now. `department` is the name of the one it is about."""

    reminder: Reminder
    ticket: Ticket
    due: Due
    department: str

    @property
    def is_private(self) -> bool:
        """Whether it is about a direct message."""
        return self.ticket.visibility is Visibility.DIRECT


class Reminders(Service):
    """What the clock has to say."""

    def __init__(self, office: Office, roster: DutyRoster) -> None:
        super().__init__(office)
        self.roster = roster

    def next_look(self, tx: Transaction, now: datetime) -> datetime | None:
        """When the clock has something to see to next; nothing is seen to while the office is closed."""
        at = reminding.earliest_look(tx)
        return self.settings.calendar.next_opening(max(at, now)) if at else None

    async def keep_promises(self) -> None:
        """Bring the due moments up to date with what is promised: the configuration may have changed."""
        last: int | None = 0
        while last is not None:
            last = await self._keep_some_promises(last)

    @write
    def _keep_some_promises(self, tx: Transaction, behind: int) -> int | None:
        """The same for the next tickets behind that one; the last one's number, None where there are no more."""
        now = self.clock.now()
        some = reminding.all_open(tx, behind, SLICE)
        again: dict[TicketId, datetime | None] = {}
        for before in some:
            ticket = self.promised(before)
            is_moved = (ticket.promise.due_at, ticket.promise.resolve_by) != (
                before.promise.due_at,
                before.promise.resolve_by,
            )
            if is_moved or (before.promise.look_at is None and ticket.promise.look_at is not None):
                tickets.save_ticket(tx, ticket)
                continue
            coming = self.settings.promises.next_reminder(ticket, now)
            if coming is not None and before.promise.look_at is not None and coming < before.promise.look_at:
                again[ticket.id] = coming
        reminding.look_again(tx, again)
        return some[-1].id if len(some) == SLICE else None

    async def fired(self, _timer: Timer) -> None:
        """Say what is due, to whom it is meant for, and see when to look again.

        Many are looked at in several transactions, and others have their turn in between. What is due in them makes one
        message a room all the same.
        """
        behind: tuple[datetime, TicketId] | None = None
        while True:
            behind = await self._remind_some(behind)
            if behind is None:
                return

    @write
    def _remind_some(
        self, tx: Transaction, behind: tuple[datetime, TicketId] | None
    ) -> tuple[datetime, TicketId] | None:
        """The same for the next tickets behind that one; the last one, None where there are no more."""
        now = self.clock.now()
        if not self.settings.calendar.is_open(now):
            return None
        some = reminding.to_look_at(tx, now + GATHERING, behind, SLICE)
        if not some:
            return None
        every = self._look(tx, some, now)
        new = set(reminding.remind_once(tx, [one for each in every.values() for one in each], now))
        due = [(one, ticket) for ticket in some for one in said_now(every[ticket.id]) if one in new]
        by_number = {ticket.id: ticket for ticket in some}
        over = {one.ticket for one in new if _is_the_team_s(one, by_number[one.ticket])}
        entries.add_entries(tx, [entry(by_number[number], Step.OVERDUE, None, now) for number in sorted(over)])
        is_all = behind is None and len(some) < SLICE
        if due:
            self._say(tx, due, now, is_all=is_all)
            log.info("reminded count=%d", len(due))
        last = some[-1]
        return (last.promise.look_at or now, last.id) if len(some) == SLICE else None

    def _look(self, tx: Transaction, some: Sequence[Ticket], now: datetime) -> dict[TicketId, list[Reminder]]:
        """What is due for each of these tickets, also what has been said."""
        numbers = [ticket.id for ticket in some]
        asked = escalations.of_tickets(tx, numbers)
        last_done = reminding.last_done_at(tx, numbers)
        again = self.settings.promises.forgotten_after
        due: dict[TicketId, list[Reminder]] = {}
        looks: dict[TicketId, datetime | None] = {}
        for ticket in some:
            every = self.settings.promises.reminders(ticket, asked[ticket.id], last_done.get(ticket.id))
            later = [one.at for one in every if one.at > now]
            due[ticket.id] = [one for one in every if one.at <= now]
            if again and any(one.kind is ReminderKind.FORGOTTEN for one in due[ticket.id]):
                later.append(self.settings.calendar.due(now, again))  # there may have been a step by then
            looks[ticket.id] = min(later, default=None)
        reminding.look_again(tx, looks)
        return due

    def _say(self, tx: Transaction, due: Sequence[tuple[Reminder, Ticket]], now: datetime, *, is_all: bool) -> None:
        """`is_all`: nothing more is due. Else what follows joins the same messages."""
        if is_all:
            outbox.add_effects(tx, [*self._said(tx, due, now), *self._cards(tx, due)])
            return
        on_duty = self.roster.on_duty(tx, now)
        for place in dict.fromkeys(reminder.place for reminder, _ in due):
            here = [(reminder, ticket) for reminder, ticket in due if reminder.place == place]
            meant = [ticket.claimant or on_duty for _, ticket in here if place == ticket.place]
            people = tuple(dict.fromkeys(user for user in meant if user))
            together = Remind(place, tuple(reminder for reminder, _ in here), None, people)
            outbox.gather(tx, together, now + _MORE_TO_COME)
        outbox.add_effects(tx, self._cards(tx, due))

    def _said(self, tx: Transaction, due: Sequence[tuple[Reminder, Ticket]], now: datetime) -> list[Effect]:
        """One message in each room: in the ticket's thread, or about all of them where there are several."""
        effects: list[Effect] = []
        for place in dict.fromkeys(reminder.place for reminder, _ in due):
            here = [(reminder, ticket) for reminder, ticket in due if reminder.place == place]
            meant = [self._meant(tx, place, ticket, now) for _, ticket in here]
            people = tuple(dict.fromkeys(user for user in meant if user))
            if len(here) == 1:
                effects.append(self._one(tx, *here[0], people))
                continue
            first = here[0][1]
            thread = first.id if all(ticket.id == first.id for _, ticket in here) else None
            effects.append(Remind(place, tuple(reminder for reminder, _ in here), thread, people))
        return effects

    def _meant(self, tx: Transaction, place: Place, ticket: Ticket, now: datetime) -> UserId | None:
        if place != ticket.place:
            return None
        return ticket.claimant or self.roster.on_duty(tx, now)

    def _one(self, tx: Transaction, reminder: Reminder, ticket: Ticket, people: tuple[UserId, ...]) -> Effect:
        if reminder.kind is ReminderKind.FORGOTTEN:
            message = mark(
                "#{ticket} is with {claimant}, and nothing has been done for a while. {back} puts it back into the "
                "queue, {no} leaves it."
            )
            return _ask(reminder, message, {BACK: f"release #{ticket.id}", NO: ""}, people, ticket)
        if reminder.kind is ReminderKind.INTERIM and _wants_interim(tx, ticket):
            message = mark(
                "#{ticket} is due soon. Shall an interim reply go out? {yes} shows it first; nothing is published "
                "before it is confirmed there."
            )
            return _ask(reminder, message, {YES: f"interim #{ticket.id}", NO: ""}, people, ticket)
        return Remind(reminder.place, (reminder,), ticket.id, people)

    def _cards(self, tx: Transaction, due: Sequence[tuple[Reminder, Ticket]]) -> list[Effect]:
        """Their cards show how much time is left."""
        shown = {ticket.id: ticket for _, ticket in due}
        asked = escalations.of_tickets(tx, list(shown))
        return [
            ShowCard(place, ticket.id)
            for ticket in shown.values()
            for place in (ticket.place, *(one.department for one in asked[ticket.id]))
        ]

    @read
    def reminded(self, tx: Transaction, effect: Remind) -> tuple[Sequence[Reminded], EventId | None]:
        """What of the reminders is still worth saying, and the thread to say it in."""
        found = []
        there = tickets.find_tickets(tx, [reminder.ticket for reminder in effect.reminders])
        for reminder in effect.reminders:
            ticket = there.get(reminder.ticket)
            if ticket is None or not ticket.state.is_open:
                continue
            due = self.settings.promises.standing(reminder.promise, self.clock.now())
            name = name_of(reminder.department, self.settings.departments) if reminder.department else ""
            found.append(Reminded(reminder, ticket, due, name))
        thread = outbox.card_of(tx, effect.ticket, effect.place) if effect.ticket else None
        return found, thread


def _is_the_team_s(reminder: Reminder, ticket: Ticket) -> bool:
    """Whether it says that the office's own promise is broken."""
    return reminder.kind is ReminderKind.OVERDUE and reminder.place == ticket.place


def _wants_interim(tx: Transaction, ticket: Ticket) -> bool:
    """Whether nobody writes to the citizen already: then ✅ could be meant for what they have drafted."""
    return not posts.pending_of(tx, ticket.id)


def _ask(reminder: Reminder, message: str, choices: dict[str, str], people: tuple[UserId, ...], ticket: Ticket) -> Ask:
    fields: dict[str, Field] = {
        "ticket": ticket.id,
        "claimant": localpart(ticket.claimant) if ticket.claimant else "",
        "yes": YES,
        "no": NO,
        "back": BACK,
    }
    return Ask(reminder.place, message, fields, choices, ticket.id, meant=people, reminder=reminder)
