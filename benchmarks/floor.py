"""The bare floor: the least that does the same outside work, on nio and aiohttp, in a process of its own.

`mirror` passes on what the stream brings, `echo` answers whoever speaks, `batch` sends what it is given,
`idle` holds a stream and a sync open. None of them keeps, checks or repeats anything.
"""

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from nio import AsyncClient, AsyncClientConfig, RoomSendResponse, SyncResponse

POLL_MILLISECONDS = 30_000

Json = dict[str, Any]


async def mirror(client: AsyncClient, options: argparse.Namespace) -> None:
    """Each mention that the stream brings becomes a message."""
    async for status in _stream(options, options.stream_tokens):
        await _send(client, options.room, {"msgtype": "m.text", "body": str(status.get("content"))})


async def echo(client: AsyncClient, options: argparse.Namespace) -> None:
    """Answer each command with the given text; edit the message that somebody reacts to."""
    answers: dict[str, Json] = await _read(options.contents)
    async for event in _events(client, options.room):
        content = event.get("content") or {}
        relation = content.get("m.relates_to") or {}
        if event.get("type") == "m.reaction":
            edit = {
                **answers["edit"],
                "m.relates_to": {"rel_type": "m.replace", "event_id": relation.get("event_id")},
            }
            await _send(client, options.room, edit)
        elif content.get("body") in answers:
            reply = {"m.in_reply_to": {"event_id": event["event_id"]}}
            await _send(client, options.room, {**answers[content["body"]], "m.relates_to": reply})


async def batch(client: AsyncClient, options: argparse.Namespace) -> None:
    """Send the messages of each file whose name is read from standard input, one after the other."""
    reader = await _standard_input()
    while line := await reader.readline():
        for content in await _read(line.decode().strip()):
            await _send(client, options.room, content)
        print("sent", flush=True)


async def idle(client: AsyncClient, options: argparse.Namespace) -> None:
    """Ready as soon as both sides have answered; then wait for both. One stream for each token."""
    async with asyncio.TaskGroup() as group:
        for token in options.stream_tokens.split(","):
            group.create_task(_exhaust(_stream(options, token)))
        group.create_task(_exhaust(_events(client, options.room)))


async def _read(file: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(await asyncio.to_thread(Path(file).read_text))


async def _exhaust(things: AsyncIterator[object]) -> None:
    async for _ in things:
        pass


async def _stream(options: argparse.Namespace, token: str) -> AsyncIterator[Json]:
    url = options.stream.replace("http://", "ws://") + "/api/v1/streaming?stream=user"
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as socket:
        print("streaming", flush=True)
        async for message in socket:
            item = json.loads(message.data)
            if item.get("event") == "notification":
                notification = json.loads(item["payload"])
                if notification.get("type") == "mention":
                    yield notification["status"]


async def _events(client: AsyncClient, room: str) -> AsyncIterator[Json]:
    response = await client.sync(timeout=0, full_state=True)
    assert isinstance(response, SyncResponse), response
    print("syncing", flush=True)
    while True:
        response = await client.sync(timeout=POLL_MILLISECONDS)
        assert isinstance(response, SyncResponse), response
        info = response.rooms.join.get(room)
        for event in info.timeline.events if info else []:
            if event.sender != client.user_id:
                yield event.source


async def _send(client: AsyncClient, room: str, content: Json) -> None:
    kind = str(content.pop("type", "m.room.message"))
    response = await client.room_send(room, kind, content, uuid.uuid4().hex)
    assert isinstance(response, RoomSendResponse), response


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("mirror", "echo", "batch", "idle"))
    for name in ("homeserver", "user", "token", "room", "stream", "stream-tokens", "contents"):
        parser.add_argument(f"--{name}", default="")
    return parser.parse_args()


async def main() -> None:
    """Log in with the token and do as the mode says, for ever."""
    options = _options()
    client = AsyncClient(options.homeserver, options.user, config=AsyncClientConfig(encryption_enabled=False))
    client.restore_login(options.user, "floor", options.token)
    try:
        await {"mirror": mirror, "echo": echo, "batch": batch, "idle": idle}[options.mode](client, options)
    finally:
        await client.close()


if __name__ == "__main__":
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # never outlive the run that started it
    asyncio.run(main())
