"""Sending into rooms: messages, files, reactions and redactions, encrypted where the room is."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from nio import ErrorResponse, MatrixRoom

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.content import Content, content_of, reaction
from fedichat.adapters.matrix.encryption.room_keys import RoomKeys
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.errors import checked, error_of, network
from fedichat.adapters.matrix.events import Json, part, relation_of, word
from fedichat.adapters.matrix.files import upload
from fedichat.adapters.matrix.membership import Membership
from fedichat.adapters.matrix.progress import Order
from fedichat.errors import FarEndError, Gone, Rejected, StopError, TryLater
from fedichat.ports import EventId, FileMessage, Message, RoomId

_NOT_THERE_YET = 30.0


class Sending:
    """What we say, under the transaction ids that we are given. `keys` gives the keys of encrypted rooms."""

    def __init__(self, client: Client, membership: Membership, order: Order, keys: Callable[[], RoomKeys]) -> None:
        self._client = client
        self._membership = membership
        self._order = order
        self._keys = keys
        self._unfinished: set[asyncio.Task[EventId]] = set()

    async def finish(self, seconds: float) -> None:
        """Let encrypted sends that are under way finish, for at most that time."""
        if self._unfinished:
            _, late = await asyncio.wait(self._unfinished, timeout=seconds)
            for task in late:
                task.cancel()  # nothing is sent after this one: a room that stays locked does no harm any more

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        """See `fedichat.ports.Rooms`, as all here."""
        thread = message.thread if message.replaces is None else None
        return await self._show(room, content_of(message), thread, transaction)

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        """Upload it, and show it."""
        content = await upload(self._client, message, encrypted=self._known(room).encrypted)
        return await self._show(room, content, message.thread, transaction)

    async def react(self, room: RoomId, target: EventId, key: str, transaction: str) -> EventId | None:
        """React; None if we had reacted so already."""
        try:
            return await self.put(room, "m.reaction", reaction(target, key), transaction)
        except _DuplicateReaction:
            return None

    async def redact(self, room: RoomId, target: EventId, transaction: str, reason: str) -> None:
        """Take an event away."""
        with network("redact"):
            response = await self._client.room_redact(room, target, reason or None, transaction)
        if isinstance(response, ErrorResponse):
            raise await self._meant(error_of(response, "redacting"), room)
        checked(response, "redacting")

    async def _show(self, room: RoomId, content: Content, thread: EventId | None, transaction: str) -> EventId:
        try:
            return await self.put(room, "m.room.message", content, transaction)
        except Rejected as error:
            if thread is None or error.status != 400:
                raise
            root = await self._root_of(room, thread)
            if root == thread:
                raise
        if root is None:
            # The message that somebody wrote under does not exist at the homeserver: say it outside of a thread.
            content.pop("m.relates_to", None)
            return await self.put(room, "m.room.message", content, transaction)
        # A thread cannot start on an event that is in a thread itself, or edits another: use that one's thread.
        content["m.relates_to"] = {**part(content, "m.relates_to"), "event_id": root}
        return await self.put(room, "m.room.message", content, transaction)

    async def put(self, room: RoomId, kind: str, content: Content, transaction: str) -> EventId:
        """Send an event of that type."""
        if not self._known(room).encrypted or kind == "m.reaction":  # nobody encrypts reactions: homeservers count them
            return await self._put_now(room, kind, content, transaction)
        # A send that is cancelled while keys are handed over would leave the room locked: whoever waits may go, the
        # send goes on.
        task = asyncio.create_task(self._put_encrypted(room, kind, content, transaction))
        self._unfinished.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _known(self, room: RoomId) -> MatrixRoom:
        known = self._client.rooms.get(room)
        if known is None:
            # A room that was just entered is there with the next answer.
            pause = _NOT_THERE_YET if room not in self._membership.joined else None
            raise TryLater(f"sending: we are not in the room {room} yet", pause)
        return known

    async def _put_encrypted(self, room: RoomId, kind: str, content: Content, transaction: str) -> EventId:
        keys = self._keys()
        async with keys.locked(room):
            await keys.share(room)
            return await self._put_now(room, "m.room.encrypted", keys.encrypt(room, kind, content), transaction)

    async def _put_now(self, room: RoomId, kind: str, content: Json, transaction: str) -> EventId:
        path = f"rooms/{quote(room, safe='')}/send/{kind}/{quote(transaction, safe='')}"
        try:
            said = await call(self._client, "PUT", path, content, "sending")
        except Rejected as error:
            if error.code == "M_DUPLICATE_ANNOTATION":
                raise _DuplicateReaction("sending: this reaction is there already", 400) from error
            raise await self._meant(error, room) from error
        event = EventId(word(said, "event_id"))
        if not event:
            raise TryLater("sending: the homeserver's answer makes no sense")
        self._order.sent(event)
        return event

    async def _meant(self, error: FarEndError | StopError, room: RoomId) -> FarEndError | StopError:
        """What a refusal means: nobody may speak in a replaced room, but soon we can in its successor."""
        if isinstance(error, Rejected) and error.status == HTTPStatus.FORBIDDEN:
            membership = self._membership
            if membership.ours(room) is not None and await membership.is_replaced(room):
                return TryLater(f"{error} (the room was replaced)")
        return error

    async def _root_of(self, room: RoomId, event: EventId) -> EventId | None:
        """The root of the thread that an event is in; None if there is no such event."""
        with network("event"):
            response = await self._client.room_get_event(room, event)
        try:
            checked(response, "asking for an event")
        except Gone:
            return None
        relation = relation_of(part(response.event.source, "content"))
        return relation.thread or relation.replaces or event

    def _finished(self, task: asyncio.Task[EventId]) -> None:
        self._unfinished.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it; when nobody did any more, the outbox sends it again


class _DuplicateReaction(Rejected):
    """We had reacted so already."""
