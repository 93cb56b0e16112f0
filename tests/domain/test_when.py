"""Moments and recurrences in detail: clocks that change, zones, rules and their words."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fedichat.domain.time.when import (
    Ambiguous,
    Instant,
    Recurring,
    Refused,
    Suggestion,
    echo_rule,
    next_after,
    read_when,
    suggest_when,
    typed,
)
from fedichat.errors import Refusal

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday, 10:30 in Berlin


def local(at: datetime | None, zone: ZoneInfo = BERLIN) -> str:
    return typed(at, zone) if at else ""


def rule_of(text: str, now: datetime = NOW, zone: ZoneInfo = BERLIN) -> str:
    read = read_when(text, now, zone, "de")
    assert isinstance(read, Recurring)
    return read.rule


def occurrences(rule: str, after: datetime, many: int, zone: ZoneInfo = BERLIN) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < many and (following := next_after(rule, found[-1] if found else after, zone)):
        found.append(following)
    return found


# --- recurrences ---


@pytest.mark.parametrize(
    ("text", "since", "expected"),
    [
        # the clocks go forward on 28.3.2027, and back on 31.10.2027
        ("täglich um 9 Uhr", date(2027, 3, 26), ["27 08:00Z", "28 07:00Z", "29 07:00Z"]),
        ("täglich um 9 Uhr", date(2027, 10, 29), ["30 07:00Z", "31 08:00Z", "01 08:00Z"]),
        ("täglich um 2:30 Uhr", date(2027, 3, 26), ["27 01:30Z", "28 01:00Z", "29 00:30Z"]),
        ("täglich um 2:00 Uhr", date(2027, 3, 26), ["27 01:00Z", "28 01:00Z", "29 00:00Z"]),
        ("täglich um 2:30 Uhr", date(2027, 10, 29), ["30 00:30Z", "31 00:30Z", "01 01:30Z"]),
        ("jeden Sonntag um 2:30 Uhr", date(2027, 10, 25), ["31 00:30Z", "07 01:30Z"]),
    ],
)
def test_a_recurrence_keeps_its_time_on_the_wall_when_the_clocks_change(
    text: str, since: date, expected: list[str]
) -> None:
    after = datetime(since.year, since.month, since.day, 12, tzinfo=UTC)
    found = occurrences(rule_of(text), after, len(expected))
    assert [f"{at:%d %H:%M}Z" for at in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jeden zweiten Dienstag um 10", ["2026-11-24", "2026-12-08", "2026-12-22"]),
        ("alle 2 Wochen montags und freitags um 10", ["2026-11-27", "2026-12-07", "2026-12-11"]),
        ("alle 3 Tage um 10:00", ["2026-11-26", "2026-11-29", "2026-12-02"]),
        ("am letzten Tag des Monats um 10", ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]),
        ("am letzten Freitag im Monat um 10", ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("jeden Montag um 10, 2 mal", ["2026-11-30", "2026-12-07"]),
        ("täglich um 10 bis 25.11.", ["2026-11-24", "2026-11-25"]),
        ("jährlich am 3.10. um 10", ["2027-10-03", "2028-10-03"]),
        ("alle 2 Monate am 5. um 10", ["2026-12-05", "2027-02-05", "2027-04-05"]),
    ],
)
def test_a_recurrence_comes_on_its_days(text: str, expected: list[str]) -> None:
    now = NOW if not text.startswith("alle 3") else NOW + timedelta(days=2)
    found = occurrences(rule_of(text, now), now, len(expected) + 1)
    assert [local(at) for at in found][: len(expected)] == [f"{day} 10:00" for day in expected]
    if "mal" in text or "bis" in text:
        assert len(found) == len(expected)


@pytest.mark.parametrize(
    "text",
    [
        "täglich um 9",
        "alle 3 Tage um 9",
        "jeden Montag um 9",
        "alle 2 Wochen montags und freitags um 9",
        "am 15. jedes Monats um 9",
        "alle 5 Monate am letzten Tag um 9",
        "am zweiten Dienstag im Monat um 9",
        "alle 2 Jahre am 1.3. um 9",
    ],
)
def test_what_has_gone_on_for_years_comes_on_the_same_days_as_counted_one_by_one(text: str) -> None:
    rule = rule_of(text)
    counted = occurrences(rule, NOW, 60)
    for before, at in pairwise(counted):
        assert next_after(rule, before + (at - before) / 2, BERLIN) == at
        assert next_after(rule, at - timedelta(seconds=1), BERLIN) == at


@pytest.mark.parametrize(
    ("text", "german", "english"),
    [
        (
            "jeden Montag um 9 bis 24.12.",
            "jeden Montag 09:00 ab 30.11.2026 bis 24.12.2026",
            "every Monday 09:00 from 30 Nov 2026 until 24 Dec 2026",
        ),
        (
            "every weekday at 8",
            "montags bis freitags 08:00 ab 24.11.2026",
            "Monday to Friday 08:00 from 24 Nov 2026",
        ),
        (
            "dienstags und donnerstags um 9",
            "jeden Dienstag und Donnerstag 09:00 ab 24.11.2026",
            "every Tuesday and Thursday 09:00 from 24 Nov 2026",
        ),
        (
            "every other friday at noon",
            "alle 2 Wochen freitags 12:00 ab 27.11.2026",
            "every 2 weeks on Fridays 12:00 from 27 Nov 2026",
        ),
        (
            "am ersten Mittwoch im Monat um 10",
            "am ersten Mittwoch im Monat um 10:00 ab 02.12.2026",
            "on the first Wednesday of every month at 10:00 from 2 Dec 2026",
        ),
        (
            "am 15. jedes Monats um 9",
            "am 15. im Monat um 09:00 ab 15.12.2026",
            "on the 15th of every month at 09:00 from 15 Dec 2026",
        ),
        (
            "on the last day of the month at 9:00",
            "am letzten Tag im Monat um 09:00 ab 30.11.2026",
            "on the last day of every month at 09:00 from 30 Nov 2026",
        ),
        (
            "jährlich am 3.10. um 10",
            "jährlich am 3.10. um 10:00 ab 03.10.2027",
            "yearly on 3 Oct at 10:00 from 3 Oct 2027",
        ),
        (
            "täglich um 8, 5 mal",
            "täglich 08:00 ab 24.11.2026 5-mal",
            "daily 08:00 from 24 Nov 2026 5 times",
        ),
        (
            "alle 3 Monate am letzten Freitag um 9",
            "alle 3 Monate am letzten Freitag um 09:00 ab 27.11.2026",
            "every 3 months on the last Friday at 09:00 from 27 Nov 2026",
        ),
    ],
)
def test_a_rule_is_told_in_words_that_mean_the_same_rule_at_any_time(text: str, german: str, english: str) -> None:
    rule = rule_of(text)
    assert (echo_rule(rule, "de"), echo_rule(rule, "en")) == (german, english)
    for now in (NOW, NOW + timedelta(days=1)):
        for words in (german, english):
            read = read_when(words, now, BERLIN, "en")
            assert isinstance(read, Recurring)
            assert read.rule == rule


@pytest.mark.parametrize("text", ["", "RRULE:FREQ=DAILY", "DTSTART:20261124T080000\nRRULE:FREQ=HOURLY"])
def test_a_rule_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a rule|HOURLY"):
        next_after(text, NOW, BERLIN)


# --- lengths of time ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 90 minutes", "2026-11-23 12:01"),
        ("in 2 days", "2026-11-25 10:31"),
        ("in 20 seconds", "2026-11-23 10:30:48"),
        ("in 2 minutes and 10 seconds", "2026-11-23 10:32:38"),
    ],
)
def test_a_length_of_time_ends_on_the_full_minute_unless_seconds_were_said(text: str, expected: str) -> None:
    read = read_when(text, NOW + timedelta(seconds=27, microseconds=5), BERLIN, "en")
    assert isinstance(read, Instant)
    assert local(read.at) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2026-11-23T23:30", "2026-11-25 12:00"), ("2026-11-23T00:30", "2026-11-24 12:00")],
)
def test_what_tomorrow_is_follows_the_office_s_clock(now: str, expected: str) -> None:
    read = read_when("tomorrow noon", datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN, "en")
    assert isinstance(read, Instant)
    assert local(read.at) == expected


# --- the hours that the clocks repeat or skip ---


def test_the_doubled_hour_is_asked_about_and_its_names_settle_it() -> None:
    read = read_when("31.10.2027 2:30", NOW, BERLIN, "de")
    assert isinstance(read, Ambiguous)
    first, second = read.candidates
    assert second - first == timedelta(hours=1)
    assert "comes twice" in str(read.reason)
    for name, at in (("MESZ", first), ("CEST", first), ("MEZ", second), ("cet", second)):
        assert read_when(f"31.10.2027 2:30 {name}", NOW, BERLIN, "de") == Instant(at)


def test_said_within_the_doubled_hour_only_what_is_ahead_counts() -> None:
    between = datetime(2027, 10, 31, 0, 45, tzinfo=UTC)  # 2:45, the first time
    assert read_when("heute 2:30", between, BERLIN, "de") == Instant(datetime(2027, 10, 31, 1, 30, tzinfo=UTC))


def test_a_length_of_days_that_ends_in_the_gap_is_refused() -> None:
    read = read_when("in 1 day", datetime(2027, 3, 27, 1, 30, tzinfo=UTC), BERLIN, "en")
    assert isinstance(read, Refused)
    assert "put forward" in str(read.refusal)


# --- suggestions ---


def test_what_the_grammar_does_not_have_is_only_suggested() -> None:
    text = "10:00 3-Dec-2026"
    assert isinstance(read_when(text, NOW, BERLIN, "en"), Refused)
    read = suggest_when(text, NOW, BERLIN, "en")
    assert isinstance(read, Suggestion)
    assert local(read.at) == "2026-12-03 10:00"


@pytest.mark.parametrize(
    "text", ["gestern um 9", "31.2. 9 Uhr", "Montag, 24.11.", "nächste Woche", "28.3.2027 2:30", "bald"]
)
def test_nothing_is_suggested_for_what_was_understood_and_cannot_be(text: str) -> None:
    read, suggested = (reader(text, NOW, BERLIN, "de") for reader in (read_when, suggest_when))
    assert isinstance(read, Refused)
    assert read.is_understood
    assert isinstance(suggested, Refused)
    assert str(suggested.refusal) == str(read.refusal)


@pytest.mark.parametrize("text", ["9", "xyzzy", "🙂", "a" * 5000, "9 " * 300, "((((", "{text}", "%s", "\x00"])
def test_nonsense_is_refused_with_a_hint(text: str) -> None:
    read = suggest_when(text, NOW, BERLIN, "de")
    assert isinstance(read, Refused)
    assert isinstance(read.refusal, Refusal)
    assert len(str(read.refusal)) < 400
