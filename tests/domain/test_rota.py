"""Who is on duty: week by week on the clock on the wall, with what was given and who is away."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.domain.names import UserId
from fedichat.domain.time.rota import Absence, Handover, Rota, Rotation, Shift, Turn, bridged, next_turn
from fedichat.errors import Refusal

BERLIN = ZoneInfo("Europe/Berlin")
ANA, BEN, CLEO, DAN = (UserId(f"@{name}:example.org") for name in ("ana", "ben", "cleo", "dan"))
MONDAY_NINE = Handover(0, time(9))


def at(day: str, clock: str = "09:00") -> datetime:
    """A moment on the office's clock, in UTC."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BERLIN).astimezone(UTC)


def rotation(*people: UserId, since: date | None = date(2026, 11, 23), handover: Handover = MONDAY_NINE) -> Rotation:
    return Rotation(people or (ANA, BEN, CLEO), handover, BERLIN, since)


def who(turns: list[Turn]) -> list[tuple[str, str, str | None]]:
    """Turns as the office reads them: from when until when, on its clock, and who."""
    return [
        (
            turn.start.astimezone(BERLIN).strftime("%m-%d %H:%M"),
            turn.end.astimezone(BERLIN).strftime("%m-%d %H:%M"),
            turn.person[1:].partition(":")[0] if turn.person else None,
        )
        for turn in turns
    ]


# --- the rotation ---


@pytest.mark.parametrize(
    ("moment", "person"),
    [
        (at("2026-11-23"), ANA),
        (at("2026-11-29", "23:59"), ANA),
        (at("2026-11-30", "08:59"), ANA),
        (at("2026-11-30"), BEN),
        (at("2026-12-07"), CLEO),
        (at("2026-12-14"), ANA),
        (at("2026-11-23", "08:59"), CLEO),
        (at("2026-11-16"), CLEO),
    ],
)
def test_the_week_of_since_is_the_first_one_s_and_the_others_follow_both_ways(moment: datetime, person: UserId) -> None:
    assert Rota(rotation()).on_duty(moment) == person


@pytest.mark.parametrize("since", [date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)])
def test_any_day_of_the_first_week_will_do(since: date) -> None:
    assert Rota(rotation(since=since)).on_duty(at("2026-11-25")) == ANA


def test_without_a_day_weeks_are_counted_from_the_first_monday_of_2024() -> None:
    rota = Rota(rotation(since=None))
    assert rota.on_duty(at("2024-01-01")) == ANA
    assert rota.on_duty(at("2024-01-08")) == BEN
    # 52 weeks a year and a day: the order simply goes on over every new year.
    assert [rota.on_duty(at(day)) for day in ("2024-12-23", "2024-12-30", "2025-01-06")] == [ANA, BEN, CLEO]


@pytest.mark.parametrize(
    ("handover", "change"),
    [
        (MONDAY_NINE, ("2026-03-30", "2026-10-26")),
        (Handover(6, time(12)), ("2026-03-29", "2026-10-25")),
        (Handover(5, time(23, 30)), ("2026-03-28", "2026-10-24")),
    ],
)
def test_the_handover_is_at_that_time_on_the_clock_on_the_wall_before_and_after_the_clocks_change(
    handover: Handover, change: tuple[str, str]
) -> None:
    rota = Rota(rotation(handover=handover, since=None))
    for day in change:
        noon = at(day, "12:30")
        turns = rota.turns(noon - timedelta(days=21), noon + timedelta(days=21))[1:]
        assert {turn.start.astimezone(BERLIN).time() for turn in turns} == {handover.at}
        assert {turn.start.astimezone(BERLIN).weekday() for turn in turns} == {handover.weekday}


