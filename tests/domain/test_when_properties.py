"""Moments in plain words, tried at random: echoes that mean themselves, phrases made of pieces, and nonsense."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from fedichat.domain.time.when import (
    Ambiguous,
    Day,
    Instant,
    Recurring,
    Refused,
    When,
    echo_rule,
    next_after,
    read_when,
    typed,
)
from fedichat.text.i18n import language
from scripts import times

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo",
                                     "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")]  # fmt: skip
PHRASES = [phrase.text for name in times.NAMES for phrase in times.load(name)]
WORDS = sorted({word for text in PHRASES for word in text.split()})

without_haste = settings(deadline=None)  # how long it takes is measured in benchmarks/
zones = st.sampled_from(ZONES)
codes = st.sampled_from(["de", "en"])
nows = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC by `timezones`
jumbles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
texts = st.text(max_size=50) | st.sampled_from(PHRASES) | jumbles | st.from_regex(
    r"[0-9]{1,4}[. :/-][0-9]{1,2}[. :/-]?[a-z]{0,6} ?[0-9:]{0,5}", fullmatch=True
)  # fmt: skip


def echoed(read: When, now: datetime, zone: ZoneInfo, code: str) -> When | None:
    """What the echo of an answer is read as."""
    t = language(code)
    match read:
        case Instant(at):
            return read_when(t.moment(at, zone, seconds=at.second != 0), now, zone, code)
        case Day(day):
            return read_when(t.day(day), now, zone, code)
        case Recurring(rule, _):
            return read_when(echo_rule(rule, code), now, zone, code)
        case _:
            return None


@without_haste
@given(texts, nows, zones, codes)
def test_whatever_is_written_is_ahead_and_echoes_to_itself_or_is_refused(
    text: str, now: datetime, zone: ZoneInfo, code: str
) -> None:
    read = read_when(text, now, zone, code)
    match read:
        case Instant(at):
            assert at > now
            assert at.tzinfo is UTC
        case Day(day):
            assert day >= now.astimezone(zone).date()
        case Recurring(rule, first):
            assert now < first == next_after(rule, now, zone)
        case Ambiguous(candidates, _):
            assert len(set(candidates)) == len(candidates)
            for at in candidates:
                assert at > now
                assert read_when(typed(at, zone), now, zone, code) == Instant(at)
        case _:
            assert isinstance(read, Refused)
    assert echoed(read, now, zone, code) in {None, read} if not isinstance(read, Ambiguous | Refused) else True


@without_haste
@given(st.integers(60, 2 * 365 * 86_400), nows, zones, codes)
def test_every_moment_ahead_echoes_to_itself_with_its_distance_or_without(
    seconds: int, now: datetime, zone: ZoneInfo, code: str
) -> None:
    at = (now + timedelta(seconds=seconds)).replace(second=0, microsecond=0)
    if at <= now:
        return
    echo = language(code).moment(at, zone)
    assert read_when(echo, now, zone, code) == Instant(at)
    distance = f"(in {seconds // 3600} Std.)" if code == "de" else f"(in {seconds // 3600} hours)"
    assert read_when(f"{echo} {distance}", now, zone, code) == Instant(at)
    bare = read_when(echo.rpartition(" ")[0], now, zone, code)
    assert bare == Instant(at) or (isinstance(bare, Ambiguous) and at in bare.candidates)


# --- phrases made of pieces, and an independent calculation ---

_DAYS = {"heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "übermorgen": 2, "the day after tomorrow": 2}
_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()  # noqa: SIM905 - reads better
_MONTHS_EN = "January February March April May June July August September October November December".split()  # noqa: SIM905


@st.composite
def clocks(draw: st.DrawFn) -> tuple[str, time]:
    hour, minute = draw(st.integers(0, 23)), draw(st.integers(0, 59))
    at = time(hour, minute)
    half = "am" if hour < 12 else "pm"
    forms = [f"{hour}:{minute:02}", f"um {hour:02}:{minute:02}", f"{hour}.{minute:02} Uhr", f"{hour} Uhr {minute:02}",
             f"{hour % 12 or 12}:{minute:02}{half}", f"at {hour:02}:{minute:02}"]  # fmt: skip
    if minute == 0:
        forms += [f"{hour} Uhr", f"um {hour} Uhr", f"{hour % 12 or 12}{half}", f"at {hour % 12 or 12}{half}"]
    return draw(st.sampled_from(forms)), at


@st.composite
def days(draw: st.DrawFn, today: date) -> tuple[str, date]:
    match draw(st.sampled_from(["relative", "dated", "ahead"])):
        case "relative":
            word = draw(st.sampled_from(sorted(_DAYS)))
            return word, today + timedelta(days=_DAYS[word])
        case "ahead":
            many = draw(st.integers(1, 40))
            word = draw(st.sampled_from([f"in {many} Tagen", f"in {many} days"]))
            return word, today + timedelta(days=many)
        case _:
            day = today + timedelta(days=draw(st.integers(0, 700)))
            german, english = _MONTHS_DE[day.month - 1], _MONTHS_EN[day.month - 1]
            forms = [f"{day.day}.{day.month}.{day.year}", f"am {day:%d.%m.%Y}", f"{day}",
                     f"{day.day}. {german} {day.year}",
                     f"{english} {day.day}, {day.year}", f"{day.day} {english[:3]} {day.year}",
                     f"{day:%A}, {day.day} {english} {day.year}"]  # fmt: skip
            return draw(st.sampled_from(forms)), day


def moments_at(day: date, at: time, zone: ZoneInfo) -> set[datetime]:
    """Every quarter of an hour around that day, looked at one by one: those at which the clocks show that time."""
    start = datetime.combine(day, at, UTC) - timedelta(hours=15)
    every = (start + timedelta(minutes=15 * number) for number in range(120))
    return {moment for moment in every if moment.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, at)}


@without_haste
@given(st.data(), nows, st.booleans(), codes)
def test_a_phrase_made_of_a_day_and_a_time_is_that_moment(
    data: st.DataObject, now: datetime, time_first: bool, code: str
) -> None:
    day_words, day = data.draw(days(now.astimezone(BERLIN).date()))
    clock_words, at = data.draw(clocks())
    # "9 Uhr 24 December" is the 24th, and nobody knows.
    time_first = time_first and day_words[0].isalpha() and not re.search(r"Uhr \d", clock_words)
    text = f"{clock_words} {day_words}" if time_first else f"{day_words} {clock_words}"
    read = read_when(text, now, BERLIN, code)
    ahead = {moment for moment in moments_at(day, at, BERLIN) if moment > now}
    if len(ahead) == 1:
        assert read == Instant(ahead.pop())
    elif ahead:
        assert isinstance(read, Ambiguous)
        assert set(read.candidates) == ahead
    else:
        assert isinstance(read, Refused)


@without_haste
@given(nows, st.integers(0, 6), clocks(), codes)
def test_a_weekday_is_the_coming_one(now: datetime, weekday: int, clock: tuple[str, time], code: str) -> None:
    words, at = clock
    name = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()[weekday]  # noqa: SIM905
    read = read_when(f"{name} {words}", now, BERLIN, code)
    today = now.astimezone(BERLIN).date()
    candidates = [day for day in (today + timedelta(days=n) for n in range(8)) if day.weekday() == weekday]
    ahead = {moment for day in candidates for moment in moments_at(day, at, BERLIN) if moment > now}
    if isinstance(read, Instant):
        assert {read.at} == ahead
    elif isinstance(read, Ambiguous):
        assert set(read.candidates) == ahead
    else:
        assert ahead == set()


@without_haste
@given(nows, st.sampled_from(["daily", "weekly", "monthly", "last"]), st.integers(1, 28), clocks(), zones)
def test_a_recurrence_comes_whenever_the_clocks_show_its_time(
    now: datetime, often: str, number: int, clock: tuple[str, time], zone: ZoneInfo
) -> None:
    words, at = clock
    weekday = number % 7
    name = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()[weekday]  # noqa: SIM905
    text = {
        "daily": f"daily {words}",
        "weekly": f"every {name} {words}",
        "monthly": f"am {number}. jedes Monats {words}",
        "last": f"on the last day of every month {words}",
    }[often]

    def fits(day: date) -> bool:
        last = monthrange(day.year, day.month)[1]
        of_month = {"monthly": day.day == number, "last": day.day == last}
        return (of_month | {"daily": True, "weekly": day.weekday() == weekday})[often]

    read = read_when(text, now, zone, "en")
    assert isinstance(read, Recurring)
    expected = [
        min(shown)
        for day in (now.astimezone(zone).date() + timedelta(days=n) for n in range(-1, 130))
        if fits(day) and (shown := moments_at(day, at, zone))
    ]
    found: list[datetime] = []
    while len(found) < 3 and (following := next_after(read.rule, found[-1] if found else now, zone)):
        found.append(following)
    exact = [moment for moment in found if moment.astimezone(zone).time() == at]
    ahead = [moment for moment in expected if moment > now]
    assert exact == [moment for moment in ahead if moment <= found[-1]][: len(exact)]
