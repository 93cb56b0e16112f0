"""Cross-signing, which nio lacks: without it people's clients distrust our device, and since 2026 refuse it.

Three ed25519 keys: the master key signs the self-signing and the user-signing key, the self-signing key signs
our device (client-server API, "Cross-signing" and "Signing JSON"). The private seeds are kept in
`cross_signing.json` in the store folder, mode 0600. Everything here can be repeated: what the server has
already is left alone.
"""

import json
import logging
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from aiohttp import ClientResponse
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from nio import AsyncClient

from fedichat.adapters.matrix.encryption.signing import canonical, is_signed_by, to_base64
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.errors import network
from fedichat.adapters.matrix.events import part, word
from fedichat.adapters.matrix.login import write_private
from fedichat.errors import Rejected, StartError, TryLater

log = logging.getLogger(__name__)

JsonObject: TypeAlias = dict[str, object]
_IDENTITY = "/_matrix/client/v3/keys/device_signing/upload"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One ed25519 key pair, made from its 32 byte seed."""

    seed: bytes

    @property
    def public(self) -> str:
        """The public key in unpadded base64, as Matrix writes it."""
        return to_base64(self._key().public_key().export_key(format="raw"))

    def signature(self, value: Mapping[str, object]) -> str:
        """The signature of a JSON object without its `signatures` and `unsigned`."""
        bare = {key: part for key, part in value.items() if key not in {"signatures", "unsigned"}}
        return to_base64(eddsa.new(self._key(), "rfc8032").sign(canonical(bare)))

    def _key(self) -> ECC.EccKey:
        return eddsa.import_private_key(self.seed)


@dataclass(frozen=True, slots=True)
class Identity:
    """The three private keys of one user."""

    master: SigningKey
    self_signing: SigningKey
    user_signing: SigningKey


async def check_own_keys(client: AsyncClient) -> None:
    """Raise StartError when the server has other keys for our device than the store: nobody could read us."""
    published, _ = await published_device(client, None)
    if published and published != client.olm.account.identity_keys["ed25519"]:
        raise StartError(
            f"The keys of the device {client.device_id} are not in this store folder. Configure a new access_token "
            "with its device_id, or the password, to go on as a new device."
        )


async def published_device(client: AsyncClient, store: Path | None) -> tuple[str, bool]:
    """The fingerprint of our device that everybody gets, and whether it is signed with the keys in that store.

    The fingerprint is empty while there is none. Raises TryLater and Rejected.
    """
    known = await _query(client)
    device = part(part(part(known, "device_keys"), client.user_id), client.device_id)
    fingerprint = word(part(device, "keys"), f"ed25519:{client.device_id}")
    identity = kept(store) if store is not None else None
    if identity is None or _public(part(part(known, "master_keys"), client.user_id)) != identity.master.public:
        return fingerprint, False
    return fingerprint, is_signed_by(device, client.user_id, identity.self_signing.public)


async def sign_device(client: AsyncClient, store: Path, password: str | None) -> bool:
    """Let the server have a device that our user has signed; True when it has.

    Raises TryLater and Rejected. `password` is sent only where the server asks for it (user-interactive
    stage).
    """
    identity = kept(store) or _create(store)
    known = await _query(client)
    mine = _public(part(part(known, "master_keys"), client.user_id))
    if mine != identity.master.public:
        if mine:
            log.warning("cross-signing-replaced user=%s the keys that the server has are not ours", client.user_id)
        if not await _upload_identity(client, identity, password):
            return False
        known = await _query(client)
    await _upload_signatures(client, identity, known)
    return True


def kept(store: Path) -> Identity | None:
    """Our keys in the store folder; None if there are none that can be read."""
    try:
        seeds_kept = json.loads(_file(store).read_text())
        seeds = [b64decode(seeds_kept[name], validate=True) for name in ("master", "self_signing", "user_signing")]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("cross-signing-unreadable file=%s reason=%s", _file(store), error)
        return None
    return Identity(*(SigningKey(seed) for seed in seeds)) if all(len(seed) == 32 for seed in seeds) else None


def _create(store: Path) -> Identity:
    identity = Identity(*(SigningKey(secrets.token_bytes(32)) for _ in range(3)))
    seeds = {
        "master": identity.master,
        "self_signing": identity.self_signing,
        "user_signing": identity.user_signing,
    }
    # Saved before the server gets them: lost keys could not be replaced without the password.
    write_private(_file(store), json.dumps({name: b64encode(key.seed).decode() for name, key in seeds.items()}))
    return identity


def _file(store: Path) -> Path:
    return store / "cross_signing.json"


async def _upload_identity(client: AsyncClient, identity: Identity, password: str | None) -> bool:
    keys = _public_keys(client.user_id, identity)
    status, answer = await _call(client, _IDENTITY, keys)
    if status == 401 and password is not None and "session" in answer:
        auth = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": client.user_id},
            "password": password,
            "session": answer["session"],
        }
        status, answer = await _call(client, _IDENTITY, {**keys, "auth": auth})
    if status == 401:
        log.warning(
            "cross-signing-refused user=%s the server wants a confirmation that we cannot give: "
            "start once with the password",
            client.user_id,
        )
        return False
    _succeeded(status, answer, "uploading the cross-signing keys")
    log.info("cross-signing-uploaded user=%s", client.user_id)
    return True


def _public_keys(user: str, identity: Identity) -> JsonObject:
    master = _public_key(user, "master", identity.master)
    below = {
        f"{usage}_key": _signed(_public_key(user, usage, key), user, identity.master)
        for usage, key in (("self_signing", identity.self_signing), ("user_signing", identity.user_signing))
    }
    return {"master_key": master, **below}


def _public_key(user: str, usage: str, key: SigningKey) -> JsonObject:
    return {"user_id": user, "usage": [usage], "keys": {f"ed25519:{key.public}": key.public}}


def _signed(value: JsonObject, user: str, key: SigningKey) -> JsonObject:
    return {**value, "signatures": {user: {f"ed25519:{key.public}": key.signature(value)}}}


async def _upload_signatures(client: AsyncClient, identity: Identity, known: Mapping[str, object]) -> None:
    user, device = client.user_id, client.device_id
    keys = part(part(part(known, "device_keys"), user), device)
    if not keys:
        raise TryLater(f"the homeserver does not know the keys of our device {device} yet")
    if f"ed25519:{identity.self_signing.public}" in part(part(keys, "signatures"), user):
        return
    bare = {name: value for name, value in keys.items() if name not in {"signatures", "unsigned"}}
    master = _public_key(user, "master", identity.master)
    by_device = {user: {f"ed25519:{device}": client.olm.account.sign(canonical(master).decode())}}
    body: JsonObject = {
        user: {
            device: _signed(bare, user, identity.self_signing),
            identity.master.public: {**master, "signatures": by_device},
        }
    }
    answer = await call(client, "POST", "keys/signatures/upload", body, "uploading the signature of our device")
    failures = part(part(answer, "failures"), user)
    if device in failures:
        raise Rejected(f"the homeserver refused the signature of our device: {word(part(failures, device), 'error')}")
    log.info("cross-signing-device-signed user=%s device=%s", user, device)


async def _query(client: AsyncClient) -> Mapping[str, object]:
    return await call(client, "POST", "keys/query", {"device_keys": {client.user_id: []}}, "asking for our own keys")


async def _call(client: AsyncClient, path: str, body: Mapping[str, object]) -> tuple[int, JsonObject]:
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    with network("cross-signing"):
        response: ClientResponse = await client.send("POST", path, json.dumps(body), headers)
        answer = await client.parse_body(response)
    return response.status, answer if isinstance(answer, dict) else {}


def _succeeded(status: int, answer: Mapping[str, object], what: str) -> None:
    if status == 200:
        return
    said = f"{what}: the homeserver says {status} {word(answer, 'errcode')} {word(answer, 'error')}".rstrip()
    raise Rejected(said, status) if 400 <= status < 500 and status != 429 else TryLater(said)


def _public(key: Mapping[str, object]) -> str:
    return next((value for value in part(key, "keys").values() if isinstance(value, str)), "")
