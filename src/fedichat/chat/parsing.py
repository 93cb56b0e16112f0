"""What people type, taken apart: `!name 42 --option value text`, with the typography that phones make of it."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fedichat.chat.command import Command, Invocation, Option, Takes, folded
from fedichat.chat.wording import Several
from fedichat.domain.names import PostId, TicketId
from fedichat.errors import Refusal

_WORD = re.compile(r"\s*(\S+)")
_TICKET = re.compile(r"\s*(#?)(\d{1,12})(?=\s|$|[:,.](?:\s|$))[:,.]?")
_POST = re.compile(r"\s*[Pp](\d{1,12})(?=\s|$|[:,.|](?:\s|$))[:,.]?")
_WHEN = re.compile(r"[^\S\n]*([^\s|]+)")
_BORDER = re.compile(r"[^\S\n]*(?:\n|\|)")
_OPTION = re.compile(r"\s*(?:--|—|–-?|-–)([^\W\d_][\w-]*)(?==|\s|$)=?")
_QUOTED = re.compile(
    r"\s*(?:\"([^\"]*)\"|[„“”]([^„“”]*)[“”]|«([^»]*)»|»([^«]*)«|‚([^‘]*)‘"
    # In words such as “it’s” it does not end the quotation.
    r"|‘((?:[^’]|’(?=\w))*)’|'((?:[^']|'(?=\w))*)'"
    # Some keyboards turn only one of the two into a typographic quotation mark.
    r"|[\"„“”]([^\"„“”]*)[\"“”])(?=\s|$)"
)
_OPENING = tuple("\"„“”«»‚‘'")


MOST_TYPED = 12_000
"""Characters after a command's name: more than any preview could show, and few enough to be parsed in no time."""
_LONGEST_NAME = 40
"""A longer word is not a mistyped command, and comparing it with every name would take long."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A message that begins with the prefix: the command's name as typed, and everything after it."""

    name: str
    rest: str


def typed(text: str, prefix: str) -> Typed | None:
    """The command in a message; None when the message is ordinary talk."""
    text = text.lstrip()
    if not text.startswith(prefix):
        return None
    match = _WORD.match(text, len(prefix))
    # "! " and "!!!" and "!?" are exclamations, not commands.
    if match is None or match.start(1) != len(prefix) or not match[1][0].isalpha():
        return None
    return Typed(match[1].rstrip(":,"), text[match.end() :])


def find_command(name: str, commands: Mapping[str, Command], prefix: str) -> Command:
    """The command of that name, umlauts typed either way. Refuses an unknown one, suggesting the nearest."""
    wanted = folded(name)
    known = {folded(each): each for each in commands}
    if wanted in known:
        return commands[known[wanted]]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6) if len(wanted) <= _LONGEST_NAME else []
    name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    if near:
        raise Refusal(
            "I do not know `{typed}`. Did you mean `{near}`? `{prefix}help` shows all commands.",
            typed=prefix + name,
            near=prefix + known[near[0]],
            prefix=prefix,
        )
    raise Refusal("I do not know `{typed}`. `{prefix}help` shows all commands.", typed=prefix + name, prefix=prefix)


def find_part(command: Command, said: Typed) -> tuple[Command, Typed]:
    """The part of a command that its second word names, as in `!duty swap`, and what follows; else the command."""
    match = _WORD.match(said.rest)
    wanted = folded(match[1].rstrip(":,")) if match else ""
    for part in command.parts:
        if match and wanted in {folded(name).partition(" ")[2] for name in part.all_names()}:
            return part, Typed(part.name, said.rest[match.end() :])
    return command, said


def parse(
    command: Command, rest: str, prefix: str, *, here: TicketId | None = None, planned: PostId | None = None
) -> Invocation:
    """Take apart what follows the command's name. `here` is the ticket of the thread, if it was typed in one.

    `planned` is the planned post, if it was typed in the thread of one.

    Options come before the text, on either side of the ticket, or among the words that say when. Refuses what does
    not fit, with an example, and before anything else what is longer than `MOST_TYPED`.
    """
    _must_be_short(rest)
    options: dict[str, str] = {}
    repeated: dict[str, tuple[str, ...]] = {}
    ticket: TicketId | None = None
    post: PostId | None = None
    when: list[str] = []
    position = len(rest) - len(rest.lstrip())
    while not (command.moment and _BORDER.match(rest, position)):
        if command.options and (match := _OPTION.match(rest, position)):
            option = _option(command, match[1], prefix)
            if option.name in options and not option.repeats:
                raise Refusal("`{option}` is there twice.", option=option)
            value, position = _value(option, rest, match.end())
            options[option.name] = value
            if option.repeats:
                repeated[option.name] = (*repeated.get(option.name, ()), value)
        elif (
            command.ticket is not Takes.NO
            and ticket is None
            and post is None
            and (match := _ticket(command, rest, position, here))
        ):
            ticket, position = TicketId(int(match[2])), match.end()
            _must_be_clear(command, ticket, here, planned, rest[position:], prefix, is_marked=bool(match[1]))
        elif (
            command.post is not Takes.NO and ticket is None and post is None and (match := _POST.match(rest, position))
        ):
            post, position = PostId(int(match[1])), match.end()
        elif command.moment and (word := _WHEN.match(rest, position)):
            when.append(word[1])
            position = word.end()
        elif command.options_behind and (match := _OPTION.search(rest, position)):
            rest, position = f"{rest[match.start() :]} {rest[position : match.start()]}", 0
        else:
            break
    if command.moment and (border := _BORDER.match(rest, position)):
        position = border.end()
    text = rest[position:].strip()
    _check_text(command, text, prefix)
    return Invocation(command, ticket, options, text, repeated, post, " ".join(when))


