"""The message catalogues: extracts what the code says, brings every language up to date, and compiles.

`python scripts/messages.py` writes locales/fedichat.pot and each language's .po and .mo. The same
code always gives the same files: they contain no dates and no line numbers. A message that is new in a .po has no
translation yet; tests/test_locales.py fails until it does.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "src" / "fedichat" / "locales"
TEMPLATE = LOCALES / "fedichat.pot"
SOURCES = ("src/fedichat", "commands")
# The message ids are in English, which needs no catalogue.
TRANSLATED = ("de",)

KEYWORDS = {"Refusal": 1, "mark": 1, "plural": 2, "t": 1}
"""The functions that take message ids, and in how many of their first arguments; see `fedichat.text.i18n`."""

MessageId = str | tuple[str, ...]


class Timeless(Catalog):
    """A catalogue whose header has only what is needed to read it."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        kept = {"Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
        return [(name, value) for name, value in super()._get_mime_headers() if name in kept]

    mime_headers = property(_get_mime_headers, Catalog._set_mime_headers)  # noqa: SLF001 - babel has no other way


@cache
def template() -> Catalog:
    """What the code says today."""
    catalog = Timeless(project="fedichat", fuzzy=False, header_comment="# Messages of fedichat.")
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for message in messages_in(path.read_text(encoding="utf-8")):
                catalog.add(message, None, [(name, 0)])
    return catalog


def messages_in(source: str) -> Iterator[MessageId]:
    """The message ids in Python source, from its syntax tree: before Python 3.12 babel misses f-strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            number = KEYWORDS.get(_called(node.func), 0)
            ids = tuple(_texts(node.args[:number]))
            if ids and len(ids) == number:
                yield ids[0] if number == 1 else ids


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
            yield argument.value


def po_of(language: str) -> Path:
    """The file with a language's translations."""
    return LOCALES / language / "LC_MESSAGES" / "fedichat.po"


def read(language: str) -> Catalog:
    """A language's translations; none if there is no file yet."""
    return read_file(po_of(language), language)


def read_file(path: Path, language: str | None = None) -> Catalog:
    """A .po or .pot file; empty if it does not exist."""
    catalog = Timeless(language, project="fedichat", fuzzy=False, header_comment="# Messages of fedichat.")
    if path.is_file():
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    catalog[message.id] = message
    return catalog


def brought_up_to_date(catalog: Catalog, current: Catalog) -> Catalog:
    """The translations of exactly the messages in use; nothing is guessed."""
    fresh = Timeless(catalog.locale, project="fedichat", fuzzy=False, header_comment=catalog.header_comment)
    for message in current:
        if message.id:
            known = catalog.get(message.id)
            string = known.string if known else None
            notes = known.user_comments if known else ()
            fresh.add(message.id, string, message.locations, user_comments=notes)
    return fresh


def as_po(catalog: Catalog) -> bytes:
    """The catalogue as a .po or .pot file."""
    file = BytesIO()
    write_po(file, catalog, width=100, sort_output=True, include_lineno=False)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The catalogue compiled, as gettext reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def untranslated(catalog: Catalog) -> Iterator[str]:
    """The messages without a translation, or with some plural forms missing."""
    for message in catalog:
        strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.id and not all(strings):
            yield message.id[0] if isinstance(message.id, list | tuple) else message.id


def main() -> int:
    """Bring everything up to date; gives 1 if translations are missing."""
    current = template()
    TEMPLATE.write_bytes(as_po(current))
    missing = []
    for language in TRANSLATED:
        catalog = brought_up_to_date(read(language), current)
        po_of(language).parent.mkdir(parents=True, exist_ok=True)
        po_of(language).write_bytes(as_po(catalog))
        po_of(language).with_suffix(".mo").write_bytes(as_mo(catalog))
        missing += [f"{language}: {message}" for message in untranslated(catalog)]
    for line in missing:
        print(f"not translated yet: {line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
