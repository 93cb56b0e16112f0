"""The documentation says what the program does: nothing is missing from it, and nothing in it is made up."""

import re
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from fedichat.chat.command import Right
from fedichat.chat.loading import load_commands, taps_of
from fedichat.chat.manual import distinct
from fedichat.cli.main import build_parser
from fedichat.config.model import Config
from fedichat.config.section import RoomRef
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
    targets = set(re.findall(r"^([a-z-]+):.*## ", (tool.ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    known = set(re.findall(r"\{([\w,]+)\}|^    (\w+)  ", build_parser().format_help(), flags=re.MULTILINE))
    subcommands = {name for pair in known for part in pair for name in part.split(",") if name}
    for code in code_in(text):
        assert {*re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", code)} <= targets
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
    """Every message in that language; those that begin with a sign also without it."""
    catalogue = messages.template() if code == "en" else messages.read(code)
    for message in catalogue:
        text = message.id if code == "en" else message.string or ""
        for one in text if isinstance(text, list | tuple) else (text,):
            for words in {one, re.sub(r"^\W+ (?=\w)", "", one)}:
                yield re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(words)))


def rows_of(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under that heading, without its head."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:]
    ]


def claims_of(line: str) -> Iterator[str]:
    """What a line of the room says in the bot's own words: without numbers, signs, moments, and what people said."""
    if line.startswith("> ") or "/@" in line:
        return
    # What the emoji under a preview do is one sentence; elsewhere a dot stands between what is said.
    for part in [line] if "❌" in line else line.split(" · "):
        about_ticket = re.match(r"#\d+ \W+ ", part)
        words = part[about_ticket.end() :] if about_ticket else re.sub(r"^\W+ (?=\w)", "", part)
        of_people = part.startswith("📣") or re.match(r"P\d+$|\w+ \w+ \(@|\w{3} \d|\w\w \d\d\.", words)
        if not (of_people or (about_ticket and ": " in words)):
            yield part if "❌" in line else words


def is_said(words: str, patterns: list[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(words) for pattern in patterns)


@pytest.mark.parametrize("code", GUIDES)
def test_what_the_guide_quotes_is_what_the_bot_says(code: str) -> None:
    patterns = list(said_by_the_bot(code))
    text = GUIDES[code].read_text(encoding="utf-8")
    quoted = [row[0] for row in rows_of(text, {"en": "When the bot says no", "de": "Wenn der Bot Nein sagt"}[code])]
    assert len(quoted) >= 15
    assert [line for line in quoted if not any(pattern.fullmatch(line) for pattern in patterns)] == []


@pytest.mark.parametrize("code", GUIDES)
def test_what_the_guide_shows_looks_like_the_room(code: str) -> None:
    patterns = list(said_by_the_bot(code))
    text = GUIDES[code].read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"`((?:#\d+ \W+|⏳ )\w[^`]*)`", text)
    assert len(blocks) >= 4
    assert len(heads) >= 3
    claims = [claim for line in "".join(blocks).splitlines() + heads for claim in claims_of(line)]
    assert len(claims) >= 15
    assert [claim for claim in claims if not any(pattern.fullmatch(claim) for pattern in patterns)] == []
    # Behind a ticket's state may stand why it is so.
    states = [re.sub(r"^(?:#\d+ )?\W+", "", head) for head in heads]
    reasons = [part for state in states for part in state.partition(": ")[::2] if not is_said(state, patterns)]
    assert [part for part in reasons if not is_said(part, patterns)] == []


@pytest.mark.parametrize("code", GUIDES)
def test_the_guide_speaks_of_every_reaction(code: str) -> None:
    text = GUIDES[code].read_text(encoding="utf-8")
    assert [emoji for _, emoji in taps_of(COMMANDS.values()) if emoji not in text] == []


def test_pictures_are_small_and_shown_somewhere() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in PEOPLE)
    pictures = sorted((DOCS / "pictures").iterdir())
    assert len(pictures) >= 6
    assert [path.name for path in pictures if f"pictures/{path.name})" not in pages] == []
    assert [path.name for path in pictures if path.stat().st_size > 300_000] == []


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


def test_rights_in_the_operator_s_guide_are_those_of_the_commands() -> None:
    told = {
        row[0].strip("`"): re.findall(r"`([\w ]+)`", row[1]) for row in rows_of(OPERATING.read_text("utf-8"), "Rights")
    }
    assert {right: sorted(names) for right, names in told.items()} == {
        right.value: sorted(command.name for command in EACH if command.right is right) for right in Right
    }


def test_log_events_in_the_operator_s_guide_are_logged() -> None:
    section = OPERATING.read_text(encoding="utf-8").partition("## Logs")[2].partition("\n## ")[0]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (tool.ROOT / "src").rglob("*.py"))
    rows = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row)]
    assert len(named) > 20
    assert [name for name in named if not re.search(rf"[\"']{name}[ \"]", source) and name != "stream-open"] == []
