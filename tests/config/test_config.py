"""The configuration: what an operator may write, and what they are told when it is wrong."""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from fedichat import app
from fedichat.clock import SystemClock
from fedichat.config.loading import config_from, load_config
from fedichat.config.model import Config
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.domain.tickets.ticket import Priority
from fedichat.domain.time.calendar import Span
from fedichat.domain.time.duration import parse_duration
from fedichat.domain.time.rota import Handover
from fedichat.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config.example.yaml"
SECRETS = {"FEDICHAT_MATRIX_PASSWORD": "Sehr/geheim 1!", "FEDICHAT_BSI_TOKEN": "t0ken-of-bsi"}
QUOTED = "in quotation marks"
SLIP = "geheim99"

Tree = dict[str, Any]


def tree(**changes: object) -> Tree:
    """The smallest good configuration, with top-level keys changed (None takes one away)."""
    smallest: Tree = {
        "matrix": {
            "homeserver": "https://matrix.example.org",
            "user": "@fedichat:example.org",
            "password": "Sehr/geheim 1!",
        },
        "accounts": {
            "bsi": {
                "instance": "https://social.example.org",
                "access_token": "t0ken-of-bsi",
                "rooms": {"team": "#social:example.org"},
            }
        },
    }
    return {key: value for key, value in (smallest | changes).items() if value is not None}


def matrix(**changes: object) -> Tree:
    changed = tree()["matrix"] | changes
    return tree(matrix={key: value for key, value in changed.items() if value is not None})


def account(**changes: object) -> Tree:
    changed = tree()["accounts"]["bsi"] | changes
    return tree(accounts={"bsi": {key: value for key, value in changed.items() if value is not None}})


