"""When the office is open, and when its promises fall due."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import holidays as library
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedichat.domain.time.calendar import Calendar, Closed, Span, Step, StepKind
from fedichat.domain.time.duration import Duration, DurationUnit, parse_duration

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")


def hours(text: str) -> tuple[Span, ...]:
    """`8-12 13-16:30` as spans."""
    return tuple(Span(*(clock(one) for one in span.split("-"))) for span in text.split())


def clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour) % 24, int(minute or 0))


USUAL = "8-16:30|8-16:30|8-16:30|8-16:30|8-15||"


def office(week: str = USUAL, holidays: str | None = "DE-NW", days_off: str = "", half_days: str = "") -> Calendar:
    """`half_days` as `2026-12-31=8-12`, several with spaces between."""
    halves = [pair.split("=") for pair in half_days.split()]
    return Calendar(
        zone=BERLIN,
        week=tuple(hours(day) for day in week.split("|")),
        holidays=holidays,
        days_off=frozenset(map(date.fromisoformat, days_off.split())),
        half_days={date.fromisoformat(day): hours(span) for day, span in halves},
    )


def at(text: str) -> datetime:
    """A moment by the office's clock: `2026-11-25 14:30`; `B` behind it is the second of a doubled hour."""
    wall = datetime.fromisoformat(text.removesuffix("B"))
    return wall.replace(tzinfo=BERLIN, fold=text.endswith("B")).astimezone(UTC)


@pytest.mark.parametrize(
    ("received", "duration", "due"),
    [
        # the same time of day on the second working day after
        ("2026-11-25 14:30", "2 working days", "2026-11-27 14:30"),
        ("2026-11-26 14:30", "2 working days", "2026-11-30 14:30"),
        ("2026-11-25 08:00", "1 working day", "2026-11-26 08:00"),
        # what arrives while the office is closed counts from the next opening
        ("2026-11-25 17:10", "2 working days", "2026-11-30 08:00"),
        ("2026-11-25 16:30", "1 working day", "2026-11-27 08:00"),
        ("2026-11-25 03:00", "1 working day", "2026-11-26 08:00"),
        ("2026-11-28 12:00", "1 working day", "2026-12-01 08:00"),
        # on Fridays the office closes at three: the promise is kept early
        ("2026-11-26 16:00", "1 working day", "2026-11-27 15:00"),
        ("2026-11-26 15:00", "1 working day", "2026-11-27 15:00"),
        # public holidays: Good Friday to Easter Monday, Corpus Christi, All Saints' (a Sunday), Christmas
        ("2026-04-02 10:00", "1 working day", "2026-04-07 10:00"),
        ("2026-06-03 10:00", "1 working day", "2026-06-05 10:00"),
        ("2026-12-23 10:00", "2 working days", "2026-12-28 10:00"),
        ("2026-12-25 10:00", "2 working days", "2026-12-30 08:00"),
        # opening time only
        ("2026-11-25 14:30", "16 working hours", "2026-11-27 13:30"),
        ("2026-11-25 14:30", "2 working hours", "2026-11-25 16:30"),
        ("2026-11-27 14:00", "1,5 working hours", "2026-11-30 08:30"),
        ("2026-11-28 12:00", "1 working hour", "2026-11-30 09:00"),
        # by the clock on the wall, whatever the office does; an hour is an hour when the clocks change
        ("2026-11-27 22:00", "90 minutes", "2026-11-27 23:30"),
        ("2026-11-27 22:00", "2 days", "2026-11-29 22:00"),
        ("2026-03-29 01:30", "1 hour", "2026-03-29 03:30"),
        # both changes of the clocks lie on weekends: the time of day stays
        ("2026-03-27 10:00", "1 working day", "2026-03-30 10:00"),
        ("2026-10-23 10:00", "1 working day", "2026-10-26 10:00"),
        ("2026-10-23 14:00", "2 working hours", "2026-10-26 09:00"),
    ],
)  # fmt: skip
def test_a_promise_falls_due(received: str, duration: str, due: str) -> None:
    assert office().due(at(received), parse_duration(duration)) == at(due)


@pytest.mark.parametrize(
    ("received", "duration", "due"),
    [
        ("2026-12-23 10:00", "1 working day", "2026-12-28 10:00"),
        ("2026-12-30 14:00", "1 working day", "2026-12-31 12:00"),
        ("2026-12-30 14:00", "3 working hours", "2026-12-31 09:00"),
        ("2026-12-31 09:00", "3,5 working hours", "2027-01-04 08:30"),
        # opened for once on a holiday, and later than usual: as early as anybody can keep the promise
        ("2026-05-13 09:00", "1 working day", "2026-05-14 10:00"),
    ],
)
def test_days_off_and_half_days_count_as_the_office_says(received: str, duration: str, due: str) -> None:
    calendar = office(
        "8-12 12:30-16|8-12 12:30-16|8-12 12:30-16|8-12 12:30-16|8-12||",
        days_off="2026-12-24",
        half_days="2026-12-31=8-12 2026-05-14=10-12",
    )
    assert calendar.due(at(received), parse_duration(duration)) == at(due)


