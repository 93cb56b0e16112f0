"""When the digest comes: whole weeks, with holidays, nights and times when nobody was there to send it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.reporting import Due, Reported, Reporting, ReportKind, last_working_days

BERLIN = ZoneInfo("Europe/Berlin")
DAILY, WEEKLY, MONTHLY = ReportKind
AT = Reporting(time(8, 30), BERLIN)


@dataclass
class Office:
    """Open from eight to four on weekdays, but for these days."""

    closed: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.closed

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(BERLIN)
        return self.is_working_day(local.date()) and 8 <= local.hour < 16

    def next_opening(self, at: datetime) -> datetime:
        while not self.is_open(at):
            at += timedelta(minutes=1)
        return at


OFFICE = Office()
CHRISTMAS = Office(frozenset(date(2026, 12, day) for day in (24, 25, 31)) | {date(2027, 1, 1)})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def told(due: Due | None) -> str:
    if due is None:
        return "nothing"
    at = due.at.astimezone(BERLIN)
    return f"{at:%a %d.%m. %H:%M}: {due.period.start:%a %d.%m.} to {due.period.last:%a %d.%m.}"


def calls(kind: ReportKind, start: str, days: int, office: Office, reporting: Reporting = AT) -> list[str]:
    """The digests of that many days, one after the other, where we are always there."""
    last = reporting.beginning(kind, moment(start), office)
    until = moment(start) + timedelta(days=days)
    found = []
    while (due := reporting.next_due(kind, last, office)).at < until:
        found.append(told(due))
        last = Reported(due.day, due.period.end)
    return found


def test_every_working_day_s_digest_is_about_the_working_day_before_and_the_days_off_since() -> None:
    assert calls(DAILY, "2026-11-19 12:00", 6, OFFICE) == [
        "Fri 20.11. 08:30: Thu 19.11. to Thu 19.11.",
        "Mon 23.11. 08:30: Fri 20.11. to Sun 22.11.",
        "Tue 24.11. 08:30: Mon 23.11. to Mon 23.11.",
        "Wed 25.11. 08:30: Tue 24.11. to Tue 24.11.",
    ]


def test_over_christmas_nothing_comes_on_holidays_and_nothing_is_left_out() -> None:
    assert calls(DAILY, "2026-12-22 12:00", 14, CHRISTMAS) == [
        "Wed 23.12. 08:30: Tue 22.12. to Tue 22.12.",
        "Mon 28.12. 08:30: Wed 23.12. to Sun 27.12.",
        "Tue 29.12. 08:30: Mon 28.12. to Mon 28.12.",
        "Wed 30.12. 08:30: Tue 29.12. to Tue 29.12.",
        "Mon 04.01. 08:30: Wed 30.12. to Sun 03.01.",
        "Tue 05.01. 08:30: Mon 04.01. to Mon 04.01.",
    ]


def test_the_digest_keeps_to_the_clock_on_the_wall_when_the_clocks_change() -> None:
    office = Office()
    last = AT.beginning(DAILY, moment("2026-10-22 12:00"), office)
    moments = []
    for _ in range(3):
        due = AT.next_due(DAILY, last, office)
        moments.append(due.at.isoformat())
        last = Reported(due.day, due.period.end)
    assert moments == ["2026-10-23T06:30:00+00:00", "2026-10-26T07:30:00+00:00", "2026-10-27T07:30:00+00:00"]


def test_the_weekly_digest_is_about_last_week_and_comes_a_day_later_after_a_holiday() -> None:
    easter = Office(frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
    assert calls(WEEKLY, "2026-03-24 12:00", 21, easter) == [
        "Mon 30.03. 08:30: Mon 23.03. to Sun 29.03.",
        "Tue 07.04. 08:30: Mon 30.03. to Sun 05.04.",
        "Mon 13.04. 08:30: Mon 06.04. to Sun 12.04.",
    ]


def test_the_weekly_digest_comes_on_the_day_that_is_configured() -> None:
    assert calls(WEEKLY, "2026-11-02 12:00", 14, OFFICE, Reporting(time(8), BERLIN, weekday=4)) == [
        "Fri 06.11. 08:00: Mon 26.10. to Sun 01.11.",
        "Fri 13.11. 08:00: Mon 02.11. to Sun 08.11.",
    ]


def test_the_monthly_digest_comes_on_the_first_working_day_of_the_next_month() -> None:
    assert calls(MONTHLY, "2026-10-15 12:00", 90, CHRISTMAS) == [
        "Mon 02.11. 08:30: Thu 01.10. to Sat 31.10.",
        "Tue 01.12. 08:30: Sun 01.11. to Mon 30.11.",
        "Mon 04.01. 08:30: Tue 01.12. to Thu 31.12.",
    ]


@pytest.mark.parametrize(
    ("now", "what"),
    [
        ("2026-11-20 08:29", "nothing"),
        ("2026-11-20 08:30", "Fri 20.11. 08:30: Thu 19.11. to Thu 19.11."),
        ("2026-11-20 14:00", "Fri 20.11. 08:30: Thu 19.11. to Thu 19.11."),
        ("2026-11-22 10:00", "Fri 20.11. 08:30: Thu 19.11. to Thu 19.11."),
        ("2026-11-23 08:30", "Mon 23.11. 08:30: Thu 19.11. to Sun 22.11."),
        ("2026-11-25 12:00", "Wed 25.11. 08:30: Thu 19.11. to Tue 24.11."),
    ],
)
def test_several_that_were_missed_come_as_one_that_covers_them_all(now: str, what: str) -> None:
    last = Reported(date(2026, 11, 19), date(2026, 11, 19))
    assert told(AT.newest_due(DAILY, last, moment(now), OFFICE)) == what


@pytest.mark.parametrize(
    ("now", "comes"),
    [
        ("2026-11-20 08:30", True),
        ("2026-11-20 08:34", True),
        ("2026-11-20 15:59", True),
        ("2026-11-20 16:00", False),
        ("2026-11-20 23:00", False),
        ("2026-11-21 10:00", False),
        # In half an hour comes one that makes up for it.
        ("2026-11-23 08:00", False),
    ],
)
def test_a_late_one_waits_until_somebody_is_there(now: str, comes: bool) -> None:
    last = Reported(date(2026, 11, 19), date(2026, 11, 19))
    due = AT.newest_due(DAILY, last, moment(now), OFFICE)
    assert due is not None
    assert AT.may_come(DAILY, due, moment(now), OFFICE) is comes


def test_one_that_is_configured_for_the_time_before_the_office_opens_comes_in_time() -> None:
    early = Reporting(time(7), BERLIN)
    due = early.newest_due(DAILY, Reported(date(2026, 11, 19), date(2026, 11, 19)), moment("2026-11-20 07:00"), OFFICE)
    assert due is not None
    assert early.may_come(DAILY, due, moment("2026-11-20 07:00"), OFFICE)
    assert not early.may_come(DAILY, due, moment("2026-11-20 07:30"), OFFICE)


def test_what_is_reported_from_the_first_start_on_is_not_late() -> None:
    last = AT.beginning(DAILY, moment("2026-11-20 09:00"), OFFICE)
    assert AT.newest_due(DAILY, last, moment("2026-11-20 09:00"), OFFICE) is None
    assert told(AT.next_due(DAILY, last, OFFICE)) == "Mon 23.11. 08:30: Fri 20.11. to Sun 22.11."


def test_a_weekday_that_is_configured_anew_repeats_nothing() -> None:
    last = Reported(date(2026, 11, 23), date(2026, 11, 23))
    friday = Reporting(time(8, 30), BERLIN, weekday=4)
    assert told(friday.next_due(WEEKLY, last, OFFICE)) == "Fri 04.12. 08:30: Mon 23.11. to Sun 29.11."


def test_the_last_working_days_have_the_days_off_that_follow_them() -> None:
    days = last_working_days(date(2026, 12, 29), CHRISTMAS, 4)
    assert [(str(day.start), str(day.end)) for day in days] == [
        ("2026-12-21", "2026-12-22"),
        ("2026-12-22", "2026-12-23"),
        ("2026-12-23", "2026-12-28"),
        ("2026-12-28", "2026-12-29"),
    ]


def test_without_weekly_and_monthly_there_is_the_daily_one() -> None:
    assert Reporting(time(8), BERLIN, weekday=None, monthly=False).kinds == (DAILY,)
    assert AT.kinds == (DAILY, WEEKLY, MONTHLY)
