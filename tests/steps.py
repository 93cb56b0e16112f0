"""How long one piece of work of the event loop takes that nothing can come between: a step.

A step is one callback of the loop, from when the loop calls it until it gives way. Everybody else in the office, and
every connection, waits for its end and no longer.
"""

import asyncio
import gc
import time
from asyncio.events import Handle
from collections.abc import Awaitable, Callable
from functools import cache

MOST = 50.0
"""Milliseconds that a step may take, on the machine on which `_reference` takes ten: a core of a small server."""
_REFERENCE = 10.0


async def longest_step(work: Awaitable[object]) -> float:
    """Do the work; what the longest step took that the loop did meanwhile, whoever's it was, in milliseconds.

    It is the processor's time of this thread, in which waiting for other programs, threads and disks does not count.
    What Python's collector of garbage takes depends on the tests before, so it waits.
    """
    longest = 0.0
    run, clock = Handle._run, time.thread_time

    def measured(handle: Handle) -> None:
        nonlocal longest
        began = clock()
        run(handle)
        longest = max(longest, (clock() - began) * 1000)

    async def whole() -> None:
        await work

    gc.disable()
    setattr(Handle, "_run", measured)  # noqa: B010
    try:
        # As a task of its own: the step that we are in began before anything was measured.
        await asyncio.create_task(whole())
    finally:
        setattr(Handle, "_run", run)  # noqa: B010
        gc.enable()
    return longest


def taken(work: Callable[[], object]) -> float:
    """Milliseconds of the processor, at this machine's best of three: for what runs within one step, or one thread."""
    return min(_once(work) for _ in range(3))


def bound() -> float:
    """`MOST` as it is on this machine, which may be slower than the usual one, by work of a known length."""
    return MOST * max(1.0, _on_this_machine() / _REFERENCE)


async def least(attempt: Callable[[], Awaitable[float]], first: float) -> float:
    """The shortest of up to five attempts, ending at one within bounds: a noisy neighbour slows down some, not all."""
    best = first
    for _ in range(4):
        if best <= bound():
            break
        best = min(best, await attempt())
    return best


@cache
def _on_this_machine() -> float:
    return min(_once(_reference) for _ in range(5))


def _reference() -> int:
    return sum(len(str(number & 255)) for number in range(75_000))


def _once(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000
