"""Streaming as server-sent events, after docs.joinmastodon.org/methods/streaming and Mastodon's streaming/index.js."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from mastodon import Mastodon, MastodonNetworkError, StreamListener

from fedichat.sandbox import Sandbox, SandboxAccount
from tests.sandbox.conftest import Api

USER = "/api/v1/streaming/user"
NOTIFICATIONS = "/api/v1/streaming/user/notification"


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for line in response.content:
        yield line.decode().removesuffix("\n")


async def _until_blank(lines: AsyncIterator[str]) -> list[str]:
    found: list[str] = []
    async for line in lines:
        if not line:
            break
        found.append(line)
    return found


def _stream(api: Api, path: str, token: str | None = None) -> Any:  # noqa: ANN401 - aiohttp's context manager
    headers = {"Authorization": f"Bearer {token or api.token}"}
    return api.session.get(api.url + path, headers=headers, timeout=aiohttp.ClientTimeout(total=5))


class Listener(StreamListener):
    """Hands what Mastodon.py reads, in a thread of its own, over to the test."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def on_any_event(self, name: str, data: Any | None = None, for_stream: str | None = None) -> None:  # noqa: ANN401
        del for_stream
        self._loop.call_soon_threadsafe(self._heard.put_nowait, (name, data))

    def handle_heartbeat(self) -> None:
        self.on_any_event("heartbeat")

    def on_abort(self, err: Exception) -> None:
        self.on_any_event("abort", err)

    async def next(self) -> tuple[str, Any]:
        return await asyncio.wait_for(self._heard.get(), 5)


def _client(sandbox: Sandbox, token: str) -> Mastodon:
    return Mastodon(access_token=token, api_base_url=sandbox.url, ratelimit_method="throw")


@asynccontextmanager
async def _listening(sandbox: Sandbox, stream: Callable[[StreamListener], object]) -> AsyncIterator[Listener]:
    """Reads a stream as Mastodon.py does, until the sandbox cuts it."""
    listener = Listener()
    reading = asyncio.create_task(asyncio.to_thread(stream, listener))
    try:
        assert await listener.next() == ("heartbeat", None)  # the welcome, `:)`
        yield listener
    finally:
        sandbox.drop_streams()
        with pytest.raises(MastodonNetworkError):
            await asyncio.wait_for(reading, 5)


async def test_mastodon_py_hears_mentions_edits_and_deletions(
    sandbox: Sandbox, office: SandboxAccount, erika: SandboxAccount
) -> None:
    office.follow(erika)
    async with _listening(sandbox, _client(sandbox, office.token).stream_user) as listener:
        question = await erika.post("@bsi Frage\n\nmit Absatz")
        heard = dict([await listener.next(), await listener.next()])
        assert str(heard["notification"].status.id) == str(heard["update"].id) == question.id
        assert heard["notification"].type == "mention"
        assert "<p>mit Absatz</p>" in heard["notification"].status.content
        await erika.edit(question, "@bsi Frage?")
        name, edited = await listener.next()
        assert (name, str(edited.id)) == ("status.update", question.id)
        await erika.delete(question)
        name, gone = await listener.next()
        assert (name, str(gone)) == ("delete", question.id)


async def test_mastodon_py_hears_of_notifications_alone(
    sandbox: Sandbox, office: SandboxAccount, erika: SandboxAccount
) -> None:
    office.follow(erika)
    async with _listening(sandbox, _client(sandbox, office.token).stream_user_notifications) as listener:
        await erika.post("nur so")
        await erika.post("@bsi Frage")
        await erika.post("@bsi noch eine")
        assert [(await listener.next())[0] for _ in range(2)] == ["notification", "notification"]


