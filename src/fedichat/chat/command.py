"""A chat command is one value that declares everything: names, what it takes, who may use it, and what it does.

Parsing, rights, help, the reference page and the tests follow from the declaration.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from fedichat.desk import Desk
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.names import folded as folded
from fedichat.domain.phrase import mark
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.errors import StartError
from fedichat.files.trusted import why_not_to_run
from fedichat.ports import SharedFile
from fedichat.render.parts import Rendered, Setting
from fedichat.text.i18n import Language


class Right(StrEnum):
    """What a room's people may do, and what the configuration may deny to one of them."""

    READ = "read"
    PROPOSE = "propose"
    TRIAGE = "triage"
    CONSULT = "consult"
    ANSWER = "answer"
    PUBLISH = "publish"
    PLAN = "plan"
    FREEZE = "freeze"
    REPORT = "report"
    ROSTER = "roster"


ALL_RIGHTS = frozenset(Right)
SUPERVISORS_OWN = frozenset({Right.REPORT, Right.ROSTER})
"""What supervisors may do and a team may not."""

RIGHTS_OF: Mapping[RoomKind, frozenset[Right]] = {
    RoomKind.TEAM: ALL_RIGHTS - SUPERVISORS_OWN,
    RoomKind.DIRECT: ALL_RIGHTS - SUPERVISORS_OWN,
    RoomKind.SUPERVISORS: ALL_RIGHTS,
    RoomKind.DEPARTMENT: frozenset({Right.READ, Right.PROPOSE}),
}


class Takes(StrEnum):
    """How a command takes the ticket or the text that it is about."""

    NO = "no"
    MAY = "may"
    MUST = "must"