def test_a_promise_due_in_the_lunch_break_is_kept_before_it() -> None:
    calendar = office("8-16|8-12 13-16|||||", holidays=None)
    assert calendar.due(at("2026-11-23 12:30"), parse_duration("1 working day")) == at("2026-11-24 12:00")


def test_the_office_is_open_between_its_hours() -> None:
    calendar = office("8-12 13-16|8-12 13-16|8-12 13-16|8-12 13-16|8-12||")
    open_at = {
        hour: calendar.is_open(at(f"2026-11-25 {hour}")) for hour in ("07:59", "08:00", "12:00", "13:00", "16:00")
    }
    assert open_at == {"07:59": False, "08:00": True, "12:00": False, "13:00": True, "16:00": False}
    assert calendar.next_opening(at("2026-11-25 09:15")) == at("2026-11-25 09:15")
    assert calendar.next_opening(at("2026-11-25 12:00")) == at("2026-11-25 13:00")
    assert calendar.next_opening(at("2026-04-02 16:00")) == at("2026-04-07 08:00")


def test_working_time_lies_between_two_moments_in_their_order() -> None:
    calendar, ten, twelve = office(), at("2026-11-25 10:00"), at("2026-11-25 12:00")
    assert calendar.working_time(ten, twelve) == timedelta(hours=2)
    assert calendar.working_time(twelve, ten) == timedelta(0)
    assert calendar.working_time(at("2026-11-25 16:00"), at("2026-11-30 09:00")) == timedelta(hours=17)
    assert calendar.worked(at("2026-11-25 16:00"), timedelta(hours=17)) == at("2026-11-30 09:00")
    assert calendar.worked(at("2026-11-25 20:00"), timedelta(0)) == at("2026-11-26 08:00")


