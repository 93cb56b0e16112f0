"""Somebody whose encrypting client is nio itself."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import uuid4

import nio
from nio.exceptions import EncryptionError

from fedichat.adapters.matrix.encryption import cross_signing
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.ports import EventId, RoomId, UserId
from tests.office import PASSWORD


class Carla:
    """Somebody with an encrypting client, who trusts every device; her own is signed, as nio alone cannot do it."""

    def __init__(self, url: str, store: Path) -> None:
        store.mkdir()
        self.store = store
        self.client = nio.AsyncClient(url, store_path=str(store), config=nio.AsyncClientConfig())
        self.read: list[nio.Event] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.close()

    async def login(self, name: str, *, signed: bool = True) -> UserId:
        self.client.user = name
        response = await self.client.login(PASSWORD)
        assert isinstance(response, nio.LoginResponse), response
        await self.client.keys_upload()
        if signed:
            assert await cross_signing.sign_device(self.client, self.store, PASSWORD)
        return UserId(response.user_id)

    async def room(self, *invited: str) -> RoomId:
        encryption = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        response = await self.client.room_create(name="Safe", invite=invited, initial_state=[encryption])
        await self.sync()
        return RoomId(response.room_id)

    async def sync(self) -> None:
        response = await self.client.sync(timeout=1000, full_state=not self.client.next_batch or None)
        for room in response.rooms.join.values():
            self.read += [event for event in room.timeline.events if isinstance(event, nio.RoomMessage)]
            self.read += [event for event in room.timeline.events if isinstance(event, nio.MegolmEvent)]
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        if self.client.should_claim_keys:
            await self.client.keys_claim(self.client.get_users_for_key_claiming())
        await self.client.send_to_device_messages()

    async def until_knows(self, room: RoomId, bot: UserId) -> None:
        """Until the bot is in the room and its keys are here."""
        async with asyncio.timeout(60):
            while room not in self.client.rooms or bot not in self.client.rooms[room].users:
                await self.sync()
            while not self.client.olm or not self.client.device_store[bot]:
                await self.sync()

    async def say(self, room: RoomId, text: str, **more: object) -> EventId:
        content = {"msgtype": "m.text", "body": text, **more}
        response = await self.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return EventId(response.event_id)

    def seal(self, room: RoomId, plaintext: bytes) -> Json:
        """An encrypted event with any bytes in it, for those who have heard her before."""
        olm = self.client.olm
        session = olm.outbound_group_sessions[room]
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": olm.account.identity_keys["curve25519"],
            "ciphertext": session._session.encrypt(plaintext).to_base64(),
            "session_id": session.id,
            "device_id": self.client.device_id,
        }

    async def send_raw(self, room: RoomId, kind: str, content: Json) -> EventId:
        """An event just as it stands here."""
        said = await self.request("PUT", f"rooms/{quote(room)}/send/{kind}/{uuid4()}", content)
        return EventId(word(said, "event_id"))

    async def request(self, method: str, path: str, body: Json) -> Json:
        """Something raw, with her token."""
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        answer = await self.client.send(method, f"/_matrix/client/v3/{path}", json.dumps(body), headers)
        said: Json = await answer.json()
        assert answer.status == 200, said
        return said

    async def keep_the_key(self, room: RoomId, bot: UserId) -> list[Json]:
        """Speak from now on with a key that nobody has; the letters would give it to the bot."""
        await self.client.keys_claim(self.client.get_missing_sessions(room))
        olm = self.client.olm
        letters = [
            letter for _, letter in olm.share_group_session_parallel(room, [bot], ignore_unverified_devices=True)
        ]
        olm.outbound_group_sessions[room].shared = True
        return letters

    async def hand_over(self, letters: list[Json]) -> None:
        for number, letter in enumerate(letters):
            await self.request("PUT", f"sendToDevice/m.room.encrypted/late-{number}", letter)

    async def reads(self, fits: Callable[[nio.Event], object]) -> nio.Event:
        async with asyncio.timeout(20):
            while True:
                for event in self.read:
                    if fits(event):
                        return event
                await self.sync()

    async def reads_when_the_key_comes(self, event_id: str) -> nio.Event:
        """A message that came before its key: nio itself tries only once."""
        event = await self.reads(lambda event: event.event_id == event_id)
        async with asyncio.timeout(20):
            while isinstance(event, nio.MegolmEvent):
                await self.sync()
                with suppress(EncryptionError):
                    event = self.client.decrypt_event(event)
        return event


def event_of(ident: EventId) -> Callable[[nio.Event], bool]:
    return lambda event: bool(event.event_id == ident)


def body_of(event: nio.Event) -> object:
    return part(event.source, "content").get("body")
