"""`fedichat export`: what can be counted, as files: tickets, the steps of each, and posts.

Nobody's words are in it. Who asked and who worked on it is left out unless that is asked for.
"""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fedichat.errors import StartError
from fedichat.store.exporting import Table, exported

FORMATS = ("csv", "json")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def export(
    database: Path,
    folder: Path,
    form: str,
    say: Callable[[str], object],
    *,
    authors: bool = False,
    colleagues: bool = False,
) -> None:
    """Write the files into that folder, which is made if need be, and `say` a line for each.

    Files that are there are replaced, each when it is complete; only their owner can read them. Raises StartError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with exported(database, authors=authors, colleagues=colleagues) as found:
            write = _write_json if form == "json" else _write_csv
            for line in write(found, folder):
                say(line)
    except OSError as error:
        raise StartError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error


def _write_csv(tables: Iterable[Table], folder: Path) -> Iterator[str]:
    for table in tables:
        file = folder / f"{table.name}.csv"
        count = 0
        with _fresh(file) as out:
            writer = csv.writer(out)
            writer.writerow(table.columns)
            for count, row in enumerate(table.rows, 1):  # noqa: B007 - told afterwards
                writer.writerow([_cell(row[name]) for name in table.columns])
        yield f"{file}: {count} {table.name}"


def _cell(value: str | int | None) -> str | int | None:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_json(tables: Iterable[Table], folder: Path) -> Iterator[str]:
    file = folder / "fedichat.json"
    told: list[str] = []
    with _fresh(file) as out:
        for table in tables:
            out.write(f"{',' if told else '{'}\n{json.dumps(table.name)}: [")
            count = 0
            for count, row in enumerate(table.rows, 1):
                out.write(f"{',' if count > 1 else ''}\n{json.dumps(row, ensure_ascii=False)}")
            out.write("\n]")
            told.append(f"{count} {table.name}")
        out.write("\n}\n")
    yield f"{file}: {', '.join(told)}"


@contextmanager
def _fresh(file: Path) -> Iterator[IO[str]]:
    """A file that replaces the one of that name once it is complete, and that nobody else can read."""
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        ) as out:
            yield out
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
