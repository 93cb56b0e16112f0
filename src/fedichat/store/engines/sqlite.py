"""SQLite: one file, and a thread for each connection to it."""

import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.sql.compiler import SQLCompiler

from fedichat.errors import StartError
from fedichat.files.lock import lock
from fedichat.store.engines.base import IsFound, Sought, SoughtType, json_objects, json_texts

T = TypeVar("T")

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_PATIENCE = 30.0
"""Seconds to wait for another process that writes to the file."""
_SHORT_PATIENCE = "busy_timeout=250"
"""The same in milliseconds, where nothing is lost by trying again another time."""
_PAGES = 200
"""Of the full-text index, merged in one transaction."""


class Line(aiosqlite.Connection):
    """A connection to the file and the thread that owns it: transactions run there whole, one after the other."""

    def __init__(self, url: URL, begin: str, *, reads_only: bool = False) -> None:
        """`begin` is the statement that opens a transaction; the driver's own would come only with the first write."""
        super().__init__(self._connected, iter_chunk_size=64)
        self._reads_only = reads_only
        self._path = url.database or ":memory:"
        self.engine = create_engine(
            "sqlite://",
            creator=lambda: self._raw,
            poolclass=StaticPool,
            hide_parameters=True,  # errors end up in the log, and citizens' words must not
        )
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(begin))

    async def begin(self) -> None:
        """Start the thread and connect; raises sqlite3.Error where the file cannot be used."""
        await self  # type: ignore[unused-awaitable]

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction in the connection's thread; commit, or roll back if it raises.

        Whoever waits for it may be cancelled: the transaction goes on to its end.
        """
        result: T = await self._execute(self._whole, work)  # type: ignore[no-untyped-call]
        return result

    async def run_outside(self, statements: Callable[[sqlite3.Connection], T]) -> T:
        """Run statements that cannot be part of a transaction, between two of them."""
        result: T = await self._execute(statements, self._conn)  # type: ignore[no-untyped-call]
        return result

    def _whole(self, work: Callable[[Connection], T]) -> T:
        with self._open.begin():
            result = work(self._open)
            if isinstance(result, Coroutine):
                result.close()
                message = "a transaction is a plain function: nothing in it can wait"
                raise TypeError(message)
            return result

    def _connected(self) -> sqlite3.Connection:
        self._raw: Any = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        for pragma in [*PRAGMAS, *(["query_only=ON"] if self._reads_only else [])]:
            self._raw.execute(f"PRAGMA {pragma}")
        self._open = self.engine.connect()
        raw: sqlite3.Connection = self._raw
        return raw


class SQLite:
    """An open database file: one connection that writes, one that reads, and one for what may take seconds.

    A writer keeps no reader waiting, and no reader a writer (https://sqlite.org/wal.html#concurrency).
    """

    def __init__(self, url: URL) -> None:
        """`url` names the file; without one, nothing is kept beyond the process."""
        self.writer = Line(url, "BEGIN IMMEDIATE")
        self.reader = Line(url, "BEGIN", reads_only=True)
        self.counter = Line(url, "BEGIN", reads_only=True)
        self._file = _file_of(url)
        self._held: IO[str] | None = None

    async def open(self, prepare: Callable[[Connection], None]) -> None:
        """Lock the file, connect, and run `prepare` in the first transaction; a missing file is made.

        Raises StartError when another fedichat uses the file, or when it cannot be opened at all.
        """
        self._held = _lock(self._file)
        try:
            _check(self._file)
            for line in (self.writer, self.reader, self.counter):
                await line.begin()
            await self.write(prepare)
        except BaseException:
            # A connection that is left open would keep the process from ending.
            await self.close()
            raise
        _keep_private(self._file)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction: all of it is kept, or nothing."""
        return await self.writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent view of the data, beside a write that may be under way."""
        return await self.reader.run(work)

    async def count(self, work: Callable[[Connection], T]) -> T:
        """The same for what may take seconds: nobody else waits for it."""
        return await self.counter.run(work)

    async def empty_log(self) -> None:
        """Leave nothing in the write-ahead log: words that were removed from the tables are still in there.

        The pages are copied first beside whatever goes on (PASSIVE, https://sqlite.org/pragma.html#pragma_wal_checkpoint);
        then there is next to nothing left for which the writer has to wait. Where another process reads the file for
        longer than a moment, the rest stays there until the next time.
        """
        await self.counter.run_outside(_emptied)

    async def tidy_search(self, *, begins: bool) -> bool:
        """Merge a few hundred pages of the full-text index, which then has less left of words that were removed.

        See https://sqlite.org/fts5.html#the_merge_command: the first time with a negative number, then with the same
        one until fewer than two rows change. Returns whether there is more to do.
        """
        return await self.write(lambda tx: _merged(tx, -_PAGES if begins else _PAGES))

    async def close(self) -> None:
        """Finish what is under way and let go of the file."""
        for line in (self.writer, self.reader, self.counter):
            await line.close()
        if self._held is not None:
            self._held.close()


@contextmanager
def beside(file: Path, *, writes: bool = False) -> Iterator[Connection]:
    """A transaction on a file that a fedichat may be using at the moment; without `writes` it changes nothing.

    Raises SQLAlchemyError where that is no database of ours.
    """
    uri = f"{file.absolute().as_uri()}?mode={'rw' if writes else 'ro'}"
    engine = create_engine(
        "sqlite://",
        # Without `isolation_level` the driver would begin lazily, and each query have its own view.
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def lock_file(file: Path) -> Path:
    """The file whose lock a running fedichat holds."""
    return Path(f"{file}.lock")


def _file_of(url: URL) -> Path | None:
    return Path(url.database) if url.database and url.database != ":memory:" else None


def _check(file: Path | None) -> None:
    """Raise StartError for a file that exists and is not a database to read and write."""
    if file is None or not file.exists():
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise StartError(f"The database {file} cannot be opened: {error}.") from error


def _lock(file: Path | None) -> IO[str] | None:
    if file is None:
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return lock(lock_file(file))
    except BlockingIOError as error:
        raise StartError(
            f"Another fedichat is running on {file}. Two at once would do everything twice: stop the other one first."
        ) from error
    except OSError as error:
        raise StartError(f"The database folder {file.parent} cannot be written: {error.strerror}.") from error


def _keep_private(file: Path | None) -> None:
    """Citizens' words are in there: only the owner may read it."""
    for one in (file, Path(f"{file}-wal"), Path(f"{file}-shm")) if file else ():
        if one.exists():
            one.chmod(0o600)


def _merged(tx: Connection, pages: int) -> bool:
    before = tx.scalar(text("SELECT total_changes()")) or 0
    tx.execute(text("INSERT INTO search (search, rank) VALUES ('merge', :pages)"), {"pages": pages})
    return (tx.scalar(text("SELECT total_changes()")) or 0) - before >= 2


def _emptied(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.execute(f"PRAGMA {_SHORT_PATIENCE}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")


# --- SQL ---


@compiles(json_texts, "sqlite")
@compiles(json_objects, "sqlite")
def _json_each(function: json_texts, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"json_each({compiler.process(function.clauses, **options)})"


@compiles(IsFound, "sqlite")
def _is_found(clause: IsFound, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"search MATCH {compiler.process(clause.sought, **options)}"


def _match(sought: Sought) -> str:
    """The words as FTS5 takes them: each in quotation marks, so that nothing in them is an operator.

    See https://sqlite.org/fts5.html#fts5_column_filters.
    """
    quoted = ['"{}"'.format(word.replace('"', '""')) for word in sought.words.replace("\0", " ").split()]
    match = f"{' '.join(quoted)}*" if quoted else '""'
    return match if sought.everywhere else f"words : ({match})"


SoughtType.written["sqlite"] = _match