def problems(config: Tree, folder: Path = ROOT, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        config_from(config, folder, environ or {})
    return [str(problem) for problem in refused.value.problems]


def good(config: Tree, folder: Path = ROOT, environ: Mapping[str, str] | None = None) -> Config:
    return config_from(config, folder, environ or {})


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "fedichat.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


# --- what is right -----------------------------------------------------------------------------------------


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
    assert config.reactions == {"👀": "claim", "🙈": "ignore", "🆘": "escalate", "🔔": "snooze"}
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
    assert config.users["@ana:example.org"].deny == {"publish"}
    assert config.warnings == ()


def test_an_office_without_hours_is_open_from_nine_to_five_on_weekdays() -> None:
    calendar = good(tree()).calendar
    assert calendar.week == ((Span(time(9), time(17)),),) * 5 + ((), ())
    assert calendar.is_working_day(date(2026, 12, 25))


def test_promises_without_hours_deserve_a_look() -> None:
    config = good(tree(sla={"first_response": "2 working days"}))
    assert [str(one) for one in config.warnings] == [
        "working_hours: is not given, so promises count Monday to Friday, 09:00-17:00, on holidays too"
    ]


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
        "accounts.bsi.streaming: this is no address for streaming; write only the server, like "
        "“wss://streaming.example.org” (ws is for this machine only)"
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


# --- what is wrong -----------------------------------------------------------------------------------------

BOSS = {"room": "#boss:example.org"}
NO_ROOM = "it looks like “#team:example.org” or “!AbC123:example.org”"
BAD_INPUT: list[tuple[Tree, str]] = [
    # what must be there
    ({}, "matrix: is missing; for example: homeserver, user, password"),
    (
        tree(accounts={}),
        "accounts: is empty; at least one is needed; for example: bsi, with instance, access_token, rooms",
    ),
    (matrix(homeserver=None), "matrix.homeserver: is missing; for example: https://matrix.example.org"),
    (account(rooms={}), "accounts.bsi.rooms.team: is missing; for example: “#team:example.org”"),
    (
        account(access_token=None),
        (
            "accounts.bsi.access_token: is missing; "
            "for example: ${FEDICHAT_TOKEN}, or access_token_file with a file's name"
        ),
    ),
    (
        tree(supervisors="#x:y.org"),
        "supervisors: must be a group of keys; for example: {room: “#leitung:example.org”}",
    ),
    (
        tree(publishing=None) | {"publishing": None},
        "publishing: is empty; give it a value, or leave the key out",
    ),
    # unknown keys
    (tree(timzone="UTC"), "timzone: is no key; did you mean “timezone”?"),
    (tree(poll_seconds=5), "poll_seconds: is no key here; it belongs under accounts.<name>"),
    (matrix(database="x"), "matrix.database: is no key here; it stands at the top"),
    (
        tree(sla={"first_response": "2 days", "policies": [{"frist_response": "1 hour"}]}),
        "sla.policies[0].frist_response: is no key; did you mean “first_response”?",
    ),
    (
        tree(publishing={"grace": "a while"}),
        "publishing.grace: “a while” is no duration; write a number and a unit, such as “90 minutes” or “2 days”",
    ),
    (matrix(pasword_file="x"), "matrix.pasword_file: is no key; did you mean “password_file”?"),
    (
        tree(supervisors=BOSS, digest={"when": "x"}),
        "digest.when: is no key; the keys here are at, weekly, monthly, by_person, chart",
    ),
    # the basics
    (tree(language="fr"), "language: must be 'en' or 'de'"),
    (tree(timezone="Berlin"), "timezone: “Berlin” is no time zone; did you mean “Europe/Berlin”?"),
    (
        tree(timezone="Europe/Brelin"),
        "timezone: “Europe/Brelin” is no time zone; did you mean “Europe/Berlin”?",
    ),
    (tree(timezone="+01:00"), "timezone: “+01:00” is no time zone; write it like “Europe/Berlin”"),
    (
        tree(timezone="../../etc/passwd"),
        "timezone: “../../etc/passwd” is no time zone; write it like “Europe/Berlin”",
    ),
    (tree(timezone=1), "timezone: must be a time zone such as Europe/Berlin"),
    # the database
    (
        tree(database="postgresql+asyncpg://db/x"),
        "database: PostgreSQL is not supported yet; give the path of a file, such as “fedichat.db”",
    ),
    (
        tree(database="mysql://db/x"),
        "database: only SQLite is supported; give the path of a file, such as “fedichat.db”",
    ),
    (
        tree(database=":memory:"),
        "database: must be the path of a file, such as “fedichat.db”, without “?” or “:memory:”",
    ),
    (tree(database=7), "database: must be text: a path"),
    # Matrix
    (
        matrix(homeserver="matrix.example.org"),
        "matrix.homeserver: “matrix.example.org” is no address; write it like “https://matrix.example.org”",
    ),
    (
        matrix(homeserver="http://matrix.example.org"),
        (
            "matrix.homeserver: “http://matrix.example.org” would send the password in the clear; "
            "use https (http is for this machine only)"
        ),
    ),
    (
        matrix(homeserver="https://m.example.org/_matrix/client"),
        "matrix.homeserver: only the server is wanted, without what follows it: “https://m.example.org”",
    ),
    (
        matrix(homeserver="https://bot:geheim99@m.example.org"),
        "matrix.homeserver: an address must not hold a user name or password; those have keys of their own",
    ),
    (
        matrix(homeserver="https://m.example.org:port"),
        "matrix.homeserver: this is no address; write it like “https://social.example.org”",
    ),
    (
        matrix(user="fedichat"),
        "matrix.user: “fedichat” is no Matrix user id; it looks like “@name:example.org”",
    ),
    (
        matrix(user=None, trusted_servers=["@a:example.org"]),
        (
            "matrix.trusted_servers[0]: “@a:example.org” is no server name; "
            "it stands behind the colon of user ids, such as “example.org”"
        ),
    ),
    (matrix(devices="verified"), "matrix.devices: must be 'signed' or 'all'"),
    (matrix(confirm="words"), "matrix.confirm: must be 'tap' or 'typed'"),
    (
        matrix(password=None),
        "matrix: needs password (or password_file), or access_token (or access_token_file) with device_id",
    ),
    (
        matrix(access_token="x1", device_id="D"),
        "matrix: has both a password and an access token; one of them is enough",
    ),
    (
        matrix(password=None, access_token="x1"),
        "matrix.device_id: is missing; an access token belongs to a device, and its id is needed too",
    ),
    (
        matrix(device_id="D"),
        "matrix.device_id: belongs to an access token; with a password the device is made at login",
    ),
    (matrix(password=12345678), f"matrix.password: must be text ({QUOTED} if it is all digits)"),
    (matrix(password="  "), "matrix.password: is empty"),
    (
        matrix(password="a\nb"),
        "matrix.password: holds a line break or another control character; it is one line of text",
    ),
    # accounts and rooms
    (
        tree(accounts={"b si": tree()["accounts"]["bsi"]}),
        "accounts.b si: “b si” cannot be typed in a command; use letters a-z, digits, - and _",
    ),
    (account(poll_seconds=0), "accounts.bsi.poll_seconds: must be at least 1"),
    (account(poll_seconds="often"), "accounts.bsi.poll_seconds: must be a number"),
    (account(rooms={"team": "social"}), f"accounts.bsi.rooms.team: “social” is no room; {NO_ROOM}"),
    (account(rooms={"team": "!short"}), f"accounts.bsi.rooms.team: “!short” is no room; {NO_ROOM}"),
    (
        account(rooms={"team": None}),
        (
            f"accounts.bsi.rooms.team: is empty; an alias or id {QUOTED} (else YAML "
            "takes the # for a comment), "
            "such as “#team:example.org” is wanted"
        ),
    ),
    (
        account(rooms={"team": {"room": "#a:b.org", "langauge": "de"}}),
        "accounts.bsi.rooms.team.langauge: is no key; did you mean “language”?",
    ),
    (
        account(rooms={"team": "#a:b.org", "direct": "#a:b.org"}),
        "accounts.bsi.rooms.direct: “#a:b.org” is accounts.bsi.rooms.team already; a room has one role",
    ),
    (
        tree(supervisors={"room": {"room": "#social:example.org"}}),
        "supervisors.room: “#social:example.org” is accounts.bsi.rooms.team already; a room has one role",
    ),
    (
        tree(accounts=tree()["accounts"] | {"two": tree()["accounts"]["bsi"] | {"rooms": {"team": "#b:b.org"}}}),
        "accounts.two.access_token: is the token of accounts.bsi already; each account has its own",
    ),
    (
        tree(departments={"k": {"room": "#k:b.org", "name": "K", "keywords": [7]}}),
        f"departments.k.keywords[0]: must be a word ({QUOTED} if it is a number)",
    ),
    (
        tree(departments={"k": {"room": "#k:b.org", "name": None}}),
        "departments.k.name: is empty; text is wanted",
    ),
    # publishing
    (
        tree(publishing={"confirm": "never"}),
        "publishing.confirm: only “always” is possible: nothing is published without somebody's confirmation",
    ),
    (tree(publishing={"undo_seconds": "10 s"}), "publishing.undo_seconds: must be a whole number"),
    (tree(publishing={"undo_seconds": 601}), "publishing.undo_seconds: must be at most 600"),
    (tree(publishing={"four_eyes": {"answers": 3}}), "publishing.four_eyes.answers: must be true or false"),
    (tree(publishing=True), "publishing: must be a group of keys"),
    # time
    (
        tree(sla={"first_response": "2 Werktage"}),
        ("sla.first_response: “2 Werktage” would count Saturdays; write “Arbeitstage” for the office's working days"),
    ),
    (tree(sla={"first_response": 2}), "sla.first_response: must be a duration such as “2 working days”"),
    (
        tree(sla={"first_response": "1 h", "remind_at": ["50%", "120%"]}),
        "sla.remind_at[1]: “120%” is no share of the time; write it like “50%”, between 1% and 99%",
    ),
    (tree(sla={"first_response": "1 h", "remind_at": [50]}), "sla.remind_at[0]: must be a share such as 50%"),
    (
        tree(sla={"first_response": "1 h", "remind_at": ["80%", "50%"]}),
        "sla: remind_at must go upwards, such as [50%, 80%]",
    ),
    (
        tree(sla={"first_response": "1 h", "remind_at": "50%"}),
        "sla.remind_at: must be a list, such as [one, two]",
    ),
    (
        tree(working_hours={"mon": "16:00-08:00"}),
        "working_hours.mon: “16:00-08:00” ends before it begins; write it like “08:00-16:30”",
    ),
    (
        tree(working_hours={"mon": "16:00-0:00"}),
        ("working_hours.mon: “16:00-0:00” ends before it begins; midnight at the end of the day is written 24:00"),
    ),
    (
        tree(working_hours={"mon": "all day"}),
        ("working_hours.mon: “all day” is no span of hours; write it like “08:00-16:30”, several with commas between"),
    ),
    (
        tree(working_hours={"mon": ["08:00-12:00", "11:00-13:00"]}),
        "working_hours.mon: 08:00-12:00 and 11:00-13:00 overlap",
    ),
    (
        tree(working_hours={"mon": "08:00-25:00"}),
        "working_hours.mon: “25:00” is no time of day; write it like “08:30”",
    ),
    (
        tree(working_hours={"mon": None}),
        ("working_hours.mon: must be hours, such as “08:00-16:30”; leave the day out when the office is closed"),
    ),
    (
        tree(working_hours={"holidays": "de_nw"}),
        "working_hours.holidays: “de_nw” is no country or state; did you mean “DE-NW”?",
    ),
    (
        tree(working_hours={"holidays": "Germany"}),
        "working_hours.holidays: “Germany” is no country or state; write it like “DE” or “DE-NW”",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"first_response": "1 day"}]}),
        ("sla.policies[0]: needs account, priority, label or visibility: what holds for all stands in sla itself"),
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"priority": "soon"}]}),
        "sla.policies[0].priority: must be 'urgent', 'high', 'normal' or 'low'",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"account": "bsy"}]}),
        "sla.policies[0].account: there is no account “bsy”",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"label": "x", "remind_at": ["80%", "50%"]}]}),
        "sla.policies[0]: remind_at must go upwards, such as [50%, 80%]",
    ),
    (
        tree(working_hours={"holidays": "DE-XX"}),
        (
            "working_hours.holidays: “DE-XX” is no state whose holidays are known; "
            "those of DE are BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH"
        ),
    ),
    (
        tree(working_hours={"holidays": "QQ"}),
        "working_hours.holidays: “QQ” is no country whose holidays are known",
    ),
    (
        tree(working_hours={"holidays": "DE-NW"}),
        "working_hours: needs hours on at least one day of the week, such as mon: “08:00-16:30”",
    ),
    (
        tree(working_hours={"mon": "08:00-16:30", "half_days": {"2026-02-30": "08:00-12:00"}}),
        "working_hours.half_days.2026-02-30: must be a day that exists, such as 2026-12-24",
    ),
    (
        tree(working_hours={"mon": "08:00-16:30", "half_days": {"2026-12-24": "morning"}}),
        (
            "working_hours.half_days.2026-12-24: “morning” is no span of hours; "
            "write it like “08:00-16:30”, several with commas between"
        ),
    ),
    (
        tree(working_hours={"mon": "8:00-9:00", "days_off": ["2026-12-24"], "half_days": {"2026-12-24": "8:00-9:00"}}),
        "working_hours: 2026-12-24 stands in both days_off and half_days; keep one of them",
    ),
    (
        tree(working_hours={"days_off": ["2026-02-30"]}),
        "working_hours.days_off[0]: must be a day that exists, such as 2026-12-24",
    ),
    (tree(supervisors=BOSS, digest={"at": "9"}), "digest.at: “9” is no time of day; write it like “08:30”"),
    (
        tree(supervisors=BOSS, digest={"weekly": "daily"}),
        "digest.weekly: “daily” is no weekday; write it like “mon”, or “never”",
    ),
    (tree(supervisors=BOSS, digest={"weekly": [1]}), "digest.weekly: must be a weekday such as “mon”, or “never”"),
    (tree(digest={"at": "08:30"}), "digest: needs supervisors.room: that is where it comes"),
    (
        tree(duty={"rotation": ["ana"]}),
        "duty.rotation[0]: “ana” is no Matrix user id; it looks like “@name:example.org”",
    ),
    (
        tree(duty={"rotation": []}),
        ("duty.rotation: is empty; at least one is needed; for example: [“@ana:example.org”, “@ben:example.org”]"),
    ),
    (
        tree(duty={"rotation": ["@a:b.org"], "handover": "monday"}),
        "duty.handover: “monday” is no weekly moment; write it like “mon 09:00”",
    ),
    (
        tree(duty={"rotation": ["@a:b.org"], "handover": "someday 9:00"}),
        "duty.handover: “someday 9:00” is no weekly moment; write it like “mon 09:00”",
    ),
    (tree(retention={"text_days": 0}), "retention.text_days: must be at least 1"),
    (
        tree(retention={"text_days": 800}),
        "retention.history_days: must not be less than text_days (800): a text cannot outlive its history",
    ),
    # people and commands
    (tree(users={"ana": {}}), "users.ana: “ana” is no Matrix user id; it looks like “@name:example.org”"),
    (
        tree(users={"@ana:example.org": {"deny": ["!publish"]}}),
        "users.@ana:example.org.deny[0]: “!publish” is no command; write only its name: “publish”",
    ),
    (
        tree(commands={"prefix": "/"}),
        "commands.prefix: many clients keep “/” for commands of their own; take “!” or another sign",
    ),
    (
        tree(commands={"prefix": "bot "}),
        "commands.prefix: “bot ” cannot begin a command; use one to three signs such as “!”",
    ),
    (
        tree(commands={"max_age": "2 working days"}),
        ("commands.max_age: “2 working days” counts working time; a plain duration is needed here, such as “2 days”"),
    ),
    (tree(commands={"extra": ["./nowhere"]}), f"commands.extra[0]: there is no folder {ROOT}/nowhere"),
    (tree(reactions={"x": "claim"}), "reactions.x: “x” is no emoji; write it like 👀"),
    (tree(reactions={"👀": "!x"}), "reactions.👀: “!x” is no command; write only its name: “x”"),
]


