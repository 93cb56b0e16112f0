"""The file: private, locked, migrated, and whole whatever happens while it is written."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from fedichat.errors import StartError
from fedichat.store import inbox, schema, tickets
from fedichat.store.database import Database, Transaction
from fedichat.store.engines.sqlite_search import SEARCH
from tests.factories import NOW, a_mention, a_ticket


def left_open() -> list[threading.Thread]:
    """The driver's threads that do not end: one for each connection that nobody closed."""
    ours = [thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]
    for thread in ours:
        thread.join(timeout=5)
    return [thread for thread in ours if thread.is_alive()]


async def count(database: Database) -> int:
    def work(tx: Transaction) -> int:
        return tx.execute(select(func.count()).select_from(schema.tickets)).scalar_one()

    return await database.read(work)


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def log_of(file: Path) -> bytes:
    return Path(f"{file}-wal").read_bytes()


LETTER = "This is a letter, not a database. " * 100


def has_words(file: Path) -> bool:
    return file.read_text() == LETTER


@pytest.fixture
def letter(file: Path) -> Path:
    """A file that is something else."""
    file.write_text(LETTER)
    return file


@pytest.fixture
def open_file(file: Path) -> Path:
    """A file that everybody may read."""
    file.touch()
    file.chmod(0o644)
    return file


def open_one(tx: Transaction) -> None:
    tickets.open_ticket(tx, a_ticket())


# --- opening ---


async def test_a_new_file_gets_exactly_the_tables_that_the_program_knows(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        opts = {"compare_type": True, "include_name": lambda name, _kind, _: not (name or "").startswith("search")}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, schema.metadata))

    def compared(tx: Transaction) -> list[object]:
        return differences(tx)

    assert await database.read(compared) == []


