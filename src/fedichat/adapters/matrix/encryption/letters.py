"""Letters from one device to another, encrypted with Olm; room keys travel in them.

The account, the sessions and their store are nio's. Its way of using them is not (0.26): it knows sessions by the
recipient's key alone, so that whoever announces somebody else's key as their own gets the letters lost; after a restart
it compares dates with times and raises; and what it cannot read raises through everything else.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import vodozemac
from nio.crypto import InboundSession, OutboundSession, Session
from nio.crypto.olm_machine import Olm
from nio.store import OlmSessions

from fedichat.adapters.matrix.encryption.devices import Device
from fedichat.adapters.matrix.encryption.key_book import KeyBook, SessionNote
from fedichat.adapters.matrix.encryption.signing import from_base64, is_signed_by, to_base64
from fedichat.adapters.matrix.events import Json, part, word

OLM = "m.olm.v1.curve25519-aes-sha2"
_SESSIONS = 10
"""How many sessions with one device are kept; other clients keep about as many."""
_ANEW = 3600.0
"""Seconds between two new sessions because the old one is broken (client-server API, "Recovering from undecryptable
messages")."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, and who wrote it: `curve25519` for sure; `ed25519` is what that device claims."""

    kind: str
    content: Json
    sender: str
    curve25519: str
    ed25519: str


class Letters:
    """The letters of our device, whose Olm account and store are nio's."""

    def __init__(self, olm: Olm, book: KeyBook, now: Callable[[], datetime]) -> None:
        self._olm = olm
        self._book = book
        self._now = now
        self._notes = book.sessions()

    @property
    def curve25519(self) -> str:
        """Our own key, to which letters go."""
        return str(self._olm.account.identity_keys["curve25519"])

    # --- writing ---

    def can_write_to(self, device: Device) -> bool:
        """Whether there is a session with that device."""
        return self._session(device) is not None

    def seal(self, device: Device, kind: str, content: Json) -> Json | None:
        """The content of an `m.room.encrypted` letter to that device; None where there is no session with it."""
        session = self._session(device)
        if session is None:
            return None
        olm = self._olm
        payload = {
            "sender": olm.user_id,
            "sender_device": olm.device_id,
            "keys": {"ed25519": olm.account.identity_keys["ed25519"]},
            "recipient": device.user,
            "recipient_keys": {"ed25519": device.ed25519},
            "type": kind,
            "content": content,
        }
        number, ciphertext = session.encrypt(json.dumps(payload)).to_parts()
        olm.store.save_session(device.curve25519, session)
        body = {"type": number, "body": to_base64(ciphertext)}
        return {"algorithm": OLM, "sender_key": self.curve25519, "ciphertext": {device.curve25519: body}}

    def begin(self, device: Device, given: Json) -> None:
        """Begin a session with the key that `/keys/claim` gave for a device.

        Raises ValueError where it is of no use; all of vodozemac's errors are that.
        """
        ((name, key),) = given.items()
        if not name.startswith("signed_curve25519:") or not isinstance(key, Mapping):
            raise ValueError("no signed key")
        if not is_signed_by(key, device.user, device.ed25519, device.id):
            raise ValueError("not signed by the device")
        session = OutboundSession(self._olm.account, device.curve25519, word(key, "key"))
        self._keep(device.user, device.curve25519, session)

    def may_begin_again(self, device: Device) -> bool:
        """Whether a broken session may be replaced already."""
        session = self._session(device)
        return session is None or self._now().timestamp() - self._notes[session.id].made_at >= _ANEW

    def _session(self, device: Device) -> Session | None:
        """The session with that device that was used last, or else begun last."""
        return max(self._with(device.user, device.curve25519), key=self._last_use, default=None)

    def _with(self, user: str, curve25519: str) -> list[Session]:
        known = ((session, self._notes.get(session.id)) for session in self._olm.session_store[curve25519])
        return [session for session, note in known if note is not None and note.user == user]

    def _last_use(self, session: Session) -> float:
        return self._notes[session.id].used_at

    def _keep(self, user: str, curve25519: str, session: Session) -> None:
        now = self._now().timestamp()
        self._note(session, SessionNote(user, now, now))
        self._olm.session_store[curve25519].append(session)
        self._olm.save_session(curve25519, session)
        for old in sorted(self._with(user, curve25519), key=self._last_use, reverse=True)[_SESSIONS:]:
            self._olm.session_store[curve25519].remove(old)
            del self._notes[old.id]
            self._book.drop_session(old.id)
            with self._olm.store.database.bind_ctx([OlmSessions]):
                OlmSessions.delete().where(OlmSessions.session_id == old.id).execute()

    def _note(self, session: Session, note: SessionNote) -> None:
        self._notes[session.id] = note
        self._book.note_session(session.id, note)

    # --- reading ---

    def open(self, event: Json) -> Letter | None:
        """What an `m.room.encrypted` letter says; None where it is none to us.

        Raises ValueError for what cannot be read, and perhaps anything else for what is no letter at all.
        """
        content, sender = part(event, "content"), word(event, "sender")
        own = part(part(content, "ciphertext"), self.curve25519)
        if word(content, "algorithm") != OLM or not own or not sender:
            return None
        writer = vodozemac.Curve25519PublicKey.from_base64(word(content, "sender_key")).to_base64()
        said = json.loads(self._decrypted(sender, writer, own.get("type"), word(own, "body")))
        mine = self._olm.account.identity_keys["ed25519"]
        if not isinstance(said, dict) or word(said, "sender") != sender:
            raise ValueError("in somebody else's name")
        if word(said, "recipient") != self._olm.user_id or word(part(said, "recipient_keys"), "ed25519") != mine:
            raise ValueError("to somebody else")
        claimed = word(part(said, "keys"), "ed25519")
        return Letter(word(said, "type"), part(said, "content"), sender, writer, claimed)

    def _decrypted(self, sender: str, writer: str, kind: object, body: str) -> str:
        known = self._with(sender, writer)
        if kind == 0:
            first = vodozemac.PreKeyMessage.from_base64(body)
            for session in known:
                if session.matches(first):
                    return self._read(session, writer, first)
            begun = InboundSession(self._olm.account, first, writer)
            text = str(begun.decrypt(first))
            self._olm.save_account()  # its one-time key is used up
            self._keep(sender, writer, begun)
            return text
        if kind == 1:
            message = vodozemac.AnyOlmMessage.normal(from_base64(body))
            for session in sorted(known, key=self._last_use, reverse=True):
                try:
                    return self._read(session, writer, message)
                except ValueError:  # of another session
                    continue
        raise ValueError("no session for it")

    def _read(self, session: Session, writer: str, message: object) -> str:
        text = str(session.decrypt(message))
        self._olm.save_session(writer, session)
        self._note(session, replace(self._notes[session.id], used_at=self._now().timestamp()))
        return text
