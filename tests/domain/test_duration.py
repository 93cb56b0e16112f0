"""Durations as an office writes them."""

from datetime import timedelta

import pytest

from fedichat.domain.time.duration import Duration, DurationUnit, parse_duration

HOUR, MINUTE, DAY = DurationUnit.HOUR, DurationUnit.MINUTE, DurationUnit.DAY
WORKING_DAY, WORKING_HOUR = DurationUnit.WORKING_DAY, DurationUnit.WORKING_HOUR


@pytest.mark.parametrize(
    ("text", "plain", "shown"),
    [
        ("1 hour", timedelta(hours=1), "1 hour"),
        ("90 minutes", timedelta(minutes=90), "90 minutes"),
        ("10 s", timedelta(seconds=10), "10 seconds"),
        ("10s", timedelta(seconds=10), "10 seconds"),
        ("3 Tage", timedelta(days=3), "3 days"),
        ("3 tagen", timedelta(days=3), "3 days"),
        ("1,5 Stunden", timedelta(hours=1.5), "1.5 hours"),
        ("1.50 h", timedelta(hours=1.5), "1.5 hours"),
        ("2 Std.", timedelta(hours=2), "2 hours"),
        ("  2   WOCHEN ", timedelta(weeks=2), "2 weeks"),
        ("2\u00a0Wochen", timedelta(weeks=2), "2 weeks"),
        ("100 days", timedelta(days=100), "100 days"),
        ("0.25 min", timedelta(seconds=15), "0.25 minutes"),
    ],
)
def test_plain_durations_are_read_in_both_languages(text: str, plain: timedelta, shown: str) -> None:
    duration = parse_duration(text)
    assert duration.plain == plain
    assert str(duration) == shown
    assert parse_duration(shown) == duration


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2 working days", 2, WORKING_DAY),
        ("1 working day", 1, WORKING_DAY),
        ("2 Arbeitstage", 2, WORKING_DAY),
        ("3 business days", 3, WORKING_DAY),
        ("16 working hours", 16, WORKING_HOUR),
        ("16 Arbeitsstunden", 16, WORKING_HOUR),
    ],
)
def test_working_time_is_kept_apart_from_plain_time(text: str, amount: int, unit: DurationUnit) -> None:
    duration = parse_duration(text)
    assert (int(duration.amount), duration.unit) == (amount, unit)
    with pytest.raises(ValueError, match="counts working time; a plain duration is needed here"):
        _ = duration.plain


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "“” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”"),
        (
            "soon",
            "“soon” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”",
        ),
        (
            "hour",
            "“hour” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”",
        ),
        ("5", "“5” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”"),
        (
            "٣ days",
            "“٣ days” is no duration; write a number and a unit, such as “90 minutes” or “2 working days”",
        ),
        ("5 huors", "“huors” is no unit of time; did you mean “hours”?"),
        (
            "5 m",
            "“m” is no unit of time; use seconds, minutes, hours, days, weeks, working hours or working days",
        ),
        ("1 month", "“1 month” has no fixed length; write it in days or weeks"),
        ("2 Jahre", "“2 Jahre” has no fixed length; write it in days or weeks"),
        (
            "2 Werktage",
            "“2 Werktage” would count Saturdays; write “Arbeitstage” for the office's working days",
        ),
        ("1.000 h", "“1.000 h” can be read in two ways; write the number without separators, such as 1000"),
        ("0 s", "“0 s” must be more than nothing"),
        ("-3 h", "“-3 h” must be more than nothing"),
        (
            "1.5 working days",
            "“1.5 working days” is no whole number of working days; write it in working hours",
        ),
        ("99999999 weeks", "“99999999 weeks” is longer than a hundred years"),
        ("99999999 working days", "“99999999 working days” is longer than a hundred years"),
    ],
)
def test_what_is_no_duration_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole sentence is compared
        parse_duration(text)
    assert str(refused.value) == sentence


def test_equal_durations_are_equal() -> None:
    assert parse_duration("1.50 h") == parse_duration("1,5 Stunden")
    assert parse_duration("1 h") != parse_duration("60 min")
    assert isinstance(parse_duration("1 h"), Duration)
