"""The duty passes on from one person to the next."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedichat.desk.duty.roster import REMINDER, plan_of
from fedichat.desk.office import Service, read, take_up, write
from fedichat.desk.posts.drafting import CONFIRM
from fedichat.domain.cause import Cause
from fedichat.domain.effects import React, ShowHandover
from fedichat.domain.names import (
    EventId,
    Place,
    UserId,
    localpart,
)
from fedichat.errors import Refusal
from fedichat.store import outbox, rota, timers
from fedichat.store.database import Transaction
from fedichat.store.outbox import Waiting
from fedichat.store.rota import HandoverDone, Waits

log = logging.getLogger(__name__)


SEEN = "🤝"


@dataclass(frozen=True, slots=True)
class HandoverView:
    """A handover as it is told in a place: who has it now, who is next, and what waits there."""

    person: UserId | None
    before: UserId | None
    since: datetime
    until: datetime
    next: UserId | None
    is_late: bool
    waits: Waits


class Handovers(Service):
    """Handovers: what waits, who has been told, and who has acknowledged it."""

    @read
    def handover(self, tx: Transaction, effect: ShowHandover) -> HandoverView | None:
        """A handover as it is told there; None when another one came after it."""
        done = rota.last_handover(tx)
        if done is None or done.number != effect.number or self.settings.duty is None:
            return None
        now = self.clock.now()
        plan = plan_of(tx, self.settings.duty, now)
        turn = plan.turn_at(now)
        return HandoverView(
            person=done.person,
            before=done.before,
            since=done.at,
            until=turn.end,
            next=plan.on_duty(turn.end),
            is_late=done.told_at is not None and done.told_at - done.at > timedelta(minutes=1),
            waits=rota.what_waits(tx, effect.place, now, turn.end),
        )

    @write
    def handover_told(self, tx: Transaction, waiting: Waiting, effect: ShowHandover, event: EventId) -> None:
        """It is in the room: put the ✅ on it that acknowledges it."""
        done = outbox.done(tx, waiting)
        rota.remember_message(tx, event, effect.number, done.former or effect.place)
        if done.former is not None:
            return
        outbox.add_effects(tx, [React(effect.place, event, CONFIRM)])

    @read
    def is_handover(self, tx: Transaction, event: EventId, place: Place) -> bool:
        """Whether that message in that place tells of a handover."""
        found = rota.handover_behind(tx, event)
        return found is not None and found[1] == place

    @write
    def acknowledge(self, tx: Transaction, cause: Cause, event: EventId) -> None:
        """Whoever has the duty says that they know; once is enough."""
        now = self.clock.now()
        found = rota.handover_behind(tx, event)
        done = rota.find_handover(tx, found[0]) if found else None
        if done is None:
            return
        take_up(tx, cause, now)
        if done.person != cause.actor:
            raise _not_theirs(done)
        if done.acknowledged_at is not None:
            return
        if done == rota.last_handover(tx):
            timers.clear_timer(tx, REMINDER)
        rota.acknowledged(tx, done.number, now)
        messages = rota.messages_of(tx, done.number)
        outbox.add_effects(tx, [React(place, message, SEEN) for message, place in messages])
        log.info("handover-acknowledged number=%d", done.number)


def _not_theirs(done: HandoverDone) -> Refusal:
    if done.person is None:
        return Refusal("Nobody has the duty, so there is nothing to acknowledge. `{prefix}duty` shows who is away.")
    return Refusal(
        "The handover is {person}'s to acknowledge. If somebody else is to have the duty: `{prefix}duty swap`, or "
        "`{prefix}duty absent`.",
        person=localpart(done.person),
    )
