"""Other people's words on the operator's terminal and in the log: shown, never obeyed, one line each."""

import io
import json
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat import logs
from fedichat.cli import due, export, run
from fedichat.cli.checking import checks
from fedichat.cli.checking.finding import Finding, ok
from fedichat.cli.main import main
from fedichat.errors import ConfigError, Problem, StartError, StopError, TryLater
from fedichat.text.terminal import say, visible
from tests.cli.ending import ends_with

HOSTILE = {
    "colour (ECMA-48 CSI)": "Team\x1b[31m",
    "clears the line": "Team\x1b[2K\rok   room #team: fine",
    "title and clipboard (OSC)": "Team\x1b]0;owned\x07\x1b]52;c;ZWNobwo=\x1b\\",
    "CSI in one character (C1)": "Team\x9b2J",
    "device control string": "Team\x90q\x9c",
    "backspaces": "Team\x08\x08\x08\x08Boss",
    "line feed": "Team\nok   account bsi: fine",
    "carriage return": "Team\rok   account bsi: fine",
    "next line": "Team\x85ok   account bsi: fine",
    "line separator": "Team\u2028ok   account bsi: fine",
    "paragraph separator": "Team\u2029ok   account bsi: fine",
    "vertical tab and form feed": "Team\x0b\x0cok",
    "right to left": "Team\u202emaet\u202c",
    "isolates": "Team\u2066x\u2069\u200f\u061c",
    "hidden": "Te\u200bam\u2060\ufeff\u00ad",
    "half a character": "Team\ud800",
    "tags": "Team\U000e0001\U000e0041",
    "null and delete": "Team\x00\x7f",
}
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def is_one_harmless_line(shown: str) -> bool:
    """Whether a terminal and a reader of lines find one line there, and nothing else."""
    return shown.endswith("\n") and not [sign for sign in shown[:-1] if unicodedata.category(sign) in OBEYED]


async def in_check(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found() -> AsyncIterator[Finding]:
        yield ok(f"room {name}", f"“{name}” (team/bsi), joined, may speak, encrypted")
        raise TryLater(name)

    monkeypatch.setattr(checks, "checks_of", lambda _config: [("rooms", found())])
    await checks.check(None, say)  # type: ignore[arg-type]


async def in_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (StartError(name), StopError(name), ExceptionGroup("x", [StopError(name)])):
        monkeypatch.setattr(run, "run", ends_with(error))
        assert main(["run"]) == 1


async def in_a_configuration(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "run", ends_with(ConfigError([Problem(f"users.{name}.deny", f"there is no {name}")])))
    assert main(["run"]) == 2
    (tmp_path / "c.yaml").write_text(json.dumps({"language": name, name: 1}), encoding="utf-8")
    assert main(["check", "--config", str(tmp_path / "c.yaml")]) == 2
    assert main(["due", "--config", str(tmp_path / "c.yaml"), name, name]) == 2


async def in_due(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "run", ends_with(StartError(f"“{name}” is no moment")))
    assert main(["due", name, "1 hour"]) == 1


async def in_export(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "run", ends_with(StartError(f"{name} cannot be written")))
    assert main(["export", "--out", name]) == 1


async def in_when(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["when", name]) == 0
    assert main(["when", "--zone", name, "tomorrow"]) == 2
    assert main(["when", "--now", name, "tomorrow"]) == 2


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("output", [in_check, in_run, in_a_configuration, in_due, in_export, in_when])
async def test_no_command_prints_what_a_terminal_would_obey(
    output: Callable[..., object],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await output(name, tmp_path, monkeypatch)  # type: ignore[misc]
    lines = [line for stream in capsys.readouterr() for line in re.findall(r"[^\n]*\n", stream)]
    assert lines
    assert [line for line in lines if not is_one_harmless_line(line)] == []
    assert [line for line in lines if line.startswith("ok   account")] == []


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_line_of_the_log_is_another_s(name: str) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Formatter())
    log = logging.Logger(f"fedichat.{name}")  # noqa: LOG001 - one of its own, which no other test sees
    log.addHandler(handler)
    log.warning("room-renamed name=%s", name, stack_info=True)
    try:
        raise TryLater(name)  # noqa: TRY301 - to have been raised
    except TryLater:
        log.exception("broke name=%s", name)
    lines = re.findall(r"[^\n]*\n", out.getvalue())
    assert [line for line in lines if not is_one_harmless_line(line)] == []
    assert len([line for line in lines if not line.startswith(("    ", "Stack (most recent"))]) == 2


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_it_is_it_is_one_line_and_stays_the_json_that_it_was(text: str) -> None:
    assert is_one_harmless_line(f"{visible(text).replace(chr(0x200C), '').replace(chr(0x200D), '')}\n")
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text.encode("utf-16", "surrogatepass").decode(
        "utf-16", "surrogatepass"
    )


def test_names_that_are_only_names_are_shown_as_they_are() -> None:
    for name in ("Größe 🇩🇪 👩‍💻", "Öffentlichkeitsarbeit – „Team“", "می‌خواهم", "日本語"):
        assert visible(name) == name


def test_a_secret_is_masked_in_the_form_that_is_shown() -> None:
    from pydantic import SecretStr  # noqa: PLC0415

    formatter = logs.Formatter()
    formatter.hide([SecretStr("a\u202eb")])
    line = formatter.format(logging.LogRecord("x", 30, "", 0, "token=%s", ("a\u202eb",), None))
    assert line.endswith(f"token={logs.MASK}")


def test_moments_and_figures_are_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{datetime(2026, 11, 30, tzinfo=UTC)} 5 %")
    assert capsys.readouterr().out == "2026-11-30 00:00:00+00:00 5 %\n"
