"""What can be counted, as files: whole, private, and with nobody's words."""

import csv
import io
import json
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.cli.main import main
from fedichat.cli.tables import _cell, export
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import StartError
from tests.world import ANNA, BEN, DIRECT, TEAM, World

SECRETS = ("Is TLS", "between us", "Yes, it is", "Erika", "erika@", "asked that before", "a note", "Hm?", "anna:")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    await world.asked("Is TLS 1.2 still allowed?")
    await world.asked("Only between us", visibility=Visibility.DIRECT)
    await world.say(ANNA, TEAM, "!label 1 tls pgp")
    await world.say(ANNA, TEAM, "!escalate 1 krypto Hm?")
    await world.say(ANNA, TEAM, "!note 1 a note")
    await world.say(ANNA, TEAM, "!answer 1 Yes, it is.")
    await world.tap(ANNA, TEAM, world.preview(1), "✅")
    await world.say(ANNA, DIRECT, "!ignore 2 Erika has asked that before")
    await world.asked("And?")
    await world.say(ANNA, TEAM, '!ignore 3 =HYPERLINK("x")')
    yield world
    await world.close()


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


async def test_tickets_steps_and_posts_are_written_beside_the_running_bot(world: World, tmp_path: Path) -> None:
    said: list[str] = []
    export(tmp_path / "fedichat.db", tmp_path / "new" / "out", "csv", said.append)
    folder = tmp_path / "new" / "out"
    assert [line.rpartition("/")[2] for line in said] == [
        "tickets.csv: 3 tickets",
        f"steps.csv: {len(table(folder, 'steps'))} steps",
        "posts.csv: 1 posts",
    ]
    tickets = table(folder, "tickets")
    assert [(one["state"], one["visibility"], one["labels"], one["departments"]) for one in tickets] == [
        ("answered", "public", "pgp tls", "krypto"),
        ("ignored", "direct", "", ""),
        ("ignored", "public", "", ""),
    ]
    (post,) = table(folder, "posts")
    assert (post["ticket"], post["kind"], post["state"], post["statuses"]) == ("1", "answer", "published", "1")
    assert post["url"].startswith("https://social.example.org/@bsi/")


async def test_nobody_s_words_are_in_it_and_nobody_s_name_unless_asked_for(world: World, tmp_path: Path) -> None:
    export(tmp_path / "fedichat.db", tmp_path / "plain", "csv", lambda _: None)
    text = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "plain").iterdir())
    assert [word for word in SECRETS if word in text] == []

    export(tmp_path / "fedichat.db", tmp_path / "named", "csv", lambda _: None, authors=True, colleagues=True)
    assert table(tmp_path / "named", "tickets")[0]["author"] == "erika@remote.example"
    assert {one["actor"] for one in table(tmp_path / "named", "steps")} == {"", f"'{ANNA}"}


async def test_reasons_are_kept_from_spreadsheets_that_would_carry_them_out(world: World, tmp_path: Path) -> None:
    export(tmp_path / "fedichat.db", tmp_path / "out", "csv", lambda _: None)
    reasons = [one["reason"] for one in table(tmp_path / "out", "steps") if one["step"] == "ignored"]
    assert reasons == ["", '\'=HYPERLINK("x")']


FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cells_anywhere(text: str) -> list[str]:
    """Every cell that some spreadsheet may find there: parted at whatever it is set to, quotes understood or not."""
    found: list[str] = []
    for delimiter in ",;\t|":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            lines = io.StringIO(text, newline="")
            found += [cell for row in csv.reader(lines, delimiter=delimiter, quoting=quoting) for cell in row]
        found += [cell for line in text.splitlines() for cell in line.split(delimiter)]
    return found


def written(values: list[str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerow([_cell(value, datetime.isoformat) for value in values])
    return out.getvalue()


def is_formula(cell: str) -> bool:
    return cell.strip(' \t\r\n"').startswith(FORMULAS)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("sign", FORMULAS)
@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        "\t",
        "\r",
        "\n",
        "a;",
        "a; ",
        'a;"',
        "a,",
        "a\n",
        "a\r\n",
        "a\t",
        "a|",
        ";",
        '";',
        "a;;",
        'a;" "',
        "a;\n",
    ],
)
def test_no_reason_becomes_a_formula_wherever_a_spreadsheet_parts_cells(before: str, sign: str, delimiter: str) -> None:
    text = written(["before", f"{before}{sign}HYPERLINK(1)", "behind"], delimiter)
    assert [cell for cell in cells_anywhere(text) if is_formula(cell)] == []


@given(st.lists(st.text("=+-@;,\t\r\n|\"' a\uff1d", max_size=12), min_size=1, max_size=3), st.sampled_from(",;"))
def test_no_row_of_reasons_holds_a_formula(values: list[str], delimiter: str) -> None:
    text = written(values, delimiter)
    assert [cell for cell in cells_anywhere(text) if is_formula(cell)] == []


