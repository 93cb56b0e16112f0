"""The connection between a running fedichat and `fedichat verify`: a Unix socket in the store folder, one JSON a line.

Only the bot's system user can reach it: the folder has mode 0700, the socket 0600. It is used from both sides, so it
knows nothing of Matrix.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Protocol

log = logging.getLogger(__name__)

NAME: Final = "verify.sock"
_LONGEST_ADDRESS = 107
"""Bytes of a path that fit into an address on Linux (unix(7): 108, with the NUL)."""
_LONGEST_LINE = 65_536
_TAKES_TOO_LONG = 65_536
"""Bytes that may wait for a `fedichat verify` that does not read."""


class Line:
    """A connected `fedichat verify`."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def tell(self, message: Mapping[str, object]) -> None:
        """Send it a message; one that does not read is let go."""
        if self._writer.transport.get_write_buffer_size() > _TAKES_TOO_LONG:
            self._writer.transport.abort()
        else:
            self._writer.write(json.dumps(message).encode() + b"\n")


class Attended(Protocol):
    """Who hears what comes in."""

    def attend(self, line: Line, /) -> bool:
        """One is connected; False where another one is already."""
        ...

    def answer(self, line: Line, /, *, matches: bool) -> None:
        """The person there has answered."""
        ...

    def leave(self, line: Line, /) -> None:
        """It is gone; also called for one that was turned away."""
        ...


@asynccontextmanager
async def listening(folder: Path, attended: Attended) -> AsyncIterator[None]:
    """Accept connections in this block. If there can be no socket, that is logged, and nobody can connect.

    One that an earlier process has left is replaced; the lock on the store folder sees to it that there is no other.
    """
    talks: set[asyncio.Task[None]] = set()
    is_over = False

    def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_over:  # accepted in the last moment
            writer.close()
            return
        task = asyncio.create_task(_talk(reader, writer, attended))
        talks.add(task)
        task.add_done_callback(talks.discard)
        task.add_done_callback(lambda _: writer.close())  # also of one that never began

    try:
        server = await asyncio.start_unix_server(talk, sock=_bound(folder), limit=_LONGEST_LINE)
    except OSError as error:
        log.warning("verify-socket-failed path=%s reason=%s", folder / NAME, error.strerror or error)
        yield
        return
    try:
        yield
    finally:
        is_over = True
        server.close()
        with contextlib.suppress(OSError):
            (folder / NAME).unlink()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)  # connections close with the next turn of the loop


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, attended: Attended) -> None:
    line = Line(writer)
    try:
        if not attended.attend(line):
            line.tell({"says": "taken"})
            return
        async for message in _messages(reader):
            if isinstance(message.get("matches"), bool):
                attended.answer(line, matches=message["matches"] is True)
    except (OSError, ValueError) as error:  # what is no line of JSON, or too long a one
        log.warning("verify-line-broke reason=%s", type(error).__name__)
    finally:
        attended.leave(line)


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[Mapping[str, object]]:
    async for line in reader:
        message = json.loads(line)
        if isinstance(message, dict):
            yield message


def _bound(folder: Path) -> socket.socket:
    """A listening socket at its place, replacing what is there. Raises OSError."""
    fresh = f".{NAME}.new"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / fresh).unlink()
        with _address(folder, fresh) as address:
            sock.bind(address)
        (folder / fresh).chmod(0o600)  # nobody can connect before `listen`
        sock.listen()
        (folder / fresh).replace(folder / NAME)
    except BaseException:
        sock.close()
        raise
    return sock


def connected(folder: Path) -> socket.socket:
    """The line to a running fedichat with that store folder. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(folder, NAME) as address:
            sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


@contextmanager
def _address(folder: Path, name: str) -> Iterator[str]:
    """The address of a socket there; a path that is too long for one is gone to by a file descriptor."""
    path = str(folder / name)
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield path
        return
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
