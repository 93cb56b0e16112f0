"""Everything that can be counted, written to files: tickets, the steps of each, and posts.

Nobody's words are in them. Who asked and who worked on it is left out unless it is asked for.

`excel` is CSV as Excel opens it by a double click in a German office: it reads UTF-8 only after a byte order mark,
splits cells at the semicolon that Windows' German settings name as the list separator, and recognises moments only when
they are written like `24.11.2026 09:00:00`, without an offset.
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

_FORMULA = re.compile("""((?:^|[,;|\t\r\n])[\\s"']*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])""")
"""Where a spreadsheet could see a formula begin: at the start of a cell, or after any separator of cells or rows.

A program that splits at another character than we do takes the inside of a cell for several cells (OWASP, CSV
Injection). The full-width characters count in East Asian spreadsheets.
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
    """Write the files into a folder, which is made if necessary, and `say` a line for each.

    `form` is `csv`, `excel` or `json`. Existing files are replaced, each once it is complete; only their owner can read
    them. `zone` is the office's: moments for Excel are in it. Raises StartError.
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
            for count, row in enumerate(table.rows, 1):  # noqa: B007 - used afterwards
                writer.writerow([_cell(row[name], moment) for name in table.columns])
        yield f"{file}: {count} {table.name}"


def _cell(value: datetime | str | int | None, moment: Callable[[datetime], str]) -> str | int | None:
    """The value of a cell; text gets an apostrophe before whatever a spreadsheet could take for a formula."""
    if isinstance(value, datetime):
        return moment(value)
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _write_json(tables: Iterable[Table], folder: Path) -> Iterator[str]:
    file = folder / "fedichat.json"
    counts: list[str] = []
    with _fresh(file) as out:
        for table in tables:
            out.write(f"{',' if counts else '{'}\n{json.dumps(table.name)}: [")
            count = 0
            for count, row in enumerate(table.rows, 1):
                out.write(
                    f"{',' if count > 1 else ''}\n{json.dumps(row, ensure_ascii=False, default=datetime.isoformat)}"
                )
            out.write("\n]")
            counts.append(f"{count} {table.name}")
        out.write("\n}\n")
    yield f"{file}: {', '.join(counts)}"


@contextmanager
def _fresh(file: Path, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """A file that replaces the one of that name once it is complete, and that only its owner can read."""
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
