"""nio's client, in which one bad event, device or room does no harm to the others.

nio (0.26) keeps the login, the requests, and who is in which room. Encryption is not left to it: see `encryption`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse
from nio import (
    AsyncClient,
    InviteInfo,
    MatrixRoom,
    Response,
    RoomGetEventResponse,
    RoomInfo,
    RoomMemberEvent,
    RoomMessagesResponse,
    SyncResponse,
)
from nio.events import Event, InviteEvent, UnknownBadEvent

from fedichat.adapters.harmless_json import read_json
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.harm import contained
from fedichat.adapters.matrix.encryption.key_store import Steps
from fedichat.adapters.matrix.encryption.room_keys import rotation_of
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.ports import RoomId

_WITH_KEYS = ("/keys/upload", "/sendToDevice/m.room.encrypted/")


class Client(AsyncClient):  # type: ignore[misc] # nio has no types
    """Takes in an answer to a sync without a pause: either all of it is known, or nothing.

    nio's own token is not kept: it would take the same answer, asked for again, for one that it knows.
    """

    encryption: EndToEnd | None = None
    steps: Steps | None = None
    """Keeps how far our keys have come; None if we only look around, without keys."""

    async def send(self, method: str, path: str, *args: Any, **more: Any) -> ClientResponse:  # noqa: ANN401 - nio's
        """See nio; every request passes here. Raises TryLater while it cannot be kept how far our keys have come."""
        if self.steps is not None and any(one in path for one in _WITH_KEYS):
            await self.steps.keep()
        response: ClientResponse = await super().send(method, path, *args, **more)
        return response

    async def close(self) -> None:
        """Let go of the connection and of the keys."""
        await super().close()
        if self.encryption is not None:
            self.encryption.close()

    # --- from JSON ---

    async def parse_body(self, transport_response: ClientResponse) -> dict[str, Any] | list[Any]:
        """See nio; a room's state is a list, and what is no JSON is an empty object.

        Whoever has an account at the homeserver can put letters for our device into its answers. How deep these may be
        nested is a matter of the server, and what is too deep for us would make everything unreadable, for ever.
        """
        try:
            said = read_json(await transport_response.read())
        except ValueError:
            return {}
        return said if isinstance(said, dict | list) else {}

    async def create_matrix_response(
        self,
        response_class: type[Response],
        transport_response: ClientResponse,
        data: tuple[object, ...] | None = None,
        save_to: object = None,
    ) -> Response:
        """See nio."""
        if not issubclass(response_class, SyncResponse | RoomMessagesResponse):
            return await super().create_matrix_response(response_class, transport_response, data, save_to)
        said = await self.parse_body(transport_response)
        raw = said if isinstance(said, dict) else {}
        response = _response(response_class, raw, data or ())
        response.transport_response = transport_response
        response.raw = raw
        return response

    # --- what it says ---

    async def receive_response(self, response: Response) -> None:
        """See nio; called once for each answer."""
        if isinstance(response, SyncResponse):
            self._follow(response)
        elif not isinstance(response, RoomMessagesResponse | RoomGetEventResponse):
            # Of these nio would only decrypt what is in there, and not say whose key it was.
            await super().receive_response(response)

    def _follow(self, response: SyncResponse) -> None:
        for name, info in response.rooms.invite.items():
            room = self._get_invited_room(name)
            for event in info.invite_state:
                with contained("invitation", name):
                    room.handle_event(event)
        for name, info in response.rooms.join.items():
            self._follow_room(RoomId(name), info)
        self._remember_encrypted()
        if self.encryption is not None:
            self.encryption.follow(response.raw)

    def _follow_room(self, name: RoomId, info: RoomInfo) -> None:
        self.invited_rooms.pop(name, None)
        if name not in self.rooms:
            self.rooms[name] = MatrixRoom(name, self.user_id, name in self.encrypted_rooms)
        room = self.rooms[name]
        if info.summary:
            with contained("summary", name):
                room.update_summary(info.summary)
        for event in (*info.state, *info.timeline.events):
            source: Json = event.source
            if "state_key" not in source:
                continue
            if word(source, "type") == "m.room.encryption":
                # Whatever it says: what was encrypted once is never said in the open again.
                room.encrypted = True
                if self.encryption is not None:
                    self.encryption.rooms.rotations[name] = rotation_of(part(source, "content"))
            if word(source, "type") == "m.room.member":
                self._follow_member(room, event)
            else:
                with contained("state", name):
                    room.handle_event(event)

    def _follow_member(self, room: MatrixRoom, event: Event) -> None:
        source: Json = event.source
        user, membership = word(source, "state_key"), word(part(source, "content"), "membership")
        if isinstance(event, RoomMemberEvent):
            with contained("member", user):
                room.handle_membership(event)
        if membership in {"join", "invite"}:
            if user not in room.users:
                room.add_member(user, None, None, membership == "invite")
            if self.encryption is not None:
                self.encryption.has_come(RoomId(room.room_id))
        else:
            # Who has left reads no further, whatever else the event says.
            if user in room.users:
                room.users.pop(user)
                room.invited_users.pop(user, None)
            if self.encryption is not None:
                self.encryption.rooms.forget(RoomId(room.room_id))

    def _remember_encrypted(self) -> None:
        fresh = {name for name, room in self.rooms.items() if room.encrypted} - self.encrypted_rooms
        if fresh and self.store:
            self.encrypted_rooms |= fresh
            self.store.save_encrypted_rooms(fresh)


def _response(kind: type[Response], raw: dict[str, Any], data: tuple[Any, ...]) -> Response:
    """Nio's reading of an answer, its events one by one: nio falls over an answer as soon as it does over one event."""
    rooms = part(raw, "rooms")
    response = kind.from_dict(_bare(raw), *data)
    if isinstance(response, SyncResponse):
        for name, infos in (("join", response.rooms.join), ("leave", response.rooms.leave)):
            for room, info in infos.items():
                given = part(part(rooms, name), room)
                info.state = list(_events(part(given, "state").get("events")))
                info.timeline.events = list(_events(part(given, "timeline").get("events")))
        for room in part(rooms, "invite"):
            state = part(part(rooms, "invite"), room)
            response.rooms.invite[room] = InviteInfo(list(_invitation(part(state, "invite_state").get("events"))))
    elif isinstance(response, RoomMessagesResponse):
        response.chunk = list(_events(raw.get("chunk")))
    return response


