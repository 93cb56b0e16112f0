"""Verifying each other by emoji (SAS), as whoever is asked: a state machine, without network and clock.

The rules are those of the client-server API: "Key verification framework" and "Short Authentication String (SAS)
verification". nio's own `Sas` is not used: it knows neither requests nor rooms, and matrix-nio 0.26 shows other emoji
than everybody else (it reads their numbers as bits) and writes the commitment in hexadecimal.

The other side asks (request), we say `ready`, they `start`, we `accept`, each sends a key, both people compare what is
shown, each side sends a `mac` over its keys, and both are `done`. We never start.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from typing import Final

import vodozemac

from fedichat.adapters.matrix.encryption.signing import canonical, to_base64
from fedichat.adapters.matrix.events import VERIFICATION_REQUEST, Json, part, word
from fedichat.ports import EventId, RoomId, UserId

PREFIX: Final = "m.key.verification."
REQUEST: Final = VERIFICATION_REQUEST
"""A type to a device, the `msgtype` of a message in a room."""
READY: Final = f"{PREFIX}ready"
START: Final = f"{PREFIX}start"
ACCEPT: Final = f"{PREFIX}accept"
KEY: Final = f"{PREFIX}key"
MAC: Final = f"{PREFIX}mac"
DONE: Final = f"{PREFIX}done"
CANCEL: Final = f"{PREFIX}cancel"

ASKED_FOR: Final = timedelta(minutes=10)
"""How long a request counts from its own moment on (the specification's number)."""
AHEAD: Final = timedelta(minutes=5)
"""How far in the future a request may claim to be from (the specification's number)."""
COMPARING: Final = timedelta(minutes=5)
"""How long two people have from the start on; other clients give the same."""
LAST_WORD: Final = timedelta(seconds=30)
"""How long we wait to hear that the other side is done as well, when nothing is left to do."""

_METHOD = "m.sas.v1"
_AGREEMENT = "curve25519-hkdf-sha256"
_HASH = "sha256"
_SHOWN = ("decimal", "emoji")
_MACS = ("hkdf-hmac-sha256.v2", "hkdf-hmac-sha256")
"""The second one is of clients before 2023, and has a fault of libolm's base64 in it."""
_KINDS = frozenset({REQUEST, READY, START, ACCEPT, KEY, MAC, DONE, CANCEL})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ID = 255
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Keys:
    """The public ed25519 keys of one side: of the device, and of the user where there is one. Unpadded base64."""

    user: UserId
    device: str
    signing: str
    master: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish to verify us. `room` is None where it went to our device; `transaction` is an event then."""

    transaction: str
    sender: UserId
    device: str
    methods: Sequence[str]
    asked_at: datetime
    room: RoomId | None = None

    def is_timely(self, now: datetime) -> bool:
        """Whether it is to be answered at all: older ones are silently left alone."""
        return -AHEAD <= now - self.asked_at < ASKED_FOR

    def about(self, content: Json) -> dict[str, object]:
        """A content of ours, as part of this transaction."""
        if self.room is None:
            return {**content, "transaction_id": self.transaction}
        return {**content, "m.relates_to": {"rel_type": "m.reference", "event_id": self.transaction}}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something to send: to the other's device, or into the room of the request."""

    kind: str
    content: Json


@dataclass(frozen=True, slots=True)
class Shown:
    """What both people compare: the numbers of seven emoji, or three numbers if their client knows no emoji."""

    emoji: tuple[int, ...]
    decimals: tuple[int, ...]


class Outcome(Enum):
    """How a verification ended."""

    DONE = auto()
    """Both people said that it matches, and the keys on both sides are those that the homeserver shows."""
    UNCONFIRMED = auto()
    """All is done on our side; the other side did not say what it made of it."""
    MISMATCH = auto()
    """Our side said that the emoji are not the same, or theirs did."""
    WRONG_KEYS = auto()
    """The other side has other keys than the homeserver shows for it."""
    CANCELLED = auto()
    """The other side cancelled."""
    REFUSED = auto()
    """We cancelled."""
    TIMEOUT = auto()
    NOT_UNDERSTOOD = auto()
    """The other side sent what makes no sense, or speaks another protocol."""


class _Step(Enum):
    ASKED = auto()
    READY = auto()
    ACCEPTED = auto()
    COMPARING = auto()
    SAID = auto()
    """Our person has confirmed; the other one has not yet."""
    WAITING_FOR_DONE = auto()
    ENDED = auto()


class _Broken(Exception):
    """What the other side sent ends the transaction: with which code and reason, and what that means."""

    def __init__(self, code: str, reason: str, outcome: Outcome = Outcome.NOT_UNDERSTOOD) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.outcome = outcome


def request_to_device(sender: UserId, content: Json) -> Request | None:
    """The request in a to-device event; None where it makes no sense."""
    asked_at = _moment(content.get("timestamp"))
    return _request(word(content, "transaction_id"), sender, content, asked_at, None)


def request_in_room(event: Json, room: RoomId, me: UserId) -> Request | None:
    """The request in a room's message; None where it is none, is meant for somebody else, or makes no sense."""
    content = part(event, "content")
    if word(event, "type") != "m.room.message" or word(content, "msgtype") != REQUEST or word(content, "to") != me:
        return None
    sender = UserId(word(event, "sender"))
    return _request(word(event, "event_id"), sender, content, _moment(event.get("origin_server_ts")), room)


def transaction_of(content: Json, room: RoomId | None) -> str:
    """The transaction that an event belongs to; empty where it says none."""
    if room is None:
        return word(content, "transaction_id")
    relates = part(content, "m.relates_to")
    return EventId(word(relates, "event_id")) if word(relates, "rel_type") == "m.reference" else ""


def cancelled(request: Request, code: str, reason: str) -> Outgoing:
    """Cancels a transaction, with one of the specification's codes and a sentence for the other person."""
    return Outgoing(CANCEL, request.about({"code": code, "reason": reason}))


class Verification:
    """One transaction. Whatever is taken gives back what is to be sent; nothing that is taken raises.

    `outcome` is None while it goes on. A repeat of what was taken already changes nothing; anything else that is not
    in order, or wrong, ends it.
    """

    def __init__(self, request: Request, ours: Keys, theirs: Keys) -> None:
        self.request = request
        self.shown: Shown | None = None
        self.outcome: Outcome | None = None
        self.reason = ""
        """What the other side said when it cancelled, shortened; written by a stranger."""
        self._ours = ours
        self._theirs = theirs
        self._step = _Step.ASKED
        self._until = request.asked_at + ASKED_FOR
        self._taken: dict[str, Json] = {}
        self._sas = vodozemac.Sas()
        self._secret: vodozemac.EstablishedSas
        self._public = self._sas.public_key.to_base64()
        self._mac = _MACS[0]
        self._is_mac_right = False

    @property
    def until(self) -> datetime:
        """When it ends by itself, unless something happens."""
        return self._until

    def answer(self) -> list[Outgoing]:
        """Say that we are ready."""
        if _METHOD not in self.request.methods:
            return self._broken(_Broken("m.unknown_method", "fedichat verifies by emoji only"))
        self._step = _Step.READY
        return [self._out(READY, {"from_device": self._ours.device, "methods": [_METHOD]})]

    def take(self, kind: str, content: Json, now: datetime) -> list[Outgoing]:
        """An event of the other side. Never raises."""
        if self._step is _Step.ENDED or kind not in _KINDS:
            return []
        if kind == CANCEL:
            return self._cancelled(content)
        try:
            return self._taken_in(kind, content, now)
        except _Broken as broken:
            return self._broken(broken)
        except (ValueError, RecursionError):
            # vodozemac's errors are ValueErrors (0.10), as those of text that is no Unicode. Some JSON is too deep.
            return self._broken(_Broken("m.invalid_message", "this message makes no sense"))

    def _taken_in(self, kind: str, content: Json, now: datetime) -> list[Outgoing]:
        if self._taken.get(kind) == content:
            return []
        takes = {
            (START, _Step.READY): self._started,
            (KEY, _Step.ACCEPTED): self._keyed,
            (MAC, _Step.COMPARING): self._checked,
            (MAC, _Step.SAID): self._checked,
            (DONE, _Step.WAITING_FOR_DONE): self._finished,
        }.get((kind, self._step))
        if takes is None or kind in self._taken:
            raise _Broken("m.unexpected_message", "this message is not expected now")
        self._taken[kind] = content
        return takes(content, now)

    def confirm(self, now: datetime) -> list[Outgoing]:
        """Our person says that it matches. Does nothing if there is nothing to compare (any more)."""
        if self._step is not _Step.COMPARING:
            return []
        self._step = _Step.SAID
        mac = self._out(MAC, self._macs())
        return [mac, *self._done(now)] if self._is_mac_right else [mac]

    def deny(self) -> list[Outgoing]:
        """Our person says that it does not match."""
        return self._end("m.mismatched_sas", "the emoji are not the same", Outcome.MISMATCH)

    def refuse(self, reason: str) -> list[Outgoing]:
        """We do not go on."""
        return self._end("m.user", reason, Outcome.REFUSED)

    def look_at(self, now: datetime) -> list[Outgoing]:
        """End it when its time is over."""
        if self._step is _Step.ENDED or now < self._until:
            return []
        if self._step is _Step.WAITING_FOR_DONE:
            self._settle(Outcome.UNCONFIRMED)
            return []
        return self._end("m.timeout", "it took too long", Outcome.TIMEOUT)

    # --- what the other side does ---

    def _started(self, content: Json, now: datetime) -> list[Outgoing]:
        if word(content, "from_device") != self._theirs.device:
            raise _Broken("m.unexpected_message", "another device has asked")
        macs = [name for name in _MACS if name in _words(content, "message_authentication_codes")]
        shown = [name for name in _SHOWN if name in _words(content, "short_authentication_string")]
        offers = (
            word(content, "method") == _METHOD,
            _AGREEMENT in _words(content, "key_agreement_protocols"),
            _HASH in _words(content, "hashes"),
            macs,
            shown,
        )
        if not all(offers):
            raise _Broken("m.unknown_method", "fedichat does not speak this kind of verification")
        self._mac = macs[0]
        # The very content that they sent: in a room, with its relation.
        commitment = sha256(self._public.encode() + canonical(content)).digest()
        self._step, self._until = _Step.ACCEPTED, now + COMPARING
        accept = {
            "commitment": to_base64(commitment),
            "hash": _HASH,
            "key_agreement_protocol": _AGREEMENT,
            "message_authentication_code": self._mac,
            "short_authentication_string": shown,
        }
        return [self._out(ACCEPT, accept)]

    def _keyed(self, content: Json, _now: datetime) -> list[Outgoing]:
        public = vodozemac.Curve25519PublicKey.from_base64(word(content, "key"))
        self._secret = self._sas.diffie_hellman(public)
        # As they wrote it: that is what both sides put in.
        theirs = f"{self._theirs.user}|{self._theirs.device}|{word(content, 'key')}"
        ours = f"{self._ours.user}|{self._ours.device}|{self._public}"
        shown = self._secret.bytes(f"MATRIX_KEY_VERIFICATION_SAS|{theirs}|{ours}|{self.request.transaction}")
        has_emoji = "emoji" in _words(self._taken[START], "short_authentication_string")
        self.shown = Shown(tuple(shown.emoji_indices) if has_emoji else (), tuple(shown.decimals))
        self._step = _Step.COMPARING
        return [self._out(KEY, {"key": self._public})]

    def _checked(self, content: Json, now: datetime) -> list[Outgoing]:
        macs = part(content, "mac")
        wrong = _Broken("m.key_mismatch", "the keys are not those that the homeserver shows", Outcome.WRONG_KEYS)
        own = {f"ed25519:{self._theirs.master}": self._theirs.master} if self._theirs.master else {}
        # The device comes last: whoever gives a device the name of a key does not put it in that key's place.
        known = own | {f"ed25519:{self._theirs.device}": self._theirs.signing}
        if f"ed25519:{self._theirs.device}" not in macs or not macs.keys() <= known.keys():
            raise wrong
        expected = {name: self._mac_of(known[name], self._theirs, self._ours, name) for name in macs}
        names = ",".join(sorted(macs))
        all_right = [hmac.compare_digest(_unpadded(macs, name), mac.encode()) for name, mac in expected.items()]
        whole = self._mac_of(names, self._theirs, self._ours, "KEY_IDS")
        if not all(all_right) or not hmac.compare_digest(_unpadded(content, "keys"), whole.encode()):
            raise wrong
        self._is_mac_right = True
        return self._done(now) if self._step is _Step.SAID else []

    def _finished(self, _content: Json, _now: datetime) -> list[Outgoing]:
        self._settle(Outcome.DONE)
        return []

    def _cancelled(self, content: Json) -> list[Outgoing]:
        code = word(content, "code")
        meant = {"m.mismatched_sas": Outcome.MISMATCH, "m.timeout": Outcome.TIMEOUT}
        self.reason = word(content, "reason")[:_LONGEST_REASON]
        self._settle(meant.get(code, Outcome.CANCELLED))
        return []

    # --- what we do ---

    def _done(self, now: datetime) -> list[Outgoing]:
        self._step, self._until = _Step.WAITING_FOR_DONE, now + LAST_WORD
        return [self._out(DONE, {})]

    def _macs(self) -> dict[str, object]:
        keys = {f"ed25519:{key}": key for key in (self._ours.master,) if key}
        keys |= {f"ed25519:{self._ours.device}": self._ours.signing}
        macs = {name: self._mac_of(key, self._ours, self._theirs, name) for name, key in keys.items()}
        return {"mac": macs, "keys": self._mac_of(",".join(sorted(keys)), self._ours, self._theirs, "KEY_IDS")}

    def _mac_of(self, text: str, sender: Keys, receiver: Keys, name: str) -> str:
        between = f"{sender.user}{sender.device}{receiver.user}{receiver.device}{self.request.transaction}"
        info = f"MATRIX_KEY_VERIFICATION_MAC{between}{name}"
        if self._mac == _MACS[0]:
            return str(self._secret.calculate_mac(text, info))
        return str(self._secret.calculate_mac_invalid_base64(text, info))

    def _out(self, kind: str, content: Json) -> Outgoing:
        return Outgoing(kind, self.request.about(content))

    def _broken(self, broken: _Broken) -> list[Outgoing]:
        return self._end(broken.code, broken.reason, broken.outcome)

    def _end(self, code: str, reason: str, outcome: Outcome) -> list[Outgoing]:
        if self._step is _Step.ENDED:
            return []
        self._settle(outcome)
        return [cancelled(self.request, code, reason)]

    def _settle(self, outcome: Outcome) -> None:
        self._step, self.outcome = _Step.ENDED, outcome


def _request(
    transaction: str, sender: UserId, content: Json, asked_at: datetime | None, room: RoomId | None
) -> Request | None:
    device = word(content, "from_device")
    if not 0 < len(transaction) <= _LONGEST_ID or not 0 < len(device) <= _LONGEST_ID or not sender or not asked_at:
        return None
    return Request(transaction, sender, device, _words(content, "methods"), asked_at, room)


def _words(json: Json, key: str) -> tuple[str, ...]:
    value = json.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _unpadded(json: Json, key: str) -> bytes:
    return word(json, key).rstrip("=").encode()


def _moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
