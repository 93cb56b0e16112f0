"""The commands: loaded whole or not at all, each allowed where it belongs, each explained in the help."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from fedichat.chat.command import Command, Right
from fedichat.chat.loading import load_commands, taps_of
from fedichat.chat.manual import distinct, one, overview, usage
from fedichat.domain.roles import RIGHTS_OF, RoomKind
from fedichat.errors import StartError
from fedichat.text.html import markdown_html
from fedichat.text.i18n import language

COMMANDS = load_commands(import_module("fedichat.commands"))


# --- loading ---

GOOD = """
from fedichat.chat.command import Call, Command, Right

async def run(call: Call) -> None: ...

COMMAND = Command(
    name={name!r}, names={names!r}, summary="Wave.", right=Right.READ, run=run, examples=({name!r},)
)
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[ModuleType]:
    """An empty package of commands."""
    module = ModuleType("office_commands")
    (tmp_path / "commands").mkdir()
    module.__path__ = [str(tmp_path / "commands")]
    sys.modules[module.__name__] = module
    yield module
    for name in [name for name in sys.modules if name.startswith(module.__name__)]:
        del sys.modules[name]


def put(package: ModuleType, file: str, source: str) -> None:
    (Path(package.__path__[0]) / file).write_text(source, encoding="utf-8")


def test_each_command_is_found_by_all_its_names(package: ModuleType) -> None:
    put(package, "wave.py", GOOD.format(name="wave", names={"en": ("wave", "Hail"), "de": ("winken",)}))
    put(package, "_shared.py", "raise RuntimeError('a file of that name is no command')")
    found = load_commands(package)
    assert set(found) == {"wave", "hail", "winken"}
    assert {command.name for command in found.values()} == {"wave"}


@pytest.mark.parametrize(
    "source",
    ["", "COMMAND = 'wave'", "COMMAND = None", "command = 1"],
    ids=["none", "text", "null", "misspelt"],
)
def test_a_file_without_a_command_stops_the_start_and_is_named(package: ModuleType, source: str) -> None:
    put(package, "wave.py", source)
    with pytest.raises(StartError, match=r"wave\.py must have a COMMAND"):
        load_commands(package)


def test_a_file_that_cannot_be_read_as_python_stops_the_start(package: ModuleType) -> None:
    put(package, "wave.py", "def (")
    with pytest.raises((StartError, SyntaxError)):
        load_commands(package)


@pytest.mark.parametrize("second", ["wave", "WAVE", "Winken"])
def test_two_commands_of_one_name_stop_the_start(package: ModuleType, second: str) -> None:
    put(package, "wave.py", GOOD.format(name="wave", names={"de": ("winken",)}))
    put(package, "xhail.py", GOOD.format(name="hail", names={"en": (second,)}))
    with pytest.raises(StartError, match=rf"Two commands are called !{second}: wave and hail"):
        load_commands(package)


def test_two_commands_whose_names_differ_in_how_an_umlaut_is_typed_are_one_too_many(
    package: ModuleType,
) -> None:
    put(package, "open.py", GOOD.format(name="open", names={"de": ("öffnen",)}))
    put(package, "unseal.py", GOOD.format(name="unseal", names={"de": ("oeffnen",)}))
    with pytest.raises(StartError, match="Two commands are called !oeffnen: open and unseal"):
        load_commands(package)


def test_an_office_adds_its_own_commands_from_a_folder(package: ModuleType, tmp_path: Path) -> None:
    put(package, "wave.py", GOOD.format(name="wave", names={}))
    ours = tmp_path / "our-commands"
    ours.mkdir()
    (ours / "coffee.py").write_text(GOOD.format(name="coffee", names={"de": ("kaffee",)}))
    assert set(load_commands(package, [ours])) == {"wave", "coffee", "kaffee"}


def test_an_office_s_own_command_cannot_quietly_take_the_place_of_another(package: ModuleType, tmp_path: Path) -> None:
    put(package, "wave.py", GOOD.format(name="wave", names={}))
    ours = tmp_path / "our-commands"
    ours.mkdir()
    (ours / "greet.py").write_text(GOOD.format(name="greet", names={"en": ("wave",)}))
    with pytest.raises(StartError, match="Two commands are called !wave"):
        load_commands(package, [ours])


def test_an_office_s_own_file_cannot_quietly_hide_behind_one_of_the_same_name(
    package: ModuleType, tmp_path: Path
) -> None:
    put(package, "wave.py", GOOD.format(name="wave", names={}))
    ours = tmp_path / "our-commands"
    ours.mkdir()
    (ours / "wave.py").write_text(GOOD.format(name="hail", names={}))
    with pytest.raises(StartError, match=r"Two command files are called wave\.py"):
        load_commands(package, [ours])