def without_flag(option: Option, text: str) -> tuple[str, bool]:
    """The text without that flag at its beginning or its end, and whether it was there.

    For commands whose text begins with a name: people write the flag after it.
    """
    names = {folded(name) for name in option.all_names()}
    for match in _OPTION.finditer(text):
        before, behind = text[: match.start()], text[match.end() :]
        is_apart = not before or match[0][0].isspace()
        if folded(match[1]) in names and is_apart and not (before.strip() and behind.strip()):
            return f"{before}{behind}".strip(), True
    return text, False


def _must_be_short(rest: str) -> None:
    if len(rest) > MOST_TYPED:
        raise Refusal(
            "That is {length} characters long; a command takes {limit} at most. Nothing was done: please shorten it.",
            length=len(rest),
            limit=MOST_TYPED,
        )


def _ticket(command: Command, rest: str, position: int, here: TicketId | None) -> re.Match[str] | None:
    match = _TICKET.match(rest, position)
    if match and command.number_in_text and here is not None and not match[1] and int(match[2]) != here:
        return None
    return match


def _option(command: Command, name: str, prefix: str) -> Option:
    wanted = folded(name)
    for option in command.options:
        if wanted in map(folded, option.all_names()):
            return option
    raise Refusal(
        "`{prefix}{command}` has no `--{typed}`. It has: {options}.",
        prefix=prefix,
        command=command,
        typed=name,
        options=Several(command.options),
    )


def _value(option: Option, rest: str, position: int) -> tuple[str, int]:
    if option.is_flag:
        return "", position
    if option.may_take:
        fitting = re.compile(rf"\s*({option.may_take})(?=\s|$)", re.IGNORECASE).match(rest, position)
        return (fitting[1], fitting.end()) if fitting else ("", position)
    match = _QUOTED.match(rest, position) or _WORD.match(rest, position)
    if match is None or _OPTION.match(rest, position):
        raise Refusal("`{option}` needs a value behind it.", option=option)
    if match.re is _WORD and match[1].startswith(_OPENING):
        raise Refusal(
            "Behind `{option}`, one quotation mark belongs at the beginning and one at the end, followed by a space: "
            '`{option} "two words"`. Please use a different kind in between.',
            option=option,
        )
    value = next(group for group in match.groups() if group is not None)
    return (_choice(option, value) if option.choices else value), match.end()


def _choice(option: Option, typed: str) -> str:
    wanted = "-".join(folded(typed).replace("_", " ").split())
    for choice in option.choices:
        if wanted in map(folded, choice.all_names()):
            return choice.name
    raise Refusal(
        "`{option}` can be {choices}, not “{value}”.",
        option=option,
        choices=Several(option.choices),
        value=typed,
    )


def _must_be_clear(
    command: Command,
    ticket: TicketId,
    here: TicketId | None,
    planned: PostId | None,
    behind: str,
    prefix: str,
    *,
    is_marked: bool,
) -> None:
    """`!answer 42 is the answer` in the thread of #7: the number may be the ticket or the first word of the text."""
    takes_text = command.text is not Takes.NO
    if takes_text and behind.strip() and command.post is not Takes.NO and planned is not None and not is_marked:
        raise Refusal(
            "This is the thread of P{here}. If you mean #{ticket}, write `{prefix}{command} #{ticket} …`; if {ticket} "
            "belongs to the text, write `{prefix}{command} P{here} {ticket} …`.",
            here=planned,
            ticket=ticket,
            prefix=prefix,
            command=command,
        )
    if takes_text and behind.strip() and here is not None and ticket != here and not is_marked:
        raise Refusal(
            "This is the thread of #{here}. If you mean #{ticket}, write `{prefix}{command} #{ticket} …`; if {ticket} "
            "belongs to the text, write `{prefix}{command} #{here} {ticket} …`.",
            here=here,
            ticket=ticket,
            prefix=prefix,
            command=command,
        )


def _check_text(command: Command, text: str, prefix: str) -> None:
    example = command.examples[0] if command.examples else command
    if command.text is Takes.MUST and not text:
        raise Refusal(
            "Something is missing: the {what}. For example: `{prefix}{example}`",
            what=command.text_name,
            prefix=prefix,
            example=example,
        )
    if command.text is Takes.NO and text:
        raise Refusal(
            "I do not understand “{text}” there. For example: `{prefix}{example}`",
            text=text if len(text) <= 60 else f"{text[:59]}…",
            prefix=prefix,
            example=example,
        )
