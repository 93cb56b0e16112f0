"""A device without a client: keys, as odd as one likes, and what is sent to it. Cheap enough to have hundreds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import aiohttp
import vodozemac

from fedichat.adapters.matrix.encryption.cross_signing import Identity
from fedichat.adapters.matrix.encryption.signing import canonical
from fedichat.adapters.matrix.events import Json, part, word
from tests.office import PASSWORD

OLM, MEGOLM = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"
NO_ROOMS = json.dumps({"room": {"rooms": []}, "presence": {"not_types": ["*"]}, "account_data": {"not_types": ["*"]}})


@dataclass
class RawDevice:
    """One that is logged in, over a session whose base is the homeserver."""

    session: aiohttp.ClientSession
    user_id: str
    device_id: str
    token: str
    account: vodozemac.Account = field(default_factory=vodozemac.Account)

    @classmethod
    async def login(cls, session: aiohttp.ClientSession, name: str, device_id: str | None = None) -> Self:
        """A new device of that user, whose keys nobody has yet."""
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": PASSWORD,
            "device_id": device_id,
        }
        async with session.post("/_matrix/client/v3/login", json=body) as answer:
            said = await answer.json()
        return cls(session, said["user_id"], said["device_id"], said["access_token"])

    def keys(self, owner: Identity, **instead: str) -> dict[str, object]:
        """Its keys (`curve25519` and `ed25519`: others), signed by itself and by its owner."""
        keys = {"curve25519": self.account.curve25519_key.to_base64(), "ed25519": self.account.ed25519_key.to_base64()}
        given = {f"{kind}:{self.device_id}": key for kind, key in (keys | instead).items()}
        whole: dict[str, object] = {
            "algorithms": [OLM, MEGOLM],
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": given,
        }
        signed = self._signed(whole)
        by_owner = {f"ed25519:{owner.self_signing.public}": owner.self_signing.signature(whole)}
        return {**whole, "signatures": {self.user_id: {**part(part(signed, "signatures"), self.user_id), **by_owner}}}

    def one_time_keys(self, **instead: str) -> dict[str, object]:
        """A few of them (`key`: another), signed: for each who speaks first."""
        self.account.generate_one_time_keys(3)
        made = {ident: {"key": key.to_base64(), **instead} for ident, key in self.account.one_time_keys.items()}
        self.account.mark_keys_as_published()
        return {f"signed_curve25519:{ident}": self._signed(key) for ident, key in made.items()}

    def _signed(self, value: Mapping[str, object]) -> dict[str, object]:
        signature = self.account.sign(canonical(value)).to_base64()
        return {**value, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

    async def upload(self, keys: Json, one_time_keys: Json) -> None:
        """Give these to the homeserver, whatever they are."""
        body = {"device_keys": keys, "one_time_keys": one_time_keys}
        async with self.session.post("/_matrix/client/v3/keys/upload", json=body, headers=self._headers) as answer:
            assert answer.status == 200, await answer.text()

    async def room_keys(self, sender: str) -> set[str]:
        """The ids of the sessions whose keys that user has sent to it, in a first letter."""
        query = {"filter": NO_ROOMS, "timeout": "0"}
        async with self.session.get("/_matrix/client/v3/sync", params=query, headers=self._headers) as answer:
            said: Json = await answer.json()
        found = set()
        events = part(said, "to_device").get("events")
        for event in events if isinstance(events, list) else ():
            if event["type"] == "m.room.encrypted" and event["sender"] == sender:
                found.add(word(part(self._opened(event["content"]), "content"), "session_id"))
        return found

    def _opened(self, content: Json) -> Json:
        sealed = part(part(content, "ciphertext"), self.account.curve25519_key.to_base64())
        first = vodozemac.PreKeyMessage.from_base64(word(sealed, "body"))
        sender = vodozemac.Curve25519PublicKey.from_base64(word(content, "sender_key"))
        _, plaintext = self.account.create_inbound_session(sender, first)
        said: Json = json.loads(plaintext)
        return said

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
