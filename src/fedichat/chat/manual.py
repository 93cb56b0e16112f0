"""Help, made from the commands' own declarations; the reference page in docs/ is made from the same."""

import re
from collections.abc import Callable, Iterable, Mapping

from fedichat.chat.command import Command, Option, Right, Takes, folded
from fedichat.chat.rights import ROOM_WORDS, rooms_of
from fedichat.domain.phrase import mark
from fedichat.text.i18n import Language

_GROUPS = (
    (mark("Looking up"), frozenset({Right.READ})),
    (mark("Figures"), frozenset({Right.REPORT})),
    (mark("Sorting"), frozenset({Right.TRIAGE})),
    (mark("Asking departments"), frozenset({Right.CONSULT, Right.PROPOSE})),
    (mark("Answering"), frozenset({Right.ANSWER, Right.PUBLISH})),
    (mark("Planning"), frozenset({Right.PLAN, Right.FREEZE})),
)
"""What commands are for, in the order in which a ticket meets them."""
_STOP = re.compile(r"[.:;](?:\s|$)")


def overview(commands: Mapping[str, Command], may: Callable[[Command], bool], t: Language, prefix: str) -> str:
    """A line for each command that somebody may use, grouped by what they are for, as Markdown."""
    lines: list[str] = []
    example = ""
    for heading, rights in _GROUPS:
        group = [command for command in distinct(commands, t.code) if command.right in rights and may(command)]
        if group:
            lines += [f"**{t(heading)}**", "", *(f"- {_line(command, t, prefix)}" for command in group), ""]
            example = min(group, key=lambda command: command.name).shown_name(t.code)
    hint = t("In a ticket's thread, or as a reply to its card, leave the number out.")
    more = t("`{prefix}help {command}` shows more about one of them.", prefix=prefix, command=example)
    return "\n".join([*lines, f"{hint} {more}"])


def _line(command: Command, t: Language, prefix: str) -> str:
    """The command and, in short, what it does: its summary up to the first stop, colon or semicolon."""
    short = _STOP.split(t(command.summary), maxsplit=1)[0]
    return f"`{usage(command, t, prefix)}` – {short}"


def one(command: Command, t: Language, prefix: str) -> str:
    """One command with its options, names and examples, as Markdown."""
    lines = [f"**`{usage(command, t, prefix)}`**", "", t(command.summary)]
    if command.options:
        lines += ["", *(f"- `{typed_option(option, t)}` – {t(option.summary)}" for option in command.options)]
    others = [f"`{prefix}{name}`" for name in command.all_names() if name != command.shown_name(t.code)]
    if others:
        lines += ["", f"{t('Also')}: {', '.join(others)}"]
    rooms = ", ".join(t(ROOM_WORDS[kind]) for kind in rooms_of(command))
    lines += ["", t("Works in: {rooms}.", rooms=rooms)]
    lines += ["", f"{t('For example')}:", ""]
    lines += [f"- `{prefix}{t(example)}`" for example in command.examples]
    return "\n".join(lines)


def usage(command: Command, t: Language, prefix: str) -> str:
    """`!answer 42 [--cw …] text`."""
    parts = [prefix + command.shown_name(t.code)]
    if command.ticket is not Takes.NO:
        number = "42|P7" if command.post is not Takes.NO else "42"
        parts.append(number if command.ticket is Takes.MUST else f"[{number}]")
    elif command.post is not Takes.NO:
        parts.append("P7" if command.post is Takes.MUST else "[P7]")
    if command.moment:
        when = t(mark("when"))
        parts.append(f"{when} |" if command.text is not Takes.NO else when)
    if command.text is not Takes.NO:
        name = t(command.text_name)
        # After a moment the text is required, too; the command itself explains what is missing.
        parts.append(name if command.text is Takes.MUST or command.moment else f"[{name}]")
    return " ".join(parts)


def distinct(commands: Mapping[str, Command], language: str = "en") -> Iterable[Command]:
    """Each command once, in the order of the names that are shown."""
    each = {command.name: command for command in commands.values()}.values()
    return sorted(each, key=lambda command: folded(command.shown_name(language)))


def typed_option(option: Option, t: Language) -> str:
    """`--visibility public|unlisted|private|direct`."""
    name = f"--{option.shown_name(t.code)}"
    if option.is_flag:
        return name
    if option.may_take:
        return f"{name} […]"
    return f"{name} {'|'.join(choice.shown_name(t.code) for choice in option.choices) or '…'}"
