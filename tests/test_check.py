"""`fedichat check` against a real Synapse and the sandbox: one line for each thing, and a true exit code."""

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fedichat.cli import check
from fedichat.cli.check import Finding, Level
from fedichat.config.loading import config_from
from fedichat.config.model import Config, Duty
from fedichat.demo.homeserver_client import quoted
from fedichat.domain.doors import Doors
from fedichat.domain.tickets.mention import Malformed, NotificationId
from fedichat.errors import StartError
from fedichat.ports import UserId
from fedichat.sandbox import Sandbox
from fedichat.store import inbox, rooms
from fedichat.store.database import Database
from fedichat.store.look import Look
from tests.office import PASSWORD, Office

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


class Desk:
    """An office with its configuration, and what `fedichat check` says about it."""

    def __init__(self, office: Office, sandbox: Sandbox, bot: UserId, token: str) -> None:
        self.folder = office.folder
        self.bot = bot
        self.tree: dict[str, Any] = {
            "matrix": {"homeserver": office.synapse.url, "user": bot, "password": PASSWORD},
            "accounts": {
                "bsi": {
                    "instance": sandbox.url,
                    "access_token": token,
                    "rooms": {"team": office.alias("team")},
                }
            },
        }

    @property
    def config(self) -> Config:
        return config_from(self.tree, self.folder, {})

    async def check(self) -> tuple[int, list[str]]:
        lines: list[str] = []
        code = await check.check(self.config, lines.append, timeout=20)
        return code, [line.replace(str(self.folder), "~") for line in lines]


@pytest.fixture
async def desk(office: Office, sandbox: Sandbox) -> Desk:
    token = sandbox.add_account("bsi", display_name="BSI").token
    return Desk(office, sandbox, await office.account("bot"), token)


def starting(lines: list[str], beginning: str) -> list[str]:
    return [line for line in lines if line.startswith(beginning)]


async def test_everything_ready_is_a_line_each_and_exit_code_0(office: Office, sandbox: Sandbox, desk: Desk) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", desk.bot)
    await office.room(anna, "secret", desk.bot, encrypted=True)
    desk.tree["supervisors"] = {"room": office.alias("secret")}

    code, lines = await desk.check()

    assert code == 0
    assert lines[:3] == [
        "ok   config: 1 account, 2 rooms, UTC",
        "ok   database: ~/fedichat.db will be made at the first start",
        f"ok   matrix: {office.synapse.url}, logged in as {desk.bot}",
    ]
    assert starting(lines, "ok   encryption: device ")[0].endswith(", keys in ~/matrix-store")
    assert lines[4:6] == [
        f"ok   room {office.alias('team')}: “Team” (team/bsi), joined, may speak, not encrypted",
        f"ok   room {office.alias('secret')}: “Secret” (supervisors), joined, may speak, encrypted",
    ]
    assert lines[6].startswith(f"ok   account bsi: {sandbox.url} (")
    assert lines[6].endswith("), 500 characters a status")
    assert lines[7].startswith("ok   account bsi: the token is @bsi@")
    assert lines[8] == "ok   account bsi: the token may follow push read write"
    assert lines[9] == (
        "ok   account bsi: mentions from accounts that moderators have limited are filtered by the server: "
        "they become cards, but only when polled"
    )
    assert len(lines) == 10
    assert not (office.folder / "fedichat.db").exists()
    assert stat.S_IMODE((office.folder / "matrix-store").stat().st_mode) == 0o700


