"""Blocking calls of many accounts in a few threads."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from fedichat.adapters import threads as module
from fedichat.adapters.threads import Share, Threads

PATIENCE = 10.0


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    shared = Threads(size=2, name="test-calls")
    yield shared
    shared.close()


@pytest.fixture
def free() -> Iterator[threading.Event]:
    """Set at the end of a test: whatever hangs goes on."""
    event = threading.Event()
    yield event
    event.set()


def hangs(free: threading.Event) -> Callable[[object], str]:
    def call(_tool: object) -> str:
        free.wait(PATIENCE)
        return "late"

    return call


def running() -> int:
    return sum(thread.name == "test-calls" for thread in threading.enumerate())


async def test_forty_accounts_share_two_threads_and_each_keeps_its_connection(threads: Threads) -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    shares = [Share(threads, lambda name=name: make(name)) for name in map(str, range(40))]  # type: ignore[misc]
    for _ in range(3):
        told = await asyncio.gather(*(share.run(lambda tool: tool, PATIENCE) for share in shares))
        assert told == list(map(str, range(40)))
    assert running() == 2
    assert sorted(made) == sorted(map(str, range(40)))


async def test_servers_that_hang_take_no_thread_from_the_others(
    threads: Threads, free: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", 0.05)
    hanging = [Share(threads, object) for _ in range(4)]
    calls = [asyncio.create_task(share.run(hangs(free), PATIENCE)) for share in hanging for _ in range(3)]
    await asyncio.sleep(0)
    quick = Share(threads, object)
    async with asyncio.timeout(PATIENCE / 2):
        assert await quick.run(lambda _: "here", PATIENCE) == "here"
    assert not any(call.done() for call in calls)
    free.set()
    assert await asyncio.gather(*calls) == ["late"] * len(calls)


async def test_an_account_whose_server_is_slow_waits_for_none_of_the_shared_threads(
    threads: Threads, free: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", 0.05)
    slow = Share(threads, object)
    with pytest.raises(TimeoutError):
        await slow.run(hangs(free), 0.1)
    monkeypatch.setattr(module, "LONG", PATIENCE)
    others = [Share(threads, object) for _ in range(2)]
    calls = [asyncio.create_task(share.run(hangs(free), PATIENCE)) for share in others]
    await asyncio.sleep(0)  # both places are taken
    async with asyncio.timeout(PATIENCE / 2):
        assert await slow.run(lambda _: "here", PATIENCE) == "here"
    free.set()
    await asyncio.gather(*calls)


async def test_a_call_that_was_given_up_keeps_its_connection_until_it_ends(
    threads: Threads, free: threading.Event
) -> None:
    share = Share(threads, object)
    first = await share.run(lambda tool: tool, PATIENCE)
    with pytest.raises(TimeoutError):
        await share.run(hangs(free), 0.01)
    assert await share.run(lambda tool: tool, PATIENCE) is not first


async def test_what_goes_wrong_in_a_thread_is_told_to_who_waits(threads: Threads) -> None:
    share = Share(threads, object)

    def breaks(_tool: object) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await share.run(breaks, PATIENCE)
    share.close()
    with pytest.raises(RuntimeError):
        await share.run(lambda _: None, PATIENCE)
