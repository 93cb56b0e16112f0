"""What verifying needs from the homeserver: people's keys, and sending to where a request came from."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from nio import AsyncClient

from fedichat.adapters.matrix.encryption import cross_signing
from fedichat.adapters.matrix.encryption.devices import Devices, identity_of
from fedichat.adapters.matrix.encryption.verification import Keys, Outgoing, Request
from fedichat.adapters.matrix.encryption.verifier import Known
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.ports import EventId, RoomId, UserId

_LONGEST_NAME = 100
Put = Callable[[RoomId, str, dict[str, object], str], Awaitable[EventId]]


class VerificationWire:
    """Fulfils `verifier.Wire`. `put` sends an event into a room, encrypted where the room is."""

    def __init__(self, client: AsyncClient, store: Path, put: Put) -> None:
        self._client = client
        self._store = store
        self._put = put
        self._published = ""

    @property
    def ours(self) -> Keys:
        client = self._client
        identity = cross_signing.kept(self._store)
        # If the homeserver shows other keys as ours, nobody must be told that they are ours.
        is_ours = identity is not None and identity.master.public == self._published
        signing = str(client.olm.account.identity_keys["ed25519"])
        return Keys(UserId(client.user_id), str(client.device_id), signing, self._published if is_ours else "")

    async def known(self, user: UserId, device: str, room: RoomId | None) -> Known | None:
        me, wanted = self._client.user_id, {user: [device]}
        answer = await call(
            self._client, "POST", "keys/query", {"device_keys": {me: [self._client.device_id]} | wanted}, "verifying"
        )
        self._published = identity_of(me, answer)
        devices = Devices()
        devices.take(user, answer)
        found = next((one for one in devices.of(user) if one.id == device), None)
        if found is None:
            return None
        keys = Keys(user, device, found.ed25519, identity_of(user, answer))
        return Known(keys, self._name_of(user, room), found.name, found.is_signed)

    async def send(self, request: Request, outgoing: Outgoing, transaction: str) -> None:
        if request.room is not None:
            await self._put(request.room, outgoing.kind, dict(outgoing.content), transaction)
            return
        messages = {request.sender: {request.device: outgoing.content}}
        path = f"sendToDevice/{outgoing.kind}/{transaction}"
        await call(self._client, "PUT", path, {"messages": messages}, "verifying")

    def _name_of(self, user: UserId, room: RoomId | None) -> str:
        rooms = self._client.rooms
        known = [rooms[room]] if room in rooms else [one for one in rooms.values() if user in one.users]
        return next((name for one in known if (name := one.user_name(user))), user)[:_LONGEST_NAME]
