"""The state of our own device, found out without using its keys, so also while fedichat is running."""

from dataclasses import dataclass
from pathlib import Path

from nio import AsyncClient

from fedichat.adapters.matrix.encryption import cross_signing, key_store
from fedichat.adapters.matrix.login import keys_file, store_errors
from fedichat.ports import StepBook


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """`fingerprint` is that of the keys in the store, `published` the one that everybody gets; empty if there is none.

    `was_put_back`: the keys in the store have been further once. `is_signed`: with our own cross-signing keys.
    """

    id: str
    fingerprint: str
    published: str
    is_signed: bool
    was_put_back: bool


async def own_device(client: AsyncClient, store: Path, book: StepBook | None) -> OwnDevice:
    """See `Matrix.own_device`."""
    device = str(client.device_id)
    with store_errors(store):
        keys = key_store.look(keys_file(store, client.user_id, device))
    published, is_signed = await cross_signing.published_device(client, store)
    was_put_back = keys is not None and await key_store.was_put_back(client, device, keys, book)
    return OwnDevice(device, keys.fingerprint if keys else "", published, is_signed, was_put_back)
