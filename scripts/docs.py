"""The reference of the chat commands, docs/commands.md and docs/befehle.md, made from their declarations.

`python scripts/docs.py` writes both; tests/test_docs.py compares them with the code.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from fedichat.chat.command import Command, Option, Shown
from fedichat.chat.loading import load_commands, taps_of
from fedichat.chat.manual import distinct, typed_option, usage
from fedichat.chat.rights import rooms_of
from fedichat.text.i18n import Language, language

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "commands.md", "de": ROOT / "docs" / "befehle.md"}
PREFIX = "!"

# Only the words of the pages themselves; what commands say about themselves comes from the catalogues.
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "made": "Made by `make docs` from the commands' declarations. Changes made here would be lost.",
        "title": "The chat commands",
        "intro": """\
A command is a message that begins with `!`. An office can choose another sign (`commands.prefix`).

- Upper and lower case make no difference, and an umlaut can be typed as `ü` or `ue`. Every command has an
  English and a German name, and both work in every room.
- `42` is the ticket's number. In the ticket's thread, or in a reply to its card, leave it out.
- Options go before the text, on either side of the number; they and their values have names in both
  languages. A value of several words goes in quotation marks. The dashes and quotation marks that phones make
  of `--` and `"` are understood.
- Everything after the options is the text, word for word, with its line breaks.
- Only people's messages count. Each one is carried out once, even if the bot was away when it was sent. If it is
  more than an hour old by then, it is not carried out (`commands.max_age`), unless it holds something back:
  `!withdraw`, `!unschedule`, `!freeze`.""",
        "reactions": "Reactions",
        "reaction_intro": """\
Tapping an emoji does the same as a command. An office can choose other emoji for the card (`reactions`).""",
        "where": "on",
        "reaction": "reaction",
        "does": "does",
        "card": "the card",
        "preview": "the preview",
        "back": """\
Removing your 👀 from the card releases the ticket. Removing your ✅ from the preview takes the confirmation
back, as long as the answer has not gone out. When somebody of the team puts a ✅ on what an expert said, it becomes
a proposal. Under one of the bot's questions, each emoji is the answer that the question gives it. Under a handover, a
✅ from whoever is on duty now acknowledges it.""",
        "second": "Second thoughts",
        "second_text": """\
- **Editing** the message that carried `!answer`, `!interim` or `!edit` changes the draft and its preview, and
  an earlier confirmation no longer counts. With `!propose`, the proposal changes. Both stay with their ticket.
  Editing has no effect on any other command.
- **Deleting** that message withdraws the draft, or the proposal.
- What people say in a ticket's thread while a department is being asked is also edited and deleted in the other
  rooms. Deleting a file withdraws the draft that it was to go out with.

None of this changes what has already been published.""",
        "commands": "Commands",
        "also": "Also",
        "rooms": "Works in",
        "right": "Right (for `users.….deny` and `allow`)",
        "options": "Options",
        "examples": "Examples",
        "option_also": "also",
    },
    "de": {
        "made": "Mit `make docs` aus den Befehlen erzeugt. Änderungen an dieser Datei gehen verloren.",
        "title": "Die Befehle im Chat",
        "intro": """\
Ein Befehl ist eine Nachricht, die mit `!` beginnt. Jedes Haus kann ein anderes Zeichen wählen
(`commands.prefix`).

- Groß- und Kleinschreibung spielen keine Rolle; statt `ü` geht auch `ue`. Jeder Befehl hat einen deutschen und
  einen englischen Namen, und beide funktionieren in jedem Raum.
- `42` steht für die Nummer des Vorgangs. Im Thread des Vorgangs und bei einer Antwort auf seine Karte entfällt
  sie.
- Optionen stehen vor dem Text, vor oder nach der Nummer; sie und ihre Werte haben Namen in beiden
  Sprachen. Ein Wert aus mehreren Wörtern gehört in Anführungszeichen. Auch die Striche und Anführungszeichen, die
  Telefone aus `--` und `"` machen, werden verstanden.
- Alles nach den Optionen ist der Text, Wort für Wort und mit seinen Zeilenumbrüchen.
- Nur Nachrichten von Menschen zählen. Jede wird einmal ausgeführt, auch wenn der Bot zwischenzeitlich nicht
  erreichbar war. Ist sie dann älter als eine Stunde, wird sie nicht mehr ausgeführt (`commands.max_age`), es sei
  denn, sie hält etwas zurück: `!zurückziehen`, `!absetzen`, `!anhalten`.""",
        "reactions": "Reaktionen",
        "reaction_intro": """\
Ein Fingertipp auf ein Emoji bewirkt dasselbe wie ein Befehl. Für die Karte kann jedes Haus andere Emojis
wählen (`reactions`).""",
        "where": "auf",
        "reaction": "Reaktion",
        "does": "bewirkt",
        "card": "der Karte",
        "preview": "der Vorschau",
        "back": """\
Wer das eigene 👀 von der Karte nimmt, gibt den Vorgang ab. Wer das eigene ✅ von der Vorschau nimmt, nimmt die
Freigabe zurück, solange die Antwort noch nicht veröffentlicht ist. Ein ✅ des Teams an einer Nachricht des
Fachreferats macht daraus einen Vorschlag. Bei einer Frage des Bots steht jedes Emoji für die Antwort, die
dort genannt ist. Eine Übergabe bestätigt mit ✅, wer jetzt Dienst hat.""",
        "second": "Nachträglich ändern",
        "second_text": """\
- Wird die Nachricht mit `!antwort`, `!zwischenstand` oder `!ändern` **bearbeitet**, ändern sich der Entwurf und
  seine Vorschau. Eine frühere Freigabe gilt dann nicht mehr. Bei `!vorschlagen` ändert sich der Vorschlag. Beide
  bleiben bei ihrem Vorgang. Bei allen anderen Befehlen bewirkt eine Bearbeitung nichts.
- Wird diese Nachricht **gelöscht**, ist der Entwurf oder der Vorschlag zurückgezogen.
- Was im Thread eines Vorgangs gesagt wird, während ein Fachreferat beteiligt ist, wird auch in den anderen
  Räumen bearbeitet und gelöscht. Wird eine Datei gelöscht, ist der Entwurf zurückgezogen, mit dem sie
  veröffentlicht werden sollte.

An bereits Veröffentlichtem ändert all das nichts.""",
        "commands": "Befehle",
        "also": "Auch",
        "rooms": "Verfügbar in",
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
    taps = taps_of(commands.values())
    for wanted in (Shown.CARD, Shown.PREVIEW):
        for (shown, emoji), command in taps.items():
            if shown is wanted:
                yield f"| {words[shown.value]} | {emoji} | `{PREFIX}{command.shown_name(t.code)}` |"
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
