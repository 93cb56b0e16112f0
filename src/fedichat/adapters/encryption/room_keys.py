"""End-to-end encryption beside nio: keys for those who shall read us, and patience with keys that come late.

nio keeps the cryptography. Its way of handing keys over is not used, because of what it does with failures
(matrix-nio 0.26): an error while keys are claimed leaves the room locked for ever, and a key that the server
did not take counts as shared.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

from nio import Api, AsyncClient, ErrorResponse, LocalProtocolError, MegolmEvent, ShareGroupSessionResponse
from nio.crypto import olm_machine
from nio.exceptions import EncryptionError

from fedichat.adapters.matrix_errors import checked, error_of, network
from fedichat.adapters.matrix_events import Json
from fedichat.adapters.matrix_progress import Answer
from fedichat.errors import FarEndError, TryLater
from fedichat.ports import RoomId

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=10)
"""How long the key of a message may come after the message."""


def _plain_json(content: Json) -> str:
    """JSON with letters as they are: nio escapes each that is not ASCII, and Cyrillic would take three times its room.

    An event holds 65,536 bytes, and an edit has its text four times, in base64.
    """
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(errors="replace").decode()


# There is no other way to tell nio.
olm_machine.Api = SimpleNamespace(to_json=_plain_json, to_canonical_json=Api.to_canonical_json)


class RoomKeys:
    """The keys of the rooms that we speak in. `locked(room)` must be held around every send there."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._locks: dict[RoomId, asyncio.Lock] = {}

    def locked(self, room: RoomId) -> asyncio.Lock:
        """One at a time in a room: nio's own guard does not survive errors."""
        return self._locks.setdefault(room, asyncio.Lock())

    async def share(self, room: RoomId) -> None:
        """Give all in the room the key for what we shall say. Raises FarEndError; never to be cancelled."""
        client = self._client
        if not client.rooms[room].members_synced:
            with network("members"):
                checked(await client.joined_members(room), "asking for the members of a room")
        if client.should_query_keys:
            with network("keys"):
                checked(await client.keys_query(), "asking for keys")
        if not client.olm.should_share_group_session(room):
            return
        missing = client.get_missing_sessions(room)
        if missing:
            await claim(client, missing)
        await self._hand_over(room)

    async def _hand_over(self, room: RoomId) -> None:
        client, olm = self._client, self._client.olm
        letters = olm.share_group_session_parallel(room, list(client.rooms[room].users), ignore_unverified_devices=True)
        for reached, letter in letters:
            await self._post(letter)
            await client.receive_response(ShareGroupSessionResponse(room, reached))
        # nio does this where somebody was reached; there may be nobody.
        olm.outbound_group_sessions[room].shared = True

    async def _post(self, letter: Json) -> None:
        client = self._client
        headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
        path = f"/_matrix/client/v3/sendToDevice/m.room.encrypted/{uuid4()}"
        with network("keys"):
            answer = await client.send("PUT", path, json.dumps(letter), headers)
            content = await client.parse_body(answer)
        if answer.status != 200:
            error = ErrorResponse.from_dict(content)
            error.transport_response = answer
            raise error_of(error, "handing over keys")


async def claim(client: AsyncClient, users: Mapping[str, Sequence[str]]) -> None:
    """Claim one-time keys for devices that we cannot write to yet. Raises FarEndError."""
    with network("keys"):
        try:
            response = await client.keys_claim(users)
        except TypeError as error:  # nio falls over every error here (its error class wants a room)
            raise TryLater("claiming keys: the homeserver refused") from error
    checked(response, "claiming keys")


async def housekeeping(client: AsyncClient) -> None:
    """Do what encryption needs between two syncs, for keys and for devices. Logs what fails."""
    try:
        with network("keys"):
            if client.should_upload_keys:
                checked(await client.keys_upload(), "uploading keys")
            if client.should_query_keys:
                checked(await client.keys_query(), "asking for keys")
            if client.should_claim_keys:
                await claim(client, client.get_users_for_key_claiming())
            for response in await client.send_to_device_messages():
                checked(response, "sending to devices")
    except FarEndError as error:
        # Nothing is lost: nio still knows what there is to do, and the next round does it.
        log.warning("matrix-keys-failed reason=%s", error)


@dataclass(frozen=True, slots=True)
class Late:
    """A message that could not be read when it came, as part of that answer and at that position in its room."""

    event: MegolmEvent
    room: RoomId
    arrived_at: datetime
    answer: Answer
    position: int


class LateKeys:
    """Messages that wait a little for their key, which may come a moment after them."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._waiting: list[Late] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    async def wait_for(
        self, event: MegolmEvent, room: RoomId, arrived_at: datetime, answer: Answer, position: int
    ) -> None:
        """Wait for the key of a message; other devices of ours are asked whether they have it."""
        self._waiting.append(Late(event, room, arrived_at, answer, position))
        try:
            with network("key request"):
                await self._client.request_room_key(event)
        except (FarEndError, LocalProtocolError) as error:
            log.debug("matrix-key-request-failed reason=%s", error)

    def settled(self, now: datetime) -> Iterator[tuple[Late, Json]]:
        """Those that can be read now, and those whose time is over as they are; in the order of coming."""
        waiting, self._waiting = self._waiting, []
        for late in waiting:
            try:
                yield late, self._client.decrypt_event(late.event).source
            except EncryptionError:
                if now < late.arrived_at + PATIENCE:
                    self._waiting.append(late)
                else:
                    log.warning("matrix-unreadable room=%s event=%s", late.room, late.event.event_id)
                    yield late, late.event.source
