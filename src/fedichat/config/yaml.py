"""Reads the configuration's YAML, and says in plain words what is wrong with it; the file is never quoted.

YAML 1.2: `22:00` and `no` are text, `010` is ten.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from fedichat.config.problems import Place, dotted, yaml_sentence
from fedichat.errors import ConfigError, Problem

_DEEPEST = 12


class _Constructor(SafeConstructor):
    """Leaves dates as text: pydantic reads them, and says which ones do not exist."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def text_of(path: Path) -> str:
    """The file's text. Raises ConfigError when it cannot be had."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [
                Problem(
                    "",
                    f"there is no file {path}; copy config.example.yaml to it, or name yours by --config",
                )
            ]
        ) from None
    except OSError as error:
        raise ConfigError([Problem("", f"{path} cannot be read: {(error.strerror or 'unreadable').lower()}")]) from None
    except ValueError:
        raise ConfigError([Problem("", f"{path} is not UTF-8 text")]) from None


def read_yaml(text: str) -> tuple[Mapping[str, object], list[Problem]]:
    """Keys and values, and the keys that stand there twice. Raises ConfigError if it is not YAML."""
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
        problem = Problem("", f"line {line}: a control character stands here; YAML allows none")
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
    return Problem("", where + yaml_sentence(problem, context))


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
                yield Problem(dotted(here), f"stands twice, in lines {lines[key]} and {line}; keep one of them")
            lines.setdefault(key, line)
            yield from _duplicates(value_node, here)
