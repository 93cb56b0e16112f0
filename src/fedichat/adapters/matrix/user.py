"""Our user on one Matrix homeserver, on matrix-nio: fulfils `fedichat.ports.Rooms`."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TypeVar

from nio import AsyncClient

from fedichat.adapters.matrix.client import Client
from fedichat.adapters.matrix.content import Content
from fedichat.adapters.matrix.encryption import cross_signing, key_store
from fedichat.adapters.matrix.encryption.end_to_end import EndToEnd
from fedichat.adapters.matrix.encryption.own_device import OwnDevice, own_device
from fedichat.adapters.matrix.encryption.reading import NoKey, NotReadable
from fedichat.adapters.matrix.encryption.verification_wire import VerificationWire
from fedichat.adapters.matrix.encryption.verifier import Verifier
from fedichat.adapters.matrix.encryption.verify_socket import listening
from fedichat.adapters.matrix.encryption.visits import Visits
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import heard_from, word
from fedichat.adapters.matrix.files import download
from fedichat.adapters.matrix.login import Account, log_in, look_in, prepare_store, store_errors
from fedichat.adapters.matrix.membership import LooseLeaves, Membership
from fedichat.adapters.matrix.outage import patience
from fedichat.adapters.matrix.progress import Mark, Order, Progress
from fedichat.adapters.matrix.sending import Sending
from fedichat.adapters.matrix.state import room_state
from fedichat.adapters.matrix.sync import SyncLoop
from fedichat.domain.doors import Doors
from fedichat.errors import FarEndError, Rejected, StartError, StopError, TryLater
from fedichat.ports import (
    AnyHeard,
    Clock,
    EventId,
    FileData,
    FileMessage,
    Message,
    RoomBook,
    RoomId,
    RoomState,
    RoomTrouble,
    SharedFile,
    Spoken,
    StepBook,
    Unproven,
    UserId,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

_LAST_SENDS = 3.0


class Matrix:
    """One user, one device, the configured rooms: `start`, then `run` until it is cancelled, then `close`.

    `rooms` are aliases or ids. Log in by `password` (the device is kept in `store` and used again after a
    restart), or with an `access_token` and its `device_id`.
    """

    def __init__(
        self,
        *,
        homeserver: str,
        user: str,
        store: Path,
        rooms: Sequence[str],
        clock: Clock,
        password: str | None = None,
        access_token: str | None = None,
        device_id: str | None = None,
        device_name: str = "fedichat",
        trusted: Collection[str] | None = None,
        signed_only: bool = True,
        keep_every: float = 3.0,
    ) -> None:
        """`trusted` are the homeservers whose users are no strangers: our own, if nothing is said.

        With `signed_only`, devices that their owners have not signed get no keys, and what they say is unproven.
        `keep_every`: seconds between the tokens that `run` gives to `keep`, at least.
        """
        self._account = Account(homeserver, user, password, access_token, device_id, device_name, store)
        self._names = tuple(rooms)
        self._trusted = frozenset(trusted if trusted is not None else [user.partition(":")[2]])
        self._signed_only = signed_only
        self._keep_every = keep_every
        self._clock = clock
        self._synced = asyncio.Event()
        self._started: _Parts | None = None
        self._lock: IO[str] | None = None
        self._progress = Progress()
        self._order = Order()

    # --- beginning and end ---

    async def start(self, *, wait: bool = True, book: RoomBook | None = None, steps: StepBook | None = None) -> None:
        """Log in, make the device trustworthy, enter the rooms that can be entered.

        `book` has which room each name stands for, `steps` how far our keys have come; without them, that is forgotten
        with the process. Waits for a homeserver that is away unless `wait` is False, which raises TryLater instead.
        Raises StartError where only the operator can help: wrong password, no encryption, a store that cannot be used,
        or that another process uses.
        """
        prepare_store(self._account.store)
        self._lock = key_store.lock(self._account.store)
        book = book or LooseLeaves()
        try:
            client = await self._patiently(lambda: log_in(self._account, steps), wait=wait)
            membership = self._begin(client, book)
            self._started = replace(self._parts, keys=self._keys(client, membership, book))
            await self._patiently(lambda: _upload_keys(client), wait=wait)
            await self._sign_device(client)
            await self._patiently(membership.enter_all, wait=wait)
        except BaseException as error:
            await self.close()
            if isinstance(error, StopError):
                raise StartError(str(error)) from error
            raise

    async def look(self, book: RoomBook | None = None) -> None:
        """Become able to ask about rooms and our device, also beside a fedichat that runs: no keys are used or changed.

        Like a start, it enters the rooms that can be entered; and where nobody is logged in yet, it is one, so that
        there is no device but the one that the next start goes on with. Raises TryLater or StartError.
        """
        client = await look_in(self._account)
        if client is None:
            await self.start(wait=False, book=book)
        else:
            await self._begin(client, book or LooseLeaves()).enter_all()

    def _keys(self, client: Client, membership: Membership, book: RoomBook) -> "_Keys":
        with store_errors(self._account.store):
            encryption = EndToEnd(
                client,
                self._account.store,
                self._clock,
                signed_only=self._signed_only,
                tell=book.keys_in_trouble,
            )
        client.encryption = encryption
        verifier = self._verifier(client, membership)
        encryption.on_verification = verifier.hear_to_device
        return _Keys(encryption, verifier)

    def _begin(self, client: Client, book: RoomBook) -> Membership:
        membership = Membership(client, self._names, book, self._trusted)
        sending = Sending(client, membership, self._order, lambda: self._parts.encryption.rooms)
        self._started = _Parts(client, membership, sending)
        return membership

    async def run(
        self,
        since: str | None,
        hear: Callable[[AnyHeard], Awaitable[None]],
        keep: Callable[[str], Awaitable[None]],
        ready: Callable[[], None],
    ) -> None:
        """Hand everything that people do in our rooms to `hear`, for ever: in each room one after the other, in order.

        `since` is the last token that `keep` was given; None is the very first start, where what was said
        before is left alone. After a crash events come again: `hear` must know them by their id. What it
        raises is logged, tried again twice and then given up, except StopError. `ready` is called after the
        first answer. Raises StopError when our access was taken away.
        """
        parts = self._parts

        def first_answer() -> None:
            self._synced.set()
            ready()

        loop = SyncLoop(
            parts.client,
            parts.membership,
            parts.encryption,
            parts.verifier,
            self._clock,
            self._progress,
            self._order,
            self._keep_every,
        )
        async with listening(self._account.store, parts.verifier):
            await loop.run(since, hear, keep, first_answer)

    async def close(self) -> None:
        """Let encrypted sends finish, for at most three seconds, then let go of connection and store."""
        if self._started is not None:
            await self._started.sending.finish(_LAST_SENDS)
            await self._started.client.close()
            self._started = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # --- what is known ---

    def mark(self) -> Mark:
        return self._progress.mark()

    def is_later(self, event: EventId, position: int) -> bool:
        return self._order.is_later(event, position)

    @property
    def user(self) -> UserId:
        """Our own user id."""
        return UserId(self._parts.client.user_id)

    @property
    def device(self) -> str:
        """The device that this process is."""
        return str(self._parts.client.device_id)

    async def own_device(self, steps: StepBook | None = None) -> OwnDevice:
        """How our device stands, as its store and the homeserver say. Raises TryLater, StartError or StopError."""
        return await own_device(self._parts.client, self._account.store, steps)

    @property
    def room_ids(self) -> Mapping[str, RoomId]:
        """The ids of the configured rooms, by configured name; aliases that do not exist yet are missing.

        Before the homeserver was reached, all are.
        """
        if self._started is None:
            return {}
        membership = self._started.membership
        return membership.seen | membership.ids

    @property
    def joined(self) -> AbstractSet[RoomId]:
        """The rooms that we are in; none before the homeserver was reached."""
        return self._started.membership.joined if self._started is not None else frozenset()

    @property
    def doubles(self) -> Mapping[str, str]:
        """Configured names that lead to the room of another name, which they are not entered for."""
        return self._parts.membership.doubles

    async def room_troubles(self) -> Mapping[str, RoomTrouble]:
        """What is wrong with which room each name stands for, looked at now; rooms that were replaced are followed."""
        await self._parts.membership.keep_up(self._clock.now())
        return self._parts.membership.troubles

    def doors(self, room: RoomId) -> Doors | None:
        """Who may come into a room and read it; None while that is not known."""
        return self._parts.membership.doors.of(room)

    async def name_of(self, room: RoomId, user: UserId) -> str:
        known = self._parts.client.rooms.get(room)
        return (known.user_name(user) if known is not None else None) or user

    async def people(self, room: RoomId) -> Mapping[UserId, str]:
        client = self._parts.client
        with network("members"):
            response = await client.joined_members(room)
        checked(response, "asking for the people in a room")
        there = {UserId(one.user_id): one.display_name or one.user_id for one in response.members}
        return {user: name for user, name in there.items() if user != client.user_id}

    async def members(self, room: RoomId) -> Sequence[str]:
        return sorted((await self.people(room)).values())

    async def state_of(self, room: RoomId) -> RoomState | None:
        """How we stand in a room, asked of the server; None where we never were. Raises TryLater."""
        client = self._parts.client
        with network("state"):
            response = await client.room_get_state(room)
        try:
            checked(response, "asking for the state of a room")
        except Rejected:
            return None
        return room_state(room, response.events, client.user_id)

    # --- speaking ---

    async def send(self, room: RoomId, message: Message, transaction: str) -> EventId:
        await self._synced.wait()
        return await self._parts.sending.send(room, message, transaction)

    async def send_file(self, room: RoomId, message: FileMessage, transaction: str) -> EventId:
        await self._synced.wait()
        return await self._parts.sending.send_file(room, message, transaction)

    async def react(self, room: RoomId, target: EventId, key: str, transaction: str) -> EventId | None:
        await self._synced.wait()
        return await self._parts.sending.react(room, target, key, transaction)

    async def redact(self, room: RoomId, target: EventId, transaction: str, reason: str = "") -> None:
        await self._parts.sending.redact(room, target, transaction, reason)

    async def _put(self, room: RoomId, kind: str, content: Content, transaction: str) -> EventId:
        await self._synced.wait()
        return await self._parts.sending.put(room, kind, content, transaction)

    async def download(self, file: SharedFile, limit: int) -> FileData:
        return await download(self._parts.client, file, limit)

    async def message(self, room: RoomId, event: EventId) -> Spoken | None:
        parts = self._parts
        with network("event"):
            response = await parts.client.room_get_event(room, event)
        try:
            checked(response, "asking for an event")
            source = response.event.source
            known = parts.client.rooms.get(room)
            unproven = Unproven() if known is not None and known.encrypted else None
            if word(source, "type") == "m.room.encrypted":
                read = parts.encryption.reader.read(source, room)
                with contextlib.suppress(FarEndError):  # a device that we do not come to know proves nothing
                    await parts.encryption.know(word(source, "sender"), read.curve25519)
                source, unproven = read.event, parts.encryption.reader.unproven(read)
        except (Rejected, NoKey, NotReadable):
            return None
        heard = heard_from(source, room, self.user)
        return replace(heard, unproven=unproven) if isinstance(heard, Spoken) else None

    # --- starting ---

    def _verifier(self, client: Client, membership: Membership) -> Verifier:
        def is_trusted(user: UserId) -> bool:
            return user.partition(":")[2] in self._trusted

        def is_colleague(user: UserId) -> bool:
            rooms = [client.rooms[room] for room in membership.ids.values() if room in client.rooms]
            return is_trusted(user) and any(user in room.users and user not in room.invited_users for room in rooms)

        wire = VerificationWire(client, self._account.store, self._put)
        visits = Visits(membership, self._account.store, lambda room: membership.ours(room) is not None)
        return Verifier(wire, visits, self._clock, UserId(client.user_id), is_trusted, is_colleague)

    @property
    def _parts(self) -> "_Parts":
        if self._started is None:
            raise TryLater("the homeserver has not been reached since the start")
        return self._started

    async def _sign_device(self, client: AsyncClient) -> None:
        try:
            if not await cross_signing.sign_device(client, self._account.store, self._account.password):
                log.warning("matrix-device-unsigned device=%s people's clients may not trust it", client.device_id)
        except FarEndError as error:
            log.warning("matrix-device-unsigned device=%s reason=%s", client.device_id, error)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], *, wait: bool) -> T:
        backoff = patience()
        while True:
            try:
                result = await attempt()
            except TryLater as error:
                if not wait:
                    raise
                if not backoff.failures:
                    log.warning("matrix-start-waits reason=%s (trying again until it works)", error)
                await self._clock.sleep(backoff.next(error.retry_after))
            else:
                if backoff.failures:
                    log.warning("matrix-start-goes-on")
                return result


@dataclass(frozen=True, slots=True)
class _Parts:
    client: Client
    membership: Membership
    sending: Sending
    keys: "_Keys | None" = None

    @property
    def encryption(self) -> EndToEnd:
        return self._with_keys.encryption

    @property
    def verifier(self) -> Verifier:
        return self._with_keys.verifier

    @property
    def _with_keys(self) -> "_Keys":
        if self.keys is None:
            raise TryLater("we only look around here, without keys")
        return self.keys


@dataclass(frozen=True, slots=True)
class _Keys:
    encryption: EndToEnd
    verifier: Verifier


async def _upload_keys(client: Client) -> None:
    if not client.olm.account.shared:
        await cross_signing.check_own_keys(client)
    if client.encryption is not None:
        await client.encryption.own.upload()
