"""A person at a Matrix client: the client-server API over HTTP, without any of the bot's code in between.

For unencrypted rooms. The demo, the tour and the tests use it to see what people see.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

from fedichat.adapters.matrix.events import Json, part, word
from fedichat.adapters.matrix.files import content_of_file, decrypted, encrypted_file
from fedichat.demo.homeserver_client import HomeserverClient, quoted
from fedichat.demo.reader import Reader
from fedichat.demo.timeline import Line
from fedichat.ports import EventId, FileData, FileMessage, RoomId, SharedFile


class Person:
    """Somebody who is logged in: `async with await Person.login(url, "anna", "secret") as anna:`.

    Actions raise Rejected (for 404, Gone) and TryLater, depending on the homeserver's answer.
    """

    def __init__(self, client: HomeserverClient) -> None:
        self.user_id = client.user_id
        self._client = client
        self._reader = Reader(client)

    @classmethod
    async def login(cls, url: str, name: str, password: str) -> Self:
        """Log in with a password, as a new device."""
        return cls(await HomeserverClient.login(url, name, password))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop reading and close the connection; the device stays logged in."""
        await self._reader.close()
        await self._client.close()

    # --- rooms ---

    async def create_room(
        self,
        name: str,
        alias: str | None = None,
        invite: Sequence[str] = (),
        *,
        encrypted: bool = False,
        public: bool = False,
        version: str | None = None,
    ) -> RoomId:
        """Create a room. `alias` is the local part (`social` of `#social:server`)."""
        body: dict[str, object] = {
            "name": name,
            "preset": "public_chat" if public else "private_chat",
            "invite": list(invite),
        }
        if alias:
            body["room_alias_name"] = alias
        if version:
            body["room_version"] = version
        if encrypted:
            body["initial_state"] = [
                {
                    "type": "m.room.encryption",
                    "state_key": "",
                    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
                }
            ]
        said = await self.ask("POST", "/createRoom", body)
        return RoomId(word(said, "room_id"))

    async def invite(self, room: RoomId, user: str) -> None:
        """Invite somebody."""
        await self.ask("POST", f"/rooms/{quoted(room)}/invite", {"user_id": user})

    async def join(self, room_or_alias: str) -> RoomId:
        """Enter a room."""
        said = await self.ask("POST", f"/join/{quoted(room_or_alias)}", {})
        return RoomId(word(said, "room_id"))

    async def leave(self, room: RoomId) -> None:
        """Leave a room."""
        await self.ask("POST", f"/rooms/{quoted(room)}/leave", {})

    async def kick(self, room: RoomId, user: str) -> None:
        """Remove somebody from a room."""
        await self.ask("POST", f"/rooms/{quoted(room)}/kick", {"user_id": user})

    async def wait_until_joined(self, room: RoomId, user: str, timeout: float = 60) -> None:
        """Wait until somebody has entered. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while True:
                if user in part(await self.ask("GET", f"/rooms/{quoted(room)}/joined_members"), "joined"):
                    return
                await asyncio.sleep(0.05)

    async def set_state(self, room: RoomId, kind: str, content: Json, key: str = "") -> None:
        """Change a room's state."""
        await self.ask("PUT", f"/rooms/{quoted(room)}/state/{kind}/{quoted(key)}", content)

    async def raise_to(self, room: RoomId, user: str, level: int) -> None:
        """Give somebody power in a room."""
        path = f"/rooms/{quoted(room)}/state/m.room.power_levels/"
        levels = dict(await self.ask("GET", path))
        levels["users"] = {**part(levels, "users"), user: level}
        await self.ask("PUT", path, levels)

    # --- speaking ---

    async def say(
        self,
        room: RoomId,
        text: str,
        *,
        thread: EventId | None = None,
        reply_to: EventId | None = None,
        notice: bool = False,
        transaction: str | None = None,
    ) -> EventId:
        """Write a message; in a thread or as a reply if asked to."""
        content: dict[str, object] = {
            "msgtype": "m.notice" if notice else "m.text",
            "body": text,
            "m.mentions": {},
        }
        if thread is not None:
            content["m.relates_to"] = {
                "rel_type": "m.thread",
                "event_id": thread,
                "m.in_reply_to": {"event_id": reply_to or thread},
                "is_falling_back": reply_to is None,
            }
        elif reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send(room, "m.room.message", content, transaction)

    async def send_file(
        self,
        room: RoomId,
        file: FileData,
        caption: str = "",
        *,
        thread: EventId | None = None,
        encrypt: bool = False,
    ) -> EventId:
        """Send a file, in a thread if asked to; `encrypt` it as clients do in encrypted rooms."""
        source: dict[str, object]
        if encrypt:
            data, keys = encrypted_file(file.data)
            source = {"file": {**keys, "url": await self._client.upload(data, "application/octet-stream")}}
        else:
            source = {"url": await self._client.upload(file.data, file.mimetype)}
        content = content_of_file(FileMessage(file, caption, thread), source)
        return await self.send(room, "m.room.message", content)

    async def edit(self, room: RoomId, event: EventId, text: str) -> EventId:
        """Edit a message of one's own."""
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        relates = {"rel_type": "m.replace", "event_id": event}
        content = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relates}
        return await self.send(room, "m.room.message", content)

    async def react(self, room: RoomId, event: EventId, key: str) -> EventId:
        """Tap an emoji under a message."""
        relates = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relates})

    async def redact(self, room: RoomId, event: EventId, reason: str = "") -> EventId:
        """Remove a message or a reaction."""
        path = f"/rooms/{quoted(room)}/redact/{quoted(event)}/{secrets.token_hex(8)}"
        said = await self.ask("PUT", path, {"reason": reason} if reason else {})
        return EventId(word(said, "event_id"))

    async def send(self, room: RoomId, kind: str, content: Json, transaction: str | None = None) -> EventId:
        """Send any event."""
        path = f"/rooms/{quoted(room)}/send/{kind}/{quoted(transaction or secrets.token_hex(8))}"
        said = await self.ask("PUT", path, content)
        return EventId(word(said, "event_id"))

    async def ask(self, method: str, path: str, body: Json | None = None) -> dict[str, object]:
        """Any call of the client-server API, below /_matrix/client/v3."""
        return await self._client.call(method, path, body)

    # --- reading ---

    async def lines(self, room: RoomId) -> tuple[Line, ...]:
        """What the room shows now, the oldest first, as far as the server has sent it."""
        return await self._reader.lines(room)

    async def line(self, room: RoomId, event: EventId, timeout: float = 60) -> Line:
        """The line of that event, as soon as it has arrived."""
        return await self.wait_for(room, lambda line: line.event_id == event, timeout)

    async def wait_for(self, room: RoomId, fits: Callable[[Line], object], timeout: float = 60) -> Line:
        """The first line that fits, now or later. Raises TimeoutError, with what the room shows."""
        return await self._reader.first(room, fits, timeout)

    async def read_file(self, file: SharedFile) -> bytes:
        """The content of a file that a line shows."""
        data = await self._client.download(file.url)
        return data if file.key is None else decrypted(data, file.key)

    def sync(self) -> AsyncIterator[Line]:
        """Every line of every room, and again whenever it changes; existing ones come first. Never ends."""
        return self._reader.changes()
