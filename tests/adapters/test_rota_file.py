"""A calendar's file with who is on duty: what offices' calendars export, and what is wrong with some of it."""

from datetime import UTC, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fedichat.adapters.rota_file import RotaReader
from fedichat.domain.names import UserId
from fedichat.domain.time.rota import Handover, RotaFile

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ANA, BEN, JOERG = UserId("@ana:example.org"), UserId("@ben:example.org"), UserId("@joerg.m:example.org")
PEOPLE = {ANA: "Ana", BEN: "Ben Muster", JOERG: "Jörg Müller"}


def event(*lines: str, summary: str = "Ben", uid: str = "1") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT"])


def read(*events: str) -> RotaFile:
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//office//rota//DE", *events, "END:VCALENDAR", ""])
    return reader().read(text.encode(), NOW)


def reader() -> RotaReader:
    return RotaReader(PEOPLE, Handover(0, time(9)), BERLIN)


def shown(file: RotaFile) -> list[tuple[str, str, str]]:
    """The shifts on the office's clock."""
    assert [str(problem) for problem in file.problems] == []
    return [
        (
            one.start.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M"),
            one.end.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M"),
            one.person[1:].partition(":")[0],
        )
        for one in file.shifts
    ]


def told(file: RotaFile) -> list[str]:
    assert not file.shifts
    return [str(problem) for problem in file.problems]


WEEK = ("DTSTART;TZID=Europe/Berlin:20261207T090000", "DTEND;TZID=Europe/Berlin:20261214T090000")
NEXT_WEEK = ("DTSTART;TZID=Europe/Berlin:20261214T090000", "DTEND;TZID=Europe/Berlin:20261221T090000")


@pytest.mark.parametrize(
    ("summary", "more", "person"),
    [
        ("Ben", (), "ben"),
        ("BEN MUSTER", (), "ben"),
        ("Bereitschaft: Ben", (), "ben"),
        ("Duty (ben)", (), "ben"),
        ("Dienst Jörg Müller", (), "joerg.m"),
        ("Dienst Joerg Mueller", (), "joerg.m"),
        ("@joerg.m:example.org", (), "joerg.m"),
        ("Social-Media-Dienst", ("ATTENDEE;CN=Ben Muster:mailto:b.muster@office.example",), "ben"),
        ("Social-Media-Dienst", ("ATTENDEE:mailto:ben@office.example",), "ben"),
        ("Social-Media-Dienst", ("ATTENDEE:matrix:u/ben:example.org",), "ben"),
        ("Ana oder Ben", ("ATTENDEE:mailto:ana@office.example",), "ana"),
    ],
)
def test_an_event_names_its_person_in_the_summary_or_as_its_attendee(
    summary: str, more: tuple[str, ...], person: str
) -> None:
    assert shown(read(event(*WEEK, *more, summary=summary))) == [("2026-12-07 09:00", "2026-12-14 09:00", person)]


@pytest.mark.parametrize(
    "times",
    [
        WEEK,
        ("DTSTART:20261207T080000Z", "DTEND:20261214T080000Z"),
        ("DTSTART:20261207T090000", "DTEND:20261214T090000"),
        ("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261214"),
        ("DTSTART;TZID=W. Europe Standard Time:20261207T090000", "DURATION:P7D"),
        ("DTSTART;TZID=Europe/Berlin:20261207T090000", "DTEND:20261214T080000Z"),
    ],
)
def test_times_are_understood_as_calendars_write_them_and_whole_days_hand_over_with_the_office(
    times: tuple[str, ...],
) -> None:
    assert shown(read(event(*times))) == [("2026-12-07 09:00", "2026-12-14 09:00", "ben")]


def test_a_series_is_expanded_on_the_clock_on_the_wall_over_both_changes_of_the_clocks() -> None:
    file = read(
        event(*WEEK, "RRULE:FREQ=WEEKLY;INTERVAL=2"),
        event(*NEXT_WEEK, "RRULE:FREQ=WEEKLY;INTERVAL=2", summary="Ana", uid="2"),
    )
    found = shown(file)
    assert len(found) > 50
    assert {(start[11:], end[11:]) for start, end, _ in found} == {("09:00", "09:00")}
    assert [person for _, _, person in found[:4]] == ["ben", "ana", "ben", "ana"]
    assert all(one.end == other.start for one, other in pairwise(file.shifts))