def test_an_hour_that_the_clocks_skip_or_repeat_hands_over_once() -> None:
    rota = Rota(rotation(handover=Handover(6, time(2, 30)), since=None))
    spring = rota.turn_at(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert spring.start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    autumn = rota.turn_at(datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert autumn.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert rota.turn_at(autumn.start - timedelta(seconds=1)).end == autumn.start


def test_who_is_alone_has_a_turn_every_week() -> None:
    turns = Rota(rotation(ANA)).turns(at("2026-11-23"), at("2026-12-14"))
    assert who(turns) == [
        ("11-23 09:00", "11-30 09:00", "ana"),
        ("11-30 09:00", "12-07 09:00", "ana"),
        ("12-07 09:00", "12-14 09:00", "ana"),
    ]


# --- given time ---


def test_a_shift_counts_in_place_of_the_rotation_and_a_later_one_in_place_of_an_earlier_one() -> None:
    rota = Rota(
        rotation(),
        [Shift(at("2026-11-25", "12:00"), at("2026-12-02"), DAN), Shift(at("2026-12-01"), at("2026-12-02"), CLEO)],
    )
    assert who(rota.turns(at("2026-11-23"), at("2026-12-07"))) == [
        ("11-23 09:00", "11-25 12:00", "ana"),
        ("11-25 12:00", "12-01 09:00", "dan"),
        ("12-01 09:00", "12-02 09:00", "cleo"),
        ("12-02 09:00", "12-07 09:00", "ben"),
    ]


def test_a_long_shift_is_one_turn_seen_from_anywhere_in_it() -> None:
    rota = Rota(rotation(), [Shift(at("2026-11-25"), at("2027-02-01"), DAN)])
    turns = {rota.turn_at(at(day)) for day in ("2026-11-25", "2026-12-24", "2027-01-31")}
    assert turns == {Turn(at("2026-11-25"), at("2027-02-01"), DAN)}


def test_short_gaps_between_imported_shifts_belong_to_the_one_before_and_long_ones_are_told() -> None:
    weekdays = [Shift(at(f"2026-12-{day:02}"), at(f"2026-12-{day + 5:02}"), BEN) for day in (7, 14)]
    later = Shift(at("2026-12-28"), at("2026-12-31"), CLEO)
    shifts, gaps = bridged([later, *weekdays])
    assert [(one.start, one.end) for one in shifts] == [
        (at("2026-12-07"), at("2026-12-14")),
        (at("2026-12-14"), at("2026-12-19")),
        (at("2026-12-28"), at("2026-12-31")),
    ]
    assert gaps == [(at("2026-12-19"), at("2026-12-28"))]


# --- who is away ---


def test_the_next_in_the_rotation_who_is_there_for_all_of_it_replaces_whoever_is_away() -> None:
    absences = [
        Absence(ANA, date(2026, 12, 14), date(2026, 12, 20)),
        Absence(BEN, date(2026, 12, 16), date(2026, 12, 16)),
    ]
    rota = Rota(rotation(), absences=absences)
    turn = rota.turn_at(at("2026-12-15"))
    assert (turn.person, turn.instead_of) == (CLEO, ANA)


def test_an_absence_counts_whole_days_and_the_rest_of_the_turn_stays() -> None:
    rota = Rota(rotation(), absences=[Absence(ANA, date(2026, 11, 25), date(2026, 11, 26))])
    assert who(rota.turns(at("2026-11-23"), at("2026-11-30"))) == [
        ("11-23 09:00", "11-25 00:00", "ana"),
        ("11-25 00:00", "11-27 00:00", "ben"),
        ("11-27 00:00", "11-30 09:00", "ana"),
    ]


def test_a_replacement_who_has_the_next_turn_anyway_has_one_turn_for_each_week() -> None:
    rota = Rota(rotation(), absences=[Absence(ANA, date(2026, 11, 27), date(2026, 12, 5))])
    assert who(rota.turns(at("2026-11-23"), at("2026-12-07"))) == [
        ("11-23 09:00", "11-27 00:00", "ana"),
        ("11-27 00:00", "11-30 09:00", "ben"),
        ("11-30 09:00", "12-07 09:00", "ben"),
    ]


def test_where_nobody_is_there_for_all_of_it_the_days_are_shared_and_where_nobody_is_there_nobody_has_it() -> None:
    absences = [
        Absence(ANA, date(2026, 11, 23), date(2026, 11, 29)),
        Absence(BEN, date(2026, 11, 25), date(2026, 11, 29)),
        Absence(CLEO, date(2026, 11, 23), date(2026, 11, 26)),
    ]
    rota = Rota(rotation(), absences=absences)
    assert who(rota.turns(at("2026-11-23"), at("2026-11-29"))) == [
        ("11-23 09:00", "11-25 00:00", "ben"),
        ("11-25 00:00", "11-27 00:00", None),
        ("11-27 00:00", "11-29 09:00", "cleo"),
    ]


def test_whom_only_a_calendar_names_is_replaced_by_whose_week_it_is() -> None:
    shift = Shift(at("2026-12-01"), at("2026-12-03"), DAN)
    rota = Rota(rotation(), [shift], [Absence(DAN, date(2026, 12, 1), date(2026, 12, 3))])
    assert rota.turn_at(at("2026-12-02")).person == BEN


# --- which turn is meant ---


def test_the_next_turn_is_one_that_has_not_begun_and_a_day_names_any() -> None:
    now = at("2026-11-25", "14:00")
    turns = Rota(rotation(ANA, BEN)).turns(now, now + timedelta(weeks=10))
    assert next_turn(turns, ANA, now, None, BERLIN).start == at("2026-12-07")
    assert next_turn(turns, ANA, now, date(2026, 11, 25), BERLIN).start == now
    assert next_turn(turns, ANA, now, date(2026, 12, 7), BERLIN).start == at("2026-12-07")
    assert next_turn(turns, BEN, now, date(2026, 12, 6), BERLIN).start == at("2026-11-30")
    with pytest.raises(Refusal, match="ben has no turn then that could be swapped"):
        next_turn(turns, BEN, now, date(2026, 12, 7), BERLIN)
    with pytest.raises(Refusal, match="ben has no turn then that could be swapped"):
        next_turn(turns, BEN, now, date(2026, 12, 9), BERLIN)


# --- whatever is in it ---

people = st.sampled_from([ANA, BEN, CLEO, DAN])
hours = st.integers(0, 24 * 60)
START = at("2026-03-02")


@given(
    st.lists(st.tuples(hours, st.integers(1, 500), people), max_size=6),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20), people), max_size=6),
    hours,
)
def test_turns_follow_each_other_without_gap_or_overlap_and_nobody_who_is_away_has_one(
    given_time: list[tuple[int, int, UserId]], away: list[tuple[int, int, UserId]], hour: int
) -> None:
    shifts = [
        Shift(START + timedelta(hours=begin), START + timedelta(hours=begin + length), person)
        for begin, length, person in given_time
    ]
    first = date(2026, 3, 2)
    absences = [
        Absence(one, first + timedelta(days=day), first + timedelta(days=day + more)) for day, more, one in away
    ]
    rota = Rota(rotation(since=None), shifts, absences)
    end = START + timedelta(days=60)
    turns = rota.turns(START, end)
    assert (turns[0].start, turns[-1].end) == (START, end)
    assert all(one.end == other.start for one, other in pairwise(turns))
    assert all(one.person != other.person or other.is_planned for one, other in pairwise(turns))
    assert not any(turn.person and rota.is_away_between(turn.person, turn.start, turn.end) for turn in turns)
    moment = START + timedelta(hours=hour)
    if moment < end:
        one = next(turn for turn in turns if turn.start <= moment < turn.end)
        whole = rota.turn_at(moment)
        assert whole.person == one.person
        assert whole.start <= one.start
        assert whole.end >= one.end
