"""The keys for what we say in encrypted rooms, given to everybody who should read it and to nobody else.

nio keeps the cryptography. Its way of handing keys over is not used, because of what it does with failures (0.26): an
error while keys are claimed leaves the room locked for ever, a key that the server did not take counts as shared, and
one broken device keeps the room from being spoken in.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from uuid import uuid4

from nio import AsyncClient
from nio.crypto import OutboundGroupSession

from fedichat.adapters.matrix.encryption.devices import Device, Devices
from fedichat.adapters.matrix.encryption.harm import contained, say_seldom
from fedichat.adapters.matrix.encryption.key_book import KeyBook, Recipient, RoomKey
from fedichat.adapters.matrix.encryption.letters import Letters
from fedichat.adapters.matrix.encryption.reading import MEGOLM
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.errors import checked, network
from fedichat.adapters.matrix.events import Json, part
from fedichat.errors import FarEndError, Rejected
from fedichat.ports import RoomId

log = logging.getLogger(__name__)

_AT_ONCE = 20
"""How many letters go into one request; some homeservers refuse larger ones."""
_MESSAGES, _AGE = 100, timedelta(days=7)
"""How long a key is used if the room does not say (client-server API, `m.room.encryption`)."""
_MOST_MESSAGES, _LEAST_AGE = 10_000, timedelta(hours=1)
_UNSIGNED = "m.unverified"
_TRY_AGAIN = timedelta(minutes=1)
"""How long to wait before asking a device for a one-time key again if it had none."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """For how many messages, and for how long, a room's key may be used."""

    messages: int = _MESSAGES
    age: timedelta = _AGE


def rotation_of(content: Json) -> Rotation:
    """What `m.room.encryption` says; what makes no sense there is left out, extremes are brought within reason."""
    messages, milliseconds = content.get("rotation_period_msgs"), content.get("rotation_period_ms")
    rotation = Rotation()
    if isinstance(messages, int) and not isinstance(messages, bool):
        rotation = Rotation(min(max(messages, 1), _MOST_MESSAGES), rotation.age)
    if isinstance(milliseconds, int) and not isinstance(milliseconds, bool):
        age = timedelta(milliseconds=min(max(milliseconds, 0), _AGE / timedelta(milliseconds=1)))
        rotation = Rotation(rotation.messages, max(age, _LEAST_AGE))
    return rotation


@dataclass(slots=True)
class _Current:
    """The key that is in use in a room. `opens` opens everything from the first message on."""

    session: OutboundGroupSession
    opens: str
    made_at: datetime
    messages: int = 0
    withheld: set[Recipient] = field(default_factory=set[Recipient])


