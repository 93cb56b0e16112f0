"""The bot's device in encrypted rooms."""

from fedichat.adapters.matrix.encryption.fingerprint import grouped
from fedichat.adapters.matrix.encryption.own_device import OwnDevice
from fedichat.cli.checking.finding import Finding, Level, fail, ok, warn
from fedichat.config.servers import Matrix


def check_device(device: OwnDevice, settings: Matrix) -> Finding:
    """Whether the keys in the store are those that others encrypt for, and the fingerprint to recognise them by."""
    logs_in = settings.access_token is None
    remedy = "the next start logs in as a new device" if logs_in else "make a new access_token with its device_id"
    level = Level.WARN if logs_in else Level.FAIL
    keys = f"the keys of the device {device.id}"
    if not device.fingerprint:
        return Finding(level, "encryption", f"{keys} are not in {settings.store}; {remedy}")
    if device.was_put_back:
        return Finding(level, "encryption", f"{keys} in {settings.store} were put back to an older state; {remedy}")
    if device.published and device.published != device.fingerprint:
        remedy = "move its .db file away to start as a new device" if logs_in else remedy
        return fail(
            "encryption", f"the homeserver has other keys of the device {device.id} than {settings.store}; {remedy}"
        )
    name, place = f"device {device.id}, fingerprint {grouped(device.fingerprint)}", f"keys in {settings.store}"
    if device.is_signed:
        return ok("encryption", f"{name}, signed by its user, {place}")
    text = f"{name}, not signed by its user, {place}; clients may mistrust it, and the log of the start says why"
    return warn("encryption", text)
