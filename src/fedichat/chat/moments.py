"""A moment that somebody typed: read, or asked back with buttons. For every command that takes one."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from fedichat.chat.command import Call
from fedichat.domain.effects import Ask
from fedichat.domain.phrase import Field, mark
from fedichat.domain.time.duration import Duration, parse_duration
from fedichat.domain.time.when import (
    Ambiguous,
    Day,
    Instant,
    Recurring,
    Refused,
    Suggestion,
    When,
    at_wall,
    read_moved,
    read_when,
    suggest_when,
    typed,
)
from fedichat.errors import Refusal

MORNING = time(9)
"""The time to use when only a day is named, where that is good enough."""

_ANOTHER_DAY = timedelta(hours=12)
_YES, _NO = "✅", "❌"
_QUOTES = " \"'„“”‚‘’»«"
_NUMBERS = tuple(f"{digit}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}" for digit in range(1, 10))


async def understood(call: Call, text: str, own: datetime | None = None) -> When:
    """What the text says at this moment in this room; the slow part in a thread, and before any transaction.

    With `own`, it moves what is planned for that moment.
    """
    text = text.strip(_QUOTES)
    now = call.desk.now()
    if (length := _working_time(text)) is not None:
        return Instant(call.desk.settings.calendar.due(now, length))
    asked = (text, now, call.setting.zone, call.t.code)
    read, said = (_read(call, text, own, at) for at in (now, call.cause.at))
    if isinstance(read, Instant) and isinstance(said, Instant) and read.at - said.at >= _ANOTHER_DAY and said.at > now:
        # It is heard after midnight: their "tomorrow" was not the same day as ours.
        return Ambiguous(
            (said.at, read.at), Refusal("“{text}” was said before midnight, and is read after it.", text=text)
        )
    if isinstance(read, Refused) and not read.is_understood:
        return await asyncio.to_thread(suggest_when, *asked)
    return read


def _read(call: Call, text: str, own: datetime | None, now: datetime) -> When:
    zone, code = call.setting.zone, call.t.code
    return read_when(text, now, zone, code) if own is None else read_moved(text, own, now, zone, code)


def _working_time(text: str) -> Duration | None:
    """A length of working time, as in "2 working days": the office's calendar says when it is over."""
    try:
        length = parse_duration(text.casefold().strip().removeprefix("in "))
    except ValueError:
        return None
    return length if length.unit.is_working else None


async def moment(
    call: Call, text: str, again: Callable[[str], str], *, day_at: time | None = None, own: datetime | None = None
) -> datetime | None:
    """The one moment that the text names, in UTC; None where the room was asked instead, which is the outcome then.

    `again` gives the command line (without prefix) that a tap stands for, from a moment that can be read in one way
    only. `day_at` is the time of a day that lacks one; without it such a day is refused, as everything else that is no
    single moment. With `own`, the text moves what is planned for that moment.
    """
    return await settled(call, await understood(call, text, own), text, again, day_at=day_at)


async def settled(
    call: Call, read: When, text: str, again: Callable[[str], str], *, day_at: time | None = None
) -> datetime | None:
    """Like `moment`, for words that have been read already."""
    zone = call.setting.zone
    match read:
        case Instant(at):
            return at
        case Day(day) if day_at is not None:
            at = at_wall(day, day_at, zone)
            if at <= call.desk.now():
                raise Refusal("“{text}” is past. Write when it will be, with the date if need be.", text=text)
            return at
        case Day():
            raise Refusal("“{text}” lacks the time of day. Add it, such as “9:00”.", text=text)
        case Recurring():
            raise Refusal("“{text}” repeats, and one moment is needed here.", text=text)
        case Ambiguous(candidates, reason):
            why = call.t(reason.message, **reason.fields)
            await call.desk.room.questions.ask(call.cause, _which(call, candidates, why, again))
        case Suggestion(at):
            await call.desk.room.questions.ask(call.cause, _is_meant(call, at, text, again))
        case Refused(refusal):
            raise refusal
    return None


def _which(call: Call, candidates: Sequence[datetime], why: str, again: Callable[[str], str]) -> Ask:
    offered = dict(zip(_NUMBERS, candidates, strict=False))
    moments = " · ".join(f"{emoji} {_shown(call, at)}" for emoji, at in offered.items())
    lines = {emoji: again(typed(at, call.setting.zone)) for emoji, at in offered.items()}
    message = mark("{why} Which one do you mean? {moments}")
    return _ask(call, message, {"why": why, "moments": moments}, lines | {_NO: ""})


def _is_meant(call: Call, at: datetime, text: str, again: Callable[[str], str]) -> Ask:
    message = mark("I am not sure that I understand “{text}”. Do you mean {moment}?")
    lines = {_YES: again(typed(at, call.setting.zone)), _NO: ""}
    return _ask(call, message, {"text": text, "moment": _shown(call, at)}, lines)


def _ask(call: Call, message: str, fields: dict[str, Field], choices: dict[str, str]) -> Ask:
    return Ask(
        place=call.cause.place,
        message=message,
        fields=fields,
        choices=choices,
        ticket=call.ticket_number,
        thread=call.cause.thread,
        reply_to=call.cause.answer_to,
    )


def _shown(call: Call, at: datetime) -> str:
    return call.t.moment(at, call.setting.zone, seconds=at.second != 0)
