"""The command line as an operator meets it."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from fedichat import logs
from fedichat.cli import main as cli
from fedichat.cli import when as cli_when
from fedichat.errors import ConfigError, FedichatError, Problem, StartError, StopError

ROOT = Path(__file__).resolve().parent.parent


def ends_with(error: BaseException) -> Callable[..., int]:
    def command(*_arguments: object) -> int:
        raise error

    return command


def test_the_version_and_the_help_are_there_at_once() -> None:
    """No part of the far ends is loaded for them."""
    code = (
        "import sys; from fedichat.cli.main import main; main(['--version']);"
        "print(sorted({'nio', 'mastodon', 'sqlalchemy', 'pydantic', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version.startswith("fedichat 0.")
    assert loaded == "[]"


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("run", "check", "verify", "demo", "when", "--version"))


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: fedichat" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["walk"], ["demo", "--language", "fr"], ["run", "--tour"], ["when", "--lang", "fr"]]
)
def test_arguments_that_nobody_knows_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_a_missing_configuration_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "fedichat.yaml; copy config.example.yaml to it, or name yours by --config" in err
    assert "Traceback" not in err


def test_check_shows_each_problem_of_a_configuration_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("language: fr\nmatrix: {}\n")
    assert cli.main(["check", "--config", str(file)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert "FAIL config: language: must be 'en' or 'de'" in lines
    assert all(line.startswith("FAIL config: ") for line in lines)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (StartError("the database is in use"), 1, "the database is in use\n"),
        (StopError("the token was revoked"), 1, "the token was revoked\n"),
        (
            ConfigError([Problem("a.b", "is wrong"), Problem("", "is empty")]),
            2,
            "The configuration cannot be used:\n  a.b: is wrong\n  is empty\n",
        ),
        (
            ExceptionGroup("tasks", [StopError("revoked"), ExceptionGroup("x", [StopError("revoked")])]),
            1,
            "revoked\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_ends_the_program_is_a_sentence_and_an_exit_code(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "_run", ends_with(error))
    assert cli.main(["run"]) == code
    assert capsys.readouterr().err == text


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("a bug"), ExceptionGroup("tasks", [FedichatError("ours"), ValueError("a bug")])],
)
def test_a_bug_keeps_its_traceback_and_quotes_nothing(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_run", ends_with(error))
    logs.set_up()
    assert cli.main(["run"]) == 1
    shown = capsys.readouterr().err
    assert "CRITICAL root crashed" in shown
    assert "in command" in shown
    assert type(error).__name__ in shown
    assert "a bug" not in shown


def test_what_ends_the_program_is_masked_like_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up().hide([SecretStr("t0ken-of-bsi")])
    monkeypatch.setattr(cli, "_run", ends_with(StartError("cannot log in with t0ken-of-bsi")))
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err == "cannot log in with •••\n"


@pytest.mark.parametrize(
    "crash",
    [
        "raise OSError('no connection with t0ken-of-bsi')",
        "import threading; t = threading.Thread(target=lambda: open('/t0ken-of-bsi')); t.start(); t.join()",
        "type('Loud', (), {'__del__': lambda self: open('/t0ken-of-bsi')})()",
        """import asyncio
async def f(): open('/t0ken-of-bsi')
async def g(): await asyncio.wait([asyncio.create_task(f())])
asyncio.run(g())""",
    ],
    ids=["program", "thread", "destructor", "task"],
)
def test_what_nobody_catches_is_masked_like_the_log(crash: str) -> None:
    code = (
        "from fedichat import logs; from pydantic import SecretStr; logs.guard_the_top();"
        f"logs.set_up().hide([SecretStr('t0ken-of-bsi')])\n{crash}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "•••" in done.stderr
    assert "t0ken-of-bsi" not in done.stderr.replace(code, "")


# --- fedichat when ---

_SAID = ["when", "--now", "2026-11-23T10:30", "--zone", "Europe/Berlin", "--lang", "de"]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        (
            "morgen um 9 Uhr",
            {"kind": "instant", "at": "2026-11-24T09:00:00+01:00", "echo": "Di 24.11.2026 09:00 MEZ"},
        ),
        ("3.12.", {"kind": "date", "at": "2026-12-03", "echo": "Do 03.12.2026"}),
        (
            "jeden Montag um 9 bis 24.12.",
            {
                "kind": "recurrence",
                "at": "2026-11-30T09:00:00+01:00",
                "rule": "DTSTART:20261130T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261224T235959",
                "echo": "jeden Montag 09:00 ab 30.11.2026 bis 24.12.2026",
            },
        ),
        (
            "nächsten Dienstag 14:30",
            {
                "kind": "ambiguous",
                "candidates": ["2026-11-24T14:30:00+01:00", "2026-12-01T14:30:00+01:00"],
                "reason": "„nächsten Dienstag 14:30“ kann in dieser oder in der nächsten Woche sein.",
            },
        ),
        (
            "moregn um 9",
            {"kind": "suggestion", "at": "2026-11-24T09:00:00+01:00", "echo": "Di 24.11.2026 09:00 MEZ"},
        ),
        (
            "Montag, 24.11.",
            {
                "kind": "refused",
                "reason": "„Montag, 24.11.“ widerspricht sich: Der 24.11.2026 ist ein Dienstag. Was von beidem stimmt?",
            },
        ),
    ],
)
def test_a_phrase_is_told_as_a_line_of_json(
    phrase: str, expected: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*_SAID, phrase]) == 0
    [line] = capsys.readouterr().out.splitlines()
    nothing = dict.fromkeys(("kind", "at", "candidates", "rule", "reason", "echo"))
    assert json.loads(line) == nothing | expected


def test_phrases_come_as_arguments_or_one_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*_SAID, "in 90 minutes", "bald"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["instant", "refused"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("every weekday at 8\n\ntomorrow at 3"))
    assert cli.main(_SAID) == 0
    kinds = [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["recurrence", "refused", "ambiguous"]


def test_bytes_that_are_no_text_are_answered_too() -> None:
    code = f"import sys; from fedichat.cli.main import main; sys.exit(main({_SAID!r}))"
    done = subprocess.run([sys.executable, "-c", code], input=b"\xff\nmorgen 9:00\n", capture_output=True, check=True)
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["refused", "instant"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--zone", "Europa/Berlin"], "“Europa/Berlin” is no time zone; did you mean “Europe/Berlin”?\n"),
        (["--zone", "../etc/passwd"], "“../etc/passwd” is no time zone; write it like “Europe/Berlin”\n"),
        (["--now", "gestern"], "“gestern” is no moment; write it like “2026-12-03T09:00”\n"),
    ],
)
def test_a_wrong_zone_or_moment_is_one_line_and_exit_code_2(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["when", *arguments, "morgen"]) == 2
    assert capsys.readouterr() == ("", text)


def test_without_now_it_is_the_present(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli_when.tell(["2020-01-01 10:00", "in 2 hours"], None, "UTC", "en") == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["refused", "instant"]
