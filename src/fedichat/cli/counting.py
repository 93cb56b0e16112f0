"""How a due moment is counted by the office's calendar, step by step, ready for JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from fedichat.domain.time.calendar import Calendar, Closed, Step, StepKind
from fedichat.domain.time.duration import Duration, parse_duration
from fedichat.errors import UsageError

_NAMES: Final = {
    StepKind.RECEIVED: "received",
    StepKind.OPENS: "closed at that time; counted from the next opening",
    StepKind.CLOSED: "closed",
    StepKind.WORKED: "opening time counted",
    StepKind.DAY: "working day counted",
    StepKind.MOVED: "closed at that time of this day",
    StepKind.DUE: "due",
}


def explained(calendar: Calendar, received: str, duration: str, now: datetime, language: str) -> dict[str, object]:
    """The due moment with each step; moments are ISO 8601, in the office's zone.

    `received` is ISO 8601, in the office's zone if it has no offset, or “now”; `language` is that of holidays' names.
    Raises UsageError, with a sentence for the operator, if either text cannot be read.
    """
    at = _moment(received, calendar, now)
    length = _duration(duration)
    try:
        steps = calendar.explain(at, length)
        due = steps[-1].at or at
        return {
            "received": _shown(at, calendar),
            "duration": str(length),
            "due": _shown(due, calendar),
            "zone": calendar.zone.key,
            "working_time": _hours(calendar.working_time(at, due)),
            "steps": [dict(_shown_step(step, calendar, language)) for step in steps],
        }
    except OverflowError:
        raise UsageError("That is beyond the year 9999.") from None


def _shown_step(step: Step, calendar: Calendar, language: str) -> Iterator[tuple[str, object]]:
    yield "step", _NAMES[step.kind]
    yield "day", step.day.isoformat()
    yield "weekday", f"{step.day:%A}"
    if step.at:
        yield "at", _shown(step.at, calendar)
    if step.closed:
        name = calendar.holiday_name(step.day, language) if step.closed is Closed.HOLIDAY else ""
        yield "why", name or ("no hours on this weekday" if step.closed is Closed.WEEKDAY else step.closed.value)
    if step.days:
        yield "working_days", step.days
    if step.worked:
        yield "working_time", _hours(step.worked)


def _moment(text: str, calendar: Calendar, now: datetime) -> datetime:
    if text == "now":
        return now
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"“{text}” is not a moment; write it like 2026-11-25T14:30, or now.") from None
    try:
        at = (read if read.tzinfo else read.replace(tzinfo=calendar.zone)).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"“{text}” is too far away.") from None
    if read.tzinfo is not None:
        return at
    if at.astimezone(calendar.zone).replace(tzinfo=None) != read:
        raise UsageError(f"“{text}” does not exist in {calendar.zone.key}: the clocks skip it.")
    return at


def _duration(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def _shown(at: datetime, calendar: Calendar) -> str:
    return at.astimezone(calendar.zone).isoformat()


def _hours(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60}:{minutes % 60:02}"
