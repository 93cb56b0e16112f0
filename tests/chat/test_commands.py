"""The commands: loaded whole or not at all, each allowed where it belongs, each explained in the help."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from fedichat.chat.command import Command, Right, load_commands
from fedichat.chat.manual import distinct, one, overview, usage
from fedichat.chat.rights import Rights
from fedichat.domain.names import UserId
from fedichat.domain.roles import RoomKind
from fedichat.errors import Refusal, StartError
from fedichat.html import markdown_html
from fedichat.i18n import language

COMMANDS = load_commands(import_module("fedichat.commands"))
ANA = UserId("@ana:example.org")
GUEST = UserId("@gus:elsewhere.example")
RIGHTS = Rights(frozenset({"example.org"}))
EVERYWHERE = set(RoomKind)
NOT_THE_DEPARTMENT = EVERYWHERE - {RoomKind.DEPARTMENT}

ROOMS_OF = {
    "answer": NOT_THE_DEPARTMENT,
    "claim": NOT_THE_DEPARTMENT,
    "help": EVERYWHERE,
    "ignore": NOT_THE_DEPARTMENT,
    "note": NOT_THE_DEPARTMENT,
    "publish": NOT_THE_DEPARTMENT,
    "queue": EVERYWHERE,
    "release": NOT_THE_DEPARTMENT,
    "reopen": NOT_THE_DEPARTMENT,
    "show": EVERYWHERE,
    "withdraw": NOT_THE_DEPARTMENT,
}


# --- rights ---


def test_for_every_command_it_is_written_here_where_it_works() -> None:
    assert set(ROOMS_OF) == {command.name for command in COMMANDS.values()}


@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize("name", ROOMS_OF)
def test_a_command_works_in_its_rooms_and_is_refused_elsewhere_with_the_reason(name: str, kind: RoomKind) -> None:
    if kind in ROOMS_OF[name]:
        RIGHTS.check(COMMANDS[name], ANA, kind, "!")
    else:
        with pytest.raises(Refusal) as refused:
            RIGHTS.check(COMMANDS[name], ANA, kind, "!")
        assert str(refused.value).startswith(f"`!{name}` does not work here: this is a department's room")


@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize("name", ROOMS_OF)
def test_a_guest_from_elsewhere_may_talk_but_not_command(name: str, kind: RoomKind) -> None:
    with pytest.raises(Refusal, match=r"You are a guest from elsewhere\.example") as refused:
        RIGHTS.check(COMMANDS[name], GUEST, kind, "!")
    assert f"`!{name}`" in str(refused.value)


@pytest.mark.parametrize(
    "user",
    ["@ana:example.org.evil", "@ana:sub.example.org", "@ana:EXAMPLE.ORG", "@ana", "@ana:example.org:8448"],
)
def test_only_the_trusted_server_itself_is_trusted(user: str) -> None:
    with pytest.raises(Refusal, match="guest"):
        RIGHTS.check(COMMANDS["help"], UserId(user), RoomKind.TEAM, "!")


@pytest.mark.parametrize("name", ROOMS_OF)
def test_what_the_configuration_denies_to_somebody_is_refused_to_them_only(name: str) -> None:
    rights = Rights(frozenset({"example.org"}), {ANA: frozenset({name})})
    with pytest.raises(Refusal, match=f"`!{name}` is not open to you"):
        rights.check(COMMANDS[name], ANA, RoomKind.TEAM, "!")
    rights.check(COMMANDS[name], UserId("@ben:example.org"), RoomKind.TEAM, "!")
    for other in ROOMS_OF.keys() - {name}:
        rights.check(COMMANDS[other], ANA, RoomKind.TEAM, "!")


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


# --- help ---


@pytest.mark.parametrize("code", ["en", "de"])
@pytest.mark.parametrize("kind", RoomKind)
def test_help_lists_what_works_in_the_room_and_nothing_else(kind: RoomKind, code: str) -> None:
    text = overview(COMMANDS, kind, language(code), "!")
    for command in distinct(COMMANDS):
        assert (f"`{usage(command, language(code), '!')}`" in text) == (kind in ROOMS_OF[command.name])


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
    made = markdown_html(overview(COMMANDS, RoomKind.TEAM, language("en"), "!"))
    assert made.count("<li>") == len(ROOMS_OF)
    assert "<code>!claim 42</code>" in made
