"""What is signed, and how keys are written (appendices "Signing JSON" and "Unpadded Base64")."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping

from vodozemac import Ed25519PublicKey, Ed25519Signature

from fedichat.adapters.matrix.events import Json, part, word


def to_base64(raw: bytes) -> str:
    """Bytes as text."""
    return b64encode(raw).decode().rstrip("=")


def from_base64(text: str) -> bytes:
    """Text as bytes, with padding or without. Raises ValueError."""
    return b64decode(text + "=" * (-len(text) % 4), validate=True)


def canonical(value: Mapping[str, object]) -> bytes:
    """Canonical JSON, which is what gets signed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def is_signed_by(signed: Json, user: str, key: str, ident: str | None = None) -> bool:
    """Whether that ed25519 key (named by itself, or by `ident`) has signed a JSON object."""
    signature = word(part(part(signed, "signatures"), user), f"ed25519:{ident or key}")
    bare = {name: value for name, value in signed.items() if name not in {"signatures", "unsigned"}}
    if not signature:
        return False
    try:
        Ed25519PublicKey.from_base64(key).verify_signature(canonical(bare), Ed25519Signature.from_base64(signature))
    except ValueError:  # all of vodozemac's errors are
        return False
    return True
