"""What a configuration means."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedichat import app
from fedichat.clock import SystemClock
from fedichat.config.loading import load_config
from fedichat.domain.names import UserId
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.ticket import Priority
from fedichat.domain.time.calendar import Span
from fedichat.domain.time.duration import parse_duration
from fedichat.domain.time.rota import Handover
from tests.config.trees import BOSS, EXAMPLE, ROOT, SECRETS, Tree, account, good, matrix, problems, tree


def test_the_smallest_configuration_gets_careful_defaults(tmp_path: Path) -> None:
    config = good(tree(), tmp_path)
    assert (config.language, config.timezone) == ("en", ZoneInfo("UTC"))
    assert config.database == tmp_path / "fedichat.db"
    assert config.database_url == f"sqlite+aiosqlite:///{tmp_path}/fedichat.db"
    assert config.matrix.store == tmp_path / "matrix-store"
    assert (config.publishing.confirm, config.publishing.undo_seconds) == ("always", 10)
    assert (config.publishing.four_eyes.answers, config.publishing.four_eyes.planned) == (False, True)
    assert (config.retention.text_days, config.retention.history_days) == (90, 730)
    assert (config.commands.prefix, config.commands.max_age) == ("!", timedelta(hours=1))
    assert config.reactions is None  # as the commands declare, see tests/chat/test_commands.py
    assert config.trusted_servers == {"example.org"}
    assert (config.matrix.devices, config.matrix.confirm) == ("signed", "tap")
    assert config.warnings == ()


def test_the_example_loads_and_means_what_it_says(tmp_path: Path) -> None:
    config = load_config(EXAMPLE, SECRETS)
    assert config.timezone == ZoneInfo("Europe/Berlin")
    assert config.database == ROOT / "fedichat.db"
    assert config.matrix.password is not None
    assert config.matrix.password.get_secret_value() == "Sehr/geheim 1!"
    assert config.accounts["bsi"].access_token.get_secret_value() == "t0ken-of-bsi"
    assert config.sla is not None
    assert config.sla.first_response == parse_duration("2 working days")
    assert config.sla.remind_at == (50, 80)
    assert config.working_hours is not None
    assert config.working_hours.week[4] == (Span(time(8), time(15)),)
    assert config.working_hours.week[5] == ()
    assert config.working_hours.days_off == {date(2026, 12, 24)}
    assert config.working_hours.half_days == {date(2026, 12, 31): (Span(time(8), time(12)),)}
    assert config.calendar.is_working_day(date(2026, 12, 31))
    assert not config.calendar.is_working_day(date(2026, 12, 25))
    assert config.duty is not None
    assert config.duty.handover == Handover(0, time(9))
    assert config.users[UserId("@ana:example.org")].deny == {"publish"}
    assert config.warnings == ()


def test_an_office_without_hours_is_open_from_nine_to_five_on_weekdays() -> None:
    calendar = good(tree()).calendar
    assert calendar.week == ((Span(time(9), time(17)),),) * 5 + ((), ())
    assert calendar.is_working_day(date(2026, 12, 25))


def test_policies_take_from_the_usual_promise_what_they_leave_out() -> None:
    usual, urgent = {"first_response": "2 Arbeitstage", "resolution": "9 Arbeitstage", "remind_at": ["70%"]}, "4 hours"
    policies = [{"priority": "urgent", "first_response": urgent}, {"label": ["Presse", "wahl"], "remind_at": []}]
    config = good(tree(sla=usual | {"policies": policies}))
    one, two, rest = config.promises().policies
    assert (one.first_response, one.resolution) == (parse_duration(urgent), parse_duration("9 working days"))
    assert one.priorities == {Priority.URGENT}
    assert (one.remind_at, one.offer_interim_at) == ((70,), 90)
    assert two.labels == {"presse", "wahl"}
    assert (two.first_response, two.remind_at) == (rest.first_response, ())
    assert (rest.priorities, rest.labels, rest.visibilities, rest.accounts) == (frozenset(),) * 4


def test_rooms_are_roles_each_with_its_language() -> None:
    assert load_config(EXAMPLE, SECRETS).rooms() == (
        RoomRole(RoomKind.TEAM, "#social:example.org", account="bsi", language="en"),
        RoomRole(RoomKind.DIRECT, "#social-direct:example.org", account="bsi", language="de"),
        RoomRole(RoomKind.DEPARTMENT, "#krypto:example.org", department="krypto", language="en"),
        RoomRole(RoomKind.SUPERVISORS, "#leitung:example.org", language="en"),
    )


def test_rooms_speak_the_office_s_language_unless_told_otherwise() -> None:
    rooms = {"team": {"room": "#a:b.org", "language": "en"}, "direct": "!opaque:b.org"}
    config = good(account(rooms=rooms) | {"language": "de"})
    assert [(role.given, role.language) for role in config.rooms()] == [
        ("#a:b.org", "en"),
        ("!opaque:b.org", "de"),
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://social.example.org/", "https://social.example.org"),
        ("HTTPS://Social.Example.org", "https://social.example.org"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_addresses_are_kept_bare(given: str, kept: str) -> None:
    assert good(account(instance=given)).accounts["bsi"].instance == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("wss://streaming.example.org/", "wss://streaming.example.org"),
        ("WSS://Streaming.Example.org:444", "wss://streaming.example.org:444"),
    ],
)
def test_the_host_of_a_stream_is_kept_bare(given: str, kept: str) -> None:
    assert good(account(streaming=given)).accounts["bsi"].streaming == kept
    assert good(account()).accounts["bsi"].streaming is None


@pytest.mark.parametrize(
    "given",
    [
        "streaming.example.org",
        "https://streaming.example.org",
        "ws://streaming.example.org",
        "wss://me:geheim99@streaming.example.org",
        "wss://streaming.example.org/api",
        "wss://",
        "wss://[::1",
    ],
)
def test_a_stream_that_would_not_be_safe_is_refused(given: str) -> None:
    (problem,) = problems(account(streaming=given))
    assert problem == (
        "accounts.bsi.streaming: this is not an address for streaming; write only the server, like "
        "“wss://streaming.example.org” (ws is only for this machine)"
    )


def test_a_stream_is_as_safe_as_its_instance() -> None:
    (problem,) = problems(account(streaming="ws://localhost:4000"))
    assert problem == "accounts.bsi: streaming must begin with wss://, because the instance is reached by https"
    tree = account(instance="http://127.0.0.1:3000", streaming="ws://localhost:4000")
    assert good(tree).accounts["bsi"].streaming == "ws://localhost:4000"


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ("08:00-16:30", (Span(time(8), time(16, 30)),)),
        ("8:00 – 16:30", (Span(time(8), time(16, 30)),)),
        ("13:00-17:00, 08:00-12:00", (Span(time(8), time(12)), Span(time(13), time(17)))),
        (["08:00-12:00", "12:00-24:00"], (Span(time(8), time(12)), Span(time(12), time(0)))),
    ],
)
def test_a_day_may_have_several_spans(hours: object, spans: tuple[Span, ...]) -> None:
    config = good(tree(working_hours={"mon": hours}))
    assert config.working_hours is not None
    assert config.working_hours.mon == spans


def test_reactions_and_commands_are_kept_as_they_are_compared() -> None:
    config = good(tree(reactions={"👁️": "Claim", "👍🏽": "übernehmen"}))
    assert config.reactions == {"👁": "claim", "👍": "übernehmen"}


def test_trusted_servers_are_what_was_given() -> None:
    config = good(matrix(trusted_servers=["example.org", "partner.example:8448"]))
    assert config.trusted_servers == {"example.org", "partner.example:8448"}


@pytest.mark.parametrize("given", ["sqlite:///data.db", "sqlite+aiosqlite:///data.db", "data.db", "./data.db"])
def test_a_database_is_a_file_beside_the_configuration(given: str, tmp_path: Path) -> None:
    assert good(tree(database=given), tmp_path).database == tmp_path / "data.db"


def test_a_database_may_be_anywhere(tmp_path: Path) -> None:
    assert good(tree(database=f"sqlite:///{tmp_path}/x.db"), ROOT).database == tmp_path / "x.db"


@pytest.mark.parametrize(("devices", "signed_only"), [({}, True), ({"devices": "all"}, False)])
def test_only_signed_devices_are_listened_to_unless_the_office_wants_all(
    monkeypatch: pytest.MonkeyPatch, devices: dict[str, str], signed_only: bool
) -> None:
    built: list[Mapping[str, object]] = []
    monkeypatch.setattr(app, "Matrix", lambda **settings: built.append(settings))
    app.matrix_of(good(matrix(**devices)), SystemClock())
    assert [one["signed_only"] for one in built] == [signed_only]


@pytest.mark.parametrize(
    ("given", "weekday"),
    [({}, 0), ({"weekly": "Freitag"}, 4), ({"weekly": "nie"}, None), ({"weekly": False}, None), ({"weekly": "sun"}, 6)],
)
def test_the_weekly_digest_has_its_day_or_never_comes(given: Tree, weekday: int | None) -> None:
    digest = good(tree(supervisors=BOSS, digest=given)).digest
    assert digest is not None
    assert digest.weekly == weekday
    assert (digest.monthly, digest.by_person, digest.chart) == (True, False, True)
