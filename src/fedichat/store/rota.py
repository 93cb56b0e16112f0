"""Who has the duty: shifts that were given to somebody, absences, handovers, and the messages that tell of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, text, update

from fedichat.domain.names import EventId, Place, TicketId, UserId
from fedichat.domain.time.rota import Absence, Shift
from fedichat.store import schema
from fedichat.store.database import Transaction
from fedichat.store.engines.base import insert_new


@dataclass(frozen=True, slots=True)
class HandoverDone:
    """The duty passed on at `at`, from `before` to `person` (None: nobody was there), until `until` as seen then.

    `told_at` None: nobody was told, as for the very first one.
    """

    number: int
    at: datetime
    until: datetime
    person: UserId | None
    before: UserId | None = None
    told_at: datetime | None = None
    acknowledged_at: datetime | None = None
    reminded_at: datetime | None = None


def shifts_after(tx: Transaction, moment: datetime) -> list[Shift]:
    """The shifts that end later than that; one that counts before another comes after it."""
    table = schema.duty_shifts
    query = select(table).where(table.c.end > moment).order_by(table.c.made_by != "", table.c.number)
    return [Shift(row.start, row.end, UserId(row.person)) for row in tx.execute(query)]


def shifts_of_file(tx: Transaction) -> list[Shift]:
    """The shifts that the file says, in its order."""
    table = schema.duty_shifts
    rows = tx.execute(select(table).where(table.c.made_by == "").order_by(table.c.number))
    return [Shift(row.start, row.end, UserId(row.person)) for row in rows]


def add_shifts(tx: Transaction, shifts: Sequence[Shift], made_by: UserId | None, now: datetime) -> None:
    """Give somebody that time; `made_by` None: the file says so."""
    values = [
        {"start": one.start, "end": one.end, "person": one.person, "made_by": made_by or "", "made_at": now}
        for one in shifts
    ]
    if values:
        tx.execute(insert(schema.duty_shifts), values)


def drop_shifts_of_file(tx: Transaction) -> None:
    """Drop the file's shifts: it has changed, or no longer exists."""
    tx.execute(delete(schema.duty_shifts).where(schema.duty_shifts.c.made_by == ""))


def drop_shifts_of_others(tx: Transaction, people: Sequence[UserId], now: datetime) -> None:
    """Drop the future shifts of everybody else, swapped or not."""
    table = schema.duty_shifts
    tx.execute(delete(table).where(table.c.end > now, table.c.person.not_in(people)))


def absences_after(tx: Transaction, day: date) -> list[Absence]:
    """The absences that last until that day or longer."""
    table = schema.duty_absences
    rows = tx.execute(select(table).where(table.c.last >= day).order_by(table.c.first, table.c.number))
    return [Absence(UserId(row.person), row.first, row.last) for row in rows]


def add_absence(tx: Transaction, absence: Absence, made_by: UserId, now: datetime) -> None:
    """Keep that somebody is away."""
    values = {"person": absence.person, "first": absence.first, "last": absence.last}
    tx.execute(insert(schema.duty_absences).values(values | {"made_by": made_by, "made_at": now}))


def end_absences(tx: Transaction, person: UserId, day: date) -> bool:
    """End somebody's absences on that day; what lies before it stays. Returns whether there were any."""
    table = schema.duty_absences
    theirs = (table.c.person == person) & (table.c.last >= day)
    dropped = tx.execute(delete(table).where(theirs, table.c.first >= day))
    cut = tx.execute(update(table).where(theirs).values(last=day - timedelta(days=1)))
    return bool(dropped.rowcount + cut.rowcount)


def last_handover(tx: Transaction) -> HandoverDone | None:
    """The handover that happened last."""
    table = schema.handovers
    row = tx.execute(select(table).order_by(table.c.number.desc()).limit(1)).first()
    return _handover(row) if row else None


def find_handover(tx: Transaction, number: int) -> HandoverDone | None:
    """A handover by its number."""
    table = schema.handovers
    row = tx.execute(select(table).where(table.c.number == number)).first()
    return _handover(row) if row else None


def add_handover(tx: Transaction, handover: HandoverDone) -> int:
    """Keep that the duty passed on; returns its number."""
    values = {
        "at": handover.at,
        "until": handover.until,
        "person": handover.person,
        "before": handover.before,
        "told_at": handover.told_at,
    }
    result = tx.execute(insert(schema.handovers).values(values))
    key = result.inserted_primary_key
    return int(key[0]) if key is not None else 0


