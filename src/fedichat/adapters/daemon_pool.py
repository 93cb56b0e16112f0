"""Blocking calls in threads that nobody has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar

Tool = TypeVar("Tool")
Result = TypeVar("Result")


class DaemonPool(Generic[Tool]):
    """A few daemon threads, each with a tool of its own that is not safe to share.

    Unlike an executor's, these threads delay neither `asyncio.run` nor the interpreter's exit when a call
    hangs.
    """

    def __init__(self, make: Callable[[], Tool], name: str, size: int = 3) -> None:
        self._make = make
        self._name = name
        self._places = asyncio.Semaphore(size)
        self._idle: list[_Worker[Tool]] = []
        self._closed = False

    async def run(self, job: Callable[[Tool], Result], seconds: float) -> Result:
        """Do a job in a thread. Raises TimeoutError after that time; the thread then ends with its call."""
        async with self._places:
            if self._closed:
                raise RuntimeError(f"{self._name} is closed")
            worker = self._idle.pop() if self._idle else _Worker(self._make, self._name)
            future = worker.start(job)
            try:
                async with asyncio.timeout(seconds):
                    return await future
            finally:
                if future.cancelled() or self._closed:
                    worker.stop()
                else:
                    self._idle.append(worker)

    def close(self) -> None:
        """Let go of the threads. Those that hang are left behind; what they do is not waited for."""
        self._closed = True
        while self._idle:
            self._idle.pop().stop()


class _Worker(Generic[Tool]):
    def __init__(self, make: Callable[[], Tool], name: str) -> None:
        self._make = make
        self._tool: Tool | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def start(self, job: Callable[[Tool], Result]) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def perform() -> None:
            try:
                if self._tool is None:
                    self._tool = self._make()
                result = job(self._tool)
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

    # A loop that is closed by now has nobody waiting.
    if not loop.is_closed():
        try:
            loop.call_soon_threadsafe(settle_if_awaited)
        except RuntimeError:
            return
