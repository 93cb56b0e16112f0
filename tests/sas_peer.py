"""A colleague's client that verifies us by emoji, written from the specification, beside our own code.

It shares nothing with `fedichat.adapters.matrix.encryption.verification` but vodozemac's key agreement: client-server
API, "Short Authentication String (SAS) verification", as the one who starts.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import vodozemac

Content = dict[str, Any]
KIND = "m.key.verification."


@dataclass
class Peer:
    """`keys` are ours as the homeserver shows them; `macs` and `shown` what this client can do."""

    user: str
    device: str
    signing: str
    master: str
    other_user: str
    other_device: str
    other_keys: Mapping[str, str]
    transaction: str
    in_room: bool = False
    macs: tuple[str, ...] = ("hkdf-hmac-sha256.v2", "hkdf-hmac-sha256")
    methods: tuple[str, ...] = ("emoji", "decimal")
    emoji: tuple[int, ...] = ()
    decimals: tuple[int, ...] = ()
    sas: Any = field(default_factory=vodozemac.Sas)
    started: Content = field(default_factory=dict)
    accepted: Content = field(default_factory=dict)

    def about(self, content: Content) -> Content:
        if self.in_room:
            return {**content, "m.relates_to": {"rel_type": "m.reference", "event_id": self.transaction}}
        return {**content, "transaction_id": self.transaction}

    def start(self) -> tuple[str, Content]:
        self.started = self.about(
            {
                "from_device": self.device,
                "method": "m.sas.v1",
                "key_agreement_protocols": ["curve25519-hkdf-sha256"],
                "hashes": ["sha256"],
                "message_authentication_codes": list(self.macs),
                "short_authentication_string": list(self.methods),
            }
        )
        return f"{KIND}start", self.started

    def on_accept(self, content: Content) -> tuple[str, Content]:
        self.accepted = content
        assert content["key_agreement_protocol"] == "curve25519-hkdf-sha256"
        assert content["hash"] == "sha256"
        assert content["message_authentication_code"] in self.macs
        assert set(content["short_authentication_string"]) <= set(self.methods)
        return f"{KIND}key", self.about({"key": self.sas.public_key.to_base64()})

    def on_key(self, content: Content) -> None:
        canonical = json.dumps(self.started, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        digest = sha256(content["key"].encode() + canonical).digest()
        assert b64encode(digest).decode().rstrip("=") == self.accepted["commitment"]
        mine = self.sas.public_key.to_base64()
        self.secret = self.sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(content["key"]))
        shown = self.secret.bytes(
            f"MATRIX_KEY_VERIFICATION_SAS|{self.user}|{self.device}|{mine}"
            f"|{self.other_user}|{self.other_device}|{content['key']}|{self.transaction}"
        )
        self.emoji, self.decimals = tuple(shown.emoji_indices), tuple(shown.decimals)

    def mac(self, keys: Mapping[str, str] | None = None) -> tuple[str, Content]:
        info = f"{self.user}{self.device}{self.other_user}{self.other_device}{self.transaction}"
        keys = keys or {f"ed25519:{self.device}": self.signing} | (
            {f"ed25519:{self.master}": self.master} if self.master else {}
        )
        macs = {name: self._mac(key, f"{info}{name}") for name, key in keys.items()}
        return f"{KIND}mac", self.about({"mac": macs, "keys": self._mac(",".join(sorted(keys)), f"{info}KEY_IDS")})

    def verified_by(self, content: Content) -> set[str]:
        """The key ids that the other side's MAC proves; fails where one is not as the homeserver shows it."""
        info = f"{self.other_user}{self.other_device}{self.user}{self.device}{self.transaction}"
        assert content["keys"] == self._mac(",".join(sorted(content["mac"])), f"{info}KEY_IDS")
        for name, mac in content["mac"].items():
            assert mac == self._mac(self.other_keys[name], f"{info}{name}")
        return set(content["mac"])

    def done(self) -> tuple[str, Content]:
        return f"{KIND}done", self.about({})

    def _mac(self, text: str, info: str) -> str:
        info = f"MATRIX_KEY_VERIFICATION_MAC{info}"
        if self.accepted["message_authentication_code"].endswith(".v2"):
            return str(self.secret.calculate_mac(text, info))
        return str(self.secret.calculate_mac_invalid_base64(text, info))
