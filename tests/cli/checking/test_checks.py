"""`fedichat check` against a real Synapse and the sandbox: one line for each thing, and a true exit code."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedichat.cli.checking import checks
from fedichat.cli.checking.config import check_config
from fedichat.cli.checking.finding import Finding, ok
from fedichat.config.model import Config
from fedichat.sandbox import Sandbox
from tests.cli.checking.offices import NOBODY, CheckedOffice, config_in, findings, starting
from tests.office import Office


async def test_everything_ready_is_a_line_each_and_exit_code_0(
    office: Office, sandbox: Sandbox, checked: CheckedOffice
) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot)
    await office.room(anna, "secret", checked.bot, encrypted=True)
    checked.tree["supervisors"] = {"room": office.alias("secret")}

    code, lines = await checked.check()

    assert code == 0
    assert lines[:3] == [
        "ok   config: 1 account, 2 rooms, UTC",
        "ok   database: ~/fedichat.db will be made at the first start",
        f"ok   matrix: {office.synapse.url}, logged in as {checked.bot}",
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


async def test_a_second_check_uses_the_same_device(office: Office, checked: CheckedOffice) -> None:
    anna = await office.person("anna")
    await office.room(anna, "team", checked.bot)
    first = starting((await checked.check())[1], "ok   encryption")
    assert first == starting((await checked.check())[1], "ok   encryption")


async def test_a_wrong_password_does_not_hide_the_rest(office: Office, checked: CheckedOffice) -> None:
    checked.tree["matrix"]["password"] = "falsch-geheim99"
    code, lines = await checked.check()
    assert code == 1
    assert [line.partition(" ")[0] for line in lines] == ["ok", "ok", "FAIL", "ok", "ok", "ok", "ok"]
    assert lines[2].startswith("FAIL matrix: The login of ")
    assert not any("geheim99" in line for line in lines)


async def test_servers_that_are_away_are_a_line_each(office: Office, checked: CheckedOffice) -> None:
    checked.tree["matrix"]["homeserver"] = NOBODY
    checked.tree["accounts"]["bsi"]["instance"] = NOBODY
    code, lines = await checked.check()
    assert code == 1
    assert len(lines) == 4
    assert lines[2].startswith("FAIL matrix: ")
    assert lines[3].startswith("FAIL account bsi: ")


async def test_a_check_that_crashes_or_hangs_is_a_line_and_the_next_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crashing(_config: Config) -> AsyncIterator[Finding]:
        yield ok("one", "begins well")
        raise ZeroDivisionError

    async def hanging(_config: Config) -> AsyncIterator[Finding]:
        await asyncio.Event().wait()
        yield ok("two", "never said")

    made = [("one", crashing), ("two", hanging), ("config", check_config)]
    monkeypatch.setattr(checks, "checks_of", lambda config: [(name, one(config)) for name, one in made])
    lines: list[str] = []
    assert await checks.check(config_in(tmp_path), lines.append, timeout=0.1) == 1
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
    assert await findings(check_config(config), tmp_path) == [
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