@pytest.mark.parametrize(("config", "message"), BAD_INPUT, ids=[message for _, message in BAD_INPUT])
def test_bad_input_is_named_with_what_would_be_right(config: Tree, message: str) -> None:
    assert message in problems(config)


def test_every_problem_is_told_at_once() -> None:
    config = tree(
        language="fr",
        timezone="Berlin",
        databse="x",
        matrix={"user": "@fedichat:example.org", "password": "${NOT_THERE}"},
        supervisors={"room": "#social:example.org"},
        retention={"text_days": 9, "history_days": 3},
        users={"ana": {"deny": ["publish"]}},
    )
    assert [line.partition(": ")[0] for line in problems(config)] == [
        "matrix.password",
        "supervisors.room",
        "retention.history_days",
        "language",
        "timezone",
        "matrix.homeserver",
        "users.ana",
        "databse",
    ]


# --- the file ----------------------------------------------------------------------------------------------


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "fedichat.yaml", {})
    assert str(refused.value) == (
        f"there is no file {tmp_path}/fedichat.yaml; copy config.example.yaml to it, or name yours by --config"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the configuration is empty; config.example.yaml shows what belongs in it"),
        (
            "- a\n- b\n",
            ("the configuration does not consist of keys and values; config.example.yaml shows what belongs in it"),
        ),
        (
            "matrix:\n  user: @bot:example.org\n",
            (
                "line 2, column 9: a value that begins with this sign must be in quotation marks, "
                'such as user: "@name:example.org"'
            ),
        ),
        (
            "a:\n\tb: 1\n",
            "line 2, column 1: a tab stands where spaces are wanted; YAML is indented with spaces only",
        ),
        (
            "matrix: {password: ${PW}}\n",
            (
                "line 1, column 21: inside { } and [ ] commas part the values, "
                "and a value such as ${NAME} must be in quotation marks"
            ),
        ),
        (
            "a: b: c\n",
            (
                "line 1, column 5: a colon too many: a value that holds one needs quotation marks, "
                "and keys of a group indent alike"
            ),
        ),
        ("a: 'geheim\nb: 1\n", "line 1, column 4: a quotation mark is opened here and never closed"),
        ("a: [1, 2\n", "line 1, column 4: a bracket is opened here and never closed"),
        ("a: !room:x\n", "line 1, column 4: a value that begins with ! must be in quotation marks"),
        ("a: *geheim\n", "line 1, column 4: a value that begins with * must be in quotation marks"),
        (
            'a: "\\q"\n',
            "line 1, column 6: a backslash has a meaning in double quotation marks; use single ones",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "line 2, column 1: there must be only one document in the file; take the line “---” away",
        ),
        ("a: 1\nb: \x07\n", "line 2: a control character stands here; YAML allows none"),
    ],
)
def test_what_is_not_yaml_is_said_in_plain_words(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    assert [str(problem) for problem in refused.value.problems] == [message]


def test_keys_that_stand_twice_are_told_with_all_else(tmp_path: Path) -> None:
    text = "language: de\nmatrix:\n  password: geheim1\n  password: geheim2\nlanguage: fr\n"
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    lines = str(refused.value).splitlines()
    assert "matrix.password: stands twice, in lines 3 and 4; keep one of them" in lines
    assert "language: stands twice, in lines 1 and 5; keep one of them" in lines
    assert any(line.startswith("matrix.homeserver: is missing") for line in lines)
    assert "geheim" not in str(refused.value)


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    file = written(tmp_path, "")
    file.write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(file, {})


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: " + "[" * 50 + "]" * 50 + "\n"])
def test_endless_nesting_ends(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        load_config(written(tmp_path, text), {})


def test_times_and_words_stay_text_as_yaml_1_2_has_them(tmp_path: Path) -> None:
    text = (
        'supervisors: {room: "#b:b.org"}\ndigest: {at: 22:00, weekly: never}\n'
        'departments: {no: {room: "#no:b.org", name: Norge, keywords: [yes, off]}}\n'
    )
    file = written(tmp_path, text)
    yaml = YAML(typ="safe", pure=True)
    config = good(tree(**yaml.load(file.read_text(encoding="utf-8"))))
    assert config.digest is not None
    assert (config.digest.at, config.digest.weekly) == (time(22), None)
    assert config.departments["no"].keywords == ("yes", "off")


@pytest.mark.parametrize(
    ("given", "weekday"),
    [({}, 0), ({"weekly": "Freitag"}, 4), ({"weekly": "nie"}, None), ({"weekly": False}, None), ({"weekly": "sun"}, 6)],
)
def test_the_weekly_digest_has_its_day_or_never_comes(given: Tree, weekday: int | None) -> None:
    digest = good(tree(supervisors=BOSS, digest=given)).digest
    assert digest is not None
    assert digest.weekly == weekday
    assert (digest.monthly, digest.by_person, digest.chart) == (True, False, True)


# --- the environment and secrets ---------------------------------------------------------------------------


def test_the_environment_fills_in_anywhere() -> None:
    config = good(
        matrix(homeserver="https://${HOST}:8448", password="a$${b}${PW}$c"),
        environ={"HOST": "m.example.org", "PW": "geheim"},
    )
    assert config.matrix.homeserver == "https://m.example.org:8448"
    assert config.matrix.password is not None
    assert config.matrix.password.get_secret_value() == "a${b}geheim$c"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("${NOT_THERE}", "the environment variable NOT_THERE is not set"),
        (
            "${not closed",
            "holds “${” that begins no variable; write ${NAME}, or $${ for the signs themselves",
        ),
        ("${A:-b}", "holds “${” that begins no variable; write ${NAME}, or $${ for the signs themselves"),
    ],
)
def test_what_the_environment_lacks_is_told_once_with_its_key(value: str, message: str) -> None:
    assert problems(account(instance=value)) == [f"accounts.bsi.instance: {message}"]
    assert problems(matrix(password=value)) == [f"matrix.password: {message}"]