class RoomKeys:
    """The keys of the rooms that we speak in. `locked(room)` must be held around `share` and `encrypt`."""

    def __init__(
        self,
        client: AsyncClient,
        devices: Devices,
        letters: Letters,
        book: KeyBook,
        now: Callable[[], datetime],
        *,
        signed_only: bool,
        look: Callable[[RoomId], Awaitable[None]],
    ) -> None:
        """`look` brings the `devices` of a room's people up to date with the homeserver; it raises FarEndError."""
        self._client = client
        self._devices = devices
        self._letters = letters
        self._book = book
        self._now = now
        self._signed_only = signed_only
        self._look = look
        self._locks: dict[RoomId, asyncio.Lock] = {}
        self._current: dict[RoomId, _Current] = {}
        self._silent: dict[Device, datetime] = {}
        self.rotations: dict[RoomId, Rotation] = {}

    def locked(self, room: RoomId) -> asyncio.Lock:
        """Held by one task at a time for each room."""
        return self._locks.setdefault(room, asyncio.Lock())

    def forget(self, room: RoomId) -> None:
        """Somebody may have left the room: what is said next gets a new key."""
        self._current.pop(room, None)

    # --- speaking ---

    async def share(self, room: RoomId) -> None:
        """Give all in the room the key for what we say next. Raises FarEndError; never to be cancelled.

        No device keeps others from getting it: one that cannot be written to is left out. Who leaves while it is given
        out does not get what is said next: then a new key begins.
        """
        while not await self._shared(room):
            pass

    async def _shared(self, room: RoomId) -> bool:
        client = self._client
        if not client.rooms[room].members_synced:
            with network("members"):
                checked(await client.joined_members(room), "asking for the members of a room")
        await self._look(room)
        wanted, unsigned = self._readers(room)
        current = self._current.get(room)
        if current is None or self._is_worn(room, current) or self._must_change(room, current, wanted):
            current = self._new(room)
        # Where what was said before is not for who comes now, the key opens nothing of that.
        opens = current.opens if self.is_history_open(room) else current.session.session_key
        await self._give(RoomKey(current.session.id, room, opens), wanted)
        await self._withhold(room, current, unsigned)
        return self._current.get(room) is current

    def encrypt(self, room: RoomId, kind: str, content: Mapping[str, object]) -> Json:
        """The content of an `m.room.encrypted` event. `share` was called, and nothing was waited for since."""
        current = self._current[room]
        current.messages += 1
        text = plain_json({"type": kind, "content": content, "room_id": room})
        identity = self._client.olm.account.identity_keys["curve25519"]
        encrypted = {
            "algorithm": MEGOLM,
            "sender_key": identity,
            "ciphertext": current.session.encrypt(text),
            "session_id": current.session.id,
            "device_id": self._client.device_id,
        }
        relation = part(content, "m.relates_to")
        return {**encrypted, "m.relates_to": relation} if relation else encrypted

    def _readers(self, room: RoomId) -> tuple[list[Device], list[Device]]:
        """The devices in the room that should be able to read us, and those that should not."""
        own = (self._client.user_id, self._client.device_id)
        known = self._client.rooms[room]
        is_for_joined = known.history_visibility == "joined"
        users = [user for user, one in known.users.items() if not (one.invited and is_for_joined)]
        there = [device for user in users for device in self._devices.of(user)]
        there = [device for device in there if (device.user, device.id) != own]
        if not self._signed_only:
            return there, []
        return [one for one in there if one.is_signed], [one for one in there if not one.is_signed]

    def _is_worn(self, room: RoomId, current: _Current) -> bool:
        rotation = self.rotations.get(room, Rotation())
        return current.messages >= rotation.messages or self._now() - current.made_at >= rotation.age

    def _must_change(self, room: RoomId, current: _Current, wanted: Sequence[Device]) -> bool:
        """Whether somebody has the key who should not read on, or is new to a room whose history is closed."""
        given = self._book.given_to(current.session.id)
        if not given <= {(device.user, device.id) for device in wanted}:
            return True
        newcomers = {device.user for device in wanted} - {user for user, _ in given}
        return bool(given and newcomers) and not self.is_history_open(room)

    def is_history_open(self, room: RoomId) -> bool:
        """Whether members may read what was said before they joined."""
        return self._client.rooms[room].history_visibility in {"shared", "world_readable"}

    def _new(self, room: RoomId) -> _Current:
        session = OutboundGroupSession()
        # Our own rotation counts; nio's would be in the way of the room's.
        session.max_messages, session.max_age, session.shared = 2**31, timedelta.max, True
        now, opens = self._now(), session.session_key
        self._book.keep(RoomKey(session.id, room, opens), now)
        olm, identity = self._client.olm, self._client.olm.account.identity_keys
        olm.create_group_session(identity["curve25519"], identity["ed25519"], room, session.id, opens)
        self._current[room] = current = _Current(session, opens, now)
        return current

    # --- handing over ---

    async def _give(self, key: RoomKey, wanted: Sequence[Device]) -> None:
        given = self._book.given_to(key.id)
        missing = [device for device in wanted if (device.user, device.id) not in given]
        if not missing:
            return
        await self._begin_with(missing)
        content = {"algorithm": MEGOLM, "room_id": key.room, "session_id": key.id, "session_key": key.key}
        for some in _in_turn([device for device in missing if self._letters.can_write_to(device)]):
            with self._client.store.database.atomic():  # one wait for the disk for all of them
                letters = self._sealed(some, "m.room_key", content)
            await self._post("m.room.encrypted", letters)
            self._book.give(key.id, [(device.user, device.id) for device in letters])

    def _sealed(self, devices: Iterable[Device], kind: str, content: Json) -> dict[Device, Json]:
        letters: dict[Device, Json] = {}
        for device in devices:
            with contained("letter", f"{device.user}/{device.id}"):
                sealed = self._letters.seal(device, kind, content)
                if sealed is not None:
                    letters[device] = sealed
        return letters

    async def _begin_with(self, devices: Iterable[Device]) -> None:
        """Claim one-time keys for devices that we cannot write to yet."""
        strangers = [device for device in devices if not self._letters.can_write_to(device)]
        for some in _in_turn([one for one in strangers if self._may_give_keys(one)], 10 * _AT_ONCE):
            await self._claim(some)

    def _may_give_keys(self, device: Device) -> bool:
        return self._now() - self._silent.get(device, _LONG_AGO) >= _TRY_AGAIN

    async def _claim(self, devices: Sequence[Device]) -> None:
        wanted: dict[str, dict[str, str]] = {}
        for device in devices:
            wanted.setdefault(device.user, {})[device.id] = "signed_curve25519"
        try:
            answer = await call(self._client, "POST", "keys/claim", {"one_time_keys": wanted}, "claiming keys")
        except Rejected as error:
            say_seldom(f"matrix-keys-not-claimed reason={error}")
            answer = {}
        with self._client.store.database.atomic():
            for device in devices:
                self._take_claimed(device, part(part(part(answer, "one_time_keys"), device.user), device.id))

    def _take_claimed(self, device: Device, given: Json) -> None:
        self._silent[device] = self._now()
        if not given:
            say_seldom(f"matrix-device-silent user={device.user} device={device.id} it has no one-time key left")
            return
        with contained("one-time-key", f"{device.user}/{device.id}"):
            self._letters.begin(device, given)
            del self._silent[device]

    async def _post(self, kind: str, letters: Mapping[Device, Json]) -> None:
        """Send these to their devices; if the homeserver refuses one, the others are still sent."""
        if not letters:
            return
        messages: dict[str, dict[str, Json]] = {}
        for device, content in letters.items():
            messages.setdefault(device.user, {})[device.id] = content
        path = f"sendToDevice/{kind}/{uuid4()}"
        try:
            await call(self._client, "PUT", path, {"messages": messages}, "handing over keys")
        except Rejected as error:
            if len(letters) == 1:
                (device,) = letters
                say_seldom(f"matrix-letter-refused user={device.user} device={device.id} reason={error}")
                return
            for device, content in letters.items():
                await self._post(kind, {device: content})

    async def _withhold(self, room: RoomId, current: _Current, unsigned: Sequence[Device]) -> None:
        """Tell devices why they get no key: their owners then see the reason."""
        told = [device for device in unsigned if (device.user, device.id) not in current.withheld]
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": current.session.id,
            "sender_key": self._letters.curve25519,
            "code": _UNSIGNED,
            "reason": "This device has not been verified by its owner.",
        }
        for some in _in_turn(told):
            try:
                await self._post("m.room_key.withheld", dict.fromkeys(some, content))
            except FarEndError as error:  # what they cannot read does not depend on it
                log.debug("matrix-withheld-not-said reason=%s", error)
                return
            current.withheld.update((device.user, device.id) for device in some)

    # --- later ---

    async def catch_up(self, room: RoomId) -> None:
        """Give who has come since the keys of what was said before: for rooms whose history is for all members.

        Raises FarEndError; never to be cancelled.
        """
        if not self.is_history_open(room):
            return
        wanted, _ = self._readers(room)
        for key in self._book.keys_of(room):
            await self._give(key, wanted)
            await asyncio.sleep(0)  # there may be hundreds

    async def mend(self, devices: Iterable[Device]) -> None:
        """Begin new sessions with devices whose letters we could not read. Raises FarEndError; never cancel it."""
        due = [one for one in devices if self._letters.may_begin_again(one) and self._may_give_keys(one)]
        for some in _in_turn(due):
            await self._claim(some)
            await self._post("m.room.encrypted", self._sealed(some, "m.dummy", {}))


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _in_turn(devices: Sequence[Device], size: int = _AT_ONCE) -> Iterable[list[Device]]:
    remaining = iter(devices)
    while some := list(islice(remaining, size)):
        yield some


def plain_json(content: Json) -> str:
    """JSON in UTF-8: nio escapes every letter that is not ASCII, and Cyrillic would take three times the space.

    An event holds 65,536 bytes, and an edit has its text four times, in base64.
    """
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode(errors="replace").decode()