class Named:
    """What is typed by one of its names. `names` has them by language; the first one is shown to people."""

    __slots__ = ()
    name: str
    names: Mapping[str, tuple[str, ...]]

    def all_names(self) -> Iterable[str]:
        """Every name by which it can be called."""
        return dict.fromkeys([self.name, *(name for names in self.names.values() for name in names)])

    def shown_name(self, language: str) -> str:
        """The name that people of that language are shown."""
        return next(iter(self.names.get(language, ())), self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Choice(Named):
    """One of the values that an option takes. Several words are joined by a hyphen."""

    name: str
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Option(Named):
    """`--name value`, or `--name` alone where `is_flag`; `choices` where only some values are possible.

    With `may_take`, a pattern, it is followed by a value only where the next word fits that. `repeats`: it may be given
    several times. `right` is what its use needs beside the command's own. What `lets_out` something with it, see
    `Command`.
    """

    name: str
    summary: str
    is_flag: bool = False
    may_take: str = ""
    repeats: bool = False
    choices: tuple[Choice, ...] = ()
    right: Right | None = None
    lets_out: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __str__(self) -> str:
        return f"--{self.name}"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What somebody typed, taken apart. `text` is verbatim; `ticket` and `post` None where none was named.

    `moment` are the words before the text that say when, of a command that takes them.

    `options` has each option's value, of one that was given several times the last; `repeated` has all values of those
    that may be.
    """

    command: "Command"
    ticket: TicketId | None = None
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    post: PostId | None = None
    moment: str = ""

    @property
    def lets_out(self) -> bool:
        """Whether carrying it out lets something out, or shows private words to others."""
        used = [option for option in self.command.options if option.name in self.options]
        return (
            self.command.lets_out
            or self.command.right is Right.PUBLISH
            or any(option.lets_out or option.right is Right.PUBLISH for option in used)
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A command being carried out: by whom, in which room, and what it may use."""

    cause: Cause
    room: RoomRole
    invocation: Invocation
    desk: Desk
    setting: Setting
    commands: Mapping[str, "Command"]
    prefix: str
    people: Callable[[Place], Awaitable[Mapping[UserId, str]]]
    """Who is in a room of ours, with their display names; not we ourselves. Raises FarEndError."""
    allows: Callable[["Command", UserId, RoomKind], bool]
    """Whether somebody may use a command in that kind of room."""
    is_for_anybody: Callable[[Place], bool] = lambda _: False
    """Whether anybody at all can read a room of ours."""
    ticket_number: TicketId | None = None
    may: Callable[["Command"], bool] = lambda _: True
    """Whether whoever calls may use that command here."""
    holds: Callable[[Right], bool] = lambda _: True
    """Whether whoever calls has that right here: for what only some uses of a command need."""
    replied_to: EventId | None = None
    """The message that the call is a reply to."""
    here: TicketId | None = None
    """The ticket in whose thread, or as a reply to whose message, it was typed."""
    holds_file: bool = False
    """Whether the message that calls holds a file, with the call as its caption."""
    post: PostId | None = None
    """The planned post that it is about: named, or the one in whose thread it was typed."""
    files: tuple[tuple[EventId, SharedFile, str], ...] = ()
    """The files in the message that calls and in the one that it replies to, by message, each with its caption."""

    @property
    def ticket(self) -> TicketId:
        """The ticket that it is about; the dispatcher made sure that there is one where the command must have it."""
        if self.ticket_number is None:
            raise LookupError(f"!{self.invocation.command.name} was run without a ticket")
        return self.ticket_number

    @property
    def planned(self) -> PostId:
        """The planned post that it is about; the dispatcher made sure that there is one where there must be."""
        if self.post is None:
            raise LookupError(f"!{self.invocation.command.name} was run without a post")
        return self.post

    @property
    def text(self) -> str:
        """The text, verbatim."""
        return self.invocation.text

    @property
    def options(self) -> Mapping[str, str]:
        """The options that were given; a flag's value is empty."""
        return self.invocation.options

    @property
    def t(self) -> Language:
        """The room's language."""
        return self.setting.language


@dataclass(frozen=True, slots=True)
class Command(Named):
    """One chat command.

    `run` does it and returns what to answer, or None where the desk has recorded the outcome itself. `text_name`
    says what kind of text it takes. `examples` are marked: each is translated, with the name in that language.
    """

    name: str
    names: Mapping[str, tuple[str, ...]]
    summary: str
    right: Right
    run: Callable[[Call], Awaitable[Rendered | None]]
    ticket: Takes = Takes.NO
    post: Takes = Takes.NO
    """How it takes a planned post, as in `P7`; one that must have a ticket may have that instead."""
    moment: bool = False
    """Whether words that say when stand before the text, set apart from it by a | or a line break."""
    text: Takes = Takes.NO
    text_name: str = mark("text")
    number_in_text: bool = False
    """In a ticket's thread, a number that is not that ticket's belongs to the text unless it is marked by a #."""
    options: tuple[Option, ...] = ()
    options_behind: bool = False
    """Options may stand behind the text, too: it is nothing that is kept or published as it is."""
    examples: Sequence[str] = ()
    lets_out: bool = False
    """Whether something can go out by it that could not before, as by whatever needs the right to publish.

    Where confirmations are typed, no tap does it.
    """
    parts: tuple["Command", ...] = ()
    """Commands of two words that begin with this one's name, each with what it takes and a right of its own."""


def load_commands(package: ModuleType, extra: Sequence[Path] = ()) -> dict[str, Command]:
    """Every command, by each of its names in lower case.

    `extra` are an office's own folders of commands. A file whose name begins with `_` is no command. Raises StartError
    for a file without a COMMAND, for one that is no Command, for a name that two commands claim, and for a folder that
    other users of the machine can change.
    """
    for folder in extra:
        if not folder.is_dir():
            raise StartError(f"commands.extra: there is no folder {folder}.")
        # What stands in it runs as us, with every token that we have.
        if reason := why_not_to_run(folder):
            raise StartError(f"commands.extra: {reason}.")
        package.__path__.append(str(folder))
    found: dict[str, Command] = {}
    claimed: dict[str, Command] = {}
    for file in _files(package):
        module = importlib.import_module(f"{package.__name__}.{file}")
        command = getattr(module, "COMMAND", None)
        if not isinstance(command, Command):
            raise StartError(f"The command file {module.__file__} must have a COMMAND that is a Command.")
        for one in (command, *command.parts):
            for name in one.all_names():
                other = claimed.setdefault(folded(name), one)
                if other is not one:
                    raise StartError(f"Two commands are called !{name}: {other.name} and {one.name}.")
                found[name.casefold()] = one
    return found


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
