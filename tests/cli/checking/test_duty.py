"""What `fedichat check` says about the duty rota."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fedichat.cli.checking.duty import check_duty
from fedichat.config.people import Duty
from fedichat.ports import UserId

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
    found = check_duty(read, ZoneInfo("Europe/Berlin"), names, NOVEMBER)
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
    found = [str(one) for one in check_duty(read, ZoneInfo("UTC"), {ANA: "Ana"}, NOVEMBER)]
    assert found[1] == f"FAIL duty.ics: {tmp_path / 'rota.ics'} cannot be read: no such file or directory"
