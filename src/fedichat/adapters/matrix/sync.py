"""Hearing everything that happens in our rooms, once, and in each room in order.

nio's own loop is not used: it spins on errors, and moves its token before anybody has stored what it stood
for. Here a token is kept only after everything before it was heard.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from nio import MessageDirection, RoomInfo, SyncResponse

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.harm import say_seldom
from fedichat.adapters.matrix.encryption.late import Late, LateKeys
from fedichat.adapters.matrix.encryption.reading import NoKey, NotReadable, Read
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import Json, heard_from, part, word
from fedichat.adapters.matrix.membership import Membership, inviter_of
from fedichat.adapters.matrix.progress import Answer, Order, Progress
from fedichat.adapters.matrix.room_queues import RoomQueues
from fedichat.adapters.matrix.senders import Senders
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import AnyHeard, AskedToVerify, Clock, Edited, EventId, RoomId, Unproven, UserId

log = logging.getLogger(__name__)

Hear = Callable[[AnyHeard], Awaitable[None]]
Keep = Callable[[str], Awaitable[None]]
T = TypeVar("T")

POLL_MILLISECONDS = 30_000
IMPATIENT_MILLISECONDS = 1_000
_DIFFERENT = 50
_ANY_TIME = 1_000_000_000
FULL_SYNC_SECONDS = 180
PAGE = 100
ASKED_AGAIN_WITHIN = 10.0
"""Seconds at most until a homeserver that did not answer is asked again.