def test_an_empty_variable_is_an_empty_secret() -> None:
    assert problems(matrix(password="${PW}"), environ={"PW": ""}) == ["matrix.password: is empty"]


def test_who_needs_no_secrets_need_not_have_them(tmp_path: Path) -> None:
    config = account(access_token="${NOT_THERE}") | {"database": "${ALSO_NOT_THERE}"}
    config["matrix"] = matrix(password=None, password_file="/nowhere")["matrix"]
    file = written(tmp_path, json.dumps(config))
    with pytest.raises(ConfigError) as refused:
        load_config(file, {}, with_secrets=False)
    assert list(map(str, refused.value.problems)) == ["database: the environment variable ALSO_NOT_THERE is not set"]
    loaded = load_config(file, {"ALSO_NOT_THERE": "desk.db"}, with_secrets=False)
    assert {secret.get_secret_value() for secret in loaded.secrets()} == {"not read"}
    assert loaded.database == tmp_path / "desk.db"


def test_secrets_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    for name in ("pw", "token"):
        (tmp_path / name).write_text(f"geheim-{name}\n")
        (tmp_path / name).chmod(0o600)
    config_tree = matrix(password=None, password_file="pw")
    config_tree["accounts"] = account(access_token=None, access_token_file=str(tmp_path / "token"))["accounts"]
    config = good(config_tree, tmp_path)
    assert [secret.get_secret_value() for secret in config.secrets()] == ["geheim-pw", "geheim-token"]
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere", "matrix.password_file: {folder}/nowhere cannot be read: no such file or directory"),
        (".", "matrix.password_file: {folder} cannot be read: is a directory"),
        ("empty", "matrix.password_file: {folder}/empty is empty"),
        ("binary", "matrix.password_file: {folder}/binary is no text file"),
        (7, "matrix.password_file: must be the path of a file"),
        ("${NOT_THERE}", "matrix.password_file: the environment variable NOT_THERE is not set"),
    ],
)
def test_a_secret_s_file_that_cannot_be_used_is_told(given: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff")
    config = matrix(password=None, password_file=given)
    assert problems(config, tmp_path) == [message.format(folder=tmp_path)]


def test_a_secret_given_twice_is_told(tmp_path: Path) -> None:
    assert problems(matrix(password_file="pw"), tmp_path) == [
        "matrix.password_file: stands beside password; give one of them"
    ]


def test_files_with_secrets_that_others_can_read_are_warned_of(tmp_path: Path) -> None:
    secret = tmp_path / "pw"
    secret.write_text("geheim99")
    secret.chmod(0o644)
    config = good(matrix(password=None, password_file="pw"), tmp_path)
    assert [str(warning) for warning in config.warnings] == [
        f"matrix.password_file: {secret} can be read by others: chmod 600 {secret}"
    ]


def test_a_configuration_with_plain_secrets_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("${FEDICHAT_MATRIX_PASSWORD}", "geheim99")
    file = written(tmp_path, text)
    assert load_config(file, SECRETS).warnings == ()
    file.chmod(0o644)
    assert [str(warning) for warning in load_config(file, SECRETS).warnings] == [
        f"{file} holds secrets and can be read by others: chmod 600 {file}"
    ]


@pytest.mark.parametrize("devices", ["signed", "all"])
@pytest.mark.parametrize("confirm", ["tap", "typed"])
def test_typed_confirmations_of_devices_that_anybody_can_add_are_warned_of(devices: str, confirm: str) -> None:
    warnings = good(matrix(devices=devices, confirm=confirm)).warnings
    is_pointless = (devices, confirm) == ("all", "typed")
    assert [warning.key for warning in warnings] == (["matrix.devices"] if is_pointless else [])


@pytest.mark.parametrize(("devices", "signed_only"), [({}, True), ({"devices": "all"}, False)])
def test_only_signed_devices_are_listened_to_unless_the_office_wants_all(
    monkeypatch: pytest.MonkeyPatch, devices: dict[str, str], signed_only: bool
) -> None:
    built: list[Mapping[str, object]] = []
    monkeypatch.setattr(app, "Matrix", lambda **settings: built.append(settings))
    app.matrix_of(good(matrix(**devices)), SystemClock())
    assert [one["signed_only"] for one in built] == [signed_only]


def test_people_on_servers_that_are_not_trusted_are_warned_of() -> None:
    config = good(
        matrix(trusted_servers=["office.example"])
        | {
            "users": {"@eve:elsewhere.example": {}},
            "duty": {"rotation": ["@ana:office.example", "@ben:b.example"]},
        }
    )
    assert [warning.key for warning in config.warnings] == [
        "matrix.trusted_servers",
        "users",
        "duty.rotation",
        "duty",
    ]


@pytest.mark.parametrize(
    "more",
    [{"supervisors": {"room": "#boss:example.org"}}, {"users": {"@ana:example.org": {"allow": ["roster"]}}}],
    ids=["supervisors", "somebody"],
)
def test_a_rota_that_somebody_can_change_for_others_needs_no_warning(more: dict[str, object]) -> None:
    duty = {"rotation": ["@ana:example.org", "@ben:example.org"]}
    assert [str(warning) for warning in good(tree(duty=duty)).warnings] == [
        "duty: without supervisors nobody can say that a colleague is away; give somebody users.….allow: [roster]"
    ]
    assert good(tree(duty=duty, **more)).warnings == ()


def test_no_secret_is_in_any_text_that_a_good_configuration_makes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        config = load_config(EXAMPLE, SECRETS)
        logging.getLogger("fedichat").debug("config %s %r", config, config)
    for text in (repr(config), str(config), str(config.matrix), repr(config.secrets()), caplog.text):
        assert not any(secret in text for secret in SECRETS.values())


@pytest.mark.parametrize(
    "config",
    [
        matrix(password={"oops": "geheim99"}),
        matrix(password=["geheim99"]),
        matrix(pasword="geheim99"),
        matrix(password="geheim99\x00"),
        tree(matrix="geheim99"),
        account(access_token="geheim99\n\n", instance=7),
        account(instance="${LEAK}"),
        account(instance="https://me:geheim99@social.example.org"),
        tree(language="${LEAK}", timezone="${LEAK}", users={"@a:b.org": {"deny": ["${LEAK} !"]}}),
        matrix(user="geheim99", password="geheim99"),
    ],
)
def test_no_secret_is_in_an_error(config: Tree) -> None:
    with pytest.raises(ConfigError) as refused:
        config_from(config, ROOT, {"LEAK": SLIP})
    # what a log would show, the error's cause and context included
    shown = "".join(traceback.format_exception(refused.value))
    assert SLIP not in shown
    assert SLIP not in repr(refused.value.problems)


# --- the example -------------------------------------------------------------------------------------------


def keys_of(model: type[BaseModel], home: str = "") -> Iterator[str]:
    """Every key, dotted, with * for the names that an operator gives."""
    for key, field in model.model_fields.items():
        place = f"{home}.{key}".removeprefix(".")
        inner = inner_model(field.annotation)
        if inner is None or inner.__name__ == "RoomRef":
            yield place
        else:
            kind = get_origin(field.annotation)
            yield from keys_of(inner, f"{place}.*" if kind is dict else f"{place}[]" if kind is tuple else place)
        if key in {"password", "access_token"}:
            yield f"{place}_file"


def inner_model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - that is what an annotation is
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for arg in get_args(annotation) if (inner := inner_model(arg))), None)


GIVEN_NAMES = {"reactions", "accounts.*.rooms.direct", "publishing.interim_texts", "working_hours.half_days"}


def keys_in(value: object, home: str = "") -> Iterator[str]:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from keys_in(item, f"{home}[]")
        return
    if not isinstance(value, dict) or home in GIVEN_NAMES:
        yield home
        return
    for key, inner in value.items():
        name = "*" if home in {"accounts", "departments", "users"} else key
        yield from keys_in(inner, f"{home}.{name}".removeprefix("."))


def test_the_example_has_every_key_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    # alternatives stand commented out, at the place where they would go
    everything = re.sub(r"^( +)# (\w+: \S+)$", r"\1\2", text, flags=re.MULTILINE)
    assert everything.count("\n") == text.count("\n")
    example = set(keys_in(YAML(typ="safe", pure=True).load(everything)))
    assert example == set(keys_of(Config))


def test_a_room_with_a_language_is_in_the_example() -> None:
    assert "language: de}" in EXAMPLE.read_text(encoding="utf-8")
