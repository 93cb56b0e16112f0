"""`fedichat export`: what can be counted, as files: tickets, the steps of each, and posts.

Nobody's words are in it. Who asked and who worked on it is left out unless that is asked for.

`excel` is CSV as Excel opens it in a German office by a double click: it reads UTF-8 only behind a byte order mark,
parts cells at the semicolon that Windows' German settings name as the list separator, and takes for moments only what
is written as `24.11.2026 09:00:00`, without an offset.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO

from fedichat.errors import StartError
from fedichat.store.exporting import Table, exported

FORMATS = ("csv", "json", "excel")

_FORMULA = re.compile("""((?:^|[,;|\t\r\n])[\\s"']*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])""")
"""Where a spreadsheet could find the beginning of a formula: of a cell, or behind what it may part cells or rows at.

A program that parts at another sign than we do takes the inside of a cell for cells (OWASP, CSV Injection). The signs
of full width count in East Asian spreadsheets.
"""


def export(
    database: Path,
    folder: Path,
    form: str,
    say: Callable[[str], object],
    *,
    authors: bool = False,
    colleagues: bool = False,
    zone: tzinfo = UTC,
) -> None:
    """Write the files into that folder, which is made if need be, and `say` a line for each.

    Files that are there are replaced, each when it is complete; only their owner can read them. `zone` is the office's:
    moments for Excel are on its clocks. Raises StartError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with exported(database, authors=authors, colleagues=colleagues) as found:
            if form == "json":
                lines = _write_json(found, folder)
            elif form == "excel":
                lines = _write_csv(
                    found, folder, "utf-8-sig", ";", lambda at: f"{at.astimezone(zone):%d.%m.%Y %H:%M:%S}"
                )
            else:
                lines = _write_csv(found, folder, "utf-8", ",", datetime.isoformat)
            for line in lines:
                say(line)
    except OSError as error:
        raise StartError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error


def _write_csv(
    tables: Iterable[Table], folder: Path, encoding: str, delimiter: str, moment: Callable[[datetime], str]
) -> Iterator[str]:
    for table in tables:
        file = folder / f"{table.name}.csv"
        count = 0
        with _fresh(file, encoding) as out:
            writer = csv.writer(out, delimiter=delimiter)
            writer.writerow(table.columns)
            for count, row in enumerate(table.rows, 1):  # noqa: B007 - told afterwards
                writer.writerow([_cell(row[name], moment) for name in table.columns])
        yield f"{file}: {count} {table.name}"


def _cell(value: datetime | str | int | None, moment: Callable[[datetime], str]) -> str | int | None:
    """Text with an apostrophe in front of whatever a spreadsheet could take for a formula."""
    if isinstance(value, datetime):
        return moment(value)
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _write_json(tables: Iterable[Table], folder: Path) -> Iterator[str]:
    file = folder / "fedichat.json"
    told: list[str] = []
    with _fresh(file) as out:
        for table in tables:
            out.write(f"{',' if told else '{'}\n{json.dumps(table.name)}: [")
            count = 0
            for count, row in enumerate(table.rows, 1):
                out.write(
                    f"{',' if count > 1 else ''}\n{json.dumps(row, ensure_ascii=False, default=datetime.isoformat)}"
                )
            out.write("\n]")
            told.append(f"{count} {table.name}")
        out.write("\n}\n")
    yield f"{file}: {', '.join(told)}"


@contextmanager
def _fresh(file: Path, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """A file that replaces the one of that name once it is complete, and that nobody else can read."""
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(
            os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding=encoding, newline=""
        ) as out:
            yield out
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
