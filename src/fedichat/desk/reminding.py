"""Reminders of what is promised: each once, while the office is open, and together where several are due at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedichat.desk.base import DeskBase, cards_of, entry, read
from fedichat.desk.departments import name_of
from fedichat.domain.effects import Ask, Effect, Remind
from fedichat.domain.history import Step
from fedichat.domain.mention import Visibility
from fedichat.domain.names import EventId, Place, UserId, localpart
from fedichat.domain.phrase import Field
from fedichat.domain.sla import GATHERING, Due, Reminder, ReminderKind, said_now
from fedichat.domain.ticket import Ticket
from fedichat.i18n import mark
from fedichat.store import escalations, outbox, posts, reminding, tickets
from fedichat.store.database import Transaction

log = logging.getLogger(__name__)

CLOCK = "clock"
"""The name under which the timekeeper is told of the next reminder."""
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


class Reminding(DeskBase):
    """What the clock has to say."""

    async def next_look(self, tx: Transaction, now: datetime) -> datetime | None:
        """When the clock has something to see to next; nothing is seen to while the office is closed."""
        at = await reminding.earliest_look(tx)
        return self.rules.calendar.next_opening(max(at, now)) if at else None

    async def keep_promises(self, tx: Transaction) -> None:
        """Bring the due moments up to date with what is promised: the configuration may have changed."""
        now = self.clock.now()
        for before in await reminding.all_open(tx):
            ticket = self.promised(before)
            is_moved = (ticket.due_at, ticket.resolve_by) != (before.due_at, before.resolve_by)
            if is_moved or (before.look_at is None and ticket.look_at is not None):
                await tickets.save_ticket(tx, ticket)
                continue
            coming = self.rules.promises.next_reminder(ticket, now)
            if coming is not None and before.look_at is not None and coming < before.look_at:
                await reminding.look_again(tx, ticket.id, coming)

    async def remind(self, tx: Transaction, now: datetime) -> None:
        """Say what is due, to whom it is meant for, and see when to look again."""
        if not self.rules.calendar.is_open(now):
            return
        due: list[tuple[Reminder, Ticket]] = []
        for ticket in await reminding.to_look_at(tx, now + GATHERING):
            every = await self._look(tx, ticket, now)
            new = await reminding.remind_once(tx, every, now)
            if any(one.kind is ReminderKind.OVERDUE and one.place == ticket.place for one in new):
                await tickets.add_entries(tx, [entry(ticket, Step.OVERDUE, None, now)])
            due += [(one, ticket) for one in said_now(every) if one in new]
        if due:
            await outbox.add_effects(tx, [*await self._said(tx, due, now), *await self._cards(tx, due)])
            log.info("reminded count=%d", len(due))

    async def _look(self, tx: Transaction, ticket: Ticket, now: datetime) -> list[Reminder]:
        """What is due for a ticket, also what has been said."""
        asked = await escalations.of_ticket(tx, ticket.id)
        last_done = await reminding.last_done_at(tx, ticket.id)
        every = self.rules.promises.reminders(ticket, asked, last_done)
        later = [one.at for one in every if one.at > now]
        again = self.rules.promises.forgotten_after
        if again and any(one.kind is ReminderKind.FORGOTTEN and one.at <= now for one in every):
            later.append(self.rules.calendar.due(now, again))  # there may have been a step by then
        await reminding.look_again(tx, ticket.id, min(later, default=None))
        return [one for one in every if one.at <= now]

    async def _said(self, tx: Transaction, due: Sequence[tuple[Reminder, Ticket]], now: datetime) -> list[Effect]:
        """One message in each room: in the ticket's thread, or about all of them where there are several."""
        effects: list[Effect] = []
        for place in dict.fromkeys(reminder.place for reminder, _ in due):
            here = [(reminder, ticket) for reminder, ticket in due if reminder.place == place]
            meant = [await self._meant(tx, place, ticket, now) for _, ticket in here]
            people = tuple(dict.fromkeys(user for user in meant if user))
            if len(here) == 1:
                effects.append(await self._one(tx, *here[0], people))
                continue
            first = here[0][1]
            thread = first.id if all(ticket.id == first.id for _, ticket in here) else None
            effects.append(Remind(place, tuple(reminder for reminder, _ in here), thread, people))
        return effects

    async def _meant(self, tx: Transaction, place: Place, ticket: Ticket, now: datetime) -> UserId | None:
        if place != ticket.place:
            return None
        return ticket.claimant or await self.on_duty(tx, now)

    async def _one(self, tx: Transaction, reminder: Reminder, ticket: Ticket, people: tuple[UserId, ...]) -> Effect:
        if reminder.kind is ReminderKind.FORGOTTEN:
            message = mark(
                "#{ticket} is with {claimant}, and nothing has been done for a while. {back} puts it back into the "
                "queue, {no} leaves it."
            )
            return _ask(reminder, message, {BACK: f"release #{ticket.id}", NO: ""}, people, ticket)
        if reminder.kind is ReminderKind.INTERIM and await _wants_interim(tx, ticket):
            message = mark(
                "#{ticket} is due soon. Shall an interim reply go out? {yes} shows it first; nothing is published "
                "before it is confirmed there."
            )
            return _ask(reminder, message, {YES: f"interim #{ticket.id}", NO: ""}, people, ticket)
        return Remind(reminder.place, (reminder,), ticket.id, people)

    async def _cards(self, tx: Transaction, due: Sequence[tuple[Reminder, Ticket]]) -> list[Effect]:
        """Their cards show how much time is left."""
        shown: list[Effect] = []
        for ticket in {ticket.id: ticket for _, ticket in due}.values():
            shown += await cards_of(tx, ticket)
        return shown

    @read
    async def reminded(self, tx: Transaction, effect: Remind) -> tuple[Sequence[Reminded], EventId | None]:
        """What of the reminders is still worth saying, and the thread to say it in."""
        found = []
        for reminder in effect.reminders:
            ticket = await tickets.find_ticket(tx, reminder.ticket)
            if ticket is None or not ticket.state.is_open:
                continue
            due = self.rules.promises.standing(reminder.promise, self.clock.now())
            name = name_of(reminder.department, self.rules.departments) if reminder.department else ""
            found.append(Reminded(reminder, ticket, due, name))
        thread = await outbox.card_of(tx, effect.ticket, effect.place) if effect.ticket else None
        return found, thread


async def _wants_interim(tx: Transaction, ticket: Ticket) -> bool:
    """Whether nobody writes to the citizen already: then ✅ could be meant for what they have drafted."""
    return not await posts.pending_of(tx, ticket.id)


def _ask(reminder: Reminder, message: str, choices: dict[str, str], people: tuple[UserId, ...], ticket: Ticket) -> Ask:
    fields: dict[str, Field] = {
        "ticket": ticket.id,
        "claimant": localpart(ticket.claimant) if ticket.claimant else "",
        "yes": YES,
        "no": NO,
        "back": BACK,
    }
    return Ask(reminder.place, message, fields, choices, ticket.id, meant=people, reminder=reminder)
