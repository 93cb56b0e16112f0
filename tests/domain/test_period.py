"""Periods as people write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.time.period import Period, Span, parse_period
from fedichat.errors import Refusal

TODAY = date(2026, 11, 25)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "start", "last"),
    [
        ("today", "2026-11-25", "2026-11-25"),
        ("Heute", "2026-11-25", "2026-11-25"),
        ("yesterday", "2026-11-24", "2026-11-24"),
        ("gestern", "2026-11-24", "2026-11-24"),
        ("this week", "2026-11-23", "2026-11-29"),
        ("diese Woche", "2026-11-23", "2026-11-29"),
        ("last week", "2026-11-16", "2026-11-22"),
        ("letzte  Woche", "2026-11-16", "2026-11-22"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("letzter Monat", "2026-10-01", "2026-10-31"),
        ("dieses Quartal", "2026-10-01", "2026-12-31"),
        ("Quartal", "2026-10-01", "2026-12-31"),
        ("letztes Quartal", "2026-07-01", "2026-09-30"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("dieses Jahr", "2026-01-01", "2026-12-31"),
        ("november", "2026-11-01", "2026-11-30"),
        ("Dezember", "2025-12-01", "2025-12-31"),
        ("März", "2026-03-01", "2026-03-31"),
        ("maerz 2024", "2024-03-01", "2024-03-31"),
        ("Feb 2024", "2024-02-01", "2024-02-29"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("11.2026", "2026-11-01", "2026-11-30"),
        ("3/2026", "2026-03-01", "2026-03-31"),
        ("Q3", "2026-07-01", "2026-09-30"),
        ("q1 2025", "2025-01-01", "2025-03-31"),
        ("2025-Q4", "2025-10-01", "2025-12-31"),
        ("3. Quartal", "2026-07-01", "2026-09-30"),
        ("KW 47", "2026-11-16", "2026-11-22"),
        ("week 50", "2025-12-08", "2025-12-14"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("2026-11-03", "2026-11-03", "2026-11-03"),
        ("3.11.", "2026-11-03", "2026-11-03"),
        ("24.12.", "2025-12-24", "2025-12-24"),
        ("3.11.26", "2026-11-03", "2026-11-03"),
        ("1.11.2026 - 15.11.2026", "2026-11-01", "2026-11-15"),
        ("vom 1.11. bis 15.11.", "2026-11-01", "2026-11-15"),
        ("1.11. - 30.11.", "2026-11-01", "2026-11-30"),
        ("23.11.–29.11.", "2026-11-23", "2026-11-29"),
        ("vom 20.12. bis 5.1.", "2025-12-20", "2026-01-05"),
        ("1.12. - 15.12.2025", "2025-12-01", "2025-12-15"),
        ("20.12. - 5.1.2026", "2025-12-20", "2026-01-05"),
        ("1.11.2026 - 15.11.", "2026-11-01", "2026-11-15"),
        ("24.12. - 2.1.2026", "2025-12-24", "2026-01-02"),
        ("1.10. - 31.10.2025", "2025-10-01", "2025-10-31"),
        ("2026-01-01 to 2026-06-30", "2026-01-01", "2026-06-30"),
        ("last 30 days", "2026-10-27", "2026-11-25"),
        ("die letzten 7 Tage", "2026-11-19", "2026-11-25"),
    ],
)
def test_a_period_is_read(text: str, start: str, last: str) -> None:
    period = parse_period(text, TODAY)
    assert (period.start, period.last) == (date.fromisoformat(start), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "do not understand"),
        ("soon", "do not understand"),
        ("last november week", "do not understand"),
        ("yesterday evening", "do not understand"),
        ("31.2.2026", "does not exist"),
        ("2026-13", "does not exist"),
        ("KW 60", "does not exist"),
        ("15.11.2026 - 1.11.2026", "does not exist"),
        ("15.11. - 1.11.", "does not exist"),
        ("5.12. - 1.12.", "does not exist"),
        ("15.11. - 1.11.2026", "does not exist"),
        ("1066", "does not exist"),
        ("last 0 days", "does not exist"),
        ("2027", "has not begun"),
        ("1.12.2026", "has not begun"),
        ("1.12. - 15.12.2026", "has not begun"),
        ("december 2026", "has not begun"),
    ],
)
def test_what_is_no_period_is_refused_and_never_guessed(text: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        parse_period(text, TODAY)


def test_days_begin_at_midnight_of_the_office_also_when_the_clocks_change() -> None:
    assert parse_period("25.10.2026", TODAY).moments(BERLIN) == (
        datetime(2026, 10, 24, 22, tzinfo=UTC),
        datetime(2026, 10, 25, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("2026-11-03", "2026-11-04", Span.DAY),
        ("2026-11-01", "2026-12-01", Span.MONTH),
        ("2026-10-01", "2027-01-01", Span.QUARTER),
        ("2026-11-01", "2027-02-01", Span.DAYS),
        ("2026-01-01", "2027-01-01", Span.YEAR),
        ("2026-02-01", "2027-02-01", Span.DAYS),
        ("2026-11-02", "2026-11-09", Span.DAYS),
    ],
)
def test_a_period_is_called_what_people_call_it(start: str, end: str, span: Span) -> None:
    assert Period(date.fromisoformat(start), date.fromisoformat(end)).span is span


@pytest.mark.parametrize(
    ("text", "start", "last"),
    [
        ("december", "2026-12-01", "2026-12-31"),
        ("november", "2026-11-01", "2026-11-30"),
        ("KW 47", "2027-11-22", "2027-11-28"),
        ("KW 48", "2026-11-23", "2026-11-29"),
        ("KW 49", "2026-11-30", "2026-12-06"),
        ("KW 53", "2026-12-28", "2027-01-03"),
        ("week 1", "2027-01-04", "2027-01-10"),
        ("week 49 2026", "2026-11-30", "2026-12-06"),
        ("30.11. - 6.12.", "2026-11-30", "2026-12-06"),
        ("23.11. - 4.12.", "2026-11-23", "2026-12-04"),
        ("1.11. - 30.11.", "2026-11-01", "2026-11-30"),
        ("20.11. - 5.12.", "2026-11-20", "2026-12-05"),
        ("1.12. - 15.12.", "2026-12-01", "2026-12-15"),
        ("24.12. - 2.1.", "2026-12-24", "2027-01-02"),
        ("1.12. - 5.12.2026", "2026-12-01", "2026-12-05"),
        ("24.12. - 2.1.2027", "2026-12-24", "2027-01-02"),
        ("1.1. - 31.12.", "2026-01-01", "2026-12-31"),
    ],
)
def test_of_the_plan_the_next_one_is_meant(text: str, start: str, last: str) -> None:
    period = parse_period(text, TODAY, ahead=True)
    assert (period.start, period.last) == (date.fromisoformat(start), date.fromisoformat(last))


def test_what_does_not_come_next_year_is_refused() -> None:
    with pytest.raises(Refusal, match="does not exist"):
        parse_period("29.2.", date(2028, 3, 1), ahead=True)


def test_over_new_year_the_plan_goes_on() -> None:
    period = parse_period("24.12. - 2.1.", date(2026, 12, 28), ahead=True)
    assert (period.start, period.last) == (date(2026, 12, 24), date(2027, 1, 2))
