"""Wall-clock times put on the line of time: gaps and doubled hours where the clocks change, time zones by name."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_ENGLISH = {"MEZ": "CET", "MESZ": "CEST", "WEZ": "WET", "OEZ": "EET", "Z": "UTC", "GMT": "UTC"}
_HOURS = {"UTC": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}
_OFFSET = re.compile(r"(?:UTC|GMT)? ?(?P<sign>[+-]) ?(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?")
_PLACE = re.compile(r"[A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?")


@dataclass(frozen=True, slots=True)
class Placed:
    """The moments, in UTC, that a wall-clock time can be: none in a gap, two in a doubled hour.

    `is_other`: the zone that was named is not the one whose time the clocks show then; the second moment is theirs.
    """

    moments: tuple[datetime, ...]
    is_other: bool = False


def wall(day: date, minutes: int, seconds: int = 0) -> datetime:
    """A wall-clock time; 24:00 is the beginning of the next day."""
    return datetime.combine(day, time()) + timedelta(minutes=minutes, seconds=seconds)


def place(local: datetime, zone: ZoneInfo, name: str | None) -> Placed | None:
    """The moments of a wall-clock time in the zone, or in the one that is named; None for a name that nobody knows."""
    both = _in_zone(local, zone)
    if name is None:
        return Placed(both)
    upper = name.upper()
    wanted = _ENGLISH.get(upper, upper)
    named = [at for at in both if wanted in _names(at.astimezone(zone))]
    if named:
        return Placed(tuple(named))
    if both and (offset := _of_both_seasons(local, zone).get(wanted)) is not None:
        # "10:00 CET" in July: most say it for the time on their clocks, which is CEST.
        return Placed((both[0], (local - offset).replace(tzinfo=UTC)), is_other=True)
    there = _zone_of(name, wanted)
    if there is None:
        return None
    if isinstance(there, ZoneInfo):
        return Placed(_in_zone(local, there))
    return Placed((local.replace(tzinfo=there).astimezone(UTC),))


def _names(at: datetime) -> set[str]:
    name = at.tzname() or ""
    return {name.upper(), _ENGLISH.get(name, name)}


def _of_both_seasons(local: datetime, zone: ZoneInfo) -> dict[str, timedelta]:
    """What the zone's time is called in winter and in summer, and its offsets then."""
    seasons = [local.replace(month=month, day=1, tzinfo=zone) for month in (1, 7)]
    return {name: at.utcoffset() or timedelta() for at in seasons for name in _names(at)}


def _in_zone(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    folds = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return tuple(dict.fromkeys(at for at in folds if at.astimezone(zone).replace(tzinfo=None) == local))


def _zone_of(name: str, wanted: str) -> tzinfo | None:
    if wanted in _HOURS:
        return timezone(timedelta(hours=_HOURS[wanted]))
    if m := _OFFSET.fullmatch(name.upper()):
        length = timedelta(hours=int(m["hours"]), minutes=int(m["minutes"] or 0))
        return timezone(length if m["sign"] == "+" else -length) if length < timedelta(hours=24) else None
    if _PLACE.fullmatch(name):
        try:
            return ZoneInfo("/".join("_".join(map(str.capitalize, part.split("_"))) for part in name.split("/")))
        except (OSError, ValueError, KeyError):
            return None
    return None


def first_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a wall-clock time, in UTC: of two the first one, and in a gap the first moment after it."""
    if both := _in_zone(local, zone):
        return both[0]
    gap_begins, gap_ends = (int(local.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (1, 0))
    skipped = bisect_left(
        range(gap_begins, gap_ends), local, key=lambda at: datetime.fromtimestamp(at, zone).replace(tzinfo=None)
    )
    return datetime.fromtimestamp(gap_begins + skipped, UTC)


def at_wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment of a day's time of day, in UTC, as `first_instant` decides it."""
    return first_instant(datetime.combine(day, at), zone)


def typed(at: datetime, zone: ZoneInfo) -> str:
    """A moment as it can be typed in either language, and be read in one way only."""
    local = at.astimezone(zone)
    clock = f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
    is_twice = len(_in_zone(local.replace(tzinfo=None, fold=0), zone)) > 1
    return f"{clock} {local.tzname()}" if is_twice else clock
