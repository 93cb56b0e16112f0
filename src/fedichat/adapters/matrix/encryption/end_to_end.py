"""End-to-end encryption of our device as a whole: what a sync brings, what we ask for, and what follows."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from nio import AsyncClient

from fedichat.adapters.matrix.encryption.devices import Devices, identity_of
from fedichat.adapters.matrix.encryption.harm import contained, say_seldom
from fedichat.adapters.matrix.encryption.key_book import KeyBook
from fedichat.adapters.matrix.encryption.letters import OLM, Letter, Letters
from fedichat.adapters.matrix.encryption.own_keys import OwnKeys
from fedichat.adapters.matrix.encryption.put_by import PutBy, Waiting
from fedichat.adapters.matrix.encryption.reading import Reader
from fedichat.adapters.matrix.encryption.room_keys import RoomKeys
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.errors import FarEndError, Rejected, StopError
from fedichat.ports import Clock, KeyTrouble, RoomId, UserId

log = logging.getLogger(__name__)

Tell = Callable[[UserId, KeyTrouble, str], Awaitable[None]]

_USERS_AT_ONCE = 100
_OFTEN = timedelta(minutes=10)
_SILENT_SERVER = timedelta(minutes=10)
"""How long to wait before asking again for the devices of a homeserver that did not answer."""
_UNKNOWN_DEVICE = timedelta(seconds=30)


class EndToEnd:
    """Our device's side of encryption, on what nio keeps of it. `close` it with the client."""

    def __init__(
        self, client: AsyncClient, folder: Path, clock: Clock, *, signed_only: bool, tell: Tell | None = None
    ) -> None:
        """With `signed_only`, devices that their owners have not signed do not count. `tell` hears of trouble."""
        self._client = client
        self._clock = clock
        self._tell = tell
        self._book = KeyBook(folder)
        self._stale: set[str] = set()
        self._left_alone: dict[str, datetime] = {}
        self._looked: dict[str, datetime] = {}
        self._asked_for: dict[str, datetime] = {}
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unread: set[tuple[str, str]] = set()
        self._put_by = PutBy()
        self._newcomers: set[RoomId] = set()
        self.devices = Devices()
        self.own = OwnKeys(client, clock.now)
        self._letters = Letters(client.olm, self._book, clock.now)
        self.reader = Reader(client.olm, self.devices, lambda is_signed: is_signed or not signed_only)
        self.rooms = RoomKeys(
            client,
            self.devices,
            self._letters,
            self._book,
            clock.now,
            signed_only=signed_only,
            look=self.look,
        )
        self.on_verification: Callable[[Json], None] | None = None
        """Gets every `m.key.verification.*` that comes to our device, as it is."""

    def close(self) -> None:
        """Let go of the files."""
        self._book.close()

    # --- what comes in ---

    def follow(self, sync: Json) -> None:
        """Take in what an answer to a sync holds for our device. The rooms know their people already.

        Never raises for what somebody has sent.
        """
        self.own.follow(sync)
        lists = part(sync, "device_lists")
        for name in ("changed", "left"):
            users = lists.get(name)
            self._stale |= {user for user in users if user in self.devices} if isinstance(users, list) else set()
        self._stale |= {user for user in self._people() if user not in self.devices}
        events = part(sync, "to_device").get("events")
        self._take(events if isinstance(events, list) else [])

    def _take(self, events: Iterable[Json] = ()) -> None:
        """Take in these, and what was put by and makes sense by now."""
        now = self._clock.now()
        due = self._put_by.take_all(now) + [Waiting(event, _sender(event), now) for event in events]
        if not due:
            return
        people = self._people()
        # One transaction for all: each of its own would hold up everything else for a moment.
        with self._client.store.database.atomic():
            for one in due:
                with contained("to-device", one.sender):
                    rest = self._take_one(one.event, people)
                    if rest is not None:
                        self._put_by.add(replace(one, event=rest), is_of_ours=one.sender in people)

    def _take_one(self, event: Json | Letter, people: AbstractSet[str]) -> Json | Letter | None:
        """Returns what may make sense in a moment: when who wrote it turns up in a room of ours, with that device."""
        if isinstance(event, Letter):
            return self._take_key(event)
        kind, sender = word(event, "type"), word(event, "sender")
        if kind.startswith("m.key.verification."):
            if self.on_verification is not None:
                self.on_verification(event)
        elif kind == "m.room.encrypted" and word(part(event, "content"), "algorithm") == OLM:
            return self._take_letter(event) if sender in people and self._knows_writer(event) else event
        return None

    def _knows_writer(self, event: Json) -> bool:
        sender, writer = word(event, "sender"), word(part(event, "content"), "sender_key")
        if self.devices.by_key(sender, writer) is not None:
            return True
        self._may_ask_for(sender)
        return False

    def _take_letter(self, event: Json) -> Letter | None:
        try:
            letter = self._letters.open(event)
        except (ValueError, RecursionError):
            self._unread.add((word(event, "sender"), word(part(event, "content"), "sender_key")))
            raise
        return self._take_key(letter) if letter is not None and letter.kind == "m.room_key" else None

    def _take_key(self, letter: Letter) -> Letter | None:
        room = self._client.rooms.get(word(letter.content, "room_id"))
        if room is None or letter.sender not in room.users:
            return letter
        self.reader.take_key(letter, room.users)
        return None

    def _people(self) -> set[str]:
        """Everybody in our encrypted rooms."""
        return {user for room in self._client.rooms.values() if room.encrypted for user in room.users}

    # --- devices ---

    async def look(self, room: RoomId) -> None:
        """Ask the homeserver for the devices that may have changed, of the people in a room.

        Nobody waits here for people of other rooms: a member may have keys so large that they take minutes. Raises
        FarEndError, except where the homeserver refuses.
        """
        known = self._client.rooms.get(room)
        await self._look_at(known.users if known is not None else ())

    async def _look_at(self, users: Iterable[str]) -> None:
        # Who is being asked for is waited for.
        concerned = sorted(user for user in users if user in self._stale or self._looking[user].locked())
        for some in self._in_turn(concerned):
            async with AsyncExitStack() as stack:
                for user in some:  # in one order: no two wait for each other
                    await stack.enter_async_context(self._looking[user])
                now = self._clock.now()
                due = [
                    user
                    for user in some
                    if user in self._stale and now - self._left_alone.get(user, now - _SILENT_SERVER) >= _SILENT_SERVER
                ]
                if due:
                    self._looked |= dict.fromkeys(due, now)
                    await self._query(due)

    def _in_turn(self, users: Sequence[str]) -> Iterator[Sequence[str]]:
        """Those to ask for at once; who is asked for often comes last, and alone: only they wait for their keys."""
        now = self._clock.now()
        often = [user for user in users if now - self._looked.get(user, now - _OFTEN) < _OFTEN]
        seldom = [user for user in users if user not in often]
        for start in range(0, len(seldom), _USERS_AT_ONCE):
            yield seldom[start : start + _USERS_AT_ONCE]
        for user in often:
            yield [user]

    async def _query(self, users: list[str]) -> None:
        self._stale -= set(users)  # first: who changes meanwhile is asked for again
        try:
            answer = await call(
                self._client, "POST", "keys/query", {"device_keys": {user: [] for user in users}}, "asking for devices"
            )
        except Rejected as error:
            say_seldom(f"matrix-devices-refused reason={error}")
            self._left_alone |= dict.fromkeys(users, self._clock.now())
            self._stale |= set(users)
            return
        except BaseException:
            self._stale |= set(users)
            raise
        silent = part(answer, "failures")
        for user in users:
            if user.partition(":")[2] in silent and user not in part(answer, "device_keys"):
                self._left_alone[user] = self._clock.now()
                self._stale.add(user)
                continue
            if self.devices.take(user, answer):
                self._newcomers |= {RoomId(name) for name, room in self._client.rooms.items() if user in room.users}
            await self._look_for_trouble(user, identity_of(user, answer))

    async def _look_for_trouble(self, user: str, master: str) -> None:
        if user == self._client.user_id:
            return
        for device in self.devices.unfit(user)[:1]:
            say_seldom(f"matrix-device-unfit user={user} device={device}")
            await self._say(user, KeyTrouble.UNFIT, device)
        known = self._book.identity(user)
        if not master or known == master:
            return
        if known is not None:
            say_seldom(f"matrix-identity-reset user={user}")
            await self._say(user, KeyTrouble.RESET, "")
        # Noted last: people may hear it twice, but never not at all.
        self._book.note_identity(user, master)

    async def _say(self, user: str, trouble: KeyTrouble, device: str) -> None:
        if self._tell is not None:
            await self._tell(UserId(user), trouble, device)

    # --- reading ---

    async def know(self, user: str, curve25519: str) -> None:
        """Know that device of the user, if it exists: asks the homeserver where it must. Raises FarEndError."""
        if self.devices.by_key(user, curve25519) is None and self._may_ask_for(user):
            await self._look_at([user])

    def _may_ask_for(self, user: str) -> bool:
        """Whether to ask for an unknown device; not again for every message of one that no longer exists."""
        now = self._clock.now()
        if user not in self._stale and now - self._asked_for.get(user, now - _UNKNOWN_DEVICE) < _UNKNOWN_DEVICE:
            return False
        self._asked_for[user] = now
        self._stale.add(user)
        return True

    # --- what follows ---

    def has_come(self, room: RoomId) -> None:
        """Somebody may have joined that room, or has a new device."""
        self._newcomers.add(room)

    async def do_chores(self) -> None:
        """What encryption needs between two syncs. Each is tried on its own; what fails is tried with the next."""
        encrypted = [RoomId(name) for name, known in self._client.rooms.items() if known.encrypted]
        # Side by side: a slow room does not delay the others.
        await asyncio.gather(
            _try("own-keys", self.own.upload), *(_try("devices", partial(self.look, room)) for room in encrypted)
        )
        self._take()
        await _try("sessions", self._mend)
        for room in tuple(self._newcomers):
            self._newcomers.discard(room)
            if not await _try("newcomers", partial(self._catch_up, room)):
                self._newcomers.add(room)
        if self._client.steps is not None:
            await _try("steps", self._client.steps.keep)  # also of what was only received

    async def _mend(self) -> None:
        """Begin new sessions with devices whose letters cannot be read."""
        unread, self._unread = self._unread, set()
        devices = [self.devices.by_key(user, key) for user, key in unread]
        await self.rooms.mend([device for device in devices if device is not None])

    async def _catch_up(self, room: RoomId) -> None:
        known = self._client.rooms.get(room)
        if known is not None and known.encrypted:
            async with self.rooms.locked(room):
                await self.rooms.catch_up(room)


def _sender(event: object) -> str:
    if isinstance(event, Letter):
        return event.sender
    return word(event, "sender") if isinstance(event, dict) else "?"


async def _try(what: str, do: Callable[[], Awaitable[None]]) -> bool:
    try:
        await do()
    except StopError:
        raise
    except Exception as error:
        say_seldom(f"matrix-keys-failed what={what} reason={error}")
        if not isinstance(error, FarEndError):
            log.debug("matrix-keys-failed what=%s", what, exc_info=True)
        return False
    return True
