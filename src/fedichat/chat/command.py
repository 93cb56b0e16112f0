"""A chat command is one value that declares everything: its names, what it takes, who may use it, and what it does.

Parsing, rights, help, the reference page, reactions, edits and redactions follow from the declaration. No code outside
of `commands/` knows a command by its name; an office's own command in `commands.extra` can do all that ours can.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from fedichat.desk import Desk
from fedichat.domain.cause import Cause
from fedichat.domain.names import EventId, Place, PostId, TicketId, UserId
from fedichat.domain.names import folded as folded
from fedichat.domain.phrase import mark
from fedichat.domain.posts.post import PostKind
from fedichat.domain.roles import Right as Right
from fedichat.domain.roles import RoomKind, RoomRole
from fedichat.errors import Refusal
from fedichat.ports import SharedFile
from fedichat.render.parts import Rendered, Setting
from fedichat.text.i18n import Language


class Takes(StrEnum):
    """Whether a command takes a ticket, a post or a text."""

    NO = "no"
    MAY = "may"
    MUST = "must"


class Kept(Enum):
    """What the message of a command can leave behind, besides posts, that follows an edit of the message."""

    PROPOSAL = auto()
    NOTE = auto()


class Shown(StrEnum):
    """The messages in a room on which a tap can stand for a command."""

    CARD = "card"
    """A ticket's card. Which emoji stands for which command there, the configuration may say otherwise."""
    PREVIEW = "preview"
    """What a post would look like: `Call.post` is the post, `Call.revision` what the preview shows of it."""
    REMARK = "remark"
    """What an expert said, or our copy of it: `Call.tapped` is the expert's own message."""
    HANDOVER = "handover"
    """The duty passes on to somebody: `Call.tapped` is the message that tells of it."""


class Named:
    """What is typed by one of its names. `names` has them by language; the first one is shown to people."""

    __slots__ = ()
    name: str
    names: Mapping[str, tuple[str, ...]]

    def all_names(self) -> Iterable[str]:
        """Every name by which it can be called."""
        return dict.fromkeys([self.name, *(name for names in self.names.values() for name in names)])

    def shown_name(self, language: str) -> str:
        """The name that people who speak that language are shown."""
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

    With `may_take`, a pattern, a value follows only if the next word matches it. `repeats`: it may be given several
    times. `right` is what using it requires besides the command's own right. `lets_out` is as in `Command`.
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
    """What somebody typed, taken apart. `text` is verbatim; `ticket` and `post` are None where none was named.

    `moment` are the words before the text that say when, for a command that takes them.

    `options` has each option's value, the last one if it was given several times; `repeated` has all values of options
    that may be repeated.
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
        """Whether it can publish something, or show private words to others."""
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
    """Who is in one of our rooms, with their display names; not the bot itself. Raises FarEndError."""
    allows: Callable[["Command", UserId, RoomKind], bool]
    """Whether somebody may use a command in that kind of room."""
    is_for_anybody: Callable[[Place], bool] = lambda _: False
    """Whether anybody at all can read one of our rooms."""
    ticket_number: TicketId | None = None
    may: Callable[["Command"], bool] = lambda _: True
    """Whether whoever calls may use that command here."""
    holds: Callable[[Right], bool] = lambda _: True
    """Whether whoever calls has that right here: for what only some uses of a command require."""
    replied_to: EventId | None = None
    """The message that the call is a reply to."""
    here: TicketId | None = None
    """The ticket in whose thread, or as a reply to whose message, it was typed."""
    holds_file: bool = False
    """Whether the message that calls holds a file, with the call as its caption."""
    post: PostId | None = None
    """The post that it is about: the one named, the planned one in whose thread it was typed, the one whose preview was
    tapped, or the one that the edited message made."""
    files: tuple[tuple[EventId, SharedFile, str], ...] = ()
    """The files in the message that calls and in the one that it replies to, by message, each with its caption."""
    tapped: EventId | None = None
    """The message with the emoji, of a call by a tap; None where it was typed."""
    revision: int = 0
    """The revision of the post that the tapped preview shows."""
    takes_back: bool = False
    """Whether somebody took back the tap that stood for another command, which this one undoes."""
    edited: EventId | None = None
    """The message that was edited, in `on_edit`."""

    @property
    def ticket(self) -> TicketId:
        """The ticket that it is about; it was made sure before that there is one where the command must have it."""
        if self.ticket_number is None:
            raise LookupError(f"!{self.invocation.command.name} was run without a ticket")
        return self.ticket_number

    @property
    def planned(self) -> PostId:
        """The post that it is about; it was made sure before that there is one where the command must have it."""
        if self.post is None:
            raise LookupError(f"!{self.invocation.command.name} was run without a post")
        return self.post

    @property
    def message(self) -> EventId:
        """The message that was edited. Raises LookupError outside of `on_edit`."""
        if self.edited is None:
            raise LookupError(f"!{self.invocation.command.name} was run without an edited message")
        return self.edited

    @property
    def shown(self) -> EventId:
        """The message that was tapped. Raises LookupError for what was typed."""
        if self.tapped is None:
            raise LookupError(f"!{self.invocation.command.name} was run without a tap")
        return self.tapped

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
class Tap:
    """An emoji that stands for a command where it is tapped on that kind of message.

    `run` is what the tap does; without it, what the command does when it is typed without words. The command's right is
    asked for as if it had been typed, and where confirmations are typed, no tap does what lets something out.
    """

    on: Shown
    key: str
    run: Callable[[Call], Awaitable[None]] | None = None


Edit = Callable[[Call], Awaitable[None]]
"""What an edit of a command's message does, given the call as the message reads now. Raises Refusal."""

ONLY_ONCE = Refusal(
    "This edit does nothing: only drafts, proposals and notes follow the message that made them. Please send it as a "
    "new message."
)
"""What is said where an edit does nothing."""


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
    """Whether it takes a planned post, as in `P7`; one that must have a ticket may have that instead."""
    moment: bool = False
    """Whether words that say when come before the text, set apart from it by a | or a line break."""
    text: Takes = Takes.NO
    text_name: str = mark("text")
    number_in_text: bool = False
    """In a ticket's thread, another ticket's number belongs to the text unless it is marked by a #."""
    options: tuple[Option, ...] = ()
    options_behind: bool = False
    """Options may also follow the text, because the text is neither kept nor published as it is."""
    examples: Sequence[str] = ()
    lets_out: bool = False
    """Whether something can go out by it that could not before, as by every command with the right to publish.

    Where confirmations are typed, no tap does it.
    """
    holds_back: bool = False
    """Whether it only keeps something from going out: it counts however late it is heard, whoever may have said it."""
    makes: tuple[PostKind | Kept, ...] = ()
    """What its message makes: drafts of these kinds, a proposal, a note. Redacting the message takes that back."""
    on_edit: Edit | Refusal = ONLY_ONCE
    """What an edit of its message does to what the message made; or the refusal that says why an edit does nothing.

    What is refused while it is carried out holds back the draft that the message made.
    """
    taps: tuple[Tap, ...] = ()
    """The reactions that stand for it. Only a tap on a card that is declared here may leave out a text that it must
    have; any other emoji that the configuration lets stand for it then does so as well."""
    undone_by: str = ""
    """The command that taking one's tap back stands for; it is called with `takes_back`."""
    parts: tuple["Command", ...] = ()
    """Commands of two words that begin with this one's name, each with what it takes and a right of its own."""
