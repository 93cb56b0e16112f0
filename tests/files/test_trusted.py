"""Code that others on the machine could change is not run, and they are told of what they can read."""

import os
import stat
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from fedichat.chat.loading import load_commands
from fedichat.cli.checking.config import check_config
from fedichat.cli.checking.finding import Level
from fedichat.config.loading import load_config
from fedichat.errors import StartError
from fedichat.files.trusted import why_not_to_run


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    """An office's folder of commands: `<tmp>/opt/office/commands/greet.py`, and a package in it."""
    folder = tmp_path / "opt" / "office" / "commands"
    (folder / "lib").mkdir(parents=True)
    (folder / "greet.py").write_text("")
    (folder / "lib" / "words.py").write_text("")
    for path in (folder, folder / "lib", folder.parent, folder.parent.parent):
        path.chmod(0o755)
    return folder


def test_what_only_we_can_change_may_run(extra: Path) -> None:
    assert why_not_to_run(extra) is None


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o722], ids=oct)
@pytest.mark.parametrize("path", [".", "greet.py", "lib", "lib/words.py", "..", "../.."])
def test_what_others_can_change_is_refused_wherever_it_is(extra: Path, path: str, mode: int) -> None:
    changeable = (extra / path).resolve()
    changeable.chmod(mode)
    assert why_not_to_run(extra) == f"users other than its owner can change {changeable}: chmod go-w {changeable}"


def test_a_sticky_folder_above_is_fine_and_a_sticky_folder_of_commands_is_not(extra: Path) -> None:
    extra.parent.chmod(0o1777)
    assert why_not_to_run(extra) is None
    extra.chmod(0o1777)
    assert why_not_to_run(extra) is not None


@pytest.mark.parametrize("target", ["folder", "file"])
def test_links_are_judged_by_where_they_lead(extra: Path, tmp_path: Path, target: str) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "evil.py").write_text("")
    open_to_all.chmod(0o777)
    linked = extra / "linked" if target == "folder" else extra / "linked.py"
    linked.symlink_to(open_to_all if target == "folder" else open_to_all / "evil.py")
    assert str(open_to_all) in str(why_not_to_run(extra))
    linked.unlink()
    whole = tmp_path / "whole"
    whole.symlink_to(open_to_all)
    assert str(open_to_all) in str(why_not_to_run(whole))


@pytest.mark.parametrize("path", [".", "greet.py", "lib/words.py", "..", "../.."])
def test_what_belongs_to_somebody_else_is_refused(extra: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = (extra / path).resolve()
    true_lstat = Path.lstat

    def lstat(self: Path) -> os.stat_result:
        found = true_lstat(self)
        if self != others:
            return found
        return SimpleNamespace(st_uid=found.st_uid + 4711, st_mode=found.st_mode)  # type: ignore[return-value]

    monkeypatch.setattr(Path, "lstat", lstat)
    assert str(why_not_to_run(extra)).startswith(f"{others} belongs to another user of this machine")
    monkeypatch.setattr("os.getuid", lambda: true_lstat(others).st_uid + 4711)
    assert f"{others} belongs" not in str(why_not_to_run(extra))


def test_the_start_refuses_it_before_it_runs_a_line_of_it(extra: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (extra / "greet.py").write_text(f"open({str(ran)!r}, 'w')")
    (extra / "greet.py").chmod(0o666)
    package = ModuleType("offices")
    package.__path__ = []
    with pytest.raises(
        StartError, match=r"^commands\.extra: users other than its owner can change .*/greet\.py: chmod go-w "
    ):
        load_commands(package, [extra])
    assert not ran.exists()


@pytest.fixture
def open_extra(extra: Path) -> Path:
    extra.chmod(0o777)
    return extra


async def test_check_says_so(open_extra: Path) -> None:
    config = SimpleNamespace(accounts={}, rooms=list, timezone=SimpleNamespace(key="UTC"), warnings=())
    config.commands = SimpleNamespace(extra=(open_extra,))
    found = [one async for one in check_config(config)]  # type: ignore[arg-type]
    assert [(one.level, one.text) for one in found][1:] == [
        (Level.FAIL, f"commands.extra: users other than its owner can change {open_extra}: chmod go-w {open_extra}")
    ]


@pytest.mark.parametrize(
    ("mode", "warned"),
    [
        (0o600, []),
        (0o640, []),
        (0o644, ["contains secrets and can be read by others"]),
        (0o620, ["can be changed by users other than its owner"]),
        (0o666, ["contains secrets and can be read by others", "can be changed by users other than its owner"]),
    ],
    ids=lambda value: oct(value) if isinstance(value, int) else None,
)
def test_a_configuration_that_others_can_read_or_change_is_warned_of(
    tmp_path: Path, mode: int, warned: list[str]
) -> None:
    file = tmp_path / "fedichat.yaml"
    file.write_text(
        "timezone: UTC\n"
        "matrix: {homeserver: 'https://m.example.org', user: '@f:example.org', password: secret-1}\n"
        "accounts:\n"
        "  bsi: {instance: 'https://s.example.org', access_token: secret-2, rooms: {team: '#t:example.org'}}\n"
    )
    file.chmod(mode)
    assert stat.S_IMODE(file.stat().st_mode) == mode
    told = [str(one) for one in load_config(file).warnings if str(file) in str(one)]
    assert [one.removeprefix(f"{file} ").partition(": chmod")[0] for one in told] == warned
