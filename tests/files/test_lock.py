"""What one process uses, no other one touches meanwhile."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from fedichat.files.lock import is_locked, lock


def test_what_is_locked_is_refused_until_it_is_let_go(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    held = lock(file)
    assert is_locked(file)
    with pytest.raises(BlockingIOError):
        lock(file)
    held.close()
    assert not is_locked(file)
    lock(file).close()


def test_a_look_makes_no_file_and_keeps_no_lock(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_locked(file)
    assert not file.exists()
    lock(file).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not is_locked(file)
    lock(file).close()


def test_a_file_that_cannot_be_used_is_no_lock_of_somebody_else(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lock(tmp_path / "nowhere" / "lock")


async def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    hold = (
        "import sys, time; from pathlib import Path; from fedichat.files.lock import lock; "
        "held = lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", hold, os.fspath(file), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        assert is_locked(file)
    finally:
        process.kill()
        await process.wait()
    assert not is_locked(file)
    lock(file).close()
