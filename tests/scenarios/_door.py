"""A door in front of a server: while it is shut, connections are refused, as by a server that is down."""

import asyncio
import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Door:
    """Forwards TCP connections to the server at a URL; `url` stays the same whether it is open or shut."""

    def __init__(self, target: str, *, is_open: bool = True) -> None:
        parts = urlsplit(target)
        self._host, self._port_behind = parts.hostname or "127.0.0.1", parts.port or 80
        self._open_at_first = is_open
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self._open_at_first:
            await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    async def open(self) -> None:
        """Let connections through from now on."""
        self._server = await asyncio.start_server(self._let_through, "127.0.0.1", self._port)

    async def shut(self) -> None:
        """Refuse new connections and cut those that are there."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        await server.wait_closed()

    async def _let_through(self, inside: asyncio.StreamReader, outside: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        there = None
        try:
            answers, there = await asyncio.open_connection(self._host, self._port_behind)
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(inside, there))
                both.create_task(_copy(answers, outside))
        except (OSError, asyncio.CancelledError, ExceptionGroup):
            pass  # cut, by either side or by us: the connection ends, the door stays
        finally:
            self._passing.discard(task)
            for writer in (outside, there):
                if writer is not None:
                    writer.transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    raise ConnectionResetError  # the other direction ends with this one