async def test_mastodon_py_sees_that_streaming_is_well_and_learns_that_it_broke(
    sandbox: Sandbox, office: SandboxAccount
) -> None:
    client = _client(sandbox, office.token)
    assert await asyncio.to_thread(client.stream_healthy)
    async with _listening(sandbox, client.stream_user) as listener:
        sandbox.drop_streams()
        assert (await listener.next())[0] == "abort"


async def test_the_answer_is_an_event_stream_that_begins_at_once(api: Api, erika: SandboxAccount) -> None:
    async with _stream(api, NOTIFICATIONS) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        lines = _lines(response)
        assert await anext(lines) == ":)"
        await erika.post("@bsi Frage")
        event, data = await _until_blank(lines)
        assert event == "event: notification"
        assert json.loads(data.removeprefix("data: "))["status"]["content"].endswith("Frage</p>")


async def test_a_stream_on_which_nothing_happens_shows_that_it_lives(sandbox: Sandbox, api: Api) -> None:
    sandbox.streams.heartbeat_seconds = 0.01
    async with _stream(api, USER) as response:
        lines = _lines(response)
        assert [await anext(lines) for _ in range(3)] == [":)", ":thump", ":thump"]


async def test_a_listener_that_has_gone_is_forgotten_at_the_next_heartbeat(sandbox: Sandbox, api: Api) -> None:
    sandbox.streams.heartbeat_seconds = 0.01
    async with _stream(api, USER) as response:
        await response.content.readline()
        assert sandbox.streams.open_streams == 1
    async with asyncio.timeout(5):
        while sandbox.streams.open_streams:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "scopes", "status"),
    [
        (USER, "read", 200),
        (USER, "read:statuses", 200),
        (USER, "read:notifications", 401),
        (NOTIFICATIONS, "read:notifications", 200),
        (NOTIFICATIONS, "write", 401),
    ],
)
async def test_each_stream_needs_its_scope(
    sandbox: Sandbox, api: Api, office: SandboxAccount, path: str, scopes: str, status: int
) -> None:
    token = sandbox.world.directory.add_token(office, scopes).value
    async with _stream(api, path, token) as response:
        assert response.status == status


async def test_the_token_may_come_in_the_query_and_no_other_stream_exists(api: Api) -> None:
    async with api.session.get(f"{api.url}{USER}?access_token={api.token}") as response:
        assert await response.content.readline() == b":)\n"
    assert (await api.as_(None).get(USER)).status == 401
    assert (await api.as_("wrong").get(USER)).status == 401
    assert (await api.get("/api/v1/streaming/direct")).status == 404


async def test_the_faults_of_streaming_are_those_of_the_websocket(
    sandbox: Sandbox, api: Api, erika: SandboxAccount
) -> None:
    async with _stream(api, USER) as response:
        await response.content.readline()
        sandbox.faults.silent_streams = True
        sandbox.streams.heartbeat_seconds = 0.01
        await erika.post("@bsi Frage")
        sandbox.faults.silent_streams = False
        await erika.post("@bsi noch eine")
        assert "noch eine" in await _data(response)
        sandbox.drop_streams()
        with pytest.raises(aiohttp.ClientError):
            await response.content.read()
    sandbox.faults.streaming_redirect = f"{sandbox.url}/elsewhere"
    async with api.session.get(f"{api.url}{USER}?access_token={api.token}", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, f"{sandbox.url}/elsewhere")
    sandbox.faults.streaming_status = 404
    assert (await api.get(USER)).status == 404


async def _data(response: aiohttp.ClientResponse) -> str:
    async for line in _lines(response):
        if line.startswith("data: "):
            return line
    raise AssertionError("the stream ended")


async def test_leaving_the_sandbox_ends_the_streams() -> None:
    async with aiohttp.ClientSession() as session:
        async with Sandbox() as sandbox:
            token = sandbox.add_account("bsi").token
            response = await session.get(f"{sandbox.url}{USER}?access_token={token}")
            assert await response.content.readline() == b":)\n"
        assert await asyncio.wait_for(response.content.read(), 5) == b""
