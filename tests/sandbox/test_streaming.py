"""Streaming over WebSocket (https://docs.joinmastodon.org/methods/streaming/#websocket)."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from fedichat.sandbox import Sandbox, SandboxAccount
from tests.sandbox.conftest import Api

PATH = "/api/v1/streaming"


async def _event(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = await socket.receive_json(timeout=5)
    return message


def _bearer(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.token}"}


async def test_a_mention_rings_with_the_whole_notification(api: Api, erika: SandboxAccount) -> None:
    async with api.session.ws_connect(f"{api.url}{PATH}?stream=user:notification", headers=_bearer(api)) as socket:
        await erika.post("@bsi Frage")
        event = await _event(socket)
        assert (event["stream"], event["event"]) == (["user:notification"], "notification")
        assert json.loads(event["payload"])["status"]["content"].endswith("Frage</p>")


async def test_the_token_may_come_in_the_protocol_or_the_query(api: Api, erika: SandboxAccount) -> None:
    url = f"{api.url}{PATH}"
    assert api.token is not None
    async with (
        api.session.ws_connect(f"{url}?stream=user", protocols=[api.token]) as one,
        api.session.ws_connect(f"{url}?stream=user&access_token={api.token}") as two,
    ):
        assert one.protocol == api.token
        await erika.post("@bsi Frage")
        assert (await _event(one)) == (await _event(two))


async def test_streams_can_be_subscribed_to_and_left(api: Api, erika: SandboxAccount) -> None:
    async with api.session.ws_connect(f"{api.url}{PATH}", headers=_bearer(api)) as socket:
        await socket.send_json({"type": "subscribe", "stream": "nonsense"})
        assert (await _event(socket))["error"] == "Unknown stream type"
        await socket.send_json({"type": "subscribe", "stream": "user"})
        await socket.send_json({"type": "subscribe", "stream": "nonsense"})
        await _event(socket)
        await erika.post("@bsi Frage")
        assert (await _event(socket))["stream"] == ["user"]


async def test_edits_reach_those_who_took_part_and_deletions_those_mentioned(
    api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    ignored = await erika.post("@bsi eins")
    answered = await erika.post("@bsi zwei")
    await office.post("@erika@remote.example ja", in_reply_to=answered)
    async with api.session.ws_connect(f"{api.url}{PATH}?stream=user", headers=_bearer(api)) as socket:
        await erika.edit(ignored, "@bsi eins, aber anders")
        await erika.edit(answered, "@bsi zwei, aber anders")
        update = await _event(socket)
        assert (update["event"], json.loads(update["payload"])["id"]) == ("status.update", answered.id)
        await erika.delete(ignored)
        assert (await _event(socket)) == {"stream": ["user"], "event": "delete", "payload": ignored.id}


async def test_those_followed_and_oneself_are_updates(api: Api, office: SandboxAccount, erika: SandboxAccount) -> None:
    office.follow(erika)
    async with api.session.ws_connect(f"{api.url}{PATH}?stream=user", headers=_bearer(api)) as socket:
        await erika.post("nur so")
        await api.say("ich auch")
        assert [(await _event(socket))["event"] for _ in range(2)] == ["update", "update"]


@pytest.mark.parametrize(("scopes", "status"), [("read:notifications", 101), ("write", 401)])
async def test_a_stream_needs_its_scope(
    sandbox: Sandbox, api: Api, office: SandboxAccount, scopes: str, status: int
) -> None:
    token = sandbox.world.directory.add_token(office, scopes).value
    url = f"{api.url}{PATH}?stream=user:notification&access_token={token}"
    try:
        async with api.session.ws_connect(url):
            got = 101
    except aiohttp.WSServerHandshakeError as error:
        got = error.status
    assert got == status


async def test_the_stream_of_a_user_has_notifications_for_those_who_may_read_them(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    """Mastodon's source, streaming/index.js, `channelsForUserStream`."""
    office.follow(erika)
    token = sandbox.world.directory.add_token(office, "read:statuses").value
    async with api.session.ws_connect(f"{api.url}{PATH}?stream=user&access_token={token}") as socket:
        await erika.post("@bsi Frage")
        await erika.post("nur so")
        assert [(await _event(socket))["event"] for _ in range(2)] == ["update", "update"]


async def test_a_bad_token_and_a_server_without_streaming_refuse_the_handshake(sandbox: Sandbox, api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await api.session.ws_connect(f"{api.url}{PATH}?stream=user&access_token=wrong")
    sandbox.faults.streaming_status = 404
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        await api.session.ws_connect(f"{api.url}{PATH}?stream=user", headers=_bearer(api))


async def test_streams_can_break_or_fall_silent(sandbox: Sandbox, api: Api, erika: SandboxAccount) -> None:
    async with api.session.ws_connect(f"{api.url}{PATH}?stream=user", headers=_bearer(api)) as socket:
        sandbox.faults.silent_streams = True
        await erika.post("@bsi Frage")
        with pytest.raises(asyncio.TimeoutError):
            await socket.receive(timeout=0.1)
        sandbox.drop_streams()
        assert (await socket.receive(timeout=5)).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}


async def test_leaving_the_sandbox_says_goodbye_to_the_streams() -> None:
    async with aiohttp.ClientSession() as session:
        async with Sandbox() as sandbox:
            token = sandbox.add_account("bsi").token
            socket = await session.ws_connect(f"{sandbox.url}{PATH}?stream=user&access_token={token}")
            reader = asyncio.create_task(socket.receive(timeout=5))
        assert (await reader).type is aiohttp.WSMsgType.CLOSE
