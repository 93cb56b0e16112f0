"""The reference of the chat commands, docs/commands.md and docs/befehle.md, from their own declarations.

`python scripts/docs.py` writes both; tests/test_docs.py holds them against the code.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from fedichat.chat.command import Command, Option, load_commands
from fedichat.chat.manual import distinct, typed_option, usage
from fedichat.chat.rights import rooms_of
from fedichat.config.model import Config
from fedichat.text.i18n import Language, language

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "commands.md", "de": ROOT / "docs" / "befehle.md"}
PREFIX = "!"

# Words of the pages only; what the commands say of themselves comes from the catalogues.
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "made": "Made from the commands' declarations by `make docs`. Changes here would be lost.",
        "title": "The chat commands",
        "intro": """\
A command is a message that begins with `!`. An office may choose another sign (`commands.prefix`).

- Upper and lower case do not matter, nor whether an umlaut is typed as `ü` or `ue`. Every command has an
  English and a German name, and both work in every room.
- `42` stands for the ticket's number. In the ticket's thread, or as a reply to its card, it is left out.
- Options stand before the text, on either side of the number; they and their values have names in both
  languages. A value of several words stands in quotation marks. What a phone makes of `--` and of quotation
  marks is understood.
- Everything after the options is the text, word for word, with its line breaks.
- Only messages of people count. Each one is carried out once, also when the bot was away meanwhile; what is
  older than an hour by then is not carried out (`commands.max_age`), unless it holds something back: `!withdraw`,
  `!unschedule`, `!freeze`.""",
        "reactions": "Reactions",
        "reaction_intro": """\
A tap on an emoji does the same as a command. An office may choose others for the card (`reactions`).""",
        "where": "on",
        "reaction": "reaction",
        "does": "does",
        "card": "the card",
        "preview": "the preview",
        "back": """\
Taking one's own 👀 off the card releases the ticket. Taking one's own ✅ off the preview takes the
confirmation back, as long as the answer has not gone out. A ✅ of the team on what an expert said makes a
proposal of it. Under a question of the bot, each emoji stands for the answer that it names. Under a handover,
the ✅ of whoever has the duty now acknowledges it.""",
        "second": "Second thoughts",
        "second_text": """\
- **Editing** the message with `!answer`, `!interim` or `!edit` changes the draft and its preview. An earlier
  confirmation does not count any more. With `!propose`, the proposal changes. Both stay with their ticket, and
  no other command follows an edit.
- **Deleting** that message withdraws the draft, or the proposal.
- What people say in a ticket's thread while a department is asked is edited and deleted in the other rooms,
  too. Deleting a file withdraws the draft that it was to go along with.

None of this changes what is published already.""",
        "commands": "Commands",
        "also": "Also",
        "rooms": "Works in",
        "right": "Right (for `users.….deny` and `allow`)",
        "options": "Options",
        "examples": "Examples",
        "option_also": "also",
    },
    "de": {
        "made": "Aus den Befehlen selbst erzeugt, mit `make docs`. Änderungen hier gingen verloren.",
        "title": "Die Befehle im Chat",
        "intro": """\
Ein Befehl ist eine Nachricht, die mit `!` beginnt. Jedes Haus kann ein anderes Zeichen wählen
(`commands.prefix`).

- Groß- und Kleinschreibung sind gleich, ebenso `ü` und `ue`. Jeder Befehl hat einen deutschen und einen
  englischen Namen; beide gelten in jedem Raum.
- `42` steht für die Nummer des Vorgangs. Im Thread des Vorgangs oder als Antwort auf seine Karte entfällt
  sie.
- Optionen stehen vor dem Text, vor oder hinter der Nummer; sie und ihre Werte haben Namen in beiden
  Sprachen. Ein Wert aus mehreren Wörtern steht in Anführungszeichen. Was Telefone aus `--` und aus
  Anführungszeichen machen, wird verstanden.
- Alles nach den Optionen ist der Text, Wort für Wort, mit seinen Zeilenumbrüchen.
- Nur Nachrichten von Menschen zählen. Jede wird einmal ausgeführt, auch wenn der Bot zwischendurch nicht da
  war; was dann älter als eine Stunde ist, wird nicht mehr ausgeführt (`commands.max_age`), es sei denn, es hält
  etwas zurück: `!zurückziehen`, `!absetzen`, `!anhalten`.""",
        "reactions": "Reaktionen",
        "reaction_intro": """\
Ein Tipp auf ein Emoji tut dasselbe wie ein Befehl. Für die Karte kann jedes Haus andere wählen
(`reactions`).""",
        "where": "auf",
        "reaction": "Reaktion",
        "does": "bewirkt",
        "card": "der Karte",
        "preview": "der Vorschau",
        "back": """\
