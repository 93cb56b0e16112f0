"""Handing over what an answer to a sync brought: each event once, in each room in order, decrypted."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from nio import MessageDirection, RoomInfo, SyncResponse

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.harm import say_seldom
from fedichat.adapters.matrix.encryption.late import Late, LateKeys
from fedichat.adapters.matrix.encryption.reading import NoKey, NotReadable, Read
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import Json, heard_from, part, word
from fedichat.adapters.matrix.membership import Membership
from fedichat.adapters.matrix.outage import Outage, patience
from fedichat.adapters.matrix.progress import Answer, Order, Progress
from fedichat.adapters.matrix.room_queues import RoomQueues
from fedichat.adapters.matrix.senders import Senders
from fedichat.adapters.matrix.tokens import Tokens
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import AnyHeard, AskedToVerify, Clock, Edited, EventId, RoomId, Unproven, UserId

log = logging.getLogger(__name__)

Hear = Callable[[AnyHeard], Awaitable[None]]

PAGE = 100
PATIENCE = timedelta(minutes=5)
"""How long to keep asking who sent an edited message."""
_ATTEMPTS = 3


class Hearing:
    """Gives `hear` what people do in our rooms, each room in a queue of its own."""

    def __init__(
        self,
        client: Client,
        membership: Membership,
        encryption: EndToEnd,
        verifier: Verifier,
        clock: Clock,
        progress: Progress,
        order: Order,
        late: LateKeys,
        outage: Outage,
        tokens: Tokens,
        hear: Hear,
    ) -> None:
        self._client = client
        self._encryption = encryption
        self._verifier = verifier
        self._membership = membership
        self._clock = clock
        self._progress = progress
        self._order = order
        self._outage = outage
        self._tokens = tokens
        self._hear = hear
        self._senders = Senders(client)
        self._late = late

    def queue_late(self, queues: RoomQueues) -> None:
        """Hand over the messages whose key has come by now, or is not waited for any longer."""
        for late in list(self._late.settled(self._clock.now())):
            queues.put(late.room, partial(self._hear_late, late))

    async def _hear_late(self, late: Late) -> None:
        try:
            read: Read | None = self._encryption.reader.read(late.event, late.room)
        except (NoKey, NotReadable):
            _say_unreadable(late.event, late.room)
            read = None
        await self._deliver(late.room, read or late.event, late.arrived_at, late.position)
        self.dealt_with(late.answer)

    def queue_news(self, response: SyncResponse, answer: Answer, since: str, queues: RoomQueues) -> None:
        """Hand over what an answer to the token `since` brought, to the queues of its rooms."""
        arrived_at = self._clock.now()
        # What was said right before we were put out of a room counts as well.
        for name, info in (*response.rooms.leave.items(), *response.rooms.join.items()):
            room = self._membership.ours(name) or (RoomId(name) if self._verifier.is_visiting(RoomId(name)) else None)
            if room is not None and info.timeline.events:
                answer.open += 1
                queues.put(room, partial(self._hear_news, room, info, answer, since, arrived_at))

    async def _hear_news(self, room: RoomId, info: RoomInfo, answer: Answer, since: str, arrived_at: datetime) -> None:
        me = self._client.user_id
        news = await self._news(room, info, since)
        for event in news:
            if word(event, "sender") == me:
                self._order.sent(EventId(word(event, "event_id")))
        for event in news:
            if word(event, "sender") == me:
                self._order.passed(EventId(word(event, "event_id")))
                continue
            position = self._order.next()
            try:
                readable = self._readable(event, room)
            except NoKey:
                answer.open += 1
                self._late.wait_for(Late(event, room, arrived_at, answer, position))
                self._progress.wanted.set()  # from now on asked often
            else:
                await self._deliver(room, readable, arrived_at, position)
        self.dealt_with(answer)

    def _readable(self, event: Json, room: RoomId) -> Json | Read:
        """An event, read where it is encrypted; one that never can be stays as it is. Raises NoKey."""
        if word(event, "type") != "m.room.encrypted" or not part(event, "content"):
            return event
        try:
            return self._encryption.reader.read(event, room)
        except NotReadable:
            _say_unreadable(event, room)
            return event

    def dealt_with(self, answer: Answer) -> None:
        """One thing less of that answer is left to be dealt with."""
        token = self._progress.dealt_with(answer)
        if token is not None:
            self._tokens.note(token)

    async def _news(self, room: RoomId, info: RoomInfo, since: str) -> list[Json]:
        """Everything since our token, the oldest first; what was said before we joined is left out."""
        newest_first: list[Json] = [event.source for event in reversed(info.timeline.events)]
        if self._verifier.is_visiting(room):  # what we came for was said before we came
            return list(reversed(newest_first))
        news, arrived = _until_our_arrival(newest_first, self._client.user_id)
        start = info.timeline.prev_batch
        while info.timeline.limited and not arrived and start:
            chunk, start = await self._page(room, start, since)
            more, arrived = _until_our_arrival(chunk, self._client.user_id)
            news += more
        return list(reversed(news))

    async def _page(self, room: RoomId, start: str, since: str) -> tuple[list[Json], str | None]:
        backoff = patience()
        while True:
            try:
                with network("messages"):
                    response = await self._client.room_messages(room, start, since, MessageDirection.back, limit=PAGE)
                checked(response, "filling a gap")
            except TryLater as error:
                self._progress.gaps.add(room)
                await self._outage.wait(backoff, error)
            except FarEndError as error:
                self._progress.gaps.discard(room)
                log.warning("matrix-gap-not-filled room=%s reason=%s", room, error)
                return [], None
            except Exception:  # nio fell over what is in there, and would again: the other rooms must not wait for it
                log.exception("matrix-gap-not-filled room=%s", room)
                return [], None
            else:
                self._progress.gaps.discard(room)
                self._outage.is_over()
                # A page may be empty and not the last one: filters come after the limit.
                return [event.source for event in response.chunk], response.end if response.end != start else None

    async def _deliver(self, room: RoomId, said: Json | Read, arrived_at: datetime, position: int) -> None:
        event = said.event if isinstance(said, Read) else said
        is_unanswered_request = self._verifier.hear_in_room(event, room)
        if self._membership.ours(room) is None:
            return
        event_id = word(event, "event_id")
        reference = secrets.token_hex(4)
        backoff = Backoff(first=0.2)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                heard = heard_from(event, room, UserId(self._client.user_id))
                if heard is None or (isinstance(heard, AskedToVerify) and not is_unanswered_request):
                    return
                unproven = await self._unproven(said, room, arrived_at + PATIENCE)
                heard = replace(heard, arrived_at=arrived_at, position=position, unproven=unproven)
                if await self._is_honest(heard, arrived_at + PATIENCE):
                    await self._hear(heard)
            except StopError:
                raise
            except Exception:
                log.exception("matrix-event-failed event=%s attempt=%d reference=%s", event_id, attempt, reference)
                if attempt < _ATTEMPTS:
                    await self._clock.sleep(backoff.next())
            else:
                return
        log.error("matrix-event-given-up event=%s room=%s reference=%s", event_id, room, reference)

    async def _unproven(self, said: Json | Read, room: RoomId, until: datetime) -> Unproven | None:
        """Why nobody can be sure who has said this; None in rooms that are not encrypted, and of what never is.

        The homeserver is asked for a device that we do not know, again and again until that moment.
        """
        if not isinstance(said, Read):
            known = self._client.rooms.get(room)
            is_plain = word(said, "type") == "m.room.message" and known is not None and known.encrypted
            return Unproven() if is_plain else None
        backoff = patience()
        while self._clock.now() < until:
            try:
                await self._encryption.know(word(said.event, "sender"), said.curve25519)
            except TryLater as error:
                await self._outage.wait(backoff, error)
            else:
                break
        return self._encryption.reader.unproven(said)

    async def _is_honest(self, heard: AnyHeard, until: datetime) -> bool:
        """Whether an edit is by the message's own sender: servers let anybody send one, clients ignore it.

        The server is asked again and again until that moment. After it the edit is taken for honest: what was said
        before must not go out because the server is busy, and only who wrote a draft can change it.
        """
        self._senders.note(heard)
        if not isinstance(heard, Edited):
            return True
        backoff = patience()
        while True:
            try:
                sender = await self._senders.of(heard.room, heard.target)
            except TryLater as error:
                if self._clock.now() >= until:
                    log.warning("matrix-edit-by-unknown event=%s reason=%s", heard.event_id, error)
                    return True
                await self._outage.wait(backoff, error)
            else:
                self._outage.is_over()
                return sender == heard.sender


def _say_unreadable(event: Json, room: RoomId) -> None:
    say_seldom(f"matrix-unreadable room={room} sender={word(event, 'sender')}")
    log.debug("matrix-unreadable event=%s", event.get("event_id"))


def _until_our_arrival(newest_first: list[Json], me: str) -> tuple[list[Json], bool]:
    """The events after we joined, and whether our joining is among these at all."""
    for index, event in enumerate(newest_first):
        if _is_arrival(event, me):
            return newest_first[:index], True
    return newest_first, False


def _is_arrival(event: Json, me: str) -> bool:
    if word(event, "type") != "m.room.member" or event.get("state_key") != me:
        return False
    before = word(part(part(event, "unsigned"), "prev_content"), "membership")
    return word(part(event, "content"), "membership") == "join" and before != "join"
