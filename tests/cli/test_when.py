"""`fedichat when`, with which wordings are tried out."""

import io
import json
import subprocess
import sys

import pytest

from fedichat.cli.main import main

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
    assert main([*_SAID, phrase]) == 0
    [line] = capsys.readouterr().out.splitlines()
    nothing = dict.fromkeys(("kind", "at", "candidates", "rule", "reason", "echo"))
    assert json.loads(line) == nothing | expected


def test_phrases_come_as_arguments_or_one_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_SAID, "in 90 minutes", "bald"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["instant", "refused"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("every weekday at 8\n\ntomorrow at 3"))
    assert main(_SAID) == 0
    kinds = [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["recurrence", "refused", "ambiguous"]


def test_bytes_that_are_no_text_are_answered_too() -> None:
    code = f"import sys; from fedichat.cli.main import main; sys.exit(main({_SAID!r}))"
    done = subprocess.run([sys.executable, "-c", code], input=b"\xff\nmorgen 9:00\n", capture_output=True, check=True)
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["refused", "instant"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--zone", "Europa/Berlin"], "“Europa/Berlin” is not a time zone; did you mean “Europe/Berlin”?\n"),
        (["--zone", "../etc/passwd"], "“../etc/passwd” is not a time zone; write it like “Europe/Berlin”\n"),
        (["--now", "gestern"], "“gestern” is not a moment; write it like “2026-12-03T09:00”\n"),
    ],
)
def test_a_wrong_zone_or_moment_is_one_line_and_exit_code_2(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["when", *arguments, "morgen"]) == 2
    assert capsys.readouterr() == ("", text)


def test_without_now_it_is_the_present(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["when", "2020-01-01 10:00", "in 2 hours"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["refused", "instant"]
