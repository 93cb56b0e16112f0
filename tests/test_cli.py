"""The command line as an operator meets it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fedichat import cli
from fedichat.errors import ConfigError, FedichatError, Problem, StartError, StopError

ROOT = Path(__file__).resolve().parent.parent


def ends_with(error: BaseException) -> Callable[..., int]:
    def command(*_arguments: object) -> int:
        raise error

    return command


def test_the_version_and_the_help_are_there_at_once() -> None:
    """No part of the far ends is loaded for them."""
    code = (
        "import sys; from fedichat.cli import main; main(['--version']);"
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
    assert all(command in shown for command in ("run", "check", "demo", "--version"))


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: fedichat" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["walk"], ["demo", "--language", "fr"], ["run", "--tour"]])
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
def test_a_bug_keeps_its_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_run", ends_with(error))
    with pytest.raises(type(error)):
        cli.main(["run"])
