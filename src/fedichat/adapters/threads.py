"""Runs blocking calls in threads that nobody has to wait for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

Tool = TypeVar("Tool")
Result = TypeVar("Result")

LONG: Final = 2.0
"""Seconds; a call that takes longer no longer counts among those that share the threads."""


class Threads:
    """Daemon threads that all accounts share: `size` of them, and one more for each call that takes long.

    A server that is slow or hangs therefore takes no thread away from the other accounts. Unlike an executor's, these
    threads delay neither `asyncio.run` nor the interpreter's exit when a call hangs.
    """

    def __init__(self, size: int = 8, name: str = "fedichat-calls") -> None:
        self._size = size
        self._name = name
        self._places = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._closed = False

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place among the calls that share the threads; one that takes long gives it back early."""
        await self._places.acquire()
        taken = [self._places]

        def give_back() -> None:
            if taken:
                taken.pop().release()

        giving_back = asyncio.get_running_loop().call_later(LONG, give_back)
        try:
            yield
        finally:
            giving_back.cancel()
            give_back()

    async def run(self, job: Callable[[], Result], seconds: float) -> Result:
        """Do a job in a thread. Raises TimeoutError after that time; the thread then ends with its call."""
        worker = self._idle.pop() if self._idle else _Worker(self._name)
        future = worker.start(job)
        try:
            async with asyncio.timeout(seconds):
                return await future
        finally:
            if future.cancelled() or self._closed or len(self._idle) >= self._size:
                worker.stop()
            else:
                self._idle.append(worker)

    def close(self) -> None:
        """Let go of the threads. Those that hang are left behind; what they do is not waited for."""
        self._closed = True
        while self._idle:
            self._idle.pop().stop()


class Share(Generic[Tool]):
    """One account's share of the threads: `most` calls at once, each with a tool that only one call may use at a time.

    An account whose last call took long gets threads of its own until one is quick again.
    """

    def __init__(self, threads: Threads, make: Callable[[], Tool], most: int = 3) -> None:
        """`make` makes a tool; it is called in a thread."""
        self._threads = threads
        self._make = make
        self._turns = asyncio.Semaphore(most)
        self._tools: list[Tool] = []
        self._is_slow = False
        self._closed = False

    async def run(self, job: Callable[[Tool], Result], seconds: float) -> Result:
        """Do a job in a thread. Raises TimeoutError after that time; the job then keeps its tool."""
        async with self._turns:
            if self._closed:
                raise RuntimeError("this account is closed")
            if self._is_slow:
                return await self._timed(job, seconds)
            async with self._threads.place():
                return await self._timed(job, seconds)

    async def _timed(self, job: Callable[[Tool], Result], seconds: float) -> Result:
        free = self._tools.pop() if self._tools else None

        def perform() -> Result:
            tool = self._make() if free is None else free
            try:
                return job(tool)
            finally:
                self._tools.append(tool)  # also when nobody waits any more: only now is it free

        loop = asyncio.get_running_loop()
        begin = loop.time()
        try:
            return await self._threads.run(perform, seconds)
        finally:
            self._is_slow = loop.time() - begin >= LONG

    def close(self) -> None:
        """Make no calls any more, and let go of the tools."""
        self._closed = True
        self._tools.clear()


class _Worker:
    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def start(self, job: Callable[[], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def perform() -> None:
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the job
                _tell(loop, future, partial(future.set_exception, error))
            else:
                _tell(loop, future, partial(future.set_result, result))

        self._jobs.put(perform)
        return future

    def stop(self) -> None:
        self._jobs.put(None)

    def _work(self) -> None:
        while (perform := self._jobs.get()) is not None:
            perform()


def _tell(loop: asyncio.AbstractEventLoop, future: asyncio.Future[Result], settle: Callable[[], None]) -> None:
    def settle_if_awaited() -> None:
        if not future.done():
            settle()

    # If the loop is closed by now, nobody is waiting.
    if not loop.is_closed():
        try:
            loop.call_soon_threadsafe(settle_if_awaited)
        except RuntimeError:
            return
