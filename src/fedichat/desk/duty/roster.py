"""The duty rota: who has it, swaps and absences, and the handover, told in opening hours and acknowledged by a tap.

The duty itself passes on at its moment, day or night. What is told of it comes when the office opens next: once, and
only of the last one where several passed unseen. A handover is kept with its message and the next timer in one
transaction.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from fedichat.desk.office import Service, command, read, timed, write
from fedichat.desk.settings import Settings
from fedichat.domain.cause import Cause
from fedichat.domain.effects import Effect, ShowHandover, Tell
from fedichat.domain.names import (
    SUPERVISORS,
    Place,
    UserId,
    direct_place,
    is_department,
    is_direct,
    localpart,
    team_place,
)
from fedichat.domain.phrase import Day, Field, Marked, Moment, Phrase, listed, mark
from fedichat.domain.time.days import FARTHEST, Days
from fedichat.domain.time.duration import Duration, DurationUnit
from fedichat.domain.time.rota import Absence, Rota, Rotation, Shift, Turn, joined, next_turn, wall_moment
from fedichat.domain.time.timer import Timer, TimerKind
from fedichat.errors import Refusal
from fedichat.store import outbox, rota, timers
from fedichat.store.database import Transaction
from fedichat.store.rota import HandoverDone
from fedichat.text.i18n import phrase

log = logging.getLogger(__name__)

HANDOVER, REMINDER = Timer(TimerKind.HANDOVER), Timer(TimerKind.HANDOVER_REMINDER)

_PATIENCE = Duration(Decimal(2), DurationUnit.WORKING_HOUR)

_AHEAD = timedelta(weeks=26)

_FAR_AHEAD = FARTHEST + timedelta(weeks=1)

_LISTED = 5

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Roster:
    """Who has the duty now and next, who is away, and whether the last handover was acknowledged."""

    turns: Sequence[Turn]
    absences: Sequence[Absence]
    acknowledged: bool


class DutyRoster(Service):
    """Everything about who is on duty."""

    @read
    def roster(self, tx: Transaction, place: Place) -> Roster:
        """Who has the duty now, and who comes next. Who is away is nothing for a department."""
        now = self.clock.now()
        plan = plan_of(tx, self._rotation(), now)
        done = rota.last_handover(tx)
        told = done is not None and done.told_at is not None
        turns, is_own = _coming(plan, now)[:_LISTED], not is_department(place)
        today = now.astimezone(self.settings.zone).date()
        return Roster(
            turns=turns if is_own else [replace(turn, instead_of=None) for turn in turns],
            absences=[absence for absence in plan.absences if is_own and absence.last >= today],
            acknowledged=not told or (done is not None and done.acknowledged_at is not None),
        )

    @property
    def duty_people(self) -> Sequence[UserId]:
        """Those of the rotation. Refuses where there is none."""
        return self._rotation().people

    @property
    def duty_rooms(self) -> Sequence[Place]:
        """The rooms whose people have the duty."""
        return _team_rooms(self.settings)

    def on_duty(self, tx: Transaction, now: datetime) -> UserId | None:
        """Who is on duty at that moment; None where nobody is, or the office has no rota."""
        return on_duty(tx, self.settings, now)

    @command
    def swap_duty(
        self, tx: Transaction, cause: Cause, now: datetime, one: UserId, other: UserId, days: Sequence[date]
    ) -> None:
        """Two people exchange a turn each: the ones that hold these days, else each one's next that has not begun.

        Of a turn that has begun, what is left is exchanged.
        """
        if one == other:
            raise Refusal("Nobody can swap with themselves. Name the colleague: `{prefix}duty swap @ben`")
        plan = plan_of(tx, self._rotation(), now)
        coming = plan.turns(now, now + _AHEAD)
        first_day, second_day = (*days, None, None)[:2]
        first = next_turn(coming, one, now, first_day, self.settings.zone)
        second = next_turn(coming, other, now, second_day, self.settings.zone)
        shifts = [Shift(first.start, first.end, other), Shift(second.start, second.end, one)]
        for shift in shifts:
            if plan.is_away_between(shift.person, shift.start, shift.end):
                raise Refusal(
                    "{person} is away then: `{prefix}duty` shows who is and when.", person=localpart(shift.person)
                )
        rota.add_shifts(tx, shifts, cause.actor, now)
        message = mark("Swapped by {who}: {other} has the duty {first}, and {one} {second}.")
        fields: dict[str, Field] = {
            "who": localpart(cause.actor),
            "one": localpart(one),
            "other": localpart(other),
            "first": _span(shifts[0].start, shifts[0].end),
            "second": _span(shifts[1].start, shifts[1].end),
        }
        self._changed(tx, cause, message, fields, (one, other))

    @command
    def away(self, tx: Transaction, cause: Cause, now: datetime, person: UserId, days: Days) -> None:
        """Somebody is away on these days: whoever replaces them is said, and told."""
        before = _coming(plan_of(tx, self._rotation(), now), now, _FAR_AHEAD)
        rota.add_absence(tx, Absence(person, days.first, days.last), cause.actor, now)
        after = _coming(plan_of(tx, self._rotation(), now), now, _FAR_AHEAD)
        taken = [turn for turn in after if turn.instead_of is not None and turn not in before]
        if not taken:  # it was said before, perhaps
            begin, end = (wall_moment(day, time(), self.settings.zone) for day in (days.first, days.last + _DAY))
            theirs = [turn for turn in after if turn.instead_of == person]
            taken = [turn for turn in theirs if turn.start < end and turn.end > begin]
        message, fields = _replaced(taken)
        fields |= {"person": localpart(person), "days": _days(days)}
        taking = sorted({turn.person for turn in taken if turn.person is not None})
        self._changed(tx, cause, message, fields, (person, *taking))

    @command
    def present(self, tx: Transaction, cause: Cause, _now: datetime, person: UserId, days: Days) -> None:
        """Somebody is there after all, from that day on."""
        self._rotation()
        if not rota.end_absences(tx, person, days.first):
            raise Refusal("{person} is not down as away. `{prefix}duty` shows who is.", person=localpart(person))
        message = mark("{person} is there again from {days} on, and has their turns back.")
        fields: dict[str, Field] = {"person": localpart(person), "days": Day(days.first)}
        self._changed(tx, cause, message, fields, (person,))

    def _changed(
        self, tx: Transaction, cause: Cause, message: Marked, fields: dict[str, Field], meant: Sequence[UserId]
    ) -> None:
        """Answer, and tell those whom it is about, in the team's rooms; another handover may be the next one now."""
        others = tuple(user for user in dict.fromkeys(meant) if user != cause.actor)
        here = cause.place.startswith(("team/", "direct/"))
        effects: list[Effect] = [
            Tell(
                cause.place,
                message,
                fields,
                thread=cause.thread,
                reply_to=cause.answer_to,
                meant=others if here else (),
            )
        ]
        if others and not here:
            effects += [Tell(place, message, fields, meant=others) for place in _team_rooms(self.settings)]
        outbox.add_effects(tx, effects)
        _wind(tx, self.settings, self.clock.now())
        log.info("duty-changed by=%s about=%s", cause.actor, ",".join(meant))

    @write
    def take_rota(self, tx: Transaction, digest: str, shifts: Sequence[Shift], problems: Sequence[Refusal]) -> None:
        """The file with the rota was read: its shifts replace what it said before, unless something is wrong with it.

        What is wrong is told once for each content, which `digest` stands for.
        """
        now = self.clock.now()
        is_known = rota.is_file_known(tx, digest)
        if not is_known:
            rota.keep_file(tx, digest, now)
        if problems:
            if not is_known:
                log.warning("rota-refused problems=%d first=%s", len(problems), problems[0])
                outbox.add_effects(tx, self._rota_refused(problems))
            return
        if list(shifts) != rota.shifts_of_file(tx):
            rota.drop_shifts_of_file(tx)
            rota.add_shifts(tx, shifts, None, now)
            _wind(tx, self.settings, now)
            log.info("rota-read shifts=%d", len(shifts))

    def _rota_refused(self, problems: Sequence[Refusal]) -> list[Effect]:
        message = mark("The file with the duty rota was not taken over, what it said before holds. {problem}")
        if len(problems) > 1:
            message = mark(
                "The file with the duty rota was not taken over, what it said before holds. {problem} And {count} "
                "more; `fedichat check` lists them."
            )
        fields: dict[str, Field] = {"problem": phrase(problems[0]), "count": len(problems) - 1}
        places = [SUPERVISORS] if self.settings.has_supervisors else _team_rooms(self.settings)
        return [Tell(place, message, fields) for place in places]

    def _rotation(self) -> Rotation:
        if self.settings.duty is None:
            raise Refusal("This office has no duty rota. Whoever runs fedichat can set one up.")
        return self.settings.duty

    def set_up(self, tx: Transaction, now: datetime) -> None:
        """Have the next handover come; whoever has the duty at the very first start took it over unnoticed."""
        if self.settings.duty is None:
            timers.clear_timer(tx, HANDOVER)
            timers.clear_timer(tx, REMINDER)
            return
        if not self.settings.duty_has_file:
            rota.drop_shifts_of_file(tx)
            rota.forget_file(tx)
            rota.drop_shifts_of_others(tx, self.settings.duty.people, now)
        if rota.last_handover(tx) is None:
            turn = plan_of(tx, self.settings.duty, now).turn_at(now)
            rota.add_handover(tx, HandoverDone(0, turn.start, turn.end, turn.person))
        _wind(tx, self.settings, now)

    @timed
    def fired(self, tx: Transaction, timer: Timer, now: datetime) -> None:
        """Tell of a handover, or remind of one that nobody has acknowledged; what came late waits for the opening."""
        if self.settings.duty is None:
            return
        if not self.settings.calendar.is_open(now):
            timers.set_timer(tx, timer, when_to_tell(self.settings, now))
        elif timer == REMINDER:
            _remind(tx, self.settings, now)
        else:
            _hand_over(tx, self.settings, now)
            _wind(tx, self.settings, now)


