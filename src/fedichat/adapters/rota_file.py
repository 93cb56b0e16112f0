"""Reads from a calendar file (iCalendar, RFC 5545) who is on duty when.

An event is a shift of the person that it names: as its only attendee, or in its summary ("Ben", "Duty: Ben Muster").
Recurring events are expanded, on the clock of their own zone, their exceptions with them. Events of whole days begin
and end with the handover, so that nobody takes over at midnight.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr
from icalendar import Calendar, Event, vBroken

from fedichat.domain.names import UserId, folded, localpart
from fedichat.domain.time.rota import Handover, RotaFile, Shift, bridged, wall_moment
from fedichat.errors import Refusal

_AHEAD = timedelta(days=400)
_BACK = timedelta(days=60)
_MOST = 2_000
_LARGEST = 5_000_000
_DATE = "%Y-%m-%d %H:%M"
_PROPERTIES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "ATTENDEE")
_BY_THE_HOUR = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)|INTERVAL=0*(?:;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RotaReader:
    """`people` are those whom an event may name, with their display names; `zone` is the office's."""

    people: Mapping[UserId, str]
    handover: Handover
    zone: ZoneInfo

    def read(self, data: bytes, now: datetime) -> RotaFile:
        """The shifts from two months ago until more than a year ahead. Where something is wrong, there are none."""
        try:
            calendars = _calendars(data)
        except Refusal as refusal:
            return RotaFile(problems=[refusal])
        problems: list[Refusal] = []
        shifts: list[Shift] = []
        for read in _events(calendars):
            try:
                shifts += self._shifts(read(), now)
            except Refusal as refusal:
                problems.append(refusal)
            except (ArithmeticError, LookupError, TypeError, ValueError):  # dates that are none, in either library
                problems.append(Refusal("An event in it cannot be read."))
        found = _united(shifts)
        problems += self._overlaps(found)
        if not problems and not found:
            problems.append(Refusal("There is no shift of the next months in it."))
        if problems:
            return RotaFile(problems=problems)
        whole, gaps = bridged(found)
        return RotaFile(whole, (), [gap for gap in gaps if gap[1] > now])

    def _shifts(self, event: "_Event", now: datetime) -> list[Shift]:
        times = [
            (start, end)
            for start, end in self._times(event, now - _BACK, now + _AHEAD)
            if end > now - _BACK and start < now + _AHEAD
        ]
        # Whom old events name does not matter: people leave.
        if not times:
            return []
        person = self._person(event)
        return [Shift(start, end, person) for start, end in times]

    def _times(self, event: "_Event", since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        for start in event.starts(since, until):
            end = start + event.length
            yield self._moment(start), self._moment(end)

    def _moment(self, at: date | datetime) -> datetime:
        if not isinstance(at, datetime):
            return wall_moment(at, self.handover.at, self.zone)
        return (at if at.tzinfo is not None else at.replace(tzinfo=self.zone)).astimezone(UTC)

    def _person(self, event: "_Event") -> UserId:
        by_attendee = {user for user in self.people for name in event.attendees if self._is_called(user, name)}
        found = by_attendee or {user for user in self.people if self._is_in(user, event.summary)}
        if len(found) == 1:
            return found.pop()
        fields = {"summary": event.summary, "moment": event.begins}
        if found:
            names = ", ".join(sorted(map(localpart, found)))
            raise Refusal("“{summary}” ({moment}) names several people: {names}.", names=names, **fields)
        known = ", ".join(sorted(map(localpart, self.people))[:20])
        raise Refusal(
            "“{summary}” ({moment}) names nobody who is known here. It must name one of: {known}.",
            known=known,
            **fields,
        )

    def _is_called(self, user: UserId, name: str) -> bool:
        return folded(name) in {folded(user), folded(localpart(user)), folded(self.people[user])}

    def _is_in(self, user: UserId, summary: str) -> bool:
        text = folded(summary)
        names = (user, localpart(user), self.people[user])
        return any(re.search(rf"(?<![\w@.-]){re.escape(folded(name))}(?![\w-])", text) for name in names if name)

    def _overlaps(self, shifts: Sequence[Shift]) -> Iterator[Refusal]:
        for earlier, later in pairwise(shifts):
            if later.start < earlier.end:
                yield Refusal(
                    "The shifts of {one} and {other} overlap: {start} – {end}.",
                    one=localpart(earlier.person),
                    other=localpart(later.person),
                    start=self._shown(later.start),
                    end=self._shown(min(earlier.end, later.end)),
                )

    def _shown(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime(_DATE)


@dataclass(frozen=True, slots=True)
class _Event:
    """An event with its repetitions. `start` is a date for whole days, and naive where it has no zone."""

    summary: str
    attendees: Sequence[str]
    start: date | datetime
    length: timedelta
    rules: Sequence[str] = ()
    more: Sequence[date | datetime] = ()
    without: Sequence[date | datetime] = ()

    @property
    def begins(self) -> str:
        """For people."""
        return self.start.strftime(_DATE if isinstance(self.start, datetime) else "%Y-%m-%d")

    def starts(self, since: datetime, until: datetime) -> Iterator[date | datetime]:
        """When it begins, each time, by the wall clock of its zone, across changes to daylight saving time as well."""
        if not self.rules and not self.more:
            if not any(_wall(self.start) == _wall(one) for one in self.without):
                yield self.start
            return
        found = rruleset()
        for rule in self.rules:
            found.rrule(self._rule(rule))
        found.rdate(_wall(self.start))
        for one in self.more:
            found.rdate(_wall(one))
        for one in self.without:
            found.exdate(_wall(one))
        near = timedelta(days=1) + self.length
        begin, end = since.replace(tzinfo=None) - near, until.replace(tzinfo=None) + near
        for number, wall in enumerate(found.xafter(begin, inc=True)):
            if wall > end:
                return
            if number > _MOST:
                raise Refusal(
                    "“{summary}” ({moment}) repeats too often to be a shift.", summary=self.summary, moment=self.begins
                )
            if isinstance(self.start, datetime):
                yield wall.replace(tzinfo=self.start.tzinfo)
            else:
                yield wall.date()

    def _rule(self, rule: str) -> rrule:
        read = None
        if not _BY_THE_HOUR.search(rule):
            with contextlib.suppress(ValueError, TypeError):
                read = rrulestr(_until_on_the_wall(rule, self), dtstart=_wall(self.start))
        if not isinstance(read, rrule):
            raise Refusal(
                "“{summary}” ({moment}) repeats in a way that I do not understand: {rule}.",
                summary=self.summary,
                moment=self.begins,
                rule=rule,
            )
        return read


def _until_on_the_wall(rule: str, event: _Event) -> str:
    """RFC 5545 gives UNTIL in UTC if the start has a zone; here everything is counted by the wall clock."""
    until = re.search(r"UNTIL=(\d{8}T\d{6})Z", rule)
    if until is None or not isinstance(event.start, datetime):
        return rule.replace("Z", "") if until else rule
    at = datetime.strptime(until[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return rule.replace(until[0], f"UNTIL={at.astimezone(event.start.tzinfo):%Y%m%dT%H%M%S}")


def _calendars(data: bytes) -> list[Calendar]:
    if len(data) > _LARGEST:
        raise Refusal("It is larger than {megabytes} MB.", megabytes=_LARGEST // 1_000_000)
    try:
        found = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise _no_calendar() from None
    calendars: list[object] = list(found)
    if not calendars or not all(isinstance(one, Calendar) for one in calendars):
        raise _no_calendar()
    return found


def _no_calendar() -> Refusal:
    return Refusal("It is no calendar's file (iCalendar, .ics).")


def _events(calendars: Sequence[Calendar]) -> Iterator[Callable[[], _Event]]:
    """The events, to be read one by one: an error names the event that it is about."""
    events = [one for calendar in calendars for one in calendar.walk("VEVENT") if isinstance(one, Event)]
    # An exception to a series is a separate event that names the time it replaces.
    moved: dict[str, list[date | datetime]] = {}
    for event in events:
        replaced = None if _broken(event) else getattr(event.get("RECURRENCE-ID"), "dt", None)
        if isinstance(replaced, date):
            moved.setdefault(str(event.get("UID", "")), []).append(replaced)
    for event in events:
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            exceptions = () if "RECURRENCE-ID" in event else moved.get(str(event.get("UID", "")), ())
            yield partial(_event, event, exceptions)


def _event(event: Event, replaced: Sequence[date | datetime]) -> _Event:
    summary = " ".join(str(event.get("SUMMARY", "")).split())[:200]
    if broken := _broken(event):
        raise Refusal("“{summary}” has a {property} that cannot be read.", summary=summary, property=broken)
    start = getattr(event.get("DTSTART"), "dt", None)
    if not isinstance(start, date):
        raise Refusal("“{summary}” has no beginning that can be read.", summary=summary)
    without = [*replaced, *(each.dt for one in _several(event.get("EXDATE")) for each in one.dts)]
    return _Event(
        summary=summary,
        attendees=[name for one in _several(event.get("ATTENDEE")) for name in _names(one)],
        start=start,
        length=_length(event, start),
        rules=[one.to_ical().decode() for one in _several(event.get("RRULE"))],
        more=[_like(start, _begin(each.dt)) for one in _several(event.get("RDATE")) for each in one.dts],
        without=[_like(start, one) for one in without],
    )


def _broken(event: Event) -> str:
    """The name of a property that counts here and cannot be read; icalendar keeps it, and raises when it is used."""
    return next(
        (name for name in _PROPERTIES if any(isinstance(one, vBroken) for one in _several(event.get(name)))), ""
    )


def _length(event: Event, start: date | datetime) -> timedelta:
    """By the wall clock: a week is a week, even if daylight saving time begins or ends in it."""
    end = getattr(event.get("DTEND"), "dt", None)
    if isinstance(end, date):
        return max(_wall(_like(start, end)) - _wall(start), timedelta())
    length = getattr(event.get("DURATION"), "dt", None)
    if isinstance(length, timedelta):
        return length
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _like(start: date | datetime, at: date | datetime) -> date | datetime:
    """A moment by the wall clock of the zone in which the event begins."""
    if not (isinstance(start, datetime) and isinstance(at, datetime) and start.tzinfo and at.tzinfo):
        return at
    return at.astimezone(start.tzinfo)


def _names(attendee: Any) -> Iterator[str]:  # noqa: ANN401 - icalendar's value with parameters
    """What an attendee may be called: by the common name, by the address before and with its server."""
    if common := str(attendee.params.get("CN", "")):
        yield common
    scheme, _, address = str(attendee).partition(":")
    if scheme.casefold() == "mailto":
        yield address.partition("@")[0]
    elif scheme.casefold() == "matrix":
        yield f"@{address.removeprefix('u/')}"


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - one value, a list of them, or none
    return [] if value is None else value if isinstance(value, list) else [value]


def _begin(value: Any) -> date | datetime:  # noqa: ANN401 - a moment, or a period that begins with one
    begin: date | datetime = value[0] if isinstance(value, tuple) else value
    return begin


def _wall(at: date | datetime) -> datetime:
    """What the wall clock shows; for a whole day, its beginning."""
    return at.replace(tzinfo=None) if isinstance(at, datetime) else datetime.combine(at, time())


def _united(shifts: Sequence[Shift]) -> list[Shift]:
    """In order; shifts of the same person that touch or overlap become one."""
    found: list[Shift] = []
    for shift in sorted(shifts, key=lambda one: (one.start, one.end)):
        if shift.end <= shift.start:
            continue
        last = found[-1] if found else None
        if last is not None and last.person == shift.person and shift.start < last.end:
            found[-1] = Shift(last.start, max(last.end, shift.end), last.person)
        else:
            found.append(shift)
    return found
