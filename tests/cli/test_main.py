"""The command line as an operator meets it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from pydantic import SecretStr

from fedichat import cli, logs
from fedichat.cli import run
from fedichat.cli.main import SUBCOMMANDS, main
from fedichat.errors import ConfigError, FedichatError, Problem, StartError, StopError
from tests.cli.ending import ends_with


def test_the_version_and_the_help_are_there_at_once() -> None:
    """No part of the far ends is loaded for them."""
    code = (
        "import sys; from fedichat.cli.main import main; main(['--version']);"
        "later = {'nio', 'mastodon', 'sqlalchemy', 'pydantic', 'aiohttp', 'asyncio', 'fedichat.domain'};"
        "print(sorted(later & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version.startswith("fedichat 0.")
    assert loaded == "[]"


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("run", "check", "verify", "demo", "when", "--version"))


def test_no_subcommand_is_forgotten() -> None:
    files = [import_module(f"fedichat.cli.{module.name}") for module in iter_modules(cli.__path__)]
    assert {file.__name__ for file in files if hasattr(file, "HELP")} == {one.__name__ for one in SUBCOMMANDS}


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: fedichat" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["walk"], ["demo", "--language", "fr"], ["run", "--tour"], ["when", "--lang", "fr"]]
)
def test_arguments_that_nobody_knows_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_missing_configuration_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "fedichat.yaml; copy config.example.yaml there, or name your file with --config" in err
    assert "Traceback" not in err


def test_check_shows_each_problem_of_a_configuration_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("language: fr\nmatrix: {}\n")
    assert main(["check", "--config", str(file)]) == 2
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
    monkeypatch.setattr(run, "run", ends_with(error))
    assert main(["run"]) == code
    assert capsys.readouterr().err == text


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("a bug"), ExceptionGroup("tasks", [FedichatError("ours"), ValueError("a bug")])],
)
def test_a_bug_keeps_its_traceback_and_quotes_nothing(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "run", ends_with(error))
    logs.set_up()
    assert main(["run"]) == 1
    shown = capsys.readouterr().err
    assert "CRITICAL root crashed" in shown
    assert "in run" in shown
    assert type(error).__name__ in shown
    assert "a bug" not in shown


def test_what_ends_the_program_is_masked_like_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up().hide([SecretStr("t0ken-of-bsi")])
    monkeypatch.setattr(run, "run", ends_with(StartError("cannot log in with t0ken-of-bsi")))
    assert main(["run"]) == 1
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
