"""Replaces what a configuration leaves to the environment and to files, and keeps secrets out of messages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fedichat.config.problems import FILE_ALTERNATIVES, Place, dotted
from fedichat.errors import Problem
from fedichat.files.trusted import readable_by_others

_ENVIRONMENT = re.compile(r"\$\$\{|\$\{(?P<name>[^}]*)(?P<end>\}?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST = 12
_NOT_READ = "not read"
_SHORTEST_MASKED = 4  # masking "1" or "de" everywhere would make messages unreadable and hide nothing


@dataclass(slots=True)
class Resolver:
    """Replaces `${NAME}` and `*_file` by what they refer to, and remembers what must not be shown."""

    folder: Path
    environ: Mapping[str, str]
    problems: list[Problem]
    warnings: list[Problem] = field(default_factory=list)
    unresolved: list[Place] = field(default_factory=list)
    """Places without a value: the reason is among the problems, and nothing more has to be said about them."""
    hidden: set[str] = field(default_factory=set, repr=False)
    """Values that no message may quote."""
    plain_secrets: bool = False
    """Whether a secret is in the configuration itself."""
    with_secrets: bool = True
    """If not, secrets get another value: a user who needs none of them need not be trusted with any."""

    def group(self, tree: Mapping[str, object], place: Place) -> dict[str, object]:
        has_secrets = place == ("matrix",) or (len(place) == 2 and place[0] == "accounts")
        if has_secrets and not self.with_secrets:
            tree = _unread(tree)
        complete: dict[str, object] = {}
        for key, value in tree.items():
            here = (*place, str(key))
            complete[str(key)] = self._value(value, here)
        if has_secrets:
            self._secrets(tree, complete, place)
        return complete

    def _value(self, value: object, place: Place) -> object:
        if len(place) > _DEEPEST:
            self._fails(place[:-1], "is nested too deeply")
            return None
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, Mapping):
            return self.group(value, place)
        if isinstance(value, list | tuple):
            return [self._value(item, (*place, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, place: Place) -> str | None:
        missing = False

        def fill(found: re.Match[str]) -> str:
            nonlocal missing
            if found[0] == "$${":
                return "${"
            name = found["name"]
            if not found["end"] or not _VARIABLE.fullmatch(name):
                self._fails(
                    place,
                    "contains “${” without the name of a variable; write ${NAME}, or $${ for a plain “${”",
                )
            elif name not in self.environ:
                self._fails(place, f"the environment variable {name} is not set")
            else:
                self.hidden.add(self.environ[name].strip())
                return self.environ[name]
            missing = True
            return ""

        filled = _ENVIRONMENT.sub(fill, text)
        return None if missing else filled

    def _secrets(self, tree: Mapping[str, object], complete: dict[str, object], place: Place) -> None:
        for key, file_key in FILE_ALTERNATIVES.items():
            if key == "password" and place != ("matrix",):
                continue
            written = tree.get(key)
            if isinstance(written, str):
                self.hidden.add(written.strip())
                self.plain_secrets |= "${" not in written
            if file_key not in complete:
                continue
            given = complete.pop(file_key)
            if key in complete:
                self.problems.append(
                    Problem(dotted((*place, file_key)), f"cannot be used together with {key}; keep one of them")
                )
            else:
                complete[key] = self._from_file(given, (*place, file_key), (*place, key))

    def _from_file(self, given: object, place: Place, target: Place) -> str | None:
        self.unresolved.append(target)
        if not isinstance(given, str) or not given.strip():
            if place not in self.unresolved:
                self.problems.append(Problem(dotted(place), "must be the path of a file"))
            return None
        path = self.folder / Path(given).expanduser()
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            self.problems.append(Problem(dotted(place), f"{path} cannot be read: {reason}"))
            return None
        except ValueError:
            self.problems.append(Problem(dotted(place), f"{path} is not a text file"))
            return None
        if not secret:
            self.problems.append(Problem(dotted(place), f"{path} is empty"))
            return None
        self.unresolved.remove(target)
        self.hidden.add(secret)
        if readable_by_others(path):
            self.warnings.append(Problem(dotted(place), f"{path} can be read by others: chmod 600 {path}"))
        return secret

    def _fails(self, place: Place, message: str) -> None:
        self.unresolved.append(place)
        self.problems.append(Problem(dotted(place), message))

    def masked(self, problem: Problem) -> Problem:
        """The same problem without any value from the environment, a file or a secret's key."""
        message = problem.message
        for text in sorted(self.hidden, key=len, reverse=True):
            if len(text) >= _SHORTEST_MASKED:
                message = message.replace(text, "•••")
        return Problem(problem.key, message)


def _unread(tree: Mapping[str, object]) -> dict[str, object]:
    """The same keys with another value for each secret, wherever the secret itself is."""
    keys = {file_key: key for key, file_key in FILE_ALTERNATIVES.items()}
    secret = {*keys, *keys.values()}
    return {keys.get(key, key): _NOT_READ if key in secret else value for key, value in tree.items()}