Das eigene 👀 von der Karte zu nehmen gibt den Vorgang ab. Das eigene ✅ von der Vorschau zu nehmen nimmt die
Freigabe zurück, solange die Antwort noch nicht veröffentlicht ist. Ein ✅ des Teams unter einer Nachricht des
Fachreferats macht daraus einen Vorschlag. Unter einer Frage des Bots steht jedes Emoji für die Antwort, die
dort genannt ist. Unter einer Übergabe bestätigt sie ein ✅ von
der Person, die jetzt Dienst hat.""",
        "second": "Es sich anders überlegen",
        "second_text": """\
- Die Nachricht mit `!antwort`, `!zwischenstand` oder `!ändern` **bearbeiten** ändert den Entwurf und seine
  Vorschau. Eine frühere Freigabe gilt dann nicht mehr. Bei `!vorschlagen` ändert sich der Vorschlag. Beide
  bleiben bei ihrem Vorgang, und kein anderer Befehl folgt einer Bearbeitung.
- Diese Nachricht **löschen** zieht den Entwurf oder den Vorschlag zurück.
- Was im Thread eines Vorgangs gesagt wird, während ein Fachreferat gefragt ist, wird auch in den anderen
  Räumen bearbeitet und gelöscht. Eine Datei zu löschen zieht den Entwurf zurück, mit dem sie hinausgehen sollte.

An dem, was schon veröffentlicht ist, ändert all das nichts.""",
        "commands": "Befehle",
        "also": "Auch",
        "rooms": "Geht in",
        "right": "Recht (für `users.….deny` und `allow`)",
        "options": "Optionen",
        "examples": "Beispiele",
        "option_also": "auch",
    },
}
ROOMS = {
    "en": {"team": "team rooms", "direct": "rooms for direct messages", "department": "department rooms"}
    | {"supervisors": "the supervisors' room"},
    "de": {
        "team": "Teamräumen",
        "direct": "Räumen für Direktnachrichten",
        "department": "Räumen der Fachreferate",
    }
    | {"supervisors": "dem Raum der Leitung"},
}


def page(code: str) -> str:
    """The whole page in that language."""
    return "\n".join(_lines(language(code), WORDS[code])) + "\n"


def _lines(t: Language, words: Mapping[str, str]) -> Iterator[str]:
    commands = load_commands(import_module("fedichat.commands"))
    yield from (f"<!-- {words['made']} -->", "", f"# {words['title']}", "", words["intro"], "")
    yield from (f"## {words['reactions']}", "", words["reaction_intro"], "")
    yield from (f"| {words['where']} | {words['reaction']} | {words['does']} |", "|---|---|---|")
    reactions: Mapping[str, str] = Config.model_fields["reactions"].get_default()
    taps = [("card", emoji, name) for emoji, name in reactions.items()]
    for place, emoji, name in [*taps, ("preview", "✅", "publish"), ("preview", "❌", "withdraw")]:
        yield f"| {words[place]} | {emoji} | `{PREFIX}{commands[name].shown_name(t.code)}` |"
    yield from ("", words["back"], "", f"## {words['second']}", "", words["second_text"], "")
    yield from (f"## {words['commands']}", "")
    for command in distinct(commands, t.code):
        yield from _command(command, t, words)


def _command(command: Command, t: Language, words: Mapping[str, str]) -> Iterator[str]:
    yield from (f"### `{usage(command, t, PREFIX)}`", "", t(command.summary), "")
    others = [f"`{PREFIX}{name}`" for name in command.all_names() if name != command.shown_name(t.code)]
    if others:
        yield f"- {words['also']}: {', '.join(others)}"
    yield f"- {words['rooms']}: {', '.join(ROOMS[t.code][kind.value] for kind in rooms_of(command))}"
    yield f"- {words['right']}: `{command.right}`"
    if command.options:
        yield from ("", f"{words['options']}:", "")
        yield from (_option(option, t, words) for option in command.options)
    yield from ("", f"{words['examples']}:", "")
    yield from (f"    {PREFIX}{t(example)}" for example in command.examples)
    yield ""


def _option(option: Option, t: Language, words: Mapping[str, str]) -> str:
    line = f"- `{typed_option(option, t)}` – {t(option.summary)}"
    others = [f"`--{name}`" for name in option.all_names() if name != option.shown_name(t.code)]
    return f"{line} ({words['option_also']} {', '.join(others)})" if others else line


def main() -> None:
    """Write both pages."""
    for code, path in PAGES.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(code), encoding="utf-8")


if __name__ == "__main__":
    main()
