"""Reads the configuration's YAML and says in plain words what is wrong with it, without ever quoting the file.

YAML 1.2: `22:00` and `no` are text, `010` is ten.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from fedichat.config.problems import Place, dotted
from fedichat.errors import ConfigError, Problem

_DEEPEST = 12
_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"character '\\t'|found '\\t'",
        "there is a tab where spaces are needed; YAML is indented with spaces only",
    ),
    (
        r"cannot start any token",
        'a value that begins with this sign must be in quotation marks, such as user: "@name:example.org"',
    ),
    (
        r"mapping values are not allowed",
        "one colon too many: a value that contains one needs quotation marks, and keys of a group are indented alike",
    ),
    (r"<stream end>", "a bracket is opened here and never closed"),
    (
        r"expected ',' or",
        "inside { } and [ ] commas separate the values, and a value such as ${NAME} must be in quotation marks",
    ),
    (r"end of stream", "a quotation mark is opened here and never closed"),
    (r"undefined alias", "a value that begins with * must be in quotation marks"),
    (r"for the tag|tag handle|scanning a tag", "a value that begins with ! must be in quotation marks"),
    (r"another document", "there must be only one document in the file; remove the line “---”"),
    (r"escape character", "a backslash has a special meaning in double quotation marks; use single ones"),
    (r"<block end>|expected the node content", "the indentation does not match the lines above"),
    (r"could not find expected ':'", "a key needs a colon after it"),
)  # fmt: skip


class _Constructor(SafeConstructor):
    """Leaves dates as text: pydantic reads them, and refuses those that do not exist."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def text_of(path: Path) -> str:
    """The file's text. Raises ConfigError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [
                Problem(
                    "",
                    f"there is no file {path}; copy config.example.yaml there, or name your file with --config",
                )
            ]
        ) from None
    except OSError as error:
        raise ConfigError([Problem("", f"{path} cannot be read: {(error.strerror or 'unreadable').lower()}")]) from None
    except ValueError:
        raise ConfigError([Problem("", f"{path} is not UTF-8 text")]) from None


def read_yaml(text: str) -> tuple[Mapping[str, object], list[Problem]]:
    """Keys and values, and a problem for each key that appears twice. Raises ConfigError if it is not YAML."""
    problem = None
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        yaml = YAML(typ="safe", pure=True)
        yaml.Constructor = _Constructor
        yaml.allow_duplicate_keys = True
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        problem = _marked(error)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem("", f"line {line}: there is a control character here; YAML allows none")
    except (YAMLError, ValueError, RecursionError):
        problem = Problem("", "this is not YAML")
    if problem:
        # Not raised from the reader's own error, which quotes the file.
        raise ConfigError([problem])
    if not isinstance(tree, Mapping):
        what = "is empty" if tree is None else "does not consist of keys and values"
        raise ConfigError([Problem("", f"the configuration {what}; config.example.yaml shows what belongs in it")])
    return tree, list(_duplicates(node, ()))


def _marked(error: MarkedYAMLError) -> Problem:
    problem, context = error.problem or "", error.context or ""
    never_closed = "end of stream" in problem or "<stream end>" in problem
    mark = (error.context_mark if never_closed else None) or error.problem_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return Problem("", where + _sentence(problem, context))


def _duplicates(node: Node | None, place: Place) -> Iterator[Problem]:
    if len(place) > _DEEPEST:
        return
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, (*place, index))
    if isinstance(node, MappingNode):
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else "?"
            here, line = (*place, key), key_node.start_mark.line + 1
            if key in lines:
                yield Problem(dotted(here), f"appears twice, in lines {lines[key]} and {line}; keep one of them")
            lines.setdefault(key, line)
            yield from _duplicates(value_node, here)


def _sentence(problem: str, context: str) -> str:
    """What a YAML reader's complaint means, without quoting the file (it may hold secrets)."""
    for text in (problem, context):
        for pattern, sentence in _SENTENCES:
            if re.search(pattern, text):
                return sentence
    return "this is not YAML"