def _bare(given: object, name: str = "") -> object:
    """An answer without its events and what we do not need. What is of a wrong type stays, for nio to refuse it."""
    if name in {"events", "chunk"}:
        return [] if isinstance(given, list) else given
    if name in {"to_device", "presence", "account_data", "ephemeral", "invite"}:
        return {} if isinstance(given, dict) else given
    return {key: _bare(value, key) for key, value in given.items()} if isinstance(given, dict) else given


@dataclass(frozen=True, slots=True)
class Said:
    """An event that changes no state, as JSON: nio would spend most of a message's time on checking it by a schema."""

    source: Json


def _events(given: object) -> Iterator[Event | Said]:
    for source in given if isinstance(given, list) else ():
        if isinstance(source, dict) and "state_key" not in source:
            yield Said(source)
        elif isinstance(source, dict):
            try:
                yield Event.parse_event(source) or UnknownBadEvent(source)
            except Exception:  # noqa: BLE001 - whatever nio makes of it, others will read it
                yield UnknownBadEvent(source)


def _invitation(given: object) -> Iterator[InviteEvent]:
    for source in given if isinstance(given, list) else ():
        with contained("invitation", word(source, "sender") if isinstance(source, dict) else "?"):
            event = InviteEvent.parse_event(source)
            if event is not None:
                yield event
