"""Which times of day the facts of a phrase can mean."""

from dataclasses import dataclass

from fedichat.domain.time.when import answers
from fedichat.domain.time.when.said import Clock, Part, Reading, Said
from fedichat.domain.time.when.values import Refused
from fedichat.errors import Refusal

_NOON = 720
_DAY = 1440
_HALF_DAY = 720

_RANGES = {
    Part.MORNING: (0, 719),
    Part.FORENOON: (360, 720),
    Part.NOON: (660, 900),
    Part.AFTERNOON: (720, 1139),
    Part.EVENING: (960, 1440),
    Part.NIGHT: (1020, 1440),
}
_SMALL_HOURS = 360
_OFFERED = {
    Part.MORNING: (420, 480, 540),
    Part.FORENOON: (540, 600, 660),
    Part.AFTERNOON: (840, 900, 960),
    Part.EVENING: (1080, 1140, 1200),
    Part.NIGHT: (1200, 1260, 1320),
}
_FIRST_AT_WORK = 420


@dataclass(frozen=True, slots=True)
class Times:
    """The times that fit, in minutes from the day's midnight (more than 1440: the next day), and why there are several.

    `later` is what a spoken hour means when the one that comes first is over. `must_ask`: even where only one is ahead.
    """

    minutes: tuple[int, ...]
    seconds: int = 0
    reason: Refusal | None = None
    later: int | None = None
    must_ask: bool = False


def find_times(said: Said, text: str) -> Times | Refused | None:
    """The times that the phrase names; None where it names none."""
    if said.clock is None:
        return _of_part(said.part, text) if said.part else None
    if said.part is None or said.clock.reading is Reading.MIDNIGHT:
        return _alone(said.clock, text)
    return _within(said.clock, said.part, text)


def _of_part(part: Part, text: str) -> Times:
    if part is Part.NOON:
        return Times((_NOON,))
    return Times(_OFFERED[part], reason=answers.part_only(text), must_ask=True)


def _alone(clock: Clock, text: str) -> Times:
    minutes = clock.minutes
    match clock.reading:
        case Reading.EXACT | Reading.FIXED:
            return Times((minutes,), clock.seconds)
        case Reading.MIDNIGHT:
            return Times((0, _DAY), reason=answers.several(text))
        case Reading.HALF:
            both = (*_twelve(minutes), *_twelve((minutes - 60) % _HALF_DAY))
            return Times(tuple(sorted(both)), reason=answers.several(text), must_ask=True)
        case Reading.SPOKEN:
            either = _twelve(minutes)
            later = either[0] + _HALF_DAY if len(either) == 1 and either[0] < _NOON else None
            return Times(either, reason=answers.several(text), later=later)


def _twelve(minutes: int) -> tuple[int, ...]:
    """What an hour of the 12-hour clock means at work: nobody posts at three in the night, but nobody knows."""
    if minutes < 60:
        return (minutes + _HALF_DAY,)
    if minutes < _FIRST_AT_WORK:
        return (minutes, minutes + _HALF_DAY)
    return (minutes,)


def _within(clock: Clock, part: Part, text: str) -> Times | Refused:
    said = [clock.minutes]
    if clock.reading is Reading.HALF:
        said.append((clock.minutes - 60) % _HALF_DAY)
    if clock.reading is not Reading.FIXED:
        said += [minutes + _HALF_DAY for minutes in said if minutes < _HALF_DAY]
    first, last = _RANGES[part]
    fitting = [minutes for minutes in said if first <= minutes <= last]
    if part is Part.NIGHT:
        # "Freitag nachts um 2" is the night from Thursday to some, the night to Saturday to others.
        small = [minutes for minutes in said if minutes < _SMALL_HOURS]
        fitting += [*small, *(minutes + _DAY for minutes in small)]
    if not fitting:
        return answers.at_odds(text)
    return Times(tuple(fitting), clock.seconds, answers.several(text))
