"""The duty rota: can everybody in it be reached, and can its file be read?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from fedichat.adapters.rota_file import RotaReader
from fedichat.cli.checking.finding import Finding, counted, fail, ok, warn
from fedichat.config.people import Duty
from fedichat.domain.names import UserId, localpart
from fedichat.domain.time.rota import RotaFile


def check_duty(duty: Duty, zone: ZoneInfo, people: Mapping[UserId, str], now: datetime) -> Iterator[Finding]:
    """The rotation and the file; `people` are in the teams' rooms, with their display names."""
    yield from _rotation(duty, people)
    if duty.ics is None:
        return
    try:
        data = duty.ics.read_bytes()
    except OSError as error:
        yield fail("duty.ics", f"{duty.ics} cannot be read: {(error.strerror or 'unreadable').lower()}")
        return
    known = {user: localpart(user) for user in duty.rotation} | dict(people)
    yield from _file(RotaReader(known, duty.handover, zone).read(data, now), zone)


def _rotation(duty: Duty, people: Mapping[UserId, str]) -> Iterator[Finding]:
    strangers = [user for user in duty.rotation if user not in people]
    for user in strangers:
        yield warn("duty", f"{user} is in no team's room and would not be reached")
    if not strangers:
        yield ok("duty", f"{counted(len(duty.rotation), 'person')} in turn, all in a team's room")


def _file(file: RotaFile, zone: ZoneInfo) -> Iterator[Finding]:
    for problem in file.problems:
        yield fail("duty.ics", str(problem))
    for start, end in file.gaps:
        text = f"nobody is named from {_shown(start, zone)} to {_shown(end, zone)}: the rotation decides"
        yield warn("duty.ics", text)
    if file.shifts:
        until = _shown(file.shifts[-1].end, zone)
        yield ok("duty.ics", f"{counted(len(file.shifts), 'shift')}, the last one until {until}")


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
