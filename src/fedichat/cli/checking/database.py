"""Whether this version can open the database, and what was set aside in it."""

from collections.abc import Iterator
from pathlib import Path

from fedichat.cli.checking.finding import Finding, Findings, counted, fail, ok, warn
from fedichat.config.model import Config
from fedichat.store.look import Look, look


async def check_database(config: Config) -> Findings:
    """Its version, whether it is in use, and what nobody has been able to read or to say. Raises StartError."""
    seen = await look(config.database)
    if not seen.exists:
        yield ok("database", f"{config.database} will be made at the first start")
        return
    yield _version(config.database, seen)
    if seen.in_use:
        yield warn("database", "in use: fedichat is running on it; a second one would refuse to start")
    else:
        yield ok("database", "free: no other fedichat is running on it")
    for finding in _set_aside(seen):
        yield finding


def _version(file: Path, seen: Look) -> Finding:
    if not seen.is_known:
        return fail("database", f"{file} was made by a newer fedichat (version {seen.version}); install that one")
    if seen.version != seen.newest:
        steps = f"from version {seen.version or 0} to {seen.newest}"
        return warn("database", f"{file} will be upgraded {steps} at the next start; make a backup first")
    return ok("database", f"{file}, version {seen.version}")


def _set_aside(seen: Look) -> Iterator[Finding]:
    if seen.set_aside:
        things = counted(seen.set_aside, "thing")
        yield warn("database", f"{things} could not be said or published and set aside; the log says why")
    for account, number in seen.malformed.items():
        yield warn(f"account {account}", f"{counted(number, 'notification')} could not be read and set aside")