def _span(start: datetime, end: datetime) -> Phrase:
    return Phrase("{start} – {end}", {"start": Moment(start), "end": Moment(end)})


def _days(days: Days) -> Field:
    if days.first == days.last:
        return Day(days.first)
    return Phrase("{start} – {end}", {"start": Day(days.first), "end": Day(days.last)})


def _replaced(taken: Sequence[Turn]) -> tuple[Marked, dict[str, Field]]:
    """What is said of the turns that fall to others, or to nobody."""
    turns = joined(taken)
    who = listed(*(_taken_by(turn.person, turn) for turn in turns if turn.person is not None))
    when = listed(*(_span(turn.start, turn.end) for turn in turns if turn.person is None))
    if who is not None and when is not None:
        message = mark("{person} is away {days}. The duty falls to {who}. Nobody of the rotation is there {when}.")
        return message, {"who": who, "when": when}
    if who is not None:
        return mark("{person} is away {days}. The duty falls to {who}."), {"who": who}
    if when is not None:
        return mark("{person} is away {days}. Nobody of the rotation is there {when}."), {"when": when}
    return mark("{person} is away {days}. No duty falls into that."), {}


def _taken_by(person: UserId, turn: Turn) -> Phrase:
    return Phrase("{who} ({when})", {"who": localpart(person), "when": _span(turn.start, turn.end)})


