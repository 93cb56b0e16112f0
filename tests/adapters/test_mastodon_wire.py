"""A server that does not speak HTTP rightly: reading is tried again, and of a change nobody knows whether it took."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from fedichat.adapters.mastodon.calls import MastodonCalls
from fedichat.adapters.threads import Threads
from fedichat.errors import TryLater, Unsure
from tests.adapters.fediverse import START
from tests.clocks import HandClock

OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "nothing": b"",
    "no HTTP": b"\x00\xff\xfe" * 50 + b"\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "continue without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    "too short": OK + b'Content-Length: 500\r\n\r\n{"id": "1"',
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
    "an endless length": OK + b"Content-Length: 99999999999999999999\r\n\r\n{}",
    "a chunk that is none": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "a chunk of less than nothing": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}",
    "no gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "packed fifty times": OK + b"Content-Encoding: " + b"gzip," * 50 + b"\r\nContent-Length: 5\r\n\r\nhello",
    "too many headers": OK + b"X-A: 1\r\n" * 200 + b"Content-Length: 2\r\n\r\n{}",
    "a header without end": OK + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n{}",
    "a status of its own": b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
}


@asynccontextmanager
async def calls_answered(answer: bytes) -> AsyncIterator[MastodonCalls]:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url, threads = f"http://127.0.0.1:{port}", Threads()
    calls = MastodonCalls("bsi", url, "token", HandClock(START), threads, request_timeout=5, deadline=10)
    try:
        yield calls
    finally:
        calls.close()
        threads.close()
        server.close()


@pytest.mark.parametrize("answer", list(ANSWERS.values()), ids=list(ANSWERS))
async def test_whatever_the_server_sends_is_an_error_of_ours(answer: bytes) -> None:
    async with calls_answered(answer) as calls:
        with pytest.raises(TryLater):
            await calls.get("/api/v1/notifications")
        for change in (calls.post("/api/v1/statuses", [("status", "Ja.")], "key"), calls.delete("/api/v1/statuses/1")):
            with pytest.raises(Unsure):
                await change