async def test_typed_confirmations_in_a_room_that_is_not_encrypted_are_warned_of(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", desk.bot)
    await office.room(anna, "secret", desk.bot, encrypted=True)
    desk.tree["supervisors"] = {"room": office.alias("secret")}
    desk.tree["matrix"]["confirm"] = "typed"

    code, lines = await desk.check()

    assert code == 0
    (warned,) = starting(lines, "warn room")
    assert warned == (
        f"warn room {office.alias('team')}: not encrypted, so nobody can tell who typed a confirmation; "
        "matrix.confirm protects nothing here"
    )


async def test_a_second_check_uses_the_same_device(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", desk.bot)
    first = starting((await desk.check())[1], "ok   encryption")
    assert first == starting((await desk.check())[1], "ok   encryption")


async def test_rooms_that_cannot_be_used_say_what_is_missing(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    silent = await office.room(anna, "silent", desk.bot)
    await office.room(anna, "private")
    await anna.raise_to(silent, desk.bot, -1)
    desk.tree["accounts"]["bsi"]["rooms"] = {
        "team": office.alias("silent"),
        "direct": office.alias("private"),
    }
    desk.tree["supervisors"] = {"room": office.alias("nowhere")}

    code, lines = await desk.check()

    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {office.alias('silent')}: we may not speak in it: our power is -1, and 0 is needed",
        f"FAIL room {office.alias('private')}: we are not in it; invite {desk.bot}",
        f"FAIL room {office.alias('nowhere')}: there is no such room (yet), or the server does not find it",
    ]
    assert len(starting(lines, "ok   account bsi")) == 4


async def test_one_room_under_two_names_is_found_out(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "team", desk.bot)
    desk.tree["supervisors"] = {"room": room}
    code, lines = await desk.check()
    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {room}: is the same room as {office.alias('team')}; a room has one role"
    ]


async def test_a_wrong_password_does_not_hide_the_rest(office: Office, desk: Desk) -> None:
    desk.tree["matrix"]["password"] = "falsch-geheim99"
    code, lines = await desk.check()
    assert code == 1
    assert [line.partition(" ")[0] for line in lines] == ["ok", "ok", "FAIL", "ok", "ok", "ok", "ok"]
    assert lines[2].startswith("FAIL matrix: The login of ")
    assert not any("geheim99" in line for line in lines)


async def test_servers_that_are_away_are_a_line_each(office: Office, desk: Desk) -> None:
    desk.tree["matrix"]["homeserver"] = NOBODY
    desk.tree["accounts"]["bsi"]["instance"] = NOBODY
    code, lines = await desk.check()
    assert code == 1
    assert len(lines) == 4
    assert lines[2].startswith("FAIL matrix: ")
    assert lines[3].startswith("FAIL account bsi: ")


async def test_a_revoked_token_is_told(office: Office, sandbox: Sandbox, desk: Desk) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", desk.bot)
    sandbox.revoke(desk.tree["accounts"]["bsi"]["access_token"])
    code, lines = await desk.check()
    assert code == 1
    assert [line.partition(": ")[0] for line in starting(lines, "FAIL")] == ["FAIL account bsi"]


async def test_a_token_that_may_only_read_is_told(office: Office, sandbox: Sandbox, desk: Desk) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", desk.bot)
    token = sandbox.add_account("reader", scopes="read").token
    desk.tree["accounts"]["bsi"]["access_token"] = token
    code, lines = await desk.check()
    assert code == 1
    assert starting(lines, "FAIL") == ["FAIL account bsi: the token lacks write:statuses; make one with read and write"]


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        (["read", "write", "follow"], []),
        (["read:accounts", "read:notifications", "read:statuses", "write:statuses"], []),
        (["read", "write:media"], ["write:statuses"]),
        (["profile", "read:statuses", "write"], ["read:accounts", "read:notifications"]),
    ],
)
def test_a_wide_scope_stands_for_its_narrow_ones(scopes: list[str], missing: list[str]) -> None:
    assert check.missing_scopes(scopes) == missing


# --- rooms that are not what they were ---------------------------------------------------------------------


