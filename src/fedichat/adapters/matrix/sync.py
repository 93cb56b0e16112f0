"""Asking the homeserver for what happens in our rooms, for ever.

nio's own loop is not used: it spins on errors, and moves its token before anybody has stored what came before it. Here
a token is stored only after everything before it has been heard.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from nio import SyncResponse

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.late import LateKeys
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import word
from fedichat.adapters.matrix.hearing import PAGE, Hear, Hearing
from fedichat.adapters.matrix.membership import Membership, inviter_of
from fedichat.adapters.matrix.outage import Outage, patience
from fedichat.adapters.matrix.progress import Order, Progress
from fedichat.adapters.matrix.room_queues import RoomQueues
from fedichat.adapters.matrix.tokens import Store, Tokens
from fedichat.backoff import Backoff
from fedichat.errors import FarEndError, StopError, TryLater
from fedichat.ports import Clock, RoomId, UserId

log = logging.getLogger(__name__)

T = TypeVar("T")

POLL_MILLISECONDS = 30_000
IMPATIENT_MILLISECONDS = 1_000
_DIFFERENT = 50
_ANY_TIME = 1_000_000_000
FULL_SYNC_SECONDS = 180
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
        keep_every: float,
    ) -> None:
        """`keep_every`: how many seconds pass at least until the next token is stored."""
        self._client = client
        self._encryption = encryption
        self._verifier = verifier
        self._membership = membership
        self._clock = clock
        self._progress = progress
        self._order = order
        self._late = LateKeys(encryption.reader)
        self._outage = Outage(clock)
        self._keep_every = keep_every
        self._answered = asyncio.Event()

    async def run(self, since: str | None, hear: Hear, keep: Store, ready: Callable[[], None]) -> None:
        """See `Matrix.run`."""
        tokens = Tokens(self._clock, keep, since or "", self._keep_every)
        hearing = self._hearing(hear, tokens)
        self._progress.begin_again()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(tokens.run(), name="sync-tokens")
                group.create_task(self._keep_up(), name="room-upgrades")
                group.create_task(self._do_chores(), name="matrix-chores")
                group.create_task(self._verifier.run(), name="verification")
                await self._read(since, ready, hearing, tokens, RoomQueues(group))
        except BaseExceptionGroup as failures:
            # The group wraps what ended it; the caller expects the error itself.
            stop, _ = failures.split(StopError)
            if stop is None:
                raise
            raise stop.exceptions[0] from None
        finally:
            await tokens.keep()

    def _hearing(self, hear: Hear, tokens: Tokens) -> Hearing:
        return Hearing(
            self._client,
            self._membership,
            self._encryption,
            self._verifier,
            self._clock,
            self._progress,
            self._order,
            self._late,
            self._outage,
            tokens,
            hear,
        )

    async def _read(
        self, since: str | None, ready: Callable[[], None], hearing: Hearing, tokens: Tokens, queues: RoomQueues
    ) -> None:
        token = since
        first = True
        echoes = 0
        while True:
            number, response = await self._next(token, first=first)
            if first:
                if token is None:
                    # From here on people can see us: whatever they answer must count, even if the process dies at once.
                    tokens.note(response.next_batch)
                    await tokens.keep()
                ready()
                first = False
            answer = self._progress.answer(number, response.next_batch)
            await self._membership.follow(response)
            self._follow_direct_rooms(response)
            hearing.queue_late(queues)  # first: what came before this is to be heard before it
            # Without a token everything is old: what was said before we knew the room is not for us.
            if token is not None:
                hearing.queue_news(response, answer, token, queues)
            token = response.next_batch
            hearing.dealt_with(answer)
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
        """What else an answer asks us to do, in a task of its own: a slow server must not delay what people say."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            await self._membership.answer_invitations()
            await self._encryption.do_chores()
            await self._membership.try_again(self._clock.now())

    async def _keep_up(self) -> None:
        """Follow rooms that were replaced, once everything said so far has been heard, in the old rooms as well."""
        heard = 0
        while True:
            await self._progress.until_heard(heard + 1)
            heard = self._progress.heard
            if heard == self._progress.answered:
                await self._membership.keep_up(self._clock.now())

    def _is_echo(self, response: SyncResponse) -> bool:
        """Whether it brought only messages of our own, and at least one."""
        infos = response.rooms.join.values()
        senders = {word(event.source, "sender") for info in infos for event in info.timeline.events}
        return senders == {self._client.user_id} and not response.rooms.invite

    async def _next(self, token: str | None, *, first: bool) -> tuple[int, SyncResponse]:
        """The next answer, and the number of the request that it answers."""
        backoff = patience()
        while True:
            try:
                # Somebody waits for the next answer, or for the server to be back: do not wait for news.
                is_wanted = self._progress.wanted.is_set() or backoff.failures > 0
                number = self._progress.ask()
                response = await self._sync(token, number, first=first, is_wanted=is_wanted)
            except FarEndError as error:
                await self._failed(backoff, error)
            except StopError:
                raise
            except Exception as error:  # nio falls over answers that it did not expect; the next may be better
                if not self._outage.is_known:
                    log.exception("matrix-sync-nonsense")
                nonsense = TryLater(f"an answer that makes no sense: {type(error).__name__}")
                await self._failed(backoff, nonsense)
            else:
                if response is not None:
                    self._outage.is_over()
                    return number, response

    async def _sync(self, token: str | None, number: int, *, first: bool, is_wanted: bool) -> SyncResponse | None:
        """The answer; None if it was given up because a new request is wanted."""
        if not self._client.logged_in:
            raise StopError("The homeserver has logged this Matrix device out. Start fedichat again to log in.")
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

        It differs from request to request. For two minutes, Synapse answers equal requests from a cache, without what
        was said since (`sync_response_cache_duration`), even if an earlier process sent the first one.
        """
        if first:
            return secrets.randbelow(_ANY_TIME)  # nobody waits where the full state is asked for
        longest = IMPATIENT_MILLISECONDS if self._late or self._membership.is_unsettled else POLL_MILLISECONDS
        return (longest if is_long else 1) + number % _DIFFERENT

    async def _unless_wanted(self, doing: Awaitable[T]) -> T | None:
        """Do it, or give it up (and return None) because a new request is wanted."""
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
        await self._unless_wanted(self._outage.wait(backoff, error))


@cache
def _filter(limit: int) -> str:
    """Rooms and messages to our device; no presence, no typing, no account data."""
    wanted = {
        "presence": _NONE,
        "account_data": _NONE,
        "room": {"timeline": {"limit": limit}, "ephemeral": _NONE, "account_data": _NONE},
    }
    return json.dumps(wanted, separators=(",", ":"))
