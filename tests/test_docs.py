"""The documentation says what the program does: nothing is missing from it, and nothing in it is made up."""

import re
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from fedichat.chat.command import load_commands
from fedichat.chat.manual import distinct
from fedichat.cli import _parser
from fedichat.config import NOT_YET_USED, Config, RoomRef
from scripts import docs as tool
from scripts import messages

DOCS = tool.ROOT / "docs"
COMMANDS = load_commands(import_module("fedichat.commands"))
EACH = list(distinct(COMMANDS))
OPTIONS = {f"--{name}" for command in EACH for option in command.options for name in option.all_names()}
PEOPLE = [tool.ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GUIDES = {"en": DOCS / "guide.md", "de": DOCS / "anleitung.md"}
OPERATING = DOCS / "operating.md"

SECTION = {"accounts": "<name>", "departments": "<name>", "users": "<user>"}


def keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """Every key of the configuration, dotted; a room stands for itself."""
    for name, field in model.model_fields.items():
        key = f"{above}{name}"
        inner = list(models_in(field.annotation))
        if not inner or inner == [RoomRef]:
            yield key
        for section in inner:
            if section is not RoomRef:
                place = f".{SECTION[name]}" if name in SECTION else ""
                yield from keys(section, f"{key}{place}.")


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)


def code_in(text: str) -> list[str]:
    """What stands as code in Markdown: between backticks, indented, or fenced."""
    fenced = re.findall(r"^```.*?\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    bare = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in fenced for line in block.splitlines()]
    return [*re.findall(r"`([^`]+)`", bare), *re.findall(r"^    (\S.*)$", bare, flags=re.MULTILINE), *lines]


# --- the reference of the commands ---


@pytest.mark.parametrize("code", tool.PAGES)
def test_the_reference_is_up_to_date(code: str) -> None:
    """`make docs` writes it anew."""
    assert tool.PAGES[code].read_text(encoding="utf-8") == tool.page(code)


@pytest.mark.parametrize("code", tool.PAGES)
def test_every_command_and_option_is_in_the_reference(code: str) -> None:
    text = tool.PAGES[code].read_text(encoding="utf-8")
    for command in EACH:
        assert all(f"`!{name}" in text for name in command.all_names())
        assert all(f"--{name}" in text for option in command.options for name in option.all_names())


@pytest.mark.parametrize("code", GUIDES)
def test_the_guide_speaks_of_every_command(code: str) -> None:
    text = GUIDES[code].read_text(encoding="utf-8")
    assert [name for command in EACH if f"!{(name := command.shown_name(code))}" not in text] == []


# --- what people are told to type ---


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.name)
def test_commands_in_the_documentation_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for code in code_in(text):
        for name in re.findall(r"(?:^|\s)!([^\W\d_]+)", code):
            assert name.casefold() in COMMANDS or name == "uebernehmen"
        if code.startswith("!") and "--" in code:
            assert {*re.findall(r"(?<=\s)--[^\W\d_][\w-]*", code)} <= OPTIONS


@pytest.mark.parametrize("path", [*PEOPLE, tool.ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_targets_and_subcommands_in_the_documentation_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*## ", (tool.ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    known = set(re.findall(r"\{([\w,]+)\}|^    (\w+)  ", _parser().format_help(), flags=re.MULTILINE))
    subcommands = {name for pair in known for part in pair for name in part.split(",") if name}
    for code in code_in(text):
        assert {*re.findall(r"(?:^|\s)make ([a-z]+)", code)} <= targets
        assert {*re.findall(r"(?:^|/)fedichat ([a-z]+)", code)} <= subcommands


@pytest.mark.parametrize("path", [*PEOPLE, tool.ROOT / "ARCHITECTURE.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (path.parent / target).exists()
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    }
    assert {*re.findall(r"\]\(#([^)]*)\)", text)} <= headings


# --- what people are told that they will read ---


def said_by_the_bot(code: str) -> Iterator[re.Pattern[str]]:
    catalogue = messages.template() if code == "en" else messages.read(code)
    for message in catalogue:
        text = message.id if code == "en" else message.string or ""
        for one in text if isinstance(text, list | tuple) else (text,):
            pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(one))
            yield re.compile(pattern)


@pytest.mark.parametrize("code", GUIDES)
def test_what_the_guide_quotes_is_what_the_bot_says(code: str) -> None:
    patterns = list(said_by_the_bot(code))
    text = GUIDES[code].read_text(encoding="utf-8")
    quoted = [row.split("|")[1].strip() for row in re.findall(r"^\|.*\|$", text, flags=re.MULTILINE)[2:]]
    assert len(quoted) >= 8
    assert [line for line in quoted if not any(pattern.fullmatch(line) for pattern in patterns)] == []


@pytest.mark.parametrize("code", GUIDES)
def test_previews_in_the_guide_look_like_those_in_the_room(code: str) -> None:
    patterns = list(said_by_the_bot(code))
    text = GUIDES[code].read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for line in "".join(blocks).splitlines():
        parts = [line] if "✅" in line else line.split(" · ")
        words = [part for part in parts if not re.match(r"📝|#\d|> |@|\w+ \w+ \(@|\w{2,3} \d|\w\w \d\d\.", part)]
        words = [re.sub(r"^[🌐🌙🔒✉️🆕👀]+ ", "", part) for part in words]
        assert [word for word in words if not any(pattern.fullmatch(word) for pattern in patterns)] == []


@pytest.mark.parametrize("path", [GUIDES["de"], tool.PAGES["de"]], ids=lambda path: path.name)
def test_german_pages_speak_to_colleagues_neutrally(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # At the beginning of a sentence, "Sie" is what was spoken of before.
    assert not re.search(r"(?<![.:!?] )\b(Sie|Ihnen|Ihre?[mnrs]?|du|dir|dich|deine?[mnrs]?|euch)\b", text)


# --- the operator's guide ---


def test_every_key_of_the_configuration_is_explained_to_the_operator() -> None:
    text = OPERATING.read_text(encoding="utf-8")
    days = {f"working_hours.{day}" for day in ("tue", "wed", "thu", "fri", "sat", "sun")}
    assert [key for key in keys(Config) if f"`{key}`" not in text and key not in days] == []
    assert [day for day in days if f"`.{day.partition('.')[2]}`" not in text] == []


def test_keys_in_the_operator_s_guide_exist() -> None:
    text = OPERATING.read_text(encoding="utf-8")
    known = {*keys(Config)}
    named = set(re.findall(r"`((?:matrix|accounts|publishing|retention|commands|users|sla|duty)\.[\w.<>]+)`", text))
    assert {key.removesuffix("_file") for key in named} <= known


def test_what_has_no_effect_yet_is_said_to_have_none() -> None:
    text = OPERATING.read_text(encoding="utf-8")
    table, _, paragraph = text.partition("this version does not act on them")
    paragraph = paragraph.partition("\n## ")[0]
    for key in keys(Config):
        if any(key == name or key.startswith(f"{name}.") for name in NOT_YET_USED):
            assert f"| `{key}`" not in table
        else:
            assert f"`{key}`" not in paragraph


def test_log_events_in_the_operator_s_guide_are_logged() -> None:
    section = OPERATING.read_text(encoding="utf-8").partition("## Logs")[2].partition("\n## ")[0]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (tool.ROOT / "src").rglob("*.py"))
    rows = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row)]
    assert len(named) > 20
    assert [name for name in named if not re.search(rf"[\"']{name}[ \"]", source) and name != "stream-open"] == []