async def test_an_alias_that_leads_elsewhere_fails_until_the_operator_accepts_it(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    old = await office.room(anna, "team", desk.bot)
    database = await Database.open(desk.config.database_url)
    await database.write(lambda tx: rooms.pin(tx, office.alias("team"), old))
    await anna.ask("DELETE", f"/directory/room/{quoted(office.alias('team'))}")
    new = await office.room(anna, "team", desk.bot)

    code, lines = await desk.check()
    assert code == 1
    hint = "if the office has moved there, accept it with fedichat check --accept-rooms"
    told = f"the alias leads to another room now: {new}, and fedichat stays in {old}; {hint}"
    assert starting(lines, "FAIL") == [f"FAIL room {office.alias('team')}: {told}"]
    said: list[str] = []
    assert await check.accept_rooms(desk.config, said.append) == 0
    assert said == [
        f"accepted {office.alias('team')}: {old} -> {new}",
        "fedichat is running and moves there within ten minutes; restart it to have that now",
    ]
    assert await database.read(rooms.pins) == {office.alias("team"): new}
    await database.close()
    assert starting((await desk.check())[1], "FAIL") == []
    assert await check.accept_rooms(desk.config, said.append) == 0
    assert said[-1] == "no room waits to be accepted"


# --- open rooms --------------------------------------------------------------------------------------------

PUBLIC = ("m.room.join_rules", {"join_rule": "public"})
KNOCK = ("m.room.join_rules", {"join_rule": "knock"})
READABLE = ("m.room.history_visibility", {"history_visibility": "world_readable"})
GUESTS = ("m.room.guest_access", {"guest_access": "can_join"})
NO_GUESTS = ("m.room.guest_access", {"guest_access": "forbidden"})
ANYBODY, READS, ASKS, GUEST = (
    "anybody may join it without an invitation",
    "anybody may read it without joining",
    "anybody may ask to be let in",
    "guests without an account may join it",
)


@pytest.mark.parametrize(
    ("direct", "state", "level", "said"),
    [
        (False, [], "ok", []),
        (True, [], "ok", []),
        (False, [PUBLIC, NO_GUESTS], "warn", [ANYBODY]),
        (True, [PUBLIC, NO_GUESTS], "FAIL", [ANYBODY]),
        (True, [READABLE], "FAIL", [READS]),
        (False, [READABLE, KNOCK], "warn", [READS, ASKS]),
        (True, [PUBLIC, GUESTS], "FAIL", [ANYBODY, GUEST]),
        (True, [GUESTS], "ok", []),  # as clients make every private room: a guest needs the invitation, too
        (True, [KNOCK], "warn", [ASKS]),
    ],
)
async def test_rooms_that_are_open_to_strangers_are_told(
    office: Office, desk: Desk, direct: bool, state: list[tuple[str, dict[str, str]]], level: str, said: list[str]
) -> None:
    anna = await office.person("anna")
    rooms = {kind: await office.room(anna, kind, desk.bot) for kind in ("team", "direct")}
    desk.tree["accounts"]["bsi"]["rooms"]["direct"] = office.alias("direct")
    kind = "direct" if direct else "team"
    for name, content in state:
        await anna.set_state(rooms[kind], name, content)

    code, lines = await desk.check()

    private = "; private messages are shown in this room" if level == "FAIL" else ""
    about = [line for line in lines if f" room {office.alias(kind)}: " in line][1:]
    assert about == [f"{level} room {office.alias(kind)}: {text}{private}" for text in said]
    assert code == (1 if level == "FAIL" else 0)


async def test_an_open_team_s_room_fails_where_private_messages_are_shown_in_it(office: Office, desk: Desk) -> None:
    anna = await office.person("anna")
    room = await office.room(anna, "team", desk.bot)
    await anna.set_state(room, *NO_GUESTS)
    await anna.set_state(room, *PUBLIC)
    code, lines = await desk.check()
    assert code == 1
    assert starting(lines, "FAIL") == [
        f"FAIL room {office.alias('team')}: {ANYBODY}; private messages are shown in this room"
    ]


def test_people_of_other_homeservers_are_named(tmp_path: Path) -> None:
    rooms = {"team": "#a:b.org", "direct": "#d:b.org"}
    config = config_in(tmp_path, accounts={"bsi": {"instance": NOBODY, "access_token": "t", "rooms": rooms}})
    people = frozenset(UserId(f"@eve{n}:x.org") for n in range(7)) | {UserId("@ana:b.org")}
    team, direct, *_ = config.rooms()
    found = [str(one) for role in (team, direct) for one in check.of_doors(role, Doors(people=people), config)]
    names = "@eve0:x.org, @eve1:x.org, @eve2:x.org, @eve3:x.org, @eve4:x.org and 2 more"
    text = f"people of other homeservers are in it, or invited: {names}"
    assert found == [
        f"warn room #a:b.org: {text}",
        f"FAIL room #d:b.org: {text}; private messages are shown in this room",
    ]


# --- the database ------------------------------------------------------------------------------------------


def config_in(folder: Path, **changes: object) -> Config:
    account = {"instance": NOBODY, "access_token": "t", "rooms": {"team": "#a:b.org"}}
    matrix = {"homeserver": NOBODY, "user": "@bot:b.org", "password": "p"}
    return config_from({"matrix": matrix, "accounts": {"bsi": account}} | changes, folder, {})


async def findings(found: AsyncIterator[Finding], folder: Path) -> list[str]:
    return [str(finding).replace(str(folder), "~") async for finding in found]


async def test_a_database_is_looked_at_while_it_is_in_use_and_after(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    database = await Database.open(config.database_url)
    malformed = Malformed(NotificationId("7"), None, "{}", "no status")
    await database.write(lambda tx: inbox.set_malformed_aside(tx, "bsi", malformed, datetime.now(UTC)))
    during = await findings(check.of_database(config), tmp_path)
    await database.close()
    after = await findings(check.of_database(config), tmp_path)

    assert during[0].startswith("ok   database: ~/fedichat.db, version ")
    assert during[1] == "warn database: in use: fedichat is running on it; a second one would refuse to start"
    assert after[0] == during[0]
    assert after[1] == "ok   database: free: no other fedichat is running on it"
    aside = "warn account bsi: 1 notification could not be read and set aside"
    assert during[2:] == after[2:] == [aside]
    # the look has left no lock behind
    await (await Database.open(config.database_url)).close()


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (
            Look(exists=True, version="9999", newest="0001", is_known=False),
            "FAIL database: ~/fedichat.db is of a newer fedichat (version 9999); install that one",
        ),
        (
            Look(exists=True, version="0001", newest="0002"),
            (
                "warn database: ~/fedichat.db will be brought from version 0001 to 0002 at the next start; "
                "make a backup first"
            ),
        ),
    ],
)
async def test_a_database_of_another_version_is_told(
    seen: Look, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(_path: Path) -> Look:
        return seen

    monkeypatch.setattr(check, "look", looked)
    assert (await findings(check.of_database(config_in(tmp_path)), tmp_path))[0] == line


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "fedichat.db").write_bytes(b"no database at all, but long enough to look like a file of one" * 20)
    with pytest.raises(StartError, match="cannot be read as a database: file is not a database"):
        await findings(check.of_database(config_in(tmp_path)), tmp_path)


