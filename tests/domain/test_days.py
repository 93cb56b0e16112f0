"""Days as people write them: read whole, or refused with what would be right."""

from datetime import date

import pytest

from fedichat.domain.time.days import Days, read_day, read_days
from fedichat.errors import Refusal

TODAY = date(2026, 11, 25)  # a Wednesday
CHRISTMAS = Days(date(2026, 12, 21), date(2027, 1, 2))


@pytest.mark.parametrize(
    "text",
    [
        "21.12.–2.1.",
        "21.12.-2.1.",
        "21.12. - 2.1.",
        "21.12. — 2.1.",
        "21.12. bis 2.1.",
        "vom 21.12. bis zum 2.1.",
        "21.12.2026–2.1.2027",
        "21.12.–2.1.2027",
        "21.12.26 - 2.1.27",
        "Mo 21.12. – Sa 2.1.",
        "Dec 21 - Jan 2",
        "Dec 21 – Jan 2",
        "from December 21st to January 2nd",
        "21 Dec - 2 Jan",
        "21 Dec to 2 Jan 2027",
        "21. Dezember bis 2. Januar",
        "2026-12-21 - 2027-01-02",
        "2026-12-21–2027-01-02",
        "2026-12-21..2027-01-02",
        "2026-12-21 to 2027-01-02",
    ],
)
def test_from_day_to_day_also_over_the_new_year(text: str) -> None:
    assert read_days(text, TODAY) == CHRISTMAS


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", (2026, 11, 25), (2026, 11, 25)),
        ("heute", (2026, 11, 25), (2026, 11, 25)),
        ("Morgen", (2026, 11, 26), (2026, 11, 26)),
        ("übermorgen", (2026, 11, 27), (2026, 11, 27)),
        ("7.12.", (2026, 12, 7), (2026, 12, 7)),
        ("Dec 7", (2026, 12, 7), (2026, 12, 7)),
        ("7 December 2026", (2026, 12, 7), (2026, 12, 7)),
        ("2026-12-07", (2026, 12, 7), (2026, 12, 7)),
        ("25.11.", (2026, 11, 25), (2026, 11, 25)),
        ("3.1.", (2027, 1, 3), (2027, 1, 3)),
        ("Friday", (2026, 11, 27), (2026, 11, 27)),
        ("mi", (2026, 11, 25), (2026, 11, 25)),
        ("until 2.1.", (2026, 11, 25), (2027, 1, 2)),
        ("bis zum 2. Januar", (2026, 11, 25), (2027, 1, 2)),
        ("until Friday", (2026, 11, 25), (2026, 11, 27)),
        ("today - 27.11.", (2026, 11, 25), (2026, 11, 27)),
        ("21.-23.12.", (2026, 12, 21), (2026, 12, 23)),
        ("21.–23. Dezember", (2026, 12, 21), (2026, 12, 23)),
        ("20.11.–27.11.", (2026, 11, 20), (2026, 11, 27)),
        ("20.12.2025 - 27.11.2026", (2025, 12, 20), (2026, 11, 27)),
        ("29.2.2028", (2028, 2, 29), (2028, 2, 29)),
    ],
)
def test_single_days_and_shorter_ways(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    assert read_days(text, TODAY) == Days(date(*first), date(*last))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "I do not understand “” as days"),
        ("soon", "I do not understand “soon” as days"),
        ("next week", "I do not understand"),
        ("21", "I do not understand"),
        ("21.-23.", "I do not understand"),
        ("21.12. 2.1.", "I do not understand"),
        ("21.12.–2.1. perhaps", "I do not understand"),
        ("12/21", "I do not understand"),
        ("7.12 – 9.12 – 11.12", "I do not understand"),
        ("31.2.", "“31.2.” does not exist"),
        ("29.2.2027", "“29.2.2027” does not exist"),
        ("1.13.", "“1.13.” does not exist"),
        ("20.12.–31.2.", "does not exist"),
        ("24.11.", "“24.11.” is past"),
        ("1.11.–10.11.", "“1.11.–10.11.” is past"),
        ("2026-11-01", "“2026-11-01” is past"),
        ("2.1.2027–21.12.2026", "ends before it begins"),
        ("21.12.2026–2.3.2028", "is longer than a year"),
        ("2030-01-01", "is more than two years away"),
        ("Di 21.12.", "weekday and date do not fit"),
        ("Mo 21.12. – So 2.1.", "weekday and date do not fit"),
    ],
)
def test_what_is_unclear_is_refused_and_said_why(text: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        read_days(text, TODAY)


def test_where_one_day_is_wanted_several_are_refused() -> None:
    assert read_day("7.12.", TODAY) == date(2026, 12, 7)
    with pytest.raises(Refusal, match="more than one day"):
        read_day("7.12.–8.12.", TODAY)
