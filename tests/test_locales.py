"""The catalogues: complete, true to the code, in the office's words, and the same whoever compiles them."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from string import Formatter

import pytest
from babel.messages.catalog import Message

from fedichat.chat.command import Command, Named
from fedichat.chat.loading import load_commands
from fedichat.chat.manual import distinct
from fedichat.chat.parsing import find_command, find_part, parse, typed
from fedichat.chat.wording import Several, worded
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostState
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import Refusal
from fedichat.render.words import words
from fedichat.text.i18n import LANGUAGES, language
from scripts import messages as tool

COMMANDS = load_commands(import_module("fedichat.commands"))
EACH = list(distinct(COMMANDS))
CODE = sorted(path for folder in tool.SOURCES for path in (tool.ROOT / folder).rglob("*.py"))


def ids_of(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def strings_of(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def translated() -> Iterator[tuple[str, Message]]:
    for code in tool.TRANSLATED:
        yield from ((code, message) for message in tool.read(code) if message.id)


MESSAGES = list(translated())


def texts(code: str) -> list[str]:
    """Everything that people of that language are shown."""
    if code == "en":
        return [text for message in tool.template() if message.id for text in ids_of(message)]
    return [text for each, message in MESSAGES if each == code for text in strings_of(message)]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


# --- the files ---


def test_every_language_but_that_of_the_messages_has_a_catalogue() -> None:
    assert {*tool.TRANSLATED, "en"} == set(LANGUAGES)


@pytest.mark.parametrize("code", tool.TRANSLATED)
def test_a_catalogue_holds_exactly_what_the_code_says(code: str) -> None:
    """`make messages` brings it up to date."""
    said = {ids_of(message) for message in tool.template() if message.id}
    known = {ids_of(message) for message in tool.read(code) if message.id}
    assert (said - known, known - said) == (set(), set())
    assert {ids_of(message) for message in tool.read_file(tool.TEMPLATE) if message.id} == said


@pytest.mark.parametrize("code", tool.TRANSLATED)
def test_everything_is_translated(code: str) -> None:
    catalogue = tool.read(code)
    assert list(tool.untranslated(catalogue)) == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("code", tool.TRANSLATED)
def test_what_is_shipped_is_what_is_written(code: str) -> None:
    assert tool.po_of(code).with_suffix(".mo").read_bytes() == tool.as_mo(tool.read(code))
    assert tool.as_mo(tool.read(code)) == tool.as_mo(tool.read(code))


def test_a_translation_has_the_fields_of_its_message() -> None:
    for _, message in MESSAGES:
        wanted = set.union(*map(fields, ids_of(message)))
        given = dict.fromkeys(wanted, "x")
        for text in (*ids_of(message), *strings_of(message)):
            assert fields(text) == wanted
            assert text.format(**given)
        assert all(name.isidentifier() for name in wanted)


# --- the code ---


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield f"{path.relative_to(tool.ROOT)}:{node.lineno}", node


def test_every_refusal_can_be_translated() -> None:
    """A text that is put together before it reaches `Refusal` is in no catalogue."""
    worded_again = "src/fedichat/chat/wording.py"
    loose = [
        where
        for where, call in calls("Refusal")
        if not (isinstance(call.args[0], ast.Constant) or where.startswith(worded_again))
    ]
    assert loose == []


def test_everything_that_is_told_is_marked() -> None:
    loose = [
        where
        for where, call in calls("Tell")
        for value in [call.args[1]]
        if isinstance(value, ast.Constant | ast.JoinedStr)
        or (isinstance(value, ast.Name) and not marked_at_home(where, value.id))
    ]
    assert loose == []


def marked_at_home(where: str, name: str) -> bool:
    """Whether all that a name stands for in that file is marked: assigned so, or handed over as `Marked`."""
    path = tool.ROOT / where.partition(":")[0]
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    marking = {"mark"} | {node.name for node in nodes if isinstance(node, ast.FunctionDef) and is_marked(node.returns)}
    handed_over = [node.annotation for node in nodes if isinstance(node, ast.arg) and node.arg == name]
    given = [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)
    ]
    return bool(given or handed_over) and all(
        [
            *map(is_marked, handed_over),
            *(
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in marking
                for value in given
            ),
        ]
    )


def is_marked(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "Marked"


# --- the words ---


@pytest.mark.parametrize("code", LANGUAGES)
def test_commands_in_texts_are_the_office_s_own_in_its_language(code: str) -> None:
    """`{prefix}claim` in English, `{prefix}übernehmen` in German: the sign in front is an office's choice."""
    commands = {command.shown_name(code) for command in EACH}
    options = {option.shown_name(code) for command in EACH for option in command.options}
    for text in texts(code):
        assert not re.search(r"`[!/]\w", text)
        assert {*re.findall(r"\{prefix\}(\w+)", text)} <= commands
        assert {*re.findall(r"--(\w[\w-]*)", text)} <= options