async def test_a_database_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(StartError, match="cannot be made"):
        await findings(check.of_database(config_in(tmp_path, database="taken/fedichat.db")), tmp_path)


# --- checks that go wrong ----------------------------------------------------------------------------------


async def test_a_check_that_crashes_or_hangs_is_a_line_and_the_next_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crashing(_config: Config) -> AsyncIterator[Finding]:
        yield Finding(Level.OK, "one", "begins well")
        raise ZeroDivisionError

    async def hanging(_config: Config) -> AsyncIterator[Finding]:
        await asyncio.Event().wait()
        yield Finding(Level.OK, "two", "never said")

    monkeypatch.setattr(check, "CHECKS", (("one", crashing), ("two", hanging), ("config", check.of_config)))
    lines: list[str] = []
    assert await check.check(config_in(tmp_path), lines.append, timeout=0.1) == 1
    assert lines == [
        "ok   one: begins well",
        "FAIL one: went wrong unexpectedly (ZeroDivisionError); the log says more",
        "FAIL two: no answer within 0.1 seconds",
        "ok   config: 1 account, 1 room, UTC",
    ]


async def test_what_deserves_a_look_is_a_warning(tmp_path: Path) -> None:
    config = config_in(
        tmp_path,
        duty={"rotation": ["@ana:b.org"]},
        users={"@eve:elsewhere.example": {}},
        publishing={"undo_seconds": 5},
    )
    assert await findings(check.of_config(config), tmp_path) == [
        "ok   config: 1 account, 1 room, UTC",
        (
            "warn config: users: @eve:elsewhere.example is on a server that is not in matrix.trusted_servers "
            "and cannot give commands"
        ),
        (
            "warn config: duty: without supervisors nobody can say that a colleague is away; "
            "give somebody users.….allow: [roster]"
        ),
    ]


