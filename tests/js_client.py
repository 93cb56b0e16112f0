"""People whose client is matrix-js-sdk with its rust crypto, as in the Element family: nothing of nio is in it.

The clients live in one Node process for the whole session (tests/second_client/client.mjs).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedichat.adapters.matrix.events import Json, part, relation_of, word
from fedichat.ports import EventId, RoomId, UserId
from tests.node_wire import Told, Wire

MEGOLM = "m.megolm.v1.aes-sha2"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as this client has it now. `failure`: why it cannot be read (the library's DecryptionFailureCode)."""

    event_id: EventId
    room: RoomId
    sender: UserId
    type: str
    content: Json
    encrypted: bool
    session: str | None
    failure: str | None
    redacted: bool

    @property
    def body(self) -> str:
        """What it says; of an edit, the new text."""
        return word(part(self.content, "m.new_content") or self.content, "body")

    @property
    def thread(self) -> EventId | None:
        """The card under which it stands."""
        return relation_of(self.content).thread

    @property
    def replaces(self) -> EventId | None:
        """The message that it edits."""
        return relation_of(self.content).replaces


@dataclass(frozen=True, slots=True)
class Verification:
    """Where a verification stands: requested, ready, started, cancelled (`code` says why) or done."""

    key: str
    user: UserId
    device_id: str | None
    phase: str
    mine: bool
    room: RoomId | None
    emoji: Sequence[Sequence[str]] | None
    decimal: Sequence[int] | None
    code: str | None