def test_exceptions_to_a_series_count() -> None:
    series = event(
        *WEEK,
        "RRULE:FREQ=WEEKLY;UNTIL=20270104T080000Z",
        "EXDATE;TZID=Europe/Berlin:20261221T090000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261228T090000",
        "DTSTART;TZID=Europe/Berlin:20261229T090000",
        "DTEND;TZID=Europe/Berlin:20270104T090000",
        summary="Ana",
    )
    cancelled = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20270104T090000",
        "DTSTART;TZID=Europe/Berlin:20270104T090000",
        "STATUS:CANCELLED",
    )
    file = read(series, moved, cancelled)
    assert shown(file) == [
        ("2026-12-07 09:00", "2026-12-14 09:00", "ben"),
        ("2026-12-14 09:00", "2026-12-21 09:00", "ben"),
        ("2026-12-29 09:00", "2027-01-04 09:00", "ana"),
    ]
    assert [(start.astimezone(BERLIN).day, end.astimezone(BERLIN).day) for start, end in file.gaps] == [(21, 29)]


def test_events_of_working_days_reach_over_the_weekend() -> None:
    series = ("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261212")
    found = shown(read(event(*series, "RRULE:FREQ=WEEKLY;COUNT=2")))
    assert found == [("2026-12-07 09:00", "2026-12-14 09:00", "ben"), ("2026-12-14 09:00", "2026-12-19 09:00", "ben")]


def test_whoever_left_long_ago_does_not_matter() -> None:
    old = event("DTSTART;VALUE=DATE:20250106", "DTEND;VALUE=DATE:20250113", summary="Zoe", uid="old")
    assert len(shown(read(old, event(*WEEK)))) == 1


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (
            (event(*WEEK, summary="Zoe"),),
            "“Zoe” (2026-12-07 09:00) names nobody who is known here. It must name one of: ana, ben, joerg.m.",
        ),
        ((event(*WEEK, summary=""),), "“” (2026-12-07 09:00) names nobody"),
        ((event(*WEEK, summary="Benjamin"),), "“Benjamin” (2026-12-07 09:00) names nobody"),
        ((event(*WEEK, summary="Ana, Ben"),), "“Ana, Ben” (2026-12-07 09:00) names several people: ana, ben."),
        (
            (event(*WEEK), event("DTSTART;VALUE=DATE:20261211", "DTEND;VALUE=DATE:20261212", summary="Ana", uid="2")),
            "The shifts of ben and ana overlap: 2026-12-11 09:00 – 2026-12-12 09:00.",
        ),
        ((event(*WEEK, "RRULE:FREQ=WEEKLY;INTERVAL=0"),), "repeats in a way that I do not understand"),
        ((event(*WEEK, "RRULE:FREQ=MINUTELY"),), "repeats in a way that I do not understand: FREQ=MINUTELY"),
        ((event("DTSTART:gestern", WEEK[1]),), "“Ben” has a DTSTART that cannot be read."),
        ((event(*WEEK, "RRULE:FREQ=WEEKLY", "EXDATE:morgen"),), "“Ben” has a EXDATE that cannot be read."),
        ((event("DTEND;VALUE=DATE:20261214"),), "“Ben” has no beginning that can be read."),
        ((event("DTSTART;VALUE=DATE:20250106"),), "There is no shift of the next months in it."),
        ((), "There is no shift of the next months in it."),
    ],
)
def test_what_is_wrong_is_said_with_the_event_that_it_is_about_and_nothing_is_taken(
    events: tuple[str, ...], why: str
) -> None:
    problems = told(read(*events))
    assert len(problems) == 1
    assert why in problems[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>404</html>",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
        b"a" * 6_000_000,
    ],
)
def test_a_file_that_is_no_calendar_is_refused(data: bytes) -> None:
    problems = told(reader().read(data, NOW))
    assert problems in (["It is no calendar's file (iCalendar, .ics)."], ["It is larger than 5 MB."])


def test_every_problem_is_told_not_only_the_first() -> None:
    problems = told(read(event(*WEEK, summary="Zoe"), event(*NEXT_WEEK, summary="Yves", uid="2")))
    assert [problem.split("”")[0] for problem in problems] == ["“Zoe", "“Yves"]
