"""Moments as people write them: read as a whole, or refused; never past, never in a gap of the clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.moments import parse_moment
from fedichat.errors import Refusal

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday, 10:30 in Berlin


def read(text: str, now: datetime = NOW) -> str:
    return parse_moment(text, now, BERLIN).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 hours", "2026-11-23 12:30"),
        ("2 Stunden", "2026-11-23 12:30"),
        ("90 min", "2026-11-23 12:00"),
        ("1,5 Stunden", "2026-11-23 12:00"),
        ("in 3 Tagen", "2026-11-26 10:30"),
        ("in  1  Week", "2026-11-30 10:30"),
        ("tomorrow", "2026-11-24 09:00"),
        ("Morgen", "2026-11-24 09:00"),
        ("bis morgen", "2026-11-24 09:00"),
        ("morgen 14:00", "2026-11-24 14:00"),
        ("morgen, 14.30 Uhr", "2026-11-24 14:30"),
        ("morgen um 14 Uhr", "2026-11-24 14:00"),
        ("tomorrow at 8:05", "2026-11-24 08:05"),
        ("übermorgen", "2026-11-25 09:00"),
        ("the day after tomorrow", "2026-11-25 09:00"),
        ("heute 18:00", "2026-11-23 18:00"),
        ("14:00", "2026-11-23 14:00"),
        ("14 Uhr", "2026-11-23 14:00"),
        ("3.12.", "2026-12-03 09:00"),
        ("3.12", "2026-12-03 09:00"),
        ("am 3.12. um 14 Uhr", "2026-12-03 14:00"),
        ("3.12. 14:00", "2026-12-03 14:00"),
        ("03.12.2026 14:00", "2026-12-03 14:00"),
        ("3.12.27", "2027-12-03 09:00"),
        ("3.1.", "2027-01-03 09:00"),
        ("2026-12-03", "2026-12-03 09:00"),
        ("until 2026-12-03 14:30", "2026-12-03 14:30"),
        ("29.2.2028", "2028-02-29 09:00"),
    ],
)
def test_a_moment_is_read_on_the_office_s_clock(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "do not understand"),
        ("soon", "do not understand"),
        ("14", "do not understand"),
        ("2 months", "do not understand"),
        ("tomorrow evening", "do not understand"),
        ("tomorrow14:00", "do not understand"),
        ("3.12.14:00", "do not understand"),
        ("2 hours or so", "do not understand"),
        ("0 hours", "do not understand"),
        ("12/03/2026", "do not understand"),
        ("31.2.", "no such day"),
        ("29.2.2027", "no such day"),
        ("25:00", "no such day or time"),
        ("tomorrow 12:61", "no such day or time"),
        ("2026-13-01", "no such day"),
        ("9:00", "is past"),
        ("heute 10:30", "is past"),
        ("22.11.", "is past"),
        ("22.11.2026", "is past"),
        ("2020-01-01", "is past"),
        ("2 working days", "not counted yet"),
        ("3 Arbeitstage", "not counted yet"),
        ("4 years", "do not understand"),
        ("2000 days", "three years"),
        ("2031-01-01", "three years"),
        ("28.3.2027 2:30", "put forward"),
        ("31.10.2027 2:30", "comes twice"),
    ],
)
def test_what_is_no_clear_moment_ahead_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 day", "2027-03-28 13:00"),
        ("24 hours", "2027-03-28 14:00"),
        ("2 weeks", "2027-04-10 13:00"),
        ("tomorrow", "2027-03-28 09:00"),
    ],
)
def test_days_keep_the_time_of_day_when_the_clocks_change_and_hours_are_hours(text: str, expected: str) -> None:
    assert read(text, datetime(2027, 3, 27, 12, tzinfo=UTC)) == expected


def test_what_tomorrow_is_follows_the_office_s_clock() -> None:
    assert read("tomorrow", datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == "2026-11-25 09:00"


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,3}[. :-][0-9]{1,2}[. :]?[a-z]{0,6} ?[0-9:]{0,5}", fullmatch=True))
def test_whatever_is_written_it_is_ahead_or_refused(text: str) -> None:
    try:
        moment = parse_moment(text, NOW, BERLIN)
    except Refusal:
        return
    assert moment > NOW
    assert moment.tzinfo is UTC
