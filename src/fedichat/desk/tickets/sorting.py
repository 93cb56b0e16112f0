"""Everyday order: priority, labels, snooze, merge."""

from collections.abc import Sequence
from datetime import datetime

from fedichat.desk.departments.escalations import name_of
from fedichat.desk.duty.roster import on_duty
from fedichat.desk.lookup import departments_of, the_ticket
from fedichat.desk.office import Service, command, keep, timed
from fedichat.desk.tickets.triage import narrow_draft
from fedichat.domain.cause import Cause
from fedichat.domain.change import Change, acknowledged, entry
from fedichat.domain.effects import Effect, ShowFollowUp, Tell
from fedichat.domain.history import Step
from fedichat.domain.names import TicketId, localpart
from fedichat.domain.phrase import Field, mark
from fedichat.domain.tickets import sorting as rules
from fedichat.domain.tickets.mention import StatusId, Visibility
from fedichat.domain.tickets.ticket import Priority, Ticket
from fedichat.domain.tickets.triage import drop_drafts
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Refusal
from fedichat.store import escalations, outbox, posts, tickets, timers
from fedichat.store.database import Transaction


def snooze_of(ticket: TicketId) -> Timer:
    """The timer that brings a snoozed ticket back."""
    return Timer(TimerKind.SNOOZE, str(ticket))