def acknowledged(tx: Transaction, number: int, now: datetime) -> None:
    """Keep that whoever is on duty says that they know."""
    table = schema.handovers
    tx.execute(update(table).where(table.c.number == number).values(acknowledged_at=now))


def reminded(tx: Transaction, number: int, now: datetime) -> None:
    """Keep that they were reminded."""
    table = schema.handovers
    tx.execute(update(table).where(table.c.number == number).values(reminded_at=now))


def remember_message(tx: Transaction, event: EventId, number: int, place: Place) -> None:
    """Keep which message tells of a handover; a repeat changes nothing."""
    values = {"event_id": event, "handover": number, "place": place}
    tx.execute(insert_new(schema.handover_messages), values)


def handover_behind(tx: Transaction, event: EventId) -> tuple[int, Place] | None:
    """The handover that a message tells of, and where that stands."""
    table = schema.handover_messages
    row = tx.execute(select(table).where(table.c.event_id == event)).first()
    return (row.handover, Place(row.place)) if row else None


def messages_of(tx: Transaction, number: int) -> list[tuple[EventId, Place]]:
    """The messages that tell of a handover."""
    table = schema.handover_messages
    rows = tx.execute(select(table).where(table.c.handover == number))
    return [(EventId(row.event_id), Place(row.place)) for row in rows]


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits in a place: how many are open, and the numbers of some of them.

    `unclaimed` nobody has, `overdue` and `due` are so now or by then, of `promised` the citizen has had an interim
    reply to what they ask now, `back` are snoozed and back by then.
    """

    open: int
    unclaimed: Sequence[TicketId]
    overdue: Sequence[TicketId]
    due: Sequence[TicketId]
    promised: Sequence[TicketId]
    back: Sequence[TicketId]

    @property
    def is_any(self) -> bool:
        """Whether anything does."""
        return bool(self.open or self.back or self.overdue or self.due)


def what_waits(tx: Transaction, place: Place, now: datetime, until: datetime) -> Waits:
    """What waits in a place for whoever has the duty until then: what is due first, of these the most urgent."""
    table = schema.tickets
    is_open = (text(f"tickets.state IN {schema.OPEN}"), table.c.place == place)
    awake = table.c.snoozed_until.is_(None)
    due_first = table.c.due_at.asc().nulls_last()

    def numbers(*conditions: ColumnElement[bool]) -> list[TicketId]:
        query = select(table.c.id).where(*is_open, *conditions).order_by(due_first, table.c.priority, table.c.id)
        return [TicketId(number) for number in tx.scalars(query)]

    return Waits(
        open=tx.scalar(select(func.count()).select_from(table).where(*is_open, awake)) or 0,
        unclaimed=numbers(awake, table.c.claimant.is_(None)),
        overdue=numbers(table.c.due_at <= now),
        due=numbers(table.c.due_at > now, table.c.due_at < until),
        promised=numbers(awake, table.c.interim_at >= table.c.asked_at),
        back=numbers(table.c.snoozed_until < until),
    )


def is_file_known(tx: Transaction, digest: str) -> bool:
    """Whether that is what was read last."""
    return bool(tx.scalar(select(schema.duty_files.c.digest).where(schema.duty_files.c.digest == digest)))


def keep_file(tx: Transaction, digest: str, now: datetime) -> None:
    """Keep that this is what was read last."""
    tx.execute(delete(schema.duty_files))
    tx.execute(insert(schema.duty_files).values(digest=digest, read_at=now))


def forget_file(tx: Transaction) -> None:
    """Forget which file was read."""
    tx.execute(delete(schema.duty_files))


def forget_before(tx: Transaction, moment: datetime) -> None:
    """Remove who had the duty, and who was away, before then; the last handover stays."""
    messages, handovers = schema.handover_messages, schema.handovers
    newest = select(handovers.c.number).order_by(handovers.c.number.desc()).limit(1).scalar_subquery()
    old = select(handovers.c.number).where(handovers.c.at < moment, handovers.c.number != newest)
    tx.execute(delete(messages).where(messages.c.handover.in_(old)))
    tx.execute(delete(handovers).where(handovers.c.number.in_(old)))
    tx.execute(delete(schema.duty_shifts).where(schema.duty_shifts.c.end < moment))
    tx.execute(delete(schema.duty_absences).where(schema.duty_absences.c.last < moment.date()))


def _handover(row: Row[Any]) -> HandoverDone:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a row's columns
    return HandoverDone(**values)