async def test_a_new_file_gets_exactly_the_full_text_index_that_the_program_knows(database: Database) -> None:
    def made(tx: Transaction) -> list[str]:
        ours = "type IN ('view', 'trigger') OR name = 'search'"
        return list(tx.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE {ours}").scalars())  # noqa: S608

    assert sorted(await database.read(made)) == sorted(SEARCH)


async def test_a_second_start_finds_everything_as_it_was(file: Path) -> None:
    for already_there in range(3):
        database = await Database.open(f"sqlite+aiosqlite:///{file}")
        assert await count(database) == already_there
        await database.write(open_one)
        await database.close()


async def test_nobody_but_the_owner_may_read_what_citizens_wrote(database: Database, file: Path) -> None:
    await database.write(open_one)
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        assert mode(name) == 0o600, name


async def test_the_log_of_the_latest_writes_is_emptied_unless_somebody_reads(database: Database, file: Path) -> None:
    await database.write(open_one)
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM tickets").fetchone()
        await database.write(open_one)
        await database.empty_log()
        assert log_of(file)
    await database.empty_log()
    assert not log_of(file)
    assert await count(database) == 2
    await database.write(open_one)
    assert mode(Path(f"{file}-wal")) == 0o600


async def test_a_file_that_was_readable_for_others_is_so_no_longer(open_file: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{open_file}")
    await database.close()
    assert mode(open_file) == 0o600


async def test_two_at_once_on_the_same_database_are_refused_until_the_first_one_stops(
    database: Database, file: Path
) -> None:
    with pytest.raises(StartError, match="Another fedichat is running"):
        await Database.open(f"sqlite+aiosqlite:///{file}")
    await database.close()
    again = await Database.open(f"sqlite+aiosqlite:///{file}")
    await again.close()


async def test_a_database_of_a_newer_version_is_refused_and_not_touched(file: Path) -> None:
    first = await Database.open(f"sqlite+aiosqlite:///{file}")
    await first.write(open_one)
    await first.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match="newer fedichat"):
        await Database.open(f"sqlite+aiosqlite:///{file}")
    assert left_open() == [], "that would keep the program from ending"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM tickets").fetchone() == (1,)
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    again = await Database.open(f"sqlite+aiosqlite:///{file}")
    assert await count(again) == 1
    await again.close()


async def test_something_else_than_a_database_is_refused_and_not_touched(letter: Path) -> None:
    with pytest.raises(StartError, match="cannot be opened"):
        await Database.open(f"sqlite+aiosqlite:///{letter}")
    assert left_open() == []
    assert has_words(letter)


async def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/var/lib/fedichat.db")
    await database.close()
    assert (tmp_path / "var/lib/fedichat.db").exists()


async def test_a_folder_that_cannot_be_made_stops_the_start_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(StartError, match="cannot be written"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/var/fedichat.db")


# --- writing ---


async def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        open_one(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await count(database) == 0


async def test_a_transaction_that_would_wait_for_something_is_refused(database: Database) -> None:
    async def waiting(tx: Transaction) -> None:
        open_one(tx)
        await asyncio.sleep(0)

    with pytest.raises(TypeError, match="nothing in it can wait"):
        await database.write(waiting)  # type: ignore[unused-coroutine]
    assert await count(database) == 0


async def test_writes_that_come_at_once_are_done_one_after_the_other(database: Database) -> None:
    inside = 0

    def work(tx: Transaction) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        open_one(tx)
        open_one(tx)
        inside -= 1

    await asyncio.gather(*(database.write(work) for _ in range(20)))
    assert await count(database) == 40


async def test_one_writer_s_failure_does_not_take_back_what_another_wrote(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        open_one(tx)
        raise LookupError

    results = await asyncio.gather(
        database.write(fail), database.write(open_one), database.write(fail), return_exceptions=True
    )
    assert [type(result) for result in results] == [LookupError, type(None), LookupError]
    assert await count(database) == 1


async def test_a_write_that_is_cancelled_in_the_middle_is_finished_and_leaves_nothing_open(
    database: Database,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        open_one(tx)
        begun.set()
        go_on.wait()
        open_one(tx)

    task = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0, "half of it is seen"
    go_on.set()
    await database.write(open_one)
    assert await count(database) == 3


async def test_closing_waits_for_what_is_under_way(file: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    begun, go_on = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        begun.set()
        go_on.wait()
        open_one(tx)

    task = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    closing = asyncio.create_task(database.close())
    go_on.set()
    await closing
    again = await Database.open(f"sqlite+aiosqlite:///{file}")
    assert await count(again) == 1
    await again.close()


async def test_a_reader_sees_one_consistent_view_beside_a_write(database: Database) -> None:
    written, go_on = threading.Event(), threading.Event()

    def write(tx: Transaction) -> None:
        open_one(tx)
        written.set()
        go_on.wait()

    writing = asyncio.create_task(database.write(write))
    await asyncio.to_thread(written.wait)
    assert await count(database) == 0
    go_on.set()
    await writing
    assert await count(database) == 1


async def test_what_belongs_to_no_ticket_cannot_be_stored(database: Database) -> None:
    def orphan(tx: Transaction) -> None:
        tx.execute(insert(schema.messages).values(event_id="$e", place="p", ticket=1, is_card=True))

    with pytest.raises(IntegrityError):
        await database.write(orphan)


async def test_a_moment_without_a_zone_cannot_be_stored_and_others_come_back_to_the_microsecond(
    database: Database,
) -> None:
    odd = NOW.replace(microsecond=123457)

    def write(tx: Transaction) -> None:
        inbox.add_notifications(tx, "bsi", [(a_mention().notification_id, odd)])

    await database.write(write)
    assert await database.read(lambda tx: inbox.newest_notification(tx, "bsi")) == odd

    def naive(tx: Transaction) -> None:
        inbox.add_notifications(tx, "bsi", [(a_mention().notification_id, odd.replace(tzinfo=None))])

    with pytest.raises(Exception, match="without a time zone"):
        await database.write(naive)


WRITER = """
import asyncio, sys
from fedichat.store.database import Database
from fedichat.store import tickets
from tests.factories import a_ticket

async def main():
    database = await Database.open(sys.argv[1])
    def pair(tx):
        tickets.open_ticket(tx, a_ticket())
        tickets.open_ticket(tx, a_ticket())
    while True:
        await database.write(pair)
        print("done", flush=True)

asyncio.run(main())
"""


async def test_a_kill_at_any_instant_leaves_whole_transactions_and_a_sound_file(file: Path) -> None:
    kept = 0
    for kill_after in (1, 7, 30):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WRITER,
            f"sqlite+aiosqlite:///{file}",
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        for _ in range(kill_after):
            assert await process.stdout.readline() == b"done\n"
        os.kill(process.pid, signal.SIGKILL)
        told = kill_after + (await process.stdout.read()).count(b"done\n")
        await process.wait()
        database = await Database.open(f"sqlite+aiosqlite:///{file}")
        total = await count(database)
        assert total % 2 == 0
        assert total - kept >= 2 * told, "what was reported as done is there"
        kept = total
        await database.close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