@dataclass
class JsClient:
    """One device. It syncs until stop(). What it raises is JsError, in the library's words."""

    wire: Wire
    url: str
    number: int = field(init=False)
    user_id: UserId = field(init=False)
    device_id: str = field(init=False)
    seen: dict[EventId, Seen] = field(default_factory=dict)
    verifications: dict[str, Verification] = field(default_factory=dict)
    letters: list[Json] = field(default_factory=list)
    """To-device messages that the library hands on, decrypted where it could."""

    def __post_init__(self) -> None:
        self.number = self.wire.attach(self._hear)

    async def do(self, verb: str, **words: object) -> Any:  # noqa: ANN401 - JSON
        """A method of `Device` in client.mjs."""
        return await self.wire.ask(self.number, verb, words)

    # --- the device ---

    async def stop(self) -> None:
        """Hear nothing more, for good: the library lets go of its keys. The device stays."""
        await self.do("stop")

    async def logout(self) -> None:
        """Delete the device."""
        await self.do("logout")

    async def request(self, method: str, path: str, body: object = None) -> Json:
        """Something raw, with this device's token: `/_matrix/client/v3/…`."""
        said: Json = await self.do("request", method=method, path=path, body=body)
        return said

    # --- who one is, and whom one trusts ---

    async def sign(self) -> None:
        """Make cross-signing keys for the user (new ones, where there are some) and sign this device with them."""
        await self.do("sign")

    async def sign_device(self, device_id: str) -> None:
        """Sign another device of the same user; after sign()."""
        await self.do("sign_device", device_id=device_id)

    async def only_signed(self) -> None:
        """From now on read from, and give keys to, devices alone that their owners have signed (MSC4153)."""
        await self.do("only_signed")

    async def devices_of(self, user: str) -> Mapping[str, Json]:
        """Somebody's devices, fetched anew: `{id: {fingerprint, signed, verified}}`."""
        found: Mapping[str, Json] = await self.do("devices_of", user=user)
        return found

    # --- rooms ---

    async def create_room(
        self,
        name: str,
        invite: Sequence[str] = (),
        *,
        alias: str | None = None,
        rotation_msgs: int | None = None,
        history_visibility: str | None = None,
        direct: bool = False,
    ) -> RoomId:
        """An encrypted room. `alias` is its local part; `rotation_msgs`: a new key after so many messages.

        `direct`: between two people, who may both do everything.
        """
        encryption: Json = {"algorithm": MEGOLM}
        if rotation_msgs is not None:
            encryption = {**encryption, "rotation_period_msgs": rotation_msgs}
        state = [{"type": "m.room.encryption", "state_key": "", "content": encryption}]
        if history_visibility is not None:
            content = {"history_visibility": history_visibility}
            state.append({"type": "m.room.history_visibility", "state_key": "", "content": content})
        kind = {"preset": "trusted_private_chat", "is_direct": True} if direct else {"preset": "private_chat"}
        options: dict[str, object] = {"name": name, "invite": list(invite), **kind}
        if alias is not None:
            options["room_alias_name"] = alias
        return RoomId(await self.do("create_room", options={**options, "initial_state": state}))

    async def join(self, room: str) -> RoomId:
        """Enter a room, by id or alias."""
        return RoomId(await self.do("join", room=room))

    async def leave(self, room: RoomId) -> None:
        """Leave a room."""
        await self.request("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})

    async def invite(self, room: RoomId, user: str) -> None:
        """Invite somebody."""
        await self.request("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": user})

    async def until_knows(self, room: RoomId, user: str, timeout: float = 60) -> None:
        """Until that user is in the room and their devices are here."""
        async with asyncio.timeout(timeout):
            while not await self.do("knows", room=room, user=user):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    # --- speaking ---

    async def say(
        self,
        room: RoomId,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        edits: str | None = None,
    ) -> EventId:
        """A text, encrypted."""
        content: dict[str, object] = {"msgtype": "m.text", "body": text}
        if edits is not None:
            content = {
                "msgtype": "m.text",
                "body": f"* {text}",
                "m.new_content": content,
                "m.relates_to": {"rel_type": "m.replace", "event_id": edits},
            }
        elif thread is not None:
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "is_falling_back": reply_to is None,
                "m.in_reply_to": {"event_id": reply_to or thread},
            }
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send(room, "m.room.message", content)

    async def send(self, room: RoomId, kind: str, content: Json) -> EventId:
        """Any event, encrypted."""
        return EventId(await self.do("send", room=room, type=kind, content=content))

    async def react(self, room: RoomId, event: str, key: str) -> EventId:
        """Tap an emoji. Nobody encrypts reactions."""
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}
        return await self.send(room, "m.reaction", content)

    async def redact(self, room: RoomId, event: str) -> EventId:
        """Remove a message or a reaction."""
        return EventId(await self.do("redact", room=room, event=event))

    async def send_raw(self, room: RoomId, kind: str, content: Json) -> EventId:
        """An event just as it stands here: in plaintext, or with ciphertext of one's own making."""
        path = f"/_matrix/client/v3/rooms/{room}/send/{kind}/{self.wire.number()}"
        return EventId(word(await self.request("PUT", path, content), "event_id"))

    async def discard_session(self, room: RoomId) -> None:
        """Take a new key for what is said next."""
        await self.do("discard_session", room=room)

    async def leave_out(self, *fields: str) -> None:
        """Send encrypted events without these fields from now on."""
        await self.do("leave_out", fields=fields)

    async def send_to_device(self, kind: str, messages: Mapping[str, Mapping[str, Json]]) -> None:
        """Raw to-device messages: `{user: {device or "*": content}}`."""
        path = f"/_matrix/client/v3/sendToDevice/{kind}/{self.wire.number()}"
        await self.request("PUT", path, {"messages": messages})

    async def encrypt_to_device(self, user: str, device_id: str, kind: str, content: Json) -> None:
        """One to-device message, encrypted with Olm."""
        await self.do("encrypt_to_device", user=user, device_id=device_id, type=kind, content=content)

    # --- reading ---

    async def sees(self, fits: Callable[[Seen], object], timeout: float = 30) -> Seen:
        """The first event that fits, readable or not, once there is one."""
        return await self.wire.until(lambda: next(filter(fits, self.seen.values()), None), timeout, self.tale)

    async def reads(self, fits: Callable[[Seen], object], timeout: float = 30) -> Seen:
        """The first message that fits and could be decrypted, once there is one."""
        return await self.sees(
            lambda event: event.type == "m.room.message" and event.failure is None and fits(event), timeout
        )

    async def reads_event(self, event_id: str, timeout: float = 30) -> Seen:
        """That message, once it could be decrypted."""
        return await self.reads(lambda event: event.event_id == event_id, timeout)

    async def fails_to_read(self, event_id: str, timeout: float = 30) -> str:
        """Why that event cannot be decrypted, once the library has said so."""
        event = await self.sees(lambda event: event.event_id == event_id and event.failure, timeout)
        return str(event.failure)

    async def until(self, holds: Callable[[], object], timeout: float = 30) -> None:
        """Until what came from the server makes this hold."""
        await self.wire.until(holds, timeout, self.tale)

    @property
    def unreadable(self) -> dict[EventId, str]:
        """What could not be decrypted, and why."""
        return {event.event_id: event.failure for event in self.seen.values() if event.failure is not None}

    async def shield(self, event: Seen) -> str | None:
        """The reason of the grey or red shield that clients show beside that message (EventShieldReason), or None."""
        info = await self.do("shield", room=event.room, event=event.event_id)
        assert info is not None, "it could not be decrypted"
        return None if info["colour"] == "NONE" else str(info["reason"])

    def tale(self) -> str:
        """What is here, for somebody who waited in vain."""
        return "\n".join(
            f"{event.sender} {event.type} {event.body!r} {event.failure or ''}" for event in self.seen.values()
        )

    # --- verification ---

    async def verify_device(self, user: str, device_id: str) -> str:
        """Ask a device to verify each other; gives the verification's key."""
        return str(await self.do("verify_device", user=user, device_id=device_id))

    async def verify_in_room(self, user: str, room: RoomId) -> str:
        """Ask somebody in a room to verify each other; gives the verification's key."""
        return str(await self.do("verify_in_room", user=user, room=room))

    async def verification(self, fits: Callable[[Verification], object], timeout: float = 30) -> Verification:
        """The first verification that fits, once there is one; others may ask for it, too."""
        return await self.wire.until(
            lambda: next(filter(fits, self.verifications.values()), None), timeout, lambda: str(self.verifications)
        )

    async def accept(self, key: str) -> None:
        """Agree to what somebody else asked for."""
        await self.do("accept", key=key)

    async def start_sas(self, key: str) -> None:
        """Begin with the emoji, once both are ready."""
        await self.do("start_sas", key=key)

    async def emoji(self, key: str, timeout: float = 30) -> list[tuple[str, str]]:
        """The seven pictures with their names, once they are there."""
        shown = await self.verification(lambda one: one.key == key and one.emoji, timeout)
        return [(picture, name) for picture, name in shown.emoji or ()]

    async def confirm(self, key: str) -> None:
        """They match."""
        await self.do("confirm", key=key)

    async def mismatch(self, key: str) -> None:
        """They do not."""
        await self.do("mismatch", key=key)

    async def cancel_verification(self, key: str) -> None:
        """Not now."""
        await self.do("cancel", key=key)

    def _hear(self, told: Told) -> None:
        match told:
            case {"seen": seen}:
                event = Seen(**seen)
                self.seen[event.event_id] = event
            case {"verification": stands}:
                self.verifications[stands["key"]] = Verification(**stands)
            case {"letter": letter}:
                self.letters.append(letter)


@dataclass(frozen=True)
class JsClients:
    """What a test asks for a client: `anna = await js.login(url, "anna", "secret")`."""

    wire: Wire

    async def login(self, url: str, user: str, password: str, *, device_id: str | None = None) -> JsClient:
        """A new device of that user, whose keys are on the server; nobody has signed it."""
        client = JsClient(self.wire, url)
        said = await client.do("login", url=url, user=user, password=password, device_id=device_id)
        client.user_id, client.device_id = UserId(said["user_id"]), str(said["device_id"])
        return client
