"""What `fedichat check` says about the database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedichat.cli.checking.database import check_database
from fedichat.domain.tickets.mention import Malformed, NotificationId
from fedichat.errors import StartError
from fedichat.store import inbox
from fedichat.store.database import Database
from fedichat.store.look import Look
from tests.cli.checking.offices import config_in, findings


async def test_a_database_is_looked_at_while_it_is_in_use_and_after(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    database = await Database.open(config.database_url)
    malformed = Malformed(NotificationId("7"), None, "{}", "no status")
    await database.write(lambda tx: inbox.set_malformed_aside(tx, "bsi", malformed, datetime.now(UTC)))
    during = await findings(check_database(config), tmp_path)
    await database.close()
    after = await findings(check_database(config), tmp_path)

    assert during[0].startswith("ok   database: ~/fedichat.db, version ")
    assert during[1] == "warn database: in use: fedichat is running on it; a second one would refuse to start"
    assert after[0] == during[0]
    assert after[1] == "ok   database: free: no other fedichat is running on it"
    aside = "warn account bsi: 1 notification could not be read and set aside"
    assert during[2:] == after[2:] == [aside]
    # the look has left no lock behind
    await (await Database.open(config.database_url)).close()


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (
            Look(exists=True, version="9999", newest="0001", is_known=False),
            "FAIL database: ~/fedichat.db was made by a newer fedichat (version 9999); install that one",
        ),
        (
            Look(exists=True, version="0001", newest="0002"),
            (
                "warn database: ~/fedichat.db will be upgraded from version 0001 to 0002 at the next start; "
                "make a backup first"
            ),
        ),
    ],
)
async def test_a_database_of_another_version_is_told(
    seen: Look, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(_path: Path) -> Look:
        return seen

    monkeypatch.setattr("fedichat.cli.checking.database.look", looked)
    assert (await findings(check_database(config_in(tmp_path)), tmp_path))[0] == line


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "fedichat.db").write_bytes(b"no database at all, but long enough to look like a file of one" * 20)
    with pytest.raises(StartError, match="cannot be read as a database: file is not a database"):
        await findings(check_database(config_in(tmp_path)), tmp_path)


async def test_a_database_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(StartError, match="cannot be made"):
        await findings(check_database(config_in(tmp_path, database="taken/fedichat.db")), tmp_path)