def test_a_folder_of_commands_that_is_not_there_stops_the_start(package: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"commands\.extra: there is no folder"):
        load_commands(package, [tmp_path / "missing"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('undone_by="unwave"', "!wave is undone by unwave, but there is no such command."),
        ("on_edit=run", "!wave has an on_edit, but does not say what its message makes."),
        ('taps=(Tap(Shown.CARD, "👋"),)', "Two commands stand for 👋 on a card: hail and wave."),
    ],
)
def test_a_declaration_that_cannot_work_stops_the_start(package: ModuleType, more: str, message: str) -> None:
    imports = "from fedichat.chat.command import Shown, Tap\n"
    put(package, "hail.py", imports + tapped("hail"))
    put(package, "wave.py", imports + GOOD.format(name="wave", names={}).replace("run=run", f"run=run, {more}"))
    with pytest.raises(StartError) as refused:
        load_commands(package)
    assert str(refused.value) == message


def tapped(name: str) -> str:
    """A command that a 👋 on a card stands for."""
    return GOOD.format(name=name, names={}).replace("run=run", 'run=run, taps=(Tap(Shown.CARD, "👋"),)')


def test_what_an_emoji_on_a_card_stands_for_unless_the_office_says_otherwise() -> None:
    declared = {
        emoji: command.name for (shown, emoji), command in taps_of(COMMANDS.values()).items() if shown == "card"
    }
    assert declared == {"👀": "claim", "🙈": "ignore", "🆘": "escalate", "🔔": "snooze"}


# --- help ---


@pytest.mark.parametrize("code", ["en", "de"])
def test_help_lists_what_somebody_may_use_and_nothing_else(code: str) -> None:
    text = overview(COMMANDS, lambda command: command.name in ("claim", "help"), language(code), "!")
    for command in distinct(COMMANDS):
        assert (f"`{usage(command, language(code), '!')}`" in text) == (command.name in ("claim", "help"))


def test_help_is_grouped_with_a_line_for_each_command_and_an_example_of_the_last_group() -> None:
    text = overview(COMMANDS, lambda command: command.right in RIGHTS_OF[RoomKind.DEPARTMENT], language("en"), "!")
    assert re.findall(r"\*\*(.*)\*\*", text) == ["Looking up", "Asking departments"]
    assert "- `!propose 42 text` – Propose an answer\n" in text
    assert "`!help propose` shows more" in text
    assert "`!help copy` shows more" in overview(COMMANDS, lambda _: True, language("en"), "!")
    assert "`!hilfe kopieren` zeigt mehr" in overview(COMMANDS, lambda _: True, language("de"), "!")


def test_the_help_of_a_command_without_options_has_no_hole() -> None:
    assert "\n\n\n" not in one(COMMANDS["propose"], language("en"), "!")


def test_the_help_of_a_command_says_where_it_works() -> None:
    texts = {name: one(COMMANDS[name], language("en"), "!") for name in ("answer", "help")}
    of_teams = "the team's room, the room for direct messages"
    assert f"Works in: {of_teams}, the supervisors' room." in texts["answer"]
    assert f"Works in: {of_teams}, a department's room, the supervisors' room." in texts["help"]


@pytest.mark.parametrize("code", ["en", "de"])
@pytest.mark.parametrize("command", distinct(COMMANDS), ids=lambda command: command.name)
def test_the_help_of_a_command_shows_its_names_options_and_examples(command: Command, code: str) -> None:
    t = language(code)
    text = one(command, t, "!")
    assert t(command.summary) in text
    for name in command.all_names():
        assert f"!{name}" in text
    for option in command.options:
        assert f"--{option.shown_name(code)}" in text
        assert t(option.summary) in text
        for choice in option.choices:
            assert choice.shown_name(code) in text
    assert len(command.examples) >= 1
    for example in command.examples:
        assert f"!{t(example)}" in text


@pytest.mark.parametrize("command", distinct(COMMANDS), ids=lambda command: command.name)
def test_every_command_has_a_name_in_english_and_in_german(command: Command) -> None:
    assert command.names["en"]
    assert command.names["de"]
    assert command.name in command.names["en"]
    assert command.right in Right


def test_help_speaks_of_the_prefix_that_the_office_chose() -> None:
    text = one(COMMANDS["answer"], language("en"), "%")
    assert "`%answer" in text
    assert "!answer" not in text


def test_help_is_readable_as_plain_text_and_formatted() -> None:
    made = markdown_html(overview(COMMANDS, lambda _: True, language("en"), "!"))
    assert made.count("<li>") == len(list(distinct(COMMANDS)))
    assert "<code>!claim 42</code>" in made
