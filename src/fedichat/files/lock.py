"""A lock on files that only one process may use at a time.

It is the operating system's (flock(2)): it is released when the process dies, however that happens.
"""

import fcntl
import os
from pathlib import Path
from typing import IO


def lock(file: Path) -> IO[str]:
    """Take the lock on a file, which is made if necessary; closing the result releases it.

    Raises BlockingIOError if another process has it, and other OSErrors if the file cannot be used.
    """
    held = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise
    return held


def is_locked(file: Path) -> bool:
    """Whether a process has the lock on a file, as far as that can be seen. Makes no file."""
    try:
        with file.open(encoding="ascii") as seen:
            fcntl.flock(seen, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