def on_duty(tx: Transaction, settings: Settings, now: datetime) -> UserId | None:
    """Who is on duty at that moment, to be pinged for what nobody has claimed; None where nobody is."""
    if settings.duty is None:
        return None
    return plan_of(tx, settings.duty, now).on_duty(now)


def when_to_tell(settings: Settings, moment: datetime) -> datetime:
    """When the room hears of what happens at a moment: then, or at the next opening. Nothing comes at night."""
    return settings.calendar.next_opening(moment)


def _hand_over(tx: Transaction, settings: Settings, now: datetime) -> None:
    turn = plan_of(tx, settings.duty, now).turn_at(now) if settings.duty else None
    last = rota.last_handover(tx)
    if turn is None or not _is_news(turn, last):
        return
    before = last.person if last is not None else None
    number = rota.add_handover(
        tx, HandoverDone(0, turn.start, turn.end, turn.person, None if before == turn.person else before, told_at=now)
    )
    places = [
        *_team_rooms(settings),
        *(direct_place(name) for name in settings.accounts if name in settings.direct_rooms),
    ]
    told = [place for place in places if not is_direct(place) or rota.what_waits(tx, place, now, turn.end).is_any]
    outbox.add_effects(tx, [ShowHandover(place, number) for place in told])
    timers.clear_timer(tx, REMINDER)
    if turn.person is not None:
        timers.set_timer(tx, REMINDER, settings.calendar.due(now, _PATIENCE))
    log.info("handover number=%d", number)


def _is_news(turn: Turn, last: HandoverDone | None) -> bool:
    """Somebody else has it, or the same one for a week more."""
    return last is not None and (turn.person != last.person or turn.start > last.at)


def _remind(tx: Transaction, settings: Settings, now: datetime) -> None:
    done = rota.last_handover(tx)
    if done is None or done.person is None or done.acknowledged_at is not None or done.reminded_at is not None:
        return
    rota.reminded(tx, done.number, now)
    fields: dict[str, Field] = {"person": localpart(done.person)}
    wanted = mark("The duty is yours, and the handover is not acknowledged yet: please tap ✅ on its message above.")
    missed = mark(
        "{person} has the duty and has not acknowledged that. If they are away: `{prefix}duty absent {person} …`"
    )
    effects: list[Effect] = [Tell(place, wanted, fields, meant=(done.person,)) for place in _team_rooms(settings)]
    if settings.has_supervisors:
        effects.append(Tell(SUPERVISORS, missed, fields))
    outbox.add_effects(tx, effects)


def _wind(tx: Transaction, settings: Settings, now: datetime) -> None:
    """Set the timer for the next handover, or for one that has not been told yet."""
    if settings.duty is None:
        return
    turn = plan_of(tx, settings.duty, now).turn_at(now)
    moment = now if _is_news(turn, rota.last_handover(tx)) else turn.end
    timers.set_timer(tx, HANDOVER, when_to_tell(settings, moment))


def plan_of(tx: Transaction, rotation: Rotation, now: datetime) -> Rota:
    """The rota as it stands, with what has begun before now and is not over."""
    past = now - _AHEAD
    day = past.astimezone(rotation.zone).date()
    return Rota(rotation, rota.shifts_after(tx, past), rota.absences_after(tx, day))


def _coming(plan: Rota, now: datetime, ahead: timedelta = _AHEAD) -> list[Turn]:
    """The present turn, whole, and those after it."""
    present = plan.turn_at(now)
    return plan.turns(present.start, max(now, present.end) + ahead)[:-1]


def _team_rooms(settings: Settings) -> list[Place]:
    return [team_place(name) for name in settings.accounts]