@given(st.integers(0, 5 * 525_600), st.integers(0, 5 * 525_600))
@example(365 * 1440 + 10 * 60, 90 * 1440)  # from New Year's Eve
def test_the_working_time_of_years_is_that_of_their_parts(minutes: int, more: int) -> None:
    """Near moments are counted day by day, far ones by years."""
    calendar, start = office("8-12 13-16:30|8-16:30|10-18|8-16:30|8-15||0-24"), at("2020-01-01 00:00")
    begin, end = start + minutes * MINUTE, start + (minutes + more) * MINUTE
    steps = [begin + days * timedelta(days=30) for days in range((end - begin).days // 30 + 1)]
    parts = [calendar.working_time(one, other) for one, other in pairwise([*steps, end])]
    assert calendar.working_time(begin, end) == sum(parts, timedelta(0))


def test_holidays_have_names_in_the_languages_of_the_office() -> None:
    calendar, christmas = office(), date(2026, 12, 25)
    assert not calendar.is_working_day(christmas)
    assert calendar.holiday_name(christmas, "de") == "Erster Weihnachtstag"
    assert calendar.holiday_name(christmas, "en") == "Christmas Day"
    assert calendar.holiday_name(date(2026, 11, 25), "de") == ""
    assert office(holidays=None).holiday_name(christmas, "de") == ""


def test_what_is_a_holiday_depends_on_the_state() -> None:
    reformation, corpus_christi = date(2025, 10, 31), date(2026, 6, 4)
    closed = {state: office(holidays=f"DE-{state}").closed_on(reformation) for state in STATES}
    with_it = {state for state, why in closed.items() if why is Closed.HOLIDAY}
    assert with_it == {"BB", "HB", "HH", "MV", "NI", "SH", "SN", "ST", "TH"}
    off = {state for state in STATES if not office(holidays=f"DE-{state}").is_working_day(corpus_christi)}
    assert off == {"BW", "BY", "HE", "NW", "RP", "SL"}


def test_each_step_is_told_and_the_last_one_is_the_due_moment() -> None:
    steps = office().explain(at("2026-12-23 17:00"), parse_duration("1 working day"))
    assert steps == (
        Step(StepKind.RECEIVED, date(2026, 12, 23), at("2026-12-23 17:00")),
        Step(StepKind.OPENS, date(2026, 12, 24), at("2026-12-24 08:00")),
        Step(StepKind.CLOSED, date(2026, 12, 25), closed=Closed.HOLIDAY),
        Step(StepKind.CLOSED, date(2026, 12, 26), closed=Closed.WEEKDAY),
        Step(StepKind.CLOSED, date(2026, 12, 27), closed=Closed.WEEKDAY),
        Step(StepKind.DAY, date(2026, 12, 28), days=1),
        Step(StepKind.DUE, date(2026, 12, 28), at("2026-12-28 08:00")),
    )
    worked = office().explain(at("2026-11-27 14:00"), parse_duration("2 working hours"))
    assert [(step.kind, step.worked) for step in worked if step.worked] == [
        (StepKind.WORKED, timedelta(hours=1)),
        (StepKind.WORKED, timedelta(hours=1)),
    ]
    early = office().explain(at("2026-11-26 16:00"), parse_duration("1 working day"))
    assert early[-2:] == (
        Step(StepKind.MOVED, date(2026, 11, 27), at("2026-11-27 16:00")),
        Step(StepKind.DUE, date(2026, 11, 27), at("2026-11-27 15:00")),
    )


@pytest.mark.parametrize(
    ("span", "day", "opens", "closes"),
    [
        ("0-24", "2026-03-29", "2026-03-29 00:00", "2026-03-30 00:00"),
        ("0-24", "2026-10-25", "2026-10-25 00:00", "2026-10-26 00:00"),
        ("2:30-6", "2026-03-29", "2026-03-29 03:00", "2026-03-29 06:00"),
        ("1-2:30", "2026-03-29", "2026-03-29 01:00", "2026-03-29 03:00"),
        ("2:30-6", "2026-10-25", "2026-10-25 02:30", "2026-10-25 06:00"),
        ("1-2:30", "2026-10-25", "2026-10-25 01:00", "2026-10-25 02:30B"),
    ],
)
def test_hours_in_the_night_in_which_the_clocks_change(span: str, day: str, opens: str, closes: str) -> None:
    calendar = office(f"||||||{span}", holidays=None)
    start = calendar.next_opening(at(f"{day} 00:00"))
    assert start == at(opens)
    assert calendar.is_open(at(closes) - MINUTE)
    assert not calendar.is_open(at(closes))
    assert calendar.working_time(start, start + timedelta(days=2)) == at(closes) - at(opens)


def test_hours_that_the_clocks_skip_are_none() -> None:
    calendar = office("8-12||||||2:15-2:45", holidays=None)
    assert calendar.next_opening(at("2026-03-28 12:00")) == at("2026-03-30 08:00")


def test_an_office_that_never_opens_is_none() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        office("||||||")


# --- against an independent, slow calculation --------------------------------------------------------------------


@cache
def holidays_of(state: str) -> library.HolidayBase:
    return library.country_holidays("DE", subdiv=state)


class Slow:
    """Minute by minute: what the wall's clock shows in each, and whether somebody is there."""

    def __init__(self, calendar: Calendar, state: str) -> None:
        self.calendar = calendar
        self.state = state

    @staticmethod
    @cache
    def minutes(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        start = datetime.combine(day, time(), UTC) - timedelta(hours=14)
        moments = [start + n * MINUTE for n in range(52 * 60)]
        both = [(moment, moment.astimezone(zone).replace(tzinfo=None)) for moment in moments]
        return [(moment, wall) for moment, wall in both if wall.date() == day]

    def open_minutes(self, day: date) -> list[datetime]:
        spans = self.calendar.week[day.weekday()]
        if day in self.calendar.half_days:
            spans = self.calendar.half_days[day]
        elif day in self.calendar.days_off or day in holidays_of(self.state):
            spans = ()
        found: list[datetime] = []
        for span in spans:
            minutes = self.minutes(day, self.calendar.zone)
            begun = [n for n, (_, wall) in enumerate(minutes) if wall.time() >= span.start]
            going = [n for n, (_, wall) in enumerate(minutes) if span.end == time() or wall.time() < span.end]
            if begun and going:
                found += [moment for moment, _ in minutes[begun[0] : going[-1] + 1]]
        return sorted(set(found))

    def days(self, first: date) -> list[date]:
        return [first + timedelta(days=n) for n in range(60)]

    def due(self, received: datetime, duration: Duration) -> datetime:
        local = received.astimezone(self.calendar.zone)
        if duration.unit is DurationUnit.WORKING_HOUR:
            left = int(duration.amount * 60)
            for day in self.days(local.date()):
                for moment in self.open_minutes(day):
                    left -= moment >= received
                    if not left:
                        return moment + MINUTE
        start = next(m for day in self.days(local.date()) for m in self.open_minutes(day) if m >= received)
        wall = start.astimezone(self.calendar.zone)
        after = (day for day in self.days(wall.date())[1:] if self.open_minutes(day))
        day = next(islice(after, int(duration.amount) - 1, None))
        minutes = self.minutes(day, self.calendar.zone)
        same = next((moment for moment, shown in minutes if shown.time() >= wall.time()), minutes[-1][0] + MINUTE)
        there = self.open_minutes(day)
        if same in there:
            return same
        earlier = [moment for moment in there if moment < same]
        return earlier[-1] + MINUTE if earlier else there[0]

    def working_minutes(self, start: datetime, end: datetime) -> int:
        first, last = (moment.astimezone(self.calendar.zone).date() for moment in (start, end))
        days = [day for day in self.days(first) if day <= last]
        return sum(start <= moment < end for day in days for moment in self.open_minutes(day))


QUARTERS = st.integers(0, 96)


@st.composite
def spans_of_a_day(draw: st.DrawFn) -> tuple[Span, ...]:
    marks = sorted(draw(st.sets(QUARTERS, max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple(Span(clock(f"{a // 4}:{a % 4 * 15}"), clock(f"{b // 4}:{b % 4 * 15}")) for a, b in pairs)


DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))
SWITCHES = [
    date(year, month, day)
    for year in range(2020, 2030)
    for month in (3, 10)
    for day in range(25, 32)
    if date(year, month, day).weekday() == 6
]
NEAR_A_SWITCH = st.builds(lambda day, days: day - timedelta(days=days), st.sampled_from(SWITCHES), st.integers(0, 4))
FESTIVE = st.builds(date, st.integers(2020, 2029), st.sampled_from([4, 5, 6, 12]), st.integers(1, 30))
RECEIVED = st.builds(
    lambda day, minute: datetime.combine(day, time(), UTC) + minute * MINUTE,
    DAYS | NEAR_A_SWITCH | FESTIVE,
    st.integers(0, 1439),
)
DURATIONS = st.one_of(
    st.integers(1, 6).map(lambda days: parse_duration(f"{days} working days")),
    st.integers(1, 80).map(lambda quarters: parse_duration(f"{quarters / 4} working hours")),
)
ZONES = st.sampled_from([BERLIN, BERLIN, BERLIN, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/New_York")])


@st.composite
def offices(draw: st.DrawFn, received: datetime) -> tuple[Calendar, str]:
    state = draw(st.sampled_from(STATES))
    usual = draw(spans_of_a_day().filter(bool))
    # On two days at least, so that sixty days hold what is asked for.
    week = tuple(usual if weekday < 2 else draw(spans_of_a_day()) for weekday in range(7))
    near = st.integers(0, 12).map(lambda days: received.date() + timedelta(days=days))
    calendar = Calendar(
        zone=draw(ZONES),
        week=week,
        holidays=f"DE-{state}",
        days_off=draw(st.frozensets(near, max_size=3)),
        half_days=draw(st.dictionaries(near, spans_of_a_day(), max_size=2)),
    )
    return calendar, state


@settings(deadline=None, max_examples=200)
@given(st.data(), RECEIVED, DURATIONS)
def test_due_moments_are_those_of_a_slow_calculation(data: st.DataObject, received: datetime, length: Duration) -> None:
    """Ten years, all sixteen states, both changes of the clocks, hours at any time of day and night."""
    calendar, state = data.draw(offices(received))
    slow = Slow(calendar, state)
    due = calendar.due(received, length)
    assert due == slow.due(received, length)
    assert calendar.working_time(received, due) == slow.working_minutes(received, due) * MINUTE
    assert calendar.worked(received, calendar.working_time(received, due)) <= max(due, calendar.next_opening(received))
    assert calendar.is_open(received) == (received in slow.open_minutes(received.astimezone(calendar.zone).date()))


@pytest.mark.parametrize("state", STATES)
def test_every_working_day_of_ten_years_is_that_of_the_library(state: str) -> None:
    calendar, known = office(holidays=f"DE-{state}"), holidays_of(state)
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(3653)]
    assert [calendar.is_working_day(day) for day in days] == [day.weekday() < 5 and day not in known for day in days]


@given(RECEIVED, st.integers(0, 20_000), DURATIONS)
@example(at("2026-11-26 16:00"), 40, parse_duration("1 working day"))
def test_what_came_later_is_never_due_earlier(received: datetime, minutes: int, duration: Duration) -> None:
    calendar = office("8-12 13-16:30|8-16:30|10-18|8-16:30|8-15||")
    assert calendar.due(received, duration) <= calendar.due(received + minutes * MINUTE, duration)