# --- the duty rota ---

ANA, BEN = UserId("@ana:example.org"), UserId("@ben:example.org")
NOVEMBER = datetime(2026, 11, 23, 9, tzinfo=UTC)


def of_duty(folder: Path, ics: str | None = None, people: tuple[UserId, ...] = (ANA, BEN)) -> list[str]:
    """What is said of a rota of Ana and Ben; `people` are in the team's room, `ics` are the lines of a file."""
    duty: dict[str, object] = {"rotation": [ANA, BEN]}
    if ics is not None:
        (folder / "rota.ics").write_text(f"BEGIN:VCALENDAR\n{ics}\nEND:VCALENDAR\n", encoding="utf-8")
        duty["ics"] = "rota.ics"
    read = Duty.model_validate(duty, context={"folder": folder})
    names = {user: user[1:].partition(":")[0].capitalize() for user in people}
    found = check.of_duty(read, ZoneInfo("Europe/Berlin"), names, NOVEMBER)
    return [str(finding).replace(str(folder), "~") for finding in found]


def shift(name: str, start: str, end: str) -> str:
    return f"BEGIN:VEVENT\nSUMMARY:{name}\nDTSTART;VALUE=DATE:{start}\nDTEND;VALUE=DATE:{end}\nEND:VEVENT"


def test_whoever_is_in_turn_and_in_no_team_s_room_is_warned_of(tmp_path: Path) -> None:
    assert of_duty(tmp_path) == ["ok   duty: 2 people in turn, all in a team's room"]
    assert of_duty(tmp_path, people=(ANA,)) == [
        "warn duty: @ben:example.org is in no team's room and would not be reached"
    ]


def test_the_calendar_s_file_is_read_with_all_that_is_wrong_and_its_gaps(tmp_path: Path) -> None:
    good = "\n".join([shift("Ana", "20261123", "20261130"), shift("Ben", "20261207", "20261214")])
    assert of_duty(tmp_path, good)[1:] == [
        "warn duty.ics: nobody is named from 2026-11-30 09:00 to 2026-12-07 09:00: the rotation decides",
        "ok   duty.ics: 2 shifts, the last one until 2026-12-14 09:00",
    ]
    bad = "\n".join([shift("Zoe", "20261123", "20261130"), shift("Yves", "20261207", "20261214")])
    assert [line.partition(" (")[0] for line in of_duty(tmp_path, bad)[1:]] == [
        "FAIL duty.ics: “Zoe”",
        "FAIL duty.ics: “Yves”",
    ]


def test_a_calendar_s_file_that_is_not_there_fails(tmp_path: Path) -> None:
    of_duty(tmp_path, "")
    (tmp_path / "rota.ics").unlink()
    read = Duty.model_validate({"rotation": [ANA], "ics": "rota.ics"}, context={"folder": tmp_path})
    found = [str(one) for one in check.of_duty(read, ZoneInfo("UTC"), {ANA: "Ana"}, NOVEMBER)]
    assert found[1] == f"FAIL duty.ics: {tmp_path / 'rota.ics'} cannot be read: no such file or directory"
