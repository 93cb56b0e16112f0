"""Which devices belong to whom, and which of them their owners have signed: what the homeserver says, checked.

Client-server API v1.18: "Device keys", "Cross-signing", "Signing JSON". Nothing of what one device says can keep
others from being known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vodozemac import Curve25519PublicKey, Ed25519PublicKey

from fedichat.adapters.matrix.encryption.harm import contained
from fedichat.adapters.matrix.encryption.signing import is_signed_by
from fedichat.adapters.matrix.events import Json, part, word

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Device:
    """One device of one user; the keys are unpadded base64.

    `is_signed`: its owner has signed it, as their cross-signing keys at the homeserver say.
    """

    user: str
    id: str
    ed25519: str
    curve25519: str
    name: str = ""
    is_signed: bool = False

    @property
    def shown(self) -> str:
        """How people find it in their settings: its name and its id."""
        return f"{self.name} ({self.id})" if self.name else self.id


class Devices:
    """The devices of everybody in our encrypted rooms, as the homeserver said last."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Device]] = {}
        self._unfit: dict[str, tuple[str, ...]] = {}

    def __contains__(self, user: str) -> bool:
        return user in self._known

    def of(self, user: str) -> tuple[Device, ...]:
        """All devices of a user whose keys can be used."""
        return tuple(self._known.get(user, {}).values())

    def unfit(self, user: str) -> tuple[str, ...]:
        """The ids of devices of a user whose keys cannot be used."""
        return self._unfit.get(user, ())

    def by_key(self, user: str, curve25519: str) -> Device | None:
        """The user's device with that key."""
        return next((device for device in self.of(user) if device.curve25519 == curve25519), None)

    def take(self, user: str, answer: Json) -> bool:
        """Take in what an answer to `/keys/query` says about a user. Returns whether their devices have changed."""
        before = self._known.get(user, {})
        owner = _owner(user, answer)
        fit: dict[str, Device] = {}
        given = part(part(answer, "device_keys"), user)
        for ident, keys in given.items():
            with contained("device-keys", user):
                device = _device(user, ident, keys if isinstance(keys, Mapping) else {}, owner)
                known = before.get(ident)
                if known is not None and known.ed25519 != device.ed25519 and not device.is_signed:
                    # The same device id with other keys is somebody else, unless its owner has signed it.
                    raise ValueError("the identity of the device has changed")
                fit[ident] = device
        self._known[user] = fit
        self._unfit[user] = tuple(ident for ident in given if ident not in fit)
        return fit != before


def identity_of(user: str, answer: Json) -> str:
    """The public master key in an answer to `/keys/query`; empty if the user has none, or it makes no sense."""
    if user not in part(answer, "master_keys"):
        return ""
    with contained("master-key", user):
        return _only_key(part(part(answer, "master_keys"), user), user)
    return ""


def _owner(user: str, answer: Json) -> str:
    """The key with which the user signs devices; empty where there is none that their master key vouches for."""
    if user not in part(answer, "master_keys"):
        return ""
    with contained("cross-signing-keys", user):
        master = _only_key(part(part(answer, "master_keys"), user), user)
        signing = part(part(answer, "self_signing_keys"), user)
        key = _only_key(signing, user)
        if is_signed_by(signing, user, master):
            return key
    return ""


def _only_key(keys: Json, user: str) -> str:
    (key,) = part(keys, "keys").values()
    if word(keys, "user_id") != user or not isinstance(key, str):
        raise ValueError("keys of somebody else")
    return Ed25519PublicKey.from_base64(key).to_base64()


def _device(user: str, ident: str, keys: Json, owner: str) -> Device:
    if (word(keys, "user_id"), word(keys, "device_id")) != (user, ident):
        raise ValueError("keys of another device")
    given = part(keys, "keys")
    ed25519 = Ed25519PublicKey.from_base64(word(given, f"ed25519:{ident}")).to_base64()
    curve25519 = Curve25519PublicKey.from_base64(word(given, f"curve25519:{ident}")).to_base64()
    if not is_signed_by(keys, user, ed25519, ident):
        raise ValueError("not signed by the device itself")
    name = "".join(sign for sign in word(part(keys, "unsigned"), "device_display_name") if sign.isprintable())
    is_signed = bool(owner) and is_signed_by(keys, user, owner)
    return Device(user, ident, ed25519, curve25519, name.strip()[:_LONGEST_NAME], is_signed)
