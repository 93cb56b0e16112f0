"""The keys with which others begin to write to our device; the homeserver always has enough of them.

Client-server API v1.18, "One-time and fallback keys": each one-time key is given away once. When all are gone, the
fallback key is given to everybody, until it is replaced.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from nio import AsyncClient

from fedichat.adapters.matrix.encryption.signing import canonical
from fedichat.adapters.matrix.encryption.wire import call
from fedichat.adapters.matrix.events import Json, part
from fedichat.errors import Rejected

_KIND = "signed_curve25519"
_NEW_FALLBACK = timedelta(hours=1)
"""How long a used fallback key goes on standing: only the one before it still opens what was begun with it, so whoever
uses up key after key must not have it replaced each time."""


class OwnKeys:
    """What the homeserver has of our keys. New keys are generated only after the existing ones were uploaded."""

    def __init__(self, client: AsyncClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._fallback_since: datetime | None = None
        self._count: int | None = None
        self._has_fallback: bool | None = None

    def follow(self, sync: Json) -> None:
        """Take in what an answer to a sync says; what it leaves out does not exist."""
        counts = part(sync, "device_one_time_keys_count")
        count = counts.get(_KIND, 0)
        self._count = count if isinstance(count, int) else 0
        unused = sync.get("device_unused_fallback_key_types")
        if isinstance(unused, list):  # a homeserver before v1.2 knows no fallback keys
            self._has_fallback = _KIND in unused

    @property
    def _missing(self) -> int:
        wanted: int = self._client.olm.account.max_one_time_keys
        return wanted - (self._count or 0)

    @property
    def _lacks_fallback(self) -> bool:
        since = self._fallback_since
        return self._has_fallback is False and (since is None or self._now() - since >= _NEW_FALLBACK)

    async def upload(self) -> None:
        """Upload what is missing: at the start the device's own keys, too. Raises FarEndError and StopError."""
        client, account = self._client, self._client.olm.account
        is_new = not account.shared
        if not is_new and self._count is None:
            return  # the first sync says what there is
        is_without_fallback = is_new or self._lacks_fallback
        if not is_new and self._missing <= 0 and not is_without_fallback:
            return
        plain = account._account  # noqa: SLF001 - nio's wrapper leaves fallback keys out
        if self._missing > len(plain.one_time_keys):
            plain.generate_one_time_keys(self._missing - len(plain.one_time_keys))
        if is_without_fallback and not plain.fallback_key:
            plain.generate_fallback_key()
        # After a crash we must still have what was uploaded, or nobody can read what is encrypted with it.
        client.olm.save_account()
        body: dict[str, object] = {
            "one_time_keys": self._signed(account.one_time_keys["curve25519"]),
            "fallback_keys": self._signed(
                {ident: key.to_base64() for ident, key in plain.fallback_key.items()}, fallback=True
            ),
        }
        if is_new:
            body["device_keys"] = self.device_keys()
        try:
            answer = await call(client, "POST", "keys/upload", body, "uploading the keys of our device")
        except Rejected:
            if not is_new:
                # It has other keys by these names: it would refuse the same ones for ever, but not the next ones.
                account.mark_keys_as_published()
            raise
        account.shared = True
        account.mark_keys_as_published()
        client.olm.save_account()
        self._take(answer)
        if body["fallback_keys"]:
            self._has_fallback, self._fallback_since = True, self._now()

    def _take(self, answer: Json) -> None:
        count = part(answer, "one_time_key_counts").get(_KIND, 0)
        self._count = count if isinstance(count, int) else 0

    def device_keys(self) -> dict[str, object]:
        """The public keys of our device, signed by itself."""
        client = self._client
        identity = client.olm.account.identity_keys
        keys: dict[str, object] = {
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "device_id": client.device_id,
            "user_id": client.user_id,
            "keys": {f"{kind}:{client.device_id}": identity[kind] for kind in ("curve25519", "ed25519")},
        }
        return self._with_signature(keys)

    def _signed(self, keys: Mapping[str, str], **more: bool) -> dict[str, object]:
        return {f"{_KIND}:{ident}": self._with_signature({"key": key, **more}) for ident, key in keys.items()}

    def _with_signature(self, value: dict[str, object]) -> dict[str, object]:
        client = self._client
        signature = client.olm.account.sign(canonical(value).decode())
        return {**value, "signatures": {client.user_id: {f"ed25519:{client.device_id}": signature}}}
