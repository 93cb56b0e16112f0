"""Who is on duty: a weekly rotation, over it the shifts that were given to somebody, over both who is away.

Weeks go from handover to handover on the office's clock. They are counted from the one that holds `Rotation.since`,
which is the first person's; without it from that of Monday, 1 January 2024. So the order goes on over the new year, and
a week keeps its person for as long as the rotation stays as it is.

A shift (imported, or given by a swap) counts in place of whatever is below it, a later one in place of an earlier one.
Whoever is away is replaced by the next in the rotation who is there for the whole time that is missing, else day by
day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from fedichat.domain.names import UserId, localpart
from fedichat.errors import Refusal

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_FIRST_MONDAY = date(2024, 1, 1)

BRIDGED = timedelta(days=4)
"""A gap between imported shifts up to this long (a weekend, Easter) belongs to the one before it."""


@dataclass(frozen=True, slots=True)
class Handover:
    """When the duty passes on, each week, in the office's zone. `weekday` is 0 for Monday."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class Rotation:
    """A week each, in this order; the week that holds `since` is the first one's."""

    people: tuple[UserId, ...]
    handover: Handover
    zone: ZoneInfo
    since: date | None = None

    def week_at(self, at: datetime) -> int:
        """The number of the week that holds a moment; the one of `since` is 0."""
        day = at.astimezone(self.zone).date()
        week = (day - self._first_day).days // 7
        return week if self.start_of(week) <= at else week - 1

    def start_of(self, week: int) -> datetime:
        """The handover with which a week begins, in UTC.

        Where the clocks skip it, it comes as if they had not been put forward; where they show it twice, the first
        time.
        """
        return wall_moment(self._first_day + week * _WEEK, self.handover.at, self.zone)

    def person_in(self, week: int) -> UserId:
        """Whose week it is."""
        return self.people[week % len(self.people)]

    @property
    def _first_day(self) -> date:
        since = self.since or _FIRST_MONDAY
        return since - timedelta(days=(since.weekday() - self.handover.weekday) % 7)


@dataclass(frozen=True, slots=True)
class Shift:
    """A time that was given to somebody, by a calendar or by a swap."""

    start: datetime
    end: datetime
    person: UserId


