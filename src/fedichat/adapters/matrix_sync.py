"""Hearing everything that happens in our rooms, once and in order.

nio's own loop is not used: it spins on errors, and moves its token before anybody has stored what it stood
for. Here a token is kept only after everything before it was heard.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from nio import AsyncClient, MegolmEvent, MessageDirection, RoomInfo, SyncResponse

from fedichat.adapters.encryption import LateKeys, housekeeping
from fedichat.adapters.matrix_errors import checked, network
from fedichat.adapters.matrix_events import Json, heard_from, part, word
from fedichat.adapters.matrix_membership import Membership
from fedichat.adapters.matrix_senders import Senders
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import AnyHeard, Clock, Edited, RoomId, UserId

log = logging.getLogger(__name__)

Hear = Callable[[AnyHeard], Awaitable[None]]
Keep = Callable[[str], Awaitable[None]]

POLL_MILLISECONDS = 30_000
IMPATIENT_MILLISECONDS = 1_000
FULL_SYNC_SECONDS = 180
PAGE = 100
PATIENCE = timedelta(minutes=5)
"""How long it is asked for an edited message."""
_ATTEMPTS = 3
_ECHOES = 3
_ECHO_PAUSE = 0.25
_NONE = {"not_types": ["*"]}


class SyncLoop:
    """The one reader of our user's sync stream."""

    def __init__(self, client: AsyncClient, membership: Membership, clock: Clock) -> None:
        self._client = client
        self._membership = membership
        self._clock = clock
        self._late = LateKeys(client)
        self._senders = Senders(client)
        self._kept = ""
        self._troubled_since: datetime | None = None

    async def run(
        self, since: str | None, hear: Hear, keep: Keep, ready: Callable[[], None], caught_up: Callable[[], None]
    ) -> None:
        """See `Matrix.run`."""
        token = since
        self._kept = since or ""
        first = True
        echoes = 0
        while True:
            response = await self._next(token, first=first)
            if first:
                if token is None:
                    # From here on we are heard: whatever answers us must count, also if we die at once.
                    await self._keep(keep, response.next_batch)
                ready()
                first = False
            await self._membership.follow(response)
            # Without a token of ours everything is old: what was said before we knew the room is not for us.
            await self._hear_late(hear)  # first: what came before this is to be heard before it
            if token is not None:
                await self._hear_all(response, token, hear)
            if not self._late:  # what cannot be read yet may take something back
                caught_up()
            token = response.next_batch
            # While a message waits for its key our token stays before it: a crash now must not lose it.
            await self._keep(keep, self._late.since or token)
            await housekeeping(self._client)
            await self._membership.try_again(self._clock.now())
            # While we say a lot, each of our own messages would be an answer of its own, as dear to the server as
            # the message: a few at a time do.
            echoes = echoes + 1 if self._is_echo(response) else 0
            if echoes >= _ECHOES:
                await self._clock.sleep(_ECHO_PAUSE)

    def _is_echo(self, response: SyncResponse) -> bool:
        """Whether it brought nothing but what we said ourselves, and some of that."""
        senders = {event.sender for info in response.rooms.join.values() for event in info.timeline.events}
        return senders == {self._client.user_id} and not response.rooms.invite

    async def _next(self, token: str | None, *, first: bool) -> SyncResponse:
        backoff = Backoff()
        while True:
            try:
                response = await self._sync(token, first=first)
            except FarEndError as error:
                await self._wait(backoff, error)
            except StopError:
                raise
            except Exception as error:  # nio falls over answers that it did not expect; the next may be better
                if self._troubled_since is None:
                    log.exception("matrix-sync-nonsense")
                await self._wait(backoff, TryLater(f"an answer that makes no sense: {type(error).__name__}"))
            else:
                self._recovered()
                return response

    async def _sync(self, token: str | None, *, first: bool) -> SyncResponse:
        patience = 0 if first else IMPATIENT_MILLISECONDS if self._late else POLL_MILLISECONDS
        if not self._client.logged_in:
            raise StopError("The homeserver has logged this Matrix device out. Start fedichat again to log in anew.")
        with network("sync"):
            async with asyncio.timeout(FULL_SYNC_SECONDS if first else None):  # nio sets none for a full sync
                response = await self._client.sync(
                    timeout=patience,
                    since=token,
                    full_state=first or None,
                    sync_filter=_filter(PAGE if token else 1),
                )
        checked(response, "sync")
        return response

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

    async def _hear_all(self, response: SyncResponse, since: str, hear: Hear) -> None:
        arrived_at = self._clock.now()
        for name, info in response.rooms.join.items():
            room = self._membership.ours(name)
            if room is None:
                continue
            for event in await self._news(room, info, since):
                if isinstance(event, MegolmEvent):
                    if event.sender != self._client.user_id:
                        await self._late.wait_for(event, room, self._clock.now(), since)
                else:
                    await self._deliver(room, event.source, arrived_at, hear)

    async def _hear_late(self, hear: Hear) -> None:
        for late, event in list(self._late.settled(self._clock.now())):
            await self._deliver(late.room, event, late.arrived_at, hear)

    async def _news(self, room: RoomId, info: RoomInfo, since: str) -> list[MegolmEvent]:
        """Everything since our token, the oldest first; what was said before we joined is left out."""
        newest_first = list(reversed(info.timeline.events))
        news, arrived = _until_our_arrival(newest_first, self._client.user_id)
        start = info.timeline.prev_batch
        while info.timeline.limited and not arrived and start:
            chunk, start = await self._page(room, start, since)
            more, arrived = _until_our_arrival(chunk, self._client.user_id)
            news += more
        return list(reversed(news))

    async def _page(self, room: RoomId, start: str, since: str) -> tuple[list[MegolmEvent], str | None]:
        backoff = Backoff()
        while True:
            try:
                with network("messages"):
                    response = await self._client.room_messages(room, start, since, MessageDirection.back, limit=PAGE)
                checked(response, "filling a gap")
            except TryLater as error:
                await self._wait(backoff, error)
            except FarEndError as error:
                log.warning("matrix-gap-not-filled room=%s reason=%s", room, error)
                return [], None
            else:
                self._recovered()
                return response.chunk, response.end if response.chunk else None

    async def _deliver(self, room: RoomId, event: Json, arrived_at: datetime, hear: Hear) -> None:
        event_id = word(event, "event_id")
        reference = secrets.token_hex(4)
        backoff = Backoff(first=0.2)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                heard = heard_from(event, room, UserId(self._client.user_id))
                if heard is None:
                    return
                heard = replace(heard, arrived_at=arrived_at)
                if await self._is_honest(heard, arrived_at + PATIENCE):
                    await hear(heard)
            except StopError:
                raise
            except Exception:
                log.exception("matrix-event-failed event=%s attempt=%d reference=%s", event_id, attempt, reference)
                if attempt < _ATTEMPTS:
                    await self._clock.sleep(backoff.next())
            else:
                return
        log.error("matrix-event-given-up event=%s room=%s reference=%s", event_id, room, reference)

    async def _is_honest(self, heard: AnyHeard, until: datetime) -> bool:
        """Whether an edit is by the message's own sender: servers let anybody send one, clients ignore it.

        The server is asked again and again until that moment: what was said before the edit must not go out because
        the server is busy.
        """
        self._senders.note(heard)
        if not isinstance(heard, Edited):
            return True
        backoff = Backoff()
        while True:
            try:
                sender = await self._senders.of(heard.room, heard.target)
            except TryLater as error:
                if self._clock.now() >= until:
                    raise
                await self._wait(backoff, error)
            else:
                self._recovered()
                return sender == heard.sender

    async def _keep(self, keep: Keep, token: str) -> None:
        if token == self._kept:
            return
        try:
            await keep(token)
            self._kept = token
        except StopError:
            raise
        except Exception:  # the next token stands for this one too
            log.exception("matrix-token-not-kept reference=%s", secrets.token_hex(4))


def _until_our_arrival(newest_first: list[MegolmEvent], me: str) -> tuple[list[MegolmEvent], bool]:
    """The events after we joined, and whether our joining is among these at all."""
    for index, event in enumerate(newest_first):
        if _is_arrival(event.source, me):
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
