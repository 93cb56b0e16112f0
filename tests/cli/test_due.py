"""`fedichat due`, with which an operator tries the calendar."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fedichat.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example; nobody who tries the calendar needs to have its secrets."""
    monkeypatch.delenv("FEDICHAT_MATRIX_PASSWORD", raising=False)
    monkeypatch.delenv("FEDICHAT_BSI_TOKEN", raising=False)
    return ROOT / "config.example.yaml"


def told(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - that is what JSON is
    return json.loads(capsys.readouterr().out)


def test_an_operator_sees_how_christmas_is_counted(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["due", "--config", str(config), "2026-12-22T17:10", "1 Arbeitstag"]) == 0
    shown = told(capsys)
    assert (shown["received"], shown["due"]) == ("2026-12-22T17:10:00+01:00", "2026-12-28T08:00:00+01:00")
    assert (shown["duration"], shown["zone"], shown["working_time"]) == ("1 working day", "Europe/Berlin", "8:30")
    assert [(step["day"], step["step"], step.get("why", "")) for step in shown["steps"]] == [
        ("2026-12-22", "received", ""),
        ("2026-12-23", "closed at that time; counted from the next opening", ""),
        ("2026-12-24", "closed", "day off"),
        ("2026-12-25", "closed", "Christmas Day"),
        ("2026-12-26", "closed", "no hours on this weekday"),
        ("2026-12-27", "closed", "no hours on this weekday"),
        ("2026-12-28", "working day counted", ""),
        ("2026-12-28", "due", ""),
    ]


def test_working_hours_are_added_up_day_by_day(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["due", "--config", str(config), "2026-11-27T13:00Z", "10 working hours"]) == 0
    shown = told(capsys)
    assert shown["due"] == "2026-12-01T08:30:00+01:00"
    counted = [step["working_time"] for step in shown["steps"] if "working_time" in step]
    assert counted == ["1:00", "8:30", "0:30"]


def test_now_is_a_moment_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = datetime.now(UTC)
    assert main(["due", "--config", str(config), "now", "1 hour"]) == 0
    received = datetime.fromisoformat(told(capsys)["received"])
    assert before <= received <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("received", "duration", "sentence"),
    [
        ("soon", "1 hour", "“soon” is not a moment; write it like 2026-11-25T14:30, or now."),
        ("2026-03-29T02:30", "1 hour", "“2026-03-29T02:30” does not exist in Europe/Berlin: the clocks skip it."),
        ("now", "1 month", "“1 month” has no fixed length; write it in days or weeks."),
        ("9999-12-31", "2 working days", "That is beyond the year 9999."),
        ("9999-12-31T23:30-05:00", "1 hour", "“9999-12-31T23:30-05:00” is too far away."),
        ("0001-01-01", "1 hour", "“0001-01-01” is too far away."),
    ],
)
def test_what_cannot_be_worked_out_is_said(
    config: Path, capsys: pytest.CaptureFixture[str], received: str, duration: str, sentence: str
) -> None:
    assert main(["due", "--config", str(config), received, duration]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", sentence + "\n")
