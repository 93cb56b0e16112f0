"""Setting up an environment: what it fetches is fetched where pip would, and whoever waits sees that it works."""

import importlib.util
import sys
from pathlib import Path

import pytest

from scripts import progress, setup_venv
from scripts.setup_venv import Venv

ENVIRONMENT = {"PATH": ""}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_uv_finds_packages_where_pip_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in setup_venv.VARIABLES_OF_UV.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "7")
    listed = """global.index-url='file:///mirror'
global.extra-index-url='file:///a\\nfile:///b'
global.timeout='60'
install.find-links='/wheels /more wheels'
:env:.index-url='file:///nearer'
"""
    monkeypatch.setattr(Venv, "output", lambda self, *command: listed)
    venv = Venv(tmp_path)
    venv.read_settings_of_pip()
    found = {name: venv.environment.get(name) for name in setup_venv.VARIABLES_OF_UV.values()}
    assert found == {
        "UV_DEFAULT_INDEX": "file:///nearer",
        "UV_INDEX": "file:///a file:///b",
        "UV_FIND_LINKS": "/wheels,/more,wheels",
        "UV_INSECURE_HOST": None,
        "SSL_CERT_FILE": None,
        "ALL_PROXY": None,
        "UV_HTTP_TIMEOUT": "7",
    }


def test_bytecode_is_written_where_the_machine_asks_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in Venv(tmp_path).environment


def test_uv_is_kept_for_the_next_environment_and_no_cache_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert setup_venv.cache_folder() == tmp_path / "fedichat"
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert setup_venv.cache_folder().is_dir()


def test_a_log_shows_what_is_done_and_that_it_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENCE_SECONDS", 0.0)
    command = python("input() if False else print('unseen')")
    assert progress.quietly("making coffee", [command], ENVIRONMENT) is None
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert (first, second) == ("setup: making coffee", "setup: making coffee … 0 s")


def test_the_words_of_what_fails_are_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        Venv(tmp_path).do("brewing", python("import sys; sys.exit('no water')"))
    assert stopped.value.code == "no water\nsetup: that failed: brewing"
    assert capsys.readouterr().out == "setup: brewing\n"


def test_without_a_network_it_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(Venv, "pip", lambda self, *arguments: python("import sys; sys.exit('no route to host')"))
    with pytest.raises(SystemExit, match=r"no route to host\n.*fetching uv [\d.]+\n.*is there a network\?.*pip config"):
        Venv(tmp_path / "venv").get_uv()
    assert capsys.readouterr().out.startswith("setup: fetching uv ")


def test_a_log_has_a_line_for_each_step_but_not_the_list_of_all_packages(capsys: pytest.CaptureFixture[str]) -> None:
    code = "print('Downloading synapse (8.3MiB)'); print(' + aiohttp==3.14'); print('Installed 2 packages'); exit(3)"
    assert progress.openly("fetching", python(code), ENVIRONMENT) == 3
    assert capsys.readouterr().out.splitlines() == [
        "setup: fetching",
        "setup: Downloading synapse (8.3MiB)",
        "setup: Installed 2 packages",
    ]


@pytest.mark.parametrize("wanted", sorted(setup_venv.LOADED))
def test_what_is_loaded_to_compile_it_exists(wanted: str) -> None:
    """A failure there is not shown: it would only make starts slow."""
    names = [name for code in setup_venv.LOADED[wanted] for name in code.removeprefix("import ").split(", ")]
    assert [name for name in names if importlib.util.find_spec(name) is None] == []