class Sorting(Service):
    """How soon, about what, when, and which are one."""

    @command
    def prioritize(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, priority: Priority) -> None:
        """The ticket gets that priority, and its place in the queue."""
        before = the_ticket(tx, number, cause.place)
        ticket = self.promised(rules.prioritized(before, priority, now))
        if ticket.priority is before.priority:
            outbox.add_effects(tx, acknowledged(cause))
            return
        done = entry(ticket, Step.PRIORITIZED, cause, now, priority.value)
        keep(tx, Change(ticket, entries=(done,), effects=acknowledged(cause)))

    @command
    def label(
        self,
        tx: Transaction,
        cause: Cause,
        now: datetime,
        number: TicketId,
        added: Sequence[str],
        removed: Sequence[str],
    ) -> None:
        """The ticket gets and loses labels."""
        before = the_ticket(tx, number, cause.place)
        ticket = self.promised(rules.labelled(before, added, removed, now))
        if ticket.labels == before.labels:
            outbox.add_effects(tx, acknowledged(cause))
            return
        new = [f"+{label}" for label in ticket.labels if label not in before.labels]
        gone = [f"-{label}" for label in before.labels if label not in ticket.labels]
        done = entry(ticket, Step.LABELLED, cause, now, " ".join([*new, *gone]))
        keep(tx, Change(ticket, entries=(done,), effects=acknowledged(cause)))

    @command
    def snooze(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId, until: datetime) -> None:
        """The ticket is out of the queue until then."""
        before = the_ticket(tx, number, cause.place)
        ticket = rules.snoozed(before, until, now)
        timers.set_timer(tx, snooze_of(ticket.id), until)
        done = entry(ticket, Step.SNOOZED, cause, now, until.isoformat())
        keep(tx, Change(ticket, entries=(done,), effects=acknowledged(cause)))

    @command
    def wake(self, tx: Transaction, cause: Cause, now: datetime, number: TicketId) -> None:
        """The ticket is back in the queue before its time."""
        ticket = rules.woken(the_ticket(tx, number, cause.place), now)
        timers.clear_timer(tx, snooze_of(ticket.id))
        done = entry(ticket, Step.WOKEN, cause, now)
        keep(tx, Change(ticket, entries=(done,), effects=acknowledged(cause)))

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """The time of a snoozed ticket is over: it is back in the queue. Whoever has it is told, or who is on duty."""
        ticket = tickets.find_ticket(tx, TicketId(timer.number))
        # It may have been closed, or the citizen may have written again, in the meantime.
        if ticket is None or ticket.snoozed_until is None or not ticket.state.is_open:
            return
        ticket = rules.woken(ticket, now)
        person = ticket.claimant or on_duty(tx, self.settings, now)
        told = Tell(
            ticket.place,
            mark("#{ticket} is back in the queue: the time for which it was snoozed is over."),
            {"ticket": ticket.id},
            ticket=ticket.id,
            meant=(person,) if person else (),
        )
        done = entry(ticket, Step.WOKEN, None, now)
        keep(tx, Change(ticket, entries=(done,), effects=(told,)))

    @command
    def merge(self, tx: Transaction, cause: Cause, now: datetime, source: TicketId, target: TicketId) -> None:
        """What was asked in `source` goes on in `target`: its words move there, and `source` is closed."""
        old, other = the_ticket(tx, source, cause.place), the_ticket(tx, target, cause.place)
        gone, into = rules.merged(old, other, _newest(tx, old, other), now)
        self._nobody_reads_along(tx, old, other)
        into = self.promised(into)
        keep(tx, drop_drafts(old, posts.pending_of(tx, source), cause, now))
        left = self._not_asked_any_more(tx, gone, into)
        escalations.end_all(tx, source, now)
        timers.clear_timer(tx, snooze_of(source))
        timers.clear_timer(tx, snooze_of(target))
        moved = tickets.statuses_of(tx, source)
        tickets.move(tx, source, target)
        rooms = [into.place, *departments_of(tx, target)]
        effects: list[Effect] = [
            ShowFollowUp(room, target, each, is_quiet=number > 0 or into.claimant == cause.actor)
            for room in rooms
            for number, each in enumerate(moved)
        ]
        if old.claimant not in (None, cause.actor, into.claimant):
            message = mark("{who} has merged #{ticket}, which was with you, into #{other}.")
            fields: dict[str, Field] = {"who": localpart(cause.actor), "ticket": source, "other": target}
            effects.append(Tell(gone.place, message, fields, ticket=source, meant=(old.claimant,)))
        effects += left
        merged = entry(gone, Step.MERGED, cause, now, said=f"→ #{target}")
        taken_in = entry(into, Step.MERGED, cause, now, said=f"← #{source}")
        keep(tx, Change(gone, entries=(merged,)))
        effects.extend(narrow_draft(tx, into, now))
        keep(tx, Change(into, entries=(taken_in,), effects=(*acknowledged(cause), *effects)))

    def _not_asked_any_more(self, tx: Transaction, source: Ticket, target: Ticket) -> Sequence[Effect]:
        """Say which departments do not go along, where there are such: experts would be waited for in vain."""
        there = departments_of(tx, target.id)
        left = [place for place in departments_of(tx, source.id) if place not in there]
        if not left:
            return ()
        message = mark(
            "Not asked any more, since #{ticket} was merged: {departments}. `{prefix}escalate {other} {key} …` asks "
            "there about #{other}."
        )
        fields: dict[str, Field] = {
            "ticket": source.id,
            "other": target.id,
            "departments": ", ".join(name_of(place, self.settings.departments) for place in left),
            "key": left[0].partition("/")[2],
        }
        return (Tell(target.place, message, fields, ticket=target.id),)

    def _nobody_reads_along(self, tx: Transaction, source: Ticket, target: Ticket) -> None:
        """Refuse to show what was written in private to a department that was not asked about it."""
        if source.visibility is not Visibility.DIRECT:
            return
        asked = departments_of(tx, source.id)
        readers = [place for place in departments_of(tx, target.id) if place not in asked]
        if readers:
            raise Refusal(
                "#{other} is with {departments}, where #{ticket} would be read as well, and that was written to the "
                "office alone. `{prefix}escalate {ticket} …` asks there about it, too; `{prefix}recall {other}` takes "
                "#{other} back.",
                ticket=source.id,
                other=target.id,
                departments=", ".join(name_of(place, self.settings.departments) for place in readers),
            )


def _newest(tx: Transaction, *both: Ticket) -> StatusId:
    """Which of the tickets' questions was written last."""
    asked = tickets.questions_of(tx, both)
    newest = max(both, key=lambda one: asked[one.id].status.created_at if one.id in asked else one.opened_at)
    return newest.status
