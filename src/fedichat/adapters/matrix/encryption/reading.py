"""Reads what is said in encrypted rooms: which key opens it, what it says, and who surely said it.

Client-server API v1.18, "m.megolm.v1.aes-sha2". The sessions and their store are nio's; its reading is not (0.26): it
asks for the deprecated `sender_key`, does not look whether a message was meant for this room, and what it cannot read
raises through everything else.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import vodozemac
from nio.crypto import InboundGroupSession
from nio.crypto.olm_machine import Olm
from nio.store import MegolmInboundSessions

from fedichat.adapters.harmless_json import read_json
from fedichat.adapters.matrix.encryption.devices import Devices
from fedichat.adapters.matrix.encryption.harm import OUR_OWN_END
from fedichat.adapters.matrix.encryption.letters import Letter
from fedichat.adapters.matrix.events import Json, part, word
from fedichat.ports import RoomId, Unproven

MEGOLM = "m.megolm.v1.aes-sha2"
_KEYS = 500
"""How many keys of one person are kept for a room, and of all devices that are gone: clients make a new one for a
hundred messages."""
_REPLAYS = 100_000
_SAID = ("m.room.message", "m.reaction", "m.key.verification.")
"""The types that an encrypted event may have. No homeserver would have checked a redaction inside of one."""


class NoKey(Exception):
    """There is no key for a message; it may still come."""


class NotReadable(Exception):
    """An event that can never be read."""


@dataclass(frozen=True, slots=True)
class Read:
    """An event as if it had not been encrypted, and whose key has opened it."""

    event: Json
    device_id: str
    curve25519: str
    ed25519: str
    is_forwarded: bool


class Reader:
    """Reads with the keys that were given to our device."""

    def __init__(self, olm: Olm, devices: Devices, is_enough: Callable[[bool], bool]) -> None:
        """`is_enough` says whether a device counts that its owner has signed (True), or has not (False)."""
        self._olm = olm
        self._devices = devices
        self._is_enough = is_enough
        self._seen: OrderedDict[tuple[RoomId, str, str, int], str] = OrderedDict()

    def take_key(self, letter: Letter, members: Collection[str]) -> None:
        """Take in the key of a room with these members from a letter. Raises ValueError for what is none."""
        content = letter.content
        room, ident = word(content, "room_id"), word(content, "session_id")
        if word(content, "algorithm") != MEGOLM or not room or not letter.ed25519:
            raise ValueError("no key of a room")
        key = InboundGroupSession(word(content, "session_key"), letter.ed25519, letter.curve25519, room)
        if key.id != ident:
            raise ValueError("the key of another session")
        kept = self._olm.inbound_group_store[room][letter.curve25519]
        known = kept.get(ident)
        if known is not None and known.first_known_index <= key.first_known_index:
            return
        kept[ident] = key
        self._olm.save_inbound_group_session(key)
        self._tidy_up(room, letter.sender, members)

    def _tidy_up(self, room: str, sender: str, members: Collection[str]) -> None:
        """Somebody who makes device after device and key after key must not fill the disk."""
        everything = self._olm.inbound_group_store[room]
        theirs = {device.curve25519 for device in self._devices.of(sender)}
        self._cut([kept for curve, kept in everything.items() if curve in theirs])
        if all(user in self._devices for user in members):  # else those of who is not known yet would seem to be gone
            there = {device.curve25519 for user in members for device in self._devices.of(user)}
            there.add(self._olm.account.identity_keys["curve25519"])
            self._cut([kept for curve, kept in everything.items() if curve not in there])

    def _cut(self, kept: Sequence[dict[str, InboundGroupSession]]) -> None:
        """Forget the oldest keys if there are too many."""
        for _ in range(sum(map(len, kept)) - _KEYS):
            most = max(kept, key=len)
            old = next(iter(most))
            del most[old]
            with self._olm.store.database.bind_ctx([MegolmInboundSessions]):
                MegolmInboundSessions.delete().where(MegolmInboundSessions.session_id == old).execute()

    def read(self, event: Json, room: RoomId) -> Read:
        """What an encrypted event of that room says. Raises NoKey and NotReadable, and nothing else."""
        try:
            return self._read(event, room)
        except NoKey:
            raise
        except OUR_OWN_END:
            raise
        except BaseException as error:  # JSON that is too deep is no ValueError; a panic of vodozemac no Exception
            raise NotReadable from error

    def _read(self, event: Json, room: RoomId) -> Read:
        content, sender = part(event, "content"), word(event, "sender")
        ident = word(content, "session_id")
        if word(content, "algorithm") != MEGOLM:
            raise ValueError("encrypted in a way that we do not know")
        key = self._key(room, ident, sender)
        if key is None:
            raise NoKey
        message = vodozemac.MegolmMessage.from_base64(word(content, "ciphertext"))
        if message.message_index() < key.first_known_index:
            raise NoKey
        text, index = key.decrypt(word(content, "ciphertext"))
        said = _in_unicode(read_json(text))
        if not isinstance(said, dict) or word(said, "room_id") != room:
            raise ValueError("said in another room")
        if not word(said, "type").startswith(_SAID) or "state_key" in said:
            raise ValueError("nothing that can be said in private")
        self._must_be_new((room, ident, sender, index), word(event, "event_id"))
        given = word(content, "device_id")
        return Read(_opened(event, said), given, key.sender_key, key.ed25519, bool(key.forwarding_chain))

    def _key(self, room: RoomId, ident: str, sender: str) -> InboundGroupSession | None:
        """The key of that session: the sender's own, where somebody else has given us one by the same name."""
        keys = {curve: kept[ident] for curve, kept in self._olm.inbound_group_store[room].items() if ident in kept}
        own = (key for curve, key in keys.items() if self._is_of(sender, curve))
        return next(own, next(iter(keys.values()), None))

    def _is_of(self, sender: str, curve25519: str) -> bool:
        if sender == self._olm.user_id and curve25519 == self._olm.account.identity_keys["curve25519"]:
            return True
        return self._devices.by_key(sender, curve25519) is not None

    def _must_be_new(self, place: tuple[RoomId, str, str, int], event_id: str) -> None:
        """A homeserver must not be able to show the same words a second time, as another event.

        Who repeats somebody else's as their own is somebody else, and takes nothing away from them.
        """
        known = self._seen.setdefault(place, event_id)
        if known != event_id:
            raise ValueError("said before")
        if len(self._seen) > _REPLAYS:
            self._seen.popitem(last=False)

    def unproven(self, read: Read) -> Unproven | None:
        """Why nobody can be sure that the sender said it; None if there is no doubt."""
        sender = word(read.event, "sender")
        device = self._devices.by_key(sender, read.curve25519)
        if device is None or device.ed25519 != read.ed25519 or read.is_forwarded:
            return Unproven(read.device_id or "?")
        return None if self._is_enough(device.is_signed) else Unproven(device.shown)


def _in_unicode(said: object) -> object:
    """The same with a question mark for each lone surrogate, which no homeserver and no database accepts."""
    return json.loads(json.dumps(said, ensure_ascii=False).encode(errors="replace"))


def _opened(event: Json, said: Json) -> Json:
    content = dict(part(said, "content"))
    # Homeservers need the relation outside of the encrypted part. If it is inside as well, nobody can have changed it.
    relation = part(part(event, "content"), "m.relates_to")
    if relation:
        content.setdefault("m.relates_to", relation)
    return {
        "type": word(said, "type"),
        "content": content,
        "event_id": event.get("event_id"),
        "sender": event.get("sender"),
        "origin_server_ts": event.get("origin_server_ts"),
    }
