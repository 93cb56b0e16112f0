"""The doorbell rings, comes back when it was cut, and gives up where there is none."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from fedichat.adapters.mastodon.account import MastodonAccount
from fedichat.adapters.mastodon.streaming import Stream, stream_at
from fedichat.cli.checking.accounts import check_stream
from fedichat.cli.checking.finding import Level
from fedichat.domain.tickets.mention import Mention
from tests.adapters.fediverse import START, Ring, Scene, a_server, scene, stream_reader
from tests.clocks import HandClock


@asynccontextmanager
async def listening(account: MastodonAccount) -> AsyncIterator[tuple[Ring, "asyncio.Task[None]"]]:
    ring = Ring()
    task = asyncio.create_task(account.listen(ring))
    try:
        yield ring, task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - neither the server nor a clock can be asked to tell
            await asyncio.sleep(0.01)


async def connected(it: Scene) -> None:
    await until(lambda: it.sandbox.streams.open_streams)


HOME = "wss://a.example/api/v1/streaming?stream=user"
BESIDE = "wss://s.example/api/v1/streaming?stream=user"
BELOW = Stream("wss://s.a.example/api/v1/streaming?stream=user", elsewhere="s.a.example")


@pytest.mark.parametrize(
    ("told", "instance", "expected"),
    [
        ("", "https://a.example", Stream(HOME)),
        ("", "http://a.example:1", Stream("ws://a.example:1/api/v1/streaming?stream=user")),
        ("wss://a.example", "https://a.example", Stream(HOME)),
        ("wss://s.a.example", "https://a.example", BELOW),
        ("https://s.a.example/", "https://a.example", BELOW),
        ("wss://a.example/api/v1/streaming/", "https://a.example", Stream(HOME)),
        ("wss://a.example:1", "http://a.example:1", Stream("ws://a.example:1/api/v1/streaming?stream=user")),
        # never less secure than the instance
        ("ws://a.example", "https://a.example", Stream(HOME)),
        ("http://a.example", "https://a.example", Stream(HOME)),
        ("ws://s.a.example", "https://a.example", BELOW),
        ("WS://a.example", "https://a.example", Stream(HOME)),
        # never to somebody else
        *(
            (told, "https://a.example", Stream(HOME, refused=told))
            for told in (
                "wss://s.example",
                "wss://example",
                "wss://xa.example",
                "wss://a.example.evil.example",
                "wss://evil.example/a.example",
                "wss://a.example@evil.example",
                "wss://me:secret@a.example",
                "wss://[::1",
                "wss://a.example:99999",
                "ftp://a.example",
            )
        ),
    ],
)
def test_the_stream_is_where_the_instance_says_unless_the_token_went_astray(
    told: str, instance: str, expected: Stream
) -> None:
    assert stream_at(told, instance) == expected


@pytest.mark.parametrize(
    ("told", "instance", "expected"),
    [
        ("wss://s.example", "https://a.example", Stream(BESIDE, elsewhere="s.example")),
        ("https://S.example/", "https://a.example", Stream(BESIDE, elsewhere="s.example")),
        ("ws://s.example", "https://a.example", Stream(BESIDE, elsewhere="s.example")),
        ("ws://s.example", "http://127.0.0.1:1", Stream(BESIDE, elsewhere="s.example")),
        ("wss://s.a.example", "https://a.example", BELOW),
        ("", "https://a.example", Stream(HOME)),
        *(
            (told, "https://a.example", Stream(HOME, refused=told))
            for told in ("wss://t.example", "wss://x.s.example", "wss://s.example.evil.example", "wss://me@s.example")
        ),
    ],
)
def test_a_stream_beside_the_instance_has_the_token_where_it_is_configured(
    told: str, instance: str, expected: Stream
) -> None:
    """docs.joinmastodon.org/admin/config, STREAMING_API_BASE_URL: any host may be announced."""
    found = stream_at(told, instance, "wss://s.example")
    assert replace(found, url=found.url.lower()) == expected


async def test_the_configured_stream_rings() -> None:
    async with scene() as it:
        beside = it.sandbox.url.replace("127.0.0.1", "localhost").replace("http", "ws")
        body = json.dumps({"domain": "a.example", "configuration": {"urls": {"streaming": beside}}})
        it.sandbox.faults.answer(200, times=None, path="/api/v2/instance", body=body, content_type="application/json")
        account = MastodonAccount("bsi", it.sandbox.url, it.office.token, it.clock, streaming=beside)
        try:
            assert (await account.stream()).elsewhere == "localhost"
            assert (await it.account.stream()).refused == beside
            async with listening(account) as (ring, _):
                await ring.reaches(1)
        finally:
            await account.close()


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        ("wss://streaming.example.org", "“streaming: wss://streaming.example.org”"),
        ("https://streaming.example.org:444/api/v1/streaming", "“streaming: wss://streaming.example.org:444”"),
        ("wss://me:secret@streaming.example.org", ""),
        ("wss://[::1", ""),
        ("ftp://streaming.example.org", ""),
    ],
)
def test_the_check_says_what_to_configure_for_a_stream_beside_the_instance(told: str, advice: str) -> None:
    (finding,) = check_stream("bsi", stream_at(told, "https://social.example.org"))
    assert finding.level is Level.WARN
    if not advice:
        assert "accounts." not in finding.text
        return
    assert finding.text.endswith(f"add this to accounts.bsi: {advice}")
    allowed = advice.strip("“”").removeprefix("streaming: ")
    (finding,) = check_stream("bsi", stream_at(told, "https://social.example.org", allowed))
    assert finding.level is Level.OK


@given(st.sampled_from(["ws", "wss", "http", "https", "file"]), st.text(max_size=30), st.text(max_size=10))
def test_whatever_is_announced_the_token_stays_on_tls_and_with_the_instance(scheme: str, host: str, path: str) -> None:
    found = urlsplit(stream_at(f"{scheme}://{host}/{path}", "https://a.example").url)
    assert found.scheme == "wss"
    assert found.hostname == "a.example" or (found.hostname or "").endswith(".a.example")


async def test_the_token_follows_no_redirect_of_the_stream() -> None:
    seen: list[str] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response()

    async with scene() as it, a_server(other) as elsewhere:
        it.sandbox.faults.streaming_redirect = f"{elsewhere}/streaming"
        async with listening(it.account):
            await until(lambda: len(it.clock.slept) >= 2)
    assert seen == []


async def test_it_rings_when_it_is_connected_and_for_mentions_edits_and_deletes() -> None:
    async with scene() as it, listening(it.account) as (ring, _):
        await ring.reaches(1)
        await connected(it)
        status = await it.erika.post("@bsi Hallo?")
        await ring.reaches(2)
        it.office.follow(it.erika)
        before = ring.count
        await it.erika.edit(status, "@bsi Hallo!")
        await ring.reaches(before + 1)
        assert ring.statuses == [status.id]
        before = ring.count
        await it.erika.delete(status)
        await ring.reaches(before + 1)
        assert ring.statuses == [status.id, status.id]


@pytest.mark.parametrize(
    ("message", "changed"),
    [
        ('{"event": "delete", "payload": "17"}', ["17"]),
        ('{"event": "delete", "payload": 17}', ["17"]),
        ('{"event": "delete"}', []),
        ('{"event": "status.update", "payload": "{\\"id\\": \\"17\\", \\"content\\": \\"\\"}"}', ["17"]),
        ('{"event": "status.update", "payload": "{"}', []),
        ('{"event": "status.update", "payload": ["17"]}', []),
        ('{"event": "notification", "payload": "{\\"id\\": \\"17\\"}"}', []),
    ],
)
async def test_what_was_changed_is_read_from_whatever_the_stream_sends(message: str, changed: list[str]) -> None:
    ring = Ring()
    await stream_reader().take(message, ring)
    assert ring.statuses == changed
    assert ring.count == 1


async def test_the_stream_brings_a_mention_as_the_list_has_it_without_another_request() -> None:
    async with scene() as it:
        await it.account.me()
        async with listening(it.account) as (ring, _):
            await connected(it)
            before = it.sandbox.gate.requests
            await it.erika.post("@bsi <b>Hallo</b>, ist das sicher?", visibility="direct", language="de")
            await until(lambda: ring.mentions)
            assert it.sandbox.gate.requests == before
        assert ring.mentions == await it.mentions()


async def test_what_is_no_mention_that_can_be_read_is_a_ring_only() -> None:
    async def breaks(_notification: object) -> Mention | None:
        raise ZeroDivisionError

    message = json.dumps({"event": "notification", "payload": json.dumps({"id": "17", "type": "mention"})})
    for one in (stream_reader(), stream_reader(breaks)):
        ring = Ring()
        await one.take(message, ring)
        assert (ring.count, ring.mentions) == (1, [])
    async with scene() as it:
        await it.account.me()
        for payload in ('{"id": "17", "type": "mention"}', '{"id": "17", "type": "favourite"}', "{", "[]", "7"):
            ring = Ring()
            await it.account._stream.take(json.dumps({"event": "notification", "payload": payload}), ring)
            assert (ring.count, ring.mentions) == (1, [])


@pytest.mark.parametrize("message", ["", "[]", "{", '{"event": "update", "payload": "{}"}', '{"event": 7}', "null"])
async def test_other_messages_of_the_stream_mean_nothing(message: str) -> None:
    ring = Ring()
    await stream_reader().take(message, ring)
    assert ring.count == 0


async def test_it_comes_back_after_a_cut_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fedichat.adapters.mastodon.streaming")
    async with scene() as it, listening(it.account) as (ring, _):
        await ring.reaches(1)
        await connected(it)
        it.sandbox.drop_streams()
        await ring.reaches(2)
        events = [record.getMessage().split()[0] for record in caplog.records]
        assert events == ["stream-open", "stream-lost", "stream-back"]


async def test_its_waits_grow_to_a_minute_with_jitter_while_the_server_is_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene() as it:
        it.sandbox.faults.answer(503, times=None, path="instance")
        async with listening(it.account):
            await until(lambda: len(it.clock.slept) >= 10)
        waits = it.clock.slept[:10]
        longest = [min(2.0**number, 60) for number in range(10)]
        assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))
        assert len([record for record in caplog.records if "stream-lost" in record.getMessage()]) == 1


async def test_its_waits_start_anew_only_after_a_connection_that_lived() -> None:
    async with scene() as it, listening(it.account) as (ring, _):
        for number in range(1, 4):
            await ring.reaches(number)
            await connected(it)
            it.sandbox.drop_streams()
        await ring.reaches(4)
        await connected(it)
        assert it.clock.slept[-1] >= 2
        it.clock.advance(minutes=1)
        it.sandbox.drop_streams()
        await ring.reaches(5)
        assert it.clock.slept[-1] <= 1


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_where_there_is_no_streaming_it_returns(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fedichat.adapters.mastodon.streaming")
    async with scene() as it:
        it.sandbox.faults.streaming_status = status
        ring = Ring()
        async with asyncio.timeout(10):
            await it.account.listen(ring)
        assert ring.count == 0
        assert [record.getMessage().split()[0] for record in caplog.records] == ["stream-none"]


@pytest.mark.parametrize("status", [401, 403, 400])
async def test_where_it_is_refused_it_asks_seldom(status: int) -> None:
    async with scene() as it:
        it.sandbox.faults.streaming_status = status
        async with listening(it.account):
            await until(lambda: it.clock.slept)
        assert it.clock.slept[0] >= 300


async def test_a_stream_that_vanishes_for_a_while_is_not_given_up() -> None:
    async with scene() as it, listening(it.account) as (ring, task):
        await ring.reaches(1)
        await connected(it)
        it.sandbox.faults.streaming_status = 404
        it.sandbox.drop_streams()
        await until(lambda: len(it.clock.slept) >= 3)
        assert not task.done()
        it.sandbox.faults.streaming_status = None
        await ring.reaches(2)


async def test_nobody_there_is_waited_for() -> None:
    clock = HandClock(START)
    account = MastodonAccount("bsi", "http://127.0.0.1:9", "token", clock)
    async with listening(account):
        await until(lambda: len(clock.slept) >= 3)
    await account.close()
