"""Finding the commands: ours in `commands/`, an office's own in the folders that `commands.extra` names."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from fedichat.chat.command import Command, Shown, folded
from fedichat.errors import StartError
from fedichat.files.trusted import why_not_to_run


def load_commands(package: ModuleType, extra: Sequence[Path] = ()) -> dict[str, Command]:
    """Every command, by each of its names in lower case.

    `extra` are an office's own folders of commands. A file whose name begins with `_` is no command. Raises StartError
    for a file without a COMMAND, for one that is no Command, for a name or a tap that two commands claim, for a
    declaration that contradicts itself, and for a folder that other users of the machine can change.
    """
    _include(package, extra)
    found: dict[str, Command] = {}
    claimed: dict[str, Command] = {}
    for file in _files(package):
        command = _command_in(package, file)
        for one in (command, *command.parts):
            for name in one.all_names():
                other = claimed.setdefault(folded(name), one)
                if other is not one:
                    raise StartError(f"Two commands are called !{name}: {other.name} and {one.name}.")
                found[name.casefold()] = one
    _check(found)
    return found


def taps_of(commands: Iterable[Command]) -> dict[tuple[Shown, str], Command]:
    """The command that each declared tap stands for, by where the emoji is tapped. Raises StartError for two."""
    found: dict[tuple[Shown, str], Command] = {}
    for command in {command.name: command for command in commands}.values():
        for tap in command.taps:
            other = found.setdefault((tap.on, tap.key), command)
            if other is not command:
                names = f"{other.name} and {command.name}"
                raise StartError(f"Two commands stand for {tap.key} on a {tap.on.value}: {names}.")
    return found


def _include(package: ModuleType, extra: Sequence[Path]) -> None:
    """Let the package have an office's own folders as well."""
    for folder in extra:
        if not folder.is_dir():
            raise StartError(f"commands.extra: there is no folder {folder}.")
        # What is in it runs as us, with every token that we have.
        if reason := why_not_to_run(folder):
            raise StartError(f"commands.extra: {reason}.")
        package.__path__.append(str(folder))


def _command_in(package: ModuleType, file: str) -> Command:
    module = importlib.import_module(f"{package.__name__}.{file}")
    command = getattr(module, "COMMAND", None)
    if not isinstance(command, Command):
        raise StartError(f"The command file {module.__file__} must have a COMMAND that is a Command.")
    return command


def _check(commands: Mapping[str, Command]) -> None:
    """Refuse to start with a declaration that would do nothing, or that would be found out only when it is used."""
    each = {command.name: command for command in commands.values()}
    for command in each.values():
        if command.undone_by and command.undone_by not in each:
            raise StartError(f"!{command.name} is undone by {command.undone_by}, but there is no such command.")
        if callable(command.on_edit) and not command.makes:
            raise StartError(f"!{command.name} has an on_edit, but does not say what its message makes.")
    taps_of(commands.values())


def _files(package: ModuleType) -> list[str]:
    """The names of the command files in all of the package's folders."""
    names: list[str] = []
    for folder in dict.fromkeys(package.__path__):
        here = [info.name for info in pkgutil.iter_modules([folder]) if not info.name.startswith("_")]
        for name in here:
            if name in names:
                # Python would import one of them and never say so.
                raise StartError(f"Two command files are called {name}.py; the second one is in {folder}.")
        names += here
    return sorted(names)