def test_german_colleagues_are_addressed_neutrally_and_quoted_properly() -> None:
    # At the beginning of a sentence, "Sie" is what was spoken of before.
    formal = r"(?<![.:!?] )(?<!^)\b(Sie|Ihnen|Ihre?[mnrs]?)\b"
    familiar = r"\b(du|dir|dich|deine?[mnrs]?|ihr|euch)\b"
    for text in texts("de"):
        assert not re.search(f"{formal}|{familiar}", text)
        assert text.count("„") == text.count("“")
        assert "”" not in text


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("command", EACH, ids=str)
def test_the_examples_work_and_use_the_language_s_names(command: Command, code: str) -> None:
    t = language(code)
    assert command.examples
    for example in command.examples:
        said = typed(f"!{t(example)}", "!")
        assert said is not None
        assert f"{t(example)} ".startswith(f"{command.shown_name(code)} ")
        found, said = find_part(find_command(said.name, COMMANDS, "!"), said)
        assert found is command
        invocation = parse(command, said.rest, "!")
        for name in re.findall(r"--(\S+)", t(example)):
            assert name in {option.shown_name(code) for option in command.options}
        given = [option for option in command.options if option.name in invocation.options]
        for option in given:
            shown = {choice.shown_name(code) for choice in option.choices}
            assert not shown or any(name in t(example).split() for name in shown)


@pytest.mark.parametrize("command", EACH, ids=str)
def test_everything_that_is_typed_has_a_german_name(command: Command) -> None:
    choices = [choice for option in command.options for choice in option.choices]
    named: list[Named] = [command, *command.options, *choices]
    assert [str(each) for each in named if not each.names.get("de")] == []


# --- what is shown ---


@pytest.mark.parametrize(
    ("refusal", "german"),
    [
        (
            Refusal("P{post} is {state}: there is nothing to withdraw.", post=3, state=PostState.WITHDRAWN),
            "P3 ist zurückgezogen: Es gibt nichts zurückzuziehen.",
        ),
        (
            Refusal("`{option}` is there twice.", option=COMMANDS["answer"].options[0]),
            "`--sichtbarkeit` steht zweimal da.",
        ),
        (
            Refusal(
                "Something is missing: the {what}. For example: `{prefix}{example}`",
                what=mark("reason"),
                example=mark("ignore 42 polemic"),
            ),
            "Es fehlt: Grund. Beispiel: `?ignorieren 42 Polemik`",
        ),
        (
            Refusal("There is no ticket #{ticket} in this room. `{prefix}queue` shows the open ones.", ticket=7),
            "In diesem Raum gibt es keinen Vorgang #7. `?offen` zeigt die offenen.",
        ),
    ],
)
def test_a_refusal_is_shown_in_the_room_s_words_and_with_the_office_s_prefix(refusal: Refusal, german: str) -> None:
    t = language("de")
    said = worded(refusal, t)
    given = {name: value if isinstance(value, int) else str(value) for name, value in said.fields.items()}
    assert words(t, said.message, given, "?").plain == german


def test_what_citizens_write_is_never_taken_for_a_message() -> None:
    refusal = Refusal("`{option}` can be {choices}, not “{value}”.", option="--x", choices="y", value="public")
    assert worded(refusal, language("de")).fields["value"] == "public"


def test_choices_are_listed_in_the_room_s_words() -> None:
    choices = Several(COMMANDS["answer"].options[0].choices)
    assert worded(Refusal("{choices}", choices=choices, value=Visibility.PRIVATE), language("de")).fields == {
        "choices": "öffentlich, nicht-gelistet, nur-follower, direkt",
        "value": "nur Follower",
    }


def test_what_stands_in_code_is_shown_as_it_is() -> None:
    said = words(language("en"), "I do not know `{typed}`. “{text}”", {"typed": "!a_*b*`c", "text": "<b> *x*"})
    assert "<code>!a_*b*`c</code>" in said.html
    assert "“&lt;b&gt; *x*”" in said.html
