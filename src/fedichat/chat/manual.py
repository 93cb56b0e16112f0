"""Help, made from the commands' own declarations; the reference page in docs/ is made from the same."""

from collections.abc import Iterable, Mapping

from fedichat.chat.command import RIGHTS_OF, Command, Option, Takes, folded
from fedichat.domain.roles import RoomKind
from fedichat.i18n import Language


def overview(commands: Mapping[str, Command], room: RoomKind, t: Language, prefix: str) -> str:
    """A line for each command that the room may use, as Markdown."""
    lines = [
        f"- `{usage(command, t, prefix)}` – {t(command.summary)}"
        for command in distinct(commands, t.code)
        if command.right in RIGHTS_OF[room]
    ]
    hint = t("In a ticket's thread, or as a reply to its card, leave the number out.")
    more = t("`{prefix}help answer` shows more about one of them.", prefix=prefix)
    return "\n".join([*lines, "", f"{hint} {more}"])


def one(command: Command, t: Language, prefix: str) -> str:
    """One command with its options, names and examples, as Markdown."""
    lines = [f"**`{usage(command, t, prefix)}`**", "", t(command.summary), ""]
    lines += [f"- `{typed_option(option, t)}` – {t(option.summary)}" for option in command.options]
    others = [f"`{prefix}{name}`" for name in command.all_names() if name != command.shown_name(t.code)]
    if others:
        lines += ["", f"{t('Also')}: {', '.join(others)}"]
    lines += ["", f"{t('For example')}:", ""]
    lines += [f"- `{prefix}{t(example)}`" for example in command.examples]
    return "\n".join(lines)


def usage(command: Command, t: Language, prefix: str) -> str:
    """`!answer 42 [--cw …] text`."""
    parts = [prefix + command.shown_name(t.code)]
    if command.ticket is not Takes.NO:
        parts.append("42" if command.ticket is Takes.MUST else "[42]")
    if command.text is not Takes.NO:
        name = t(command.text_name)
        parts.append(name if command.text is Takes.MUST else f"[{name}]")
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
    return f"{name} {'|'.join(choice.shown_name(t.code) for choice in option.choices) or '…'}"