An answer to a citizen waits a minute for it: once it is back, what was said must be heard well within that.
"""
PATIENCE = timedelta(minutes=5)
"""How long to keep asking who sent an edited message."""
_ATTEMPTS = 3
_ECHOES = 3
_ECHO_PAUSE = 0.25
_NONE = {"not_types": ["*"]}


class SyncLoop:
    """The one reader of our user's sync stream.

    What an answer brings is handed to the rooms' queues, and the next one is asked for: a room that waits (for a key,
    for a server, for its own messages) makes nobody unheard in another one.
    """

    def __init__(
        self,
        client: Client,
        membership: Membership,
        encryption: EndToEnd,
        verifier: Verifier,
        clock: Clock,
        progress: Progress,
        order: Order,
    ) -> None:
        self._client = client
        self._encryption = encryption
        self._verifier = verifier
        self._membership = membership
        self._clock = clock
        self._progress = progress
        self._order = order
        self._late = LateKeys(encryption.reader)
        self._senders = Senders(client)
        self._hear: Hear
        self._store: Keep
        self._kept = ""
        self._keeping = asyncio.Lock()
        self._answered = asyncio.Event()
        self._troubled_since: datetime | None = None

    async def run(self, since: str | None, hear: Hear, keep: Keep, ready: Callable[[], None]) -> None:
        """See `Matrix.run`."""
        self._hear, self._store, self._kept = hear, keep, since or ""
        self._progress.begin_again()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_up(), name="room-upgrades")
                group.create_task(self._do_chores(), name="matrix-chores")
                group.create_task(self._verifier.run(), name="verification")
                await self._read(since, ready, RoomQueues(group))
        except BaseExceptionGroup as failures:
            # The group wraps what ended it; whoever runs us expects the sentence itself.
            stop, _ = failures.split(StopError)
            if stop is None:
                raise
            raise stop.exceptions[0] from None

    async def _read(self, since: str | None, ready: Callable[[], None], queues: RoomQueues) -> None:
        token = since
        first = True
        echoes = 0
        while True:
            number, response = await self._next(token, first=first)
            if first:
                if token is None:
                    # From here on we are heard: whatever answers us must count, also if we die at once.
                    await self._keep(response.next_batch)
                ready()
                first = False
            answer = self._progress.answer(number, response.next_batch)
            await self._membership.follow(response)
            self._follow_direct_rooms(response)
            self._queue_late(queues)  # first: what came before this is to be heard before it
            # Without a token of ours everything is old: what was said before we knew the room is not for us.
            if token is not None:
                self._queue_news(response, answer, token, queues)
            token = response.next_batch
            await self._dealt_with(answer)
            self._answered.set()
            # While we say a lot, each of our own messages would be an answer of its own, as expensive for the server
            # as the message: a few at a time do.
            echoes = echoes + 1 if self._is_echo(response) else 0
            if echoes >= _ECHOES:
                await self._clock.sleep(_ECHO_PAUSE)

    def _follow_direct_rooms(self, response: SyncResponse) -> None:
        for name in response.rooms.leave:
            self._verifier.put_out(RoomId(name))
        for name, info in response.rooms.invite.items():
            inviter = inviter_of(info.invite_state, self._client.user_id, direct=True)
            if inviter:
                self._verifier.invited(RoomId(name), UserId(inviter))

    async def _do_chores(self) -> None:
        """What an answer asks us to do, beside hearing: a server that is slow there must make nobody unheard."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            await self._membership.answer_invitations()
            await self._encryption.do_chores()
            await self._membership.try_again(self._clock.now())

    async def _keep_up(self) -> None:
        """Follow rooms that were replaced, whenever all is heard that was said so far: also in those, before it."""
        heard = 0
        while True:
            await self._progress.until_heard(heard + 1)
            heard = self._progress.heard
            if heard == self._progress.answered:
                await self._membership.keep_up(self._clock.now())

    def _is_echo(self, response: SyncResponse) -> bool:
        """Whether it brought nothing but what we said ourselves, and some of that."""
        infos = response.rooms.join.values()
        senders = {word(event.source, "sender") for info in infos for event in info.timeline.events}
        return senders == {self._client.user_id} and not response.rooms.invite

    async def _next(self, token: str | None, *, first: bool) -> tuple[int, SyncResponse]:
        """The next answer, and the number of the ask that it answers."""
        backoff = Backoff(longest=ASKED_AGAIN_WITHIN)
        while True:
            try:
                # Who waits for the next ask, or for the server to be back, does not wait for it to have news.
                is_wanted = self._progress.wanted.is_set() or backoff.failures > 0
                number = self._progress.ask()
                response = await self._sync(token, number, first=first, is_wanted=is_wanted)
            except FarEndError as error:
                await self._failed(backoff, error)
            except StopError:
                raise
            except Exception as error:  # nio falls over answers that it did not expect; the next may be better
                if self._troubled_since is None:
                    log.exception("matrix-sync-nonsense")
                nonsense = TryLater(f"an answer that makes no sense: {type(error).__name__}")
                await self._failed(backoff, nonsense)
            else:
                if response is not None:
                    self._recovered()
                    return number, response

    async def _sync(self, token: str | None, number: int, *, first: bool, is_wanted: bool) -> SyncResponse | None:
        """The answer; None when it was given up because a new ask is wanted."""
        if not self._client.logged_in:
            raise StopError("The homeserver has logged this Matrix device out. Start fedichat again to log in anew.")
        is_long = not first and not is_wanted
        asking = self._client.sync(
            timeout=self._patience(number, first=first, is_long=is_long),
            since=token,
            full_state=first or None,
            sync_filter=_filter(PAGE if token else 1),
        )
        with network("sync"):
            async with asyncio.timeout(FULL_SYNC_SECONDS if first else None):  # nio sets none for a full sync
                response = await (self._unless_wanted(asking) if is_long else asking)
        if response is not None:
            checked(response, "sync")
        return response

    def _patience(self, number: int, *, first: bool, is_long: bool) -> int:
        """How long the server may wait for news, in milliseconds.

        No two asks that it could take for one are alike in that. Synapse answers those from a cache, for two minutes,
        without what was said since (`sync_response_cache_duration`); also one that a process before us sent.
        """
        if first:
            return secrets.randbelow(_ANY_TIME)  # nobody waits where the full state is asked for
        longest = IMPATIENT_MILLISECONDS if self._late or self._membership.is_unsettled else POLL_MILLISECONDS
        return (longest if is_long else 1) + number % _DIFFERENT

    async def _unless_wanted(self, doing: Awaitable[T]) -> T | None:
        """Do it, or give it up (and return None) because a new ask is wanted."""
        asking = asyncio.ensure_future(doing)
        wanted = asyncio.ensure_future(self._progress.wanted.wait())
        try:
            await asyncio.wait({asking, wanted}, return_when=asyncio.FIRST_COMPLETED)
            return await asking if asking.done() else None
        finally:
            wanted.cancel()
            asking.cancel()

    async def _failed(self, backoff: Backoff, error: FarEndError) -> None:
        self._progress.no_answer()
        await self._unless_wanted(self._wait(backoff, error))

    async def _wait(self, backoff: Backoff, error: FarEndError) -> None:
        if self._troubled_since is None:
            self._troubled_since = self._clock.now()
            log.warning("matrix-sync-failed reason=%s (trying again until it works)", error)
        retry_after = error.retry_after if isinstance(error, TryLater) else None
        await self._clock.sleep(backoff.next(retry_after))

    def _recovered(self) -> None:
        if self._troubled_since is not None:
            seconds = (self._clock.now() - self._troubled_since).total_seconds()
            log.warning("matrix-sync-works-again after=%.0fs", seconds)
            self._troubled_since = None

    # --- handing over ---

    def _queue_late(self, queues: RoomQueues) -> None:
        for late in list(self._late.settled(self._clock.now())):
            queues.put(late.room, partial(self._hear_late, late))

    async def _hear_late(self, late: Late) -> None:
        try:
            read: Read | None = self._encryption.reader.read(late.event, late.room)
        except (NoKey, NotReadable):
            _say_unreadable(late.event, late.room)
            read = None
        await self._deliver(late.room, read or late.event, late.arrived_at, late.position)
        await self._dealt_with(late.answer)

    def _queue_news(self, response: SyncResponse, answer: Answer, since: str, queues: RoomQueues) -> None:
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
        await self._dealt_with(answer)

    def _readable(self, event: Json, room: RoomId) -> Json | Read:
        """An event, read where it is encrypted; one that never can be stays as it is. Raises NoKey."""
        if word(event, "type") != "m.room.encrypted" or not part(event, "content"):
            return event
        try:
            return self._encryption.reader.read(event, room)
        except NotReadable:
            _say_unreadable(event, room)
            return event

    async def _dealt_with(self, answer: Answer) -> None:
        token = self._progress.dealt_with(answer)
        if token is not None:
            await self._keep(token)

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
        backoff = Backoff(longest=ASKED_AGAIN_WITHIN)
        while True:
            try:
                with network("messages"):
                    response = await self._client.room_messages(room, start, since, MessageDirection.back, limit=PAGE)
                checked(response, "filling a gap")
            except TryLater as error:
                self._progress.gaps.add(room)
                await self._wait(backoff, error)
            except FarEndError as error:
                self._progress.gaps.discard(room)
                log.warning("matrix-gap-not-filled room=%s reason=%s", room, error)
                return [], None
            except Exception:  # nio fell over what is in there, and would again: the other rooms must not wait for it
                log.exception("matrix-gap-not-filled room=%s", room)
                return [], None
            else:
                self._progress.gaps.discard(room)
                self._recovered()
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
        backoff = Backoff(longest=ASKED_AGAIN_WITHIN)
        while self._clock.now() < until:
            try:
                await self._encryption.know(word(said.event, "sender"), said.curve25519)
            except TryLater as error:
                await self._wait(backoff, error)
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
        backoff = Backoff(longest=ASKED_AGAIN_WITHIN)
        while True:
            try:
                sender = await self._senders.of(heard.room, heard.target)
            except TryLater as error:
                if self._clock.now() >= until:
                    log.warning("matrix-edit-by-unknown event=%s reason=%s", heard.event_id, error)
                    return True
                await self._wait(backoff, error)
            else:
                self._recovered()
                return sender == heard.sender

    async def _keep(self, token: str) -> None:
        async with self._keeping:  # one after the other: an older token never comes after a newer one
            if token == self._kept:
                return
            try:
                await self._store(token)
                self._kept = token
            except StopError:
                raise
            except Exception:  # the next token stands for this one too
                log.exception("matrix-token-not-kept reference=%s", secrets.token_hex(4))


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


def _filter(limit: int) -> Json:
    """Rooms and messages to our device; no presence, no typing, no account data."""
    return {
        "presence": _NONE,
        "account_data": _NONE,
        "room": {"timeline": {"limit": limit}, "ephemeral": _NONE, "account_data": _NONE},
    }
