"""Who on this machine may read or change a file of ours."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_ROOT = 0


def readable_by_others(path: Path) -> bool:
    """Whether every user of this machine may read the file."""
    return _may(path, stat.S_IROTH)


def changeable_by_others(path: Path) -> bool:
    """Whether anybody but its owner may change the file: members of its group, or every user of this machine."""
    return _may(path, stat.S_IWGRP | stat.S_IWOTH)


def why_not_to_run(folder: Path) -> str | None:
    """Why code from a folder must not run as us, as the end of a sentence; None if only root and we can change it.

    The rule of sshd's StrictModes (sshd_config(5)), for the folder, everything in it and every folder above it: it must
    be owned by root or us, and nobody else may write to it. A sticky folder above, such as /tmp, is fine: nobody else
    can rename our files in it. The targets of links must meet the rule as well.
    """
    for path in _what_counts(folder):
        if reason := _reason(path, folder):
            return reason
    return None


def _what_counts(folder: Path) -> Iterator[Path]:
    """Ordered so that the first fault is the one to mend first."""
    yield from _with_those_above(folder)
    for path in sorted(folder.rglob("*")):
        yield path
        if path.is_symlink():
            yield from _with_those_above(path.resolve())


def _with_those_above(path: Path) -> Iterator[Path]:
    for one in dict.fromkeys((path.absolute(), path.resolve())):
        yield one
        yield from one.parents


def _reason(path: Path, folder: Path) -> str | None:
    try:
        found = path.lstat()
    except OSError as error:
        return f"{path} cannot be examined: {(error.strerror or 'unreadable').lower()}"
    if found.st_uid not in {_ROOT, os.getuid()}:
        return f"{path} belongs to another user of this machine; give it to root or to the user that runs fedichat"
    if stat.S_ISLNK(found.st_mode):
        return None  # a link has no mode of its own
    is_above = path in folder.absolute().parents or path in folder.resolve().parents
    if is_above and found.st_mode & stat.S_ISVTX:
        return None
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"users other than its owner can change {path}: chmod go-w {path}"
    return None


def _may(path: Path, bits: int) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & bits)
    except OSError:
        return False
