"""What the process does not wait for when it starts."""

import subprocess
import sys

LATER = (
    "alembic",
    "cryptography",
    "dateparser",
    "holidays",
    "icalendar",
    "mastodon",
    "matplotlib",
    "requests",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "urllib3",
)
"""Libraries that take long to import, or much memory, and that nobody needs before the first answer of a server."""


def test_the_process_starts_without_what_it_needs_later_if_at_all() -> None:
    code = "import sys, fedichat.app, fedichat.commands; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    told = subprocess.run([sys.executable, "-c", code, *LATER], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_garbage_is_collected_once_the_process_has_started() -> None:
    code = """
import gc
gc.disable()
from fedichat.app import collect_garbage
collect_garbage()
frozen = gc.get_freeze_count()
print(gc.isenabled(), frozen > 10_000)
kept = [[] for _ in range(1000)]
collect_garbage()  # a second time: all that is there now is looked at again
print(gc.get_freeze_count() <= frozen)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", "True"]