@pytest.mark.parametrize(
    "reason", ["spam", "asked before, see #12", "a-b; c", "1 + 1 = 2", "mail@example.org", "„x“ – y"]
)
def test_words_that_are_no_formula_stay_as_they_are(reason: str) -> None:
    assert _cell(reason, datetime.isoformat) == reason


async def test_excel_in_a_german_office_reads_umlauts_cells_and_moments(world: World, tmp_path: Path) -> None:
    """Source: Excel's behaviour as Microsoft documents it (byte order mark, list separator of the region)."""
    await world.asked("Noch eine?")
    await world.say(ANNA, TEAM, "!ignore 4 Größe; übertrieben")
    config = tmp_path / "fedichat.yaml"
    config.write_text(json.dumps({**world.settings, "timezone": "Europe/Berlin"}))
    config.chmod(0o600)
    assert main(["export", "--config", str(config), "--excel", "--out", str(tmp_path / "out")]) == 0
    raw = (tmp_path / "out" / "steps.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfnumber;ticket;at;step;post;reason\r\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[-1]["reason"] == "Größe; übertrieben"
    (opened,) = {one["opened_at"] for one in excel(tmp_path / "out", "tickets")[:1]}
    shown = datetime.strptime(opened, "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007 - on the office's clock, as Excel has it
    assert (shown.hour - world.clock.now().hour) % 24 == 1


def excel(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def test_excel_and_json_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", "--excel", "--format", "json"])
    assert ended.value.code == 2


async def test_what_is_planned_is_in_it_too_with_its_time_and_its_steps(world: World, tmp_path: Path) -> None:
    await world.say(ANNA, TEAM, "!schedule 2026-11-30 09:00 | A guide for parents")
    await world.tap(BEN, TEAM, world.preview(2), "✅")
    await world.live_until(datetime(2026, 11, 30, 9, 1, tzinfo=UTC))
    export(tmp_path / "fedichat.db", tmp_path / "out", "csv", lambda _: None, colleagues=True)
    post = table(tmp_path / "out", "posts")[-1]
    assert (post["ticket"], post["kind"], post["state"]) == ("", "planned", "published")
    assert post["due_at"] == "2026-11-30T09:00:00+00:00"
    steps = [one for one in table(tmp_path / "out", "steps") if one["post"] == post["number"]]
    assert [(one["ticket"], one["step"]) for one in steps] == [("", "drafted"), ("", "confirmed"), ("", "published")]
    export(tmp_path / "fedichat.db", tmp_path / "out", "json", lambda _: None)
    assert "A guide" not in (tmp_path / "out" / "fedichat.json").read_text(encoding="utf-8")


async def test_json_has_the_same_as_csv(world: World, tmp_path: Path) -> None:
    for form in ("csv", "json"):
        export(tmp_path / "fedichat.db", tmp_path / "out", form, lambda _: None)
    tree = json.loads((tmp_path / "out" / "fedichat.json").read_text(encoding="utf-8"))
    assert list(tree) == ["tickets", "steps", "posts"]
    for name, rows in tree.items():
        as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
        plain = [{key: value.removeprefix("'") for key, value in row.items()} for row in table(tmp_path / "out", name)]
        assert as_text == plain


async def test_the_files_are_for_their_owner_only_and_replace_older_ones(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for _ in range(2):
        export(tmp_path / "fedichat.db", folder, "csv", lambda _: None)
    assert sorted(file.name for file in folder.iterdir()) == ["posts.csv", "steps.csv", "tickets.csv"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_an_empty_office_gives_tables_with_their_headings(tmp_path: Path) -> None:
    world = await World.open(tmp_path)
    await world.close()
    export(tmp_path / "fedichat.db", tmp_path / "out", "csv", lambda _: None)
    assert table(tmp_path / "out", "posts") == []
    assert (tmp_path / "out" / "tickets.csv").read_text(encoding="utf-8").startswith("number,account,place,state,")


def test_what_cannot_be_exported_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="There is no database"):
        export(tmp_path / "none.db", tmp_path / "out", "csv", print)
    (tmp_path / "other.db").write_text("no database at all, but long enough to look like one" * 9)
    with pytest.raises(StartError, match="cannot be read as a database"):
        export(tmp_path / "other.db", tmp_path / "out", "csv", print)


async def test_the_operator_exports_with_a_command(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "fedichat.yaml"
    config.write_text(json.dumps(world.settings))
    config.chmod(0o600)
    assert main(["export", "--config", str(config), "--format", "json", "--out", str(tmp_path / "out")]) == 0
    assert "fedichat.json: 3 tickets, " in capsys.readouterr().out