@dataclass(frozen=True, slots=True)
class RotaFile:
    """What a calendar's file says: shifts in order, what is wrong with it, and the gaps that the rotation fills."""

    shifts: Sequence[Shift] = ()
    problems: Sequence[Refusal] = ()
    gaps: Sequence[tuple[datetime, datetime]] = ()


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from the first to the last day, both of them included."""

    person: UserId
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether they are away on that day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's time on duty; `person` None where all are away. `instead_of` is who is away.

    `is_planned`: it begins where a week or a shift does, not where somebody comes or goes in the middle of one.
    """

    start: datetime
    end: datetime
    person: UserId | None
    instead_of: UserId | None = None
    is_planned: bool = True


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one week or one shift (`source`). `is_first`: it begins where that does."""

    start: datetime
    end: datetime
    person: UserId
    source: int | Shift
    is_first: bool


@dataclass(frozen=True, slots=True)
class Rota:
    """All that decides who is on duty. Of the shifts, later ones count before earlier ones."""

    rotation: Rotation
    shifts: Sequence[Shift] = ()
    absences: Sequence[Absence] = ()

    def on_duty(self, at: datetime) -> UserId | None:
        """Who is on duty at that moment; None where all are away."""
        return self.turn_at(at).person

    def turn_at(self, at: datetime) -> Turn:
        """The turn that holds a moment, from its beginning to its end."""
        around = _WEEK
        while True:
            turn = next(turn for turn in self.turns(at - around, at + around) if turn.start <= at < turn.end)
            if turn.start > at - around and turn.end < at + around:
                return turn
            around *= 2

    def turns(self, start: datetime, end: datetime) -> list[Turn]:
        """The turns between two moments, in order; the first and the last are cut there."""
        found: list[Turn] = []
        # Who replaces somebody depends on the whole time that is missing, also on what of it lies outside.
        for piece in self._planned(self._whole(start)[0], self._whole(end)[1]):
            for turn in self._present(piece):
                last = found[-1] if found else None
                goes_on = turn.person is None or not turn.is_planned
                if last is not None and last.person == turn.person and goes_on:
                    found[-1] = replace(last, end=turn.end)
                else:
                    found.append(turn)
        inside = [turn for turn in found if turn.start < end and turn.end > start]
        return [replace(turn, start=max(turn.start, start), end=min(turn.end, end)) for turn in inside]

    def _whole(self, at: datetime) -> tuple[datetime, datetime]:
        """From when until when everything lasts that could count at a moment."""
        week = self.rotation.week_at(at)
        around = [one for one in self.shifts if one.start <= at < one.end]
        start = min([self.rotation.start_of(week), *(one.start for one in around)])
        return start, max([self.rotation.start_of(week + 1), *(one.end for one in around)])

    def is_away(self, person: UserId, day: date) -> bool:
        """Whether somebody is away on that day."""
        return any(one.person == person and one.holds(day) for one in self.absences)

    def is_away_between(self, person: UserId, start: datetime, end: datetime) -> bool:
        """Whether somebody is away on a day of that time."""
        return any(self.is_away(person, day) for day in self._days(start, end))

    def _planned(self, start: datetime, end: datetime) -> Iterator[_Piece]:
        """Whose the time would be if all were there, one piece for each week or shift."""
        shifts = [one for one in self.shifts if one.end > start and one.start < end]
        weeks = range(self.rotation.week_at(start), self.rotation.week_at(end) + 2)
        cuts = {start, end, *map(self.rotation.start_of, weeks)}
        cuts.update(moment for one in shifts for moment in (one.start, one.end))
        moments = sorted(moment for moment in cuts if start <= moment <= end)
        piece: _Piece | None = None
        for begin, until in pairwise(moments):
            source = self._source(begin, shifts)
            if piece is not None and piece.source == source:
                piece = replace(piece, end=until)
                continue
            if piece is not None:
                yield piece
            piece = self._piece(begin, until, source)
        if piece is not None:
            yield piece

    def _source(self, at: datetime, shifts: Sequence[Shift]) -> int | Shift:
        given = next((one for one in reversed(shifts) if one.start <= at < one.end), None)
        return given if given is not None else self.rotation.week_at(at)

    def _piece(self, start: datetime, end: datetime, source: int | Shift) -> _Piece:
        if isinstance(source, Shift):
            return _Piece(start, end, source.person, source, source.start == start)
        return _Piece(start, end, self.rotation.person_in(source), source, self.rotation.start_of(source) == start)

    def _present(self, piece: _Piece) -> Iterator[Turn]:
        """The piece with those in it who are there."""
        for start, end in self._stretches(piece):
            is_planned = piece.is_first and start == piece.start
            if not self.is_away(piece.person, self._day(start)):
                yield Turn(start, end, piece.person, is_planned=is_planned)
                continue
            person = self._replacement(piece, start, end)
            if person is not None:
                yield Turn(start, end, person, piece.person, is_planned)
                continue
            for number, (begin, until) in enumerate(_by_days(start, end, self.rotation.zone)):
                person = self._replacement(piece, begin, until)
                yield Turn(begin, until, person, piece.person, is_planned and number == 0)

    def _stretches(self, piece: _Piece) -> Iterator[tuple[datetime, datetime]]:
        """The piece cut where whoever has it goes or comes."""
        begin, was_away = piece.start, self.is_away(piece.person, self._day(piece.start))
        for start, _ in _by_days(piece.start, piece.end, self.rotation.zone):
            away = self.is_away(piece.person, self._day(start))
            if away != was_away:
                yield begin, start
                begin, was_away = start, away
        yield begin, piece.end

    def _replacement(self, piece: _Piece, start: datetime, end: datetime) -> UserId | None:
        people = self.rotation.people
        # In place of somebody whom only a calendar names, whose week it is comes first.
        known = piece.person in people
        first = people.index(piece.person) + 1 if known else self.rotation.week_at(start) % len(people)
        in_order = (*people[first:], *people[:first])
        return next((one for one in in_order if not self.is_away_between(one, start, end)), None)

    def _days(self, start: datetime, end: datetime) -> Iterator[date]:
        return (self._day(begin) for begin, _ in _by_days(start, end, self.rotation.zone))

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.rotation.zone).date()


def joined(turns: Sequence[Turn]) -> list[Turn]:
    """The turns in order; those of the same person that touch are one."""
    found: list[Turn] = []
    for turn in turns:
        last = found[-1] if found else None
        if last is not None and last.person == turn.person and last.end == turn.start:
            found[-1] = replace(last, end=turn.end)
        else:
            found.append(turn)
    return found


def next_turn(turns: Sequence[Turn], person: UserId, now: datetime, day: date | None, zone: ZoneInfo) -> Turn:
    """The turn of somebody that begins next, or the one that holds a day; of one that has begun, what is left of it.

    `turns` are those from now on. Refuses where there is none.
    """
    theirs = [turn for turn in turns if turn.person == person]
    if day is None:
        theirs = [turn for turn in theirs if turn.start > now]
    else:
        # On the day of a handover two turns meet: the one that begins is meant.
        midnight = wall_moment(day + _DAY, time(), zone)
        theirs = [turn for turn in theirs if turn.start < midnight <= turn.end]
    if not theirs:
        raise Refusal(
            "{person} has no turn then that could be swapped. `{prefix}duty` shows who has the duty when.",
            person=localpart(person),
        )
    return theirs[0]


def wall_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That time of that day on the clock of that zone, in UTC; where it comes twice, the first."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def bridged(shifts: Iterable[Shift]) -> tuple[list[Shift], list[tuple[datetime, datetime]]]:
    """Shifts that do not overlap, in order, short gaps given to the one before; and the gaps that are left."""
    found: list[Shift] = []
    gaps: list[tuple[datetime, datetime]] = []
    for shift in sorted(shifts, key=lambda one: one.start):
        if found and found[-1].end < shift.start:
            if shift.start - found[-1].end <= BRIDGED:
                found[-1] = replace(found[-1], end=shift.start)
            else:
                gaps.append((found[-1].end, shift.start))
        found.append(shift)
    return found, gaps


def _by_days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The time between two moments, cut at the midnights of that zone."""
    while start < end:
        tomorrow = start.astimezone(zone).date() + _DAY
        until = min(end, wall_moment(tomorrow, time(), zone))
        yield start, until
        start = until
